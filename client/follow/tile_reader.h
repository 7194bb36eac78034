// Tiles, entries and proofs of a log at one verified tree head. Every hash tile is proven into the root before a caller sees a byte
// of it: the partial tiles of the right edge fold to the root, and each full tile hashes to its node in the tile above. Every entry
// is compared with its leaf hash. So the server is trusted with nothing but being there.
//
//   TileReader reader(fetcher, checkpoint.head);
//   auto proof = reader.Inclusion(1042, head.size);
//
// Keeps the tiles above level 0 and the edge in memory (32 bytes for 256 entries). Single-threaded; borrows the fetcher.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/net/fetcher.h"
#include "merkle/compact_range.h"
#include "merkle/proof.h"
#include "merkle/tile.h"
#include "proto/tlog/tile_path.h"

namespace trustlog::follow {

// What bundles hold, as views into their bodies. Moved, never copied.
struct ServedItems {
  ServedItems() = default;
  ServedItems(ServedItems&&) = default;
  ServedItems& operator=(ServedItems&&) = default;

  std::vector<std::string_view> items;
  std::vector<merkle::Hash> leaf_hashes;  // of entries: one each
  std::vector<std::string> bodies;        // not to be changed: a short string is where it is
};

// Status codes: NotFound and OutOfRange (beyond the head) as named; Unavailable from the fetcher; PROOF_ROOT_MISMATCH: hash tiles
// that do not lead to the root, or of a wrong length; ENTRY_HASH_MISMATCH: entries that are not those of the tree.
class TileReader final {
 public:
  // `head` must come from a checkpoint that was verified.
  TileReader(net::Fetcher& fetcher, merkle::TreeHead head) : fetcher_(fetcher), head_(std::move(head)) {}

  const merkle::TreeHead& head() const { return head_; }

  // In the order of `ids`. A width below that of the head's tree gives the prefix of the wider tile.
  absl::StatusOr<std::vector<merkle::TileData>> ReadTiles(std::span<const merkle::TileId> ids);

  // The audit path of `index` in the tree of `size` <= head().size leaves, leaf side first. OutOfRange: index >= size, or size too
  // large.
  absl::StatusOr<std::vector<merkle::Hash>> Inclusion(std::uint64_t index, std::uint64_t size);
  // OutOfRange: not 1 <= old_size <= new_size <= head().size.
  absl::StatusOr<std::vector<merkle::Hash>> Consistency(std::uint64_t old_size, std::uint64_t new_size);
  // The compact range of the first `size` leaves, and so the root at that size.
  absl::StatusOr<merkle::CompactRange> RangeAt(std::uint64_t size);

  // Entries [begin, end), verified. Reads whole bundles, all of them at once: ask for some thousands
  // at a time, at multiples of 256.
  absl::StatusOr<std::vector<std::string>> ReadEntries(std::uint64_t begin, std::uint64_t end);
  // The same without a copy of each.
  absl::StatusOr<ServedItems> ReadServedEntries(std::uint64_t begin, std::uint64_t end);
  // The statements beside them as served, "" = withheld. NOT verified: whoever reads them checks the id in the entry
  // (statement_check.h). PROOF_ROOT_MISMATCH never; STATEMENT_MISSING: a bundle that is absent or not of the right number of items.
  absl::StatusOr<std::vector<std::string>> ReadStatementsUnverified(std::uint64_t begin, std::uint64_t end);
  absl::StatusOr<ServedItems> ReadServedStatementsUnverified(std::uint64_t begin, std::uint64_t end);

 private:
  absl::StatusOr<std::vector<merkle::Hash>> Assemble(const merkle::ProofPlan& plan);
  [[nodiscard]] absl::Status VerifyEdge();
  [[nodiscard]] absl::Status Fetch(std::span<const merkle::TileId> ids, std::map<merkle::TileId, merkle::TileData>& into);
  absl::StatusOr<ServedItems> ReadBundles(tlog::BundleKind kind, std::uint64_t begin, std::uint64_t end);

  net::Fetcher& fetcher_;
  merkle::TreeHead head_;
  bool edge_verified_ = false;
  std::map<merkle::TileId, merkle::TileData> verified_;  // the edge and every tile above level 0 seen so far
};

}  // namespace trustlog::follow
