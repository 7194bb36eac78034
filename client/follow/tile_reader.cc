#include "client/follow/tile_reader.h"

#include <algorithm>
#include <optional>
#include <set>

#include "client/follow/check_code.h"
#include "fmt/format.h"
#include "merkle/integrate.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/tile_path.h"

namespace trustlog::follow {
namespace {

using merkle::Hash;
using merkle::TileData;
using merkle::TileId;

constexpr std::size_t kMaxItem = 2 + 65'535;  // of a bundle

absl::Status WrongTile(const TileId& id, std::string_view why) {
  return CheckFailure(CheckCode::kProofRootMismatch, fmt::format("{}: {}", tlog::TilePath(id), why));
}

TileId Full(TileId id) {
  id.width = merkle::kTileWidth;
  return id;
}

// The tile one level up that holds the root of the full tile `id`, as wide as a tree of `size` leaves fills it.
std::optional<TileId> Parent(const TileId& id, std::uint64_t size) {
  if (id.level == merkle::kMaxTileLevel) return std::nullopt;
  return merkle::TileAtSize(static_cast<std::uint8_t>(id.level + 1), id.index / merkle::kTileWidth, size);
}

std::uint8_t NodeLevel(std::uint8_t tile_level) { return static_cast<std::uint8_t>(merkle::kTileHeight * tile_level); }

std::vector<std::string> Copies(const ServedItems& served) { return {served.items.begin(), served.items.end()}; }

}  // namespace

absl::Status TileReader::Fetch(std::span<const TileId> ids, std::map<TileId, TileData>& into) {
  std::vector<net::GetRequest> requests;
  for (const TileId& id : ids) requests.push_back({tlog::TilePath(id), id.width * sizeof(Hash)});
  auto bodies = fetcher_.GetMany(requests);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::uint16_t served = ids[i].width;
    // A12: the partial tile may have gone where the full one came; its prefix is the same.
    if (absl::IsNotFound(bodies[i].status()) && served < merkle::kTileWidth) {
      served = merkle::kTileWidth;
      bodies[i] = fetcher_.Get(tlog::TilePath(Full(ids[i])), served * sizeof(Hash));
    }
    if (absl::IsDataLoss(bodies[i].status())) return WrongTile(ids[i], "longer than a tile of its width");
    if (!bodies[i].ok()) return bodies[i].status();
    auto hashes = tlog::ParseTile(*bodies[i], served);
    if (!hashes) return WrongTile(ids[i], fmt::format("{} bytes, not {}", bodies[i]->size(), served * sizeof(Hash)));
    hashes->resize(ids[i].width);
    into[ids[i]] = {ids[i], *std::move(hashes)};
  }
  return absl::OkStatus();
}

absl::Status TileReader::VerifyEdge() {
  if (edge_verified_) return absl::OkStatus();
  const std::vector<TileId> ids = merkle::EdgeTiles(head_.size);
  std::map<TileId, TileData> tiles;
  if (auto status = Fetch(ids, tiles); !status.ok()) return status;
  std::vector<TileData> edge;
  for (const TileId& id : ids) edge.push_back(tiles[id]);
  const auto hashes = merkle::EdgeRange(head_.size, edge);
  const auto range = hashes ? merkle::CompactRange::FromHashes(head_.size, *hashes) : std::nullopt;
  if (!range || range->Root() != head_.root) {
    return CheckFailure(
        CheckCode::kProofRootMismatch,
        fmt::format("the tiles at the right edge do not lead to the root {} at size {}", bytes::EncodeHex(head_.root), head_.size));
  }
  verified_ = std::move(tiles);
  edge_verified_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TileData>> TileReader::ReadTiles(std::span<const TileId> ids) {
  if (auto status = VerifyEdge(); !status.ok()) return status;
  std::vector<TileId> wide;
  std::set<TileId> missing;
  for (const TileId& id : ids) {
    const auto at_head = merkle::TileAtSize(id.level, id.index, head_.size);
    if (!at_head || id.width == 0 || id.width > at_head->width) {
      return absl::OutOfRangeError(fmt::format("{} is not within size {}", tlog::TilePath(id), head_.size));
    }
    wide.push_back(*at_head);
    // Up to the first tile that is verified already: the edge always is.
    for (std::optional<TileId> up = at_head; up && verified_.count(*up) == 0 && missing.insert(*up).second;)
      up = Parent(*up, head_.size);
  }
  std::map<TileId, TileData> fetched;
  if (auto status = Fetch(std::vector<TileId>(missing.begin(), missing.end()), fetched); !status.ok()) return status;
  // From the top down, so that each tile's parent is verified before it.
  for (auto tile = fetched.rbegin(); tile != fetched.rend(); ++tile) {
    const auto parent = Parent(tile->first, head_.size);
    if (!parent) return WrongTile(tile->first, "has no place in the tree");
    const auto known = verified_.find(*parent);
    const TileData& above = known != verified_.end() ? known->second : fetched.at(*parent);
    const auto root = merkle::NodeInTile(tile->second, {NodeLevel(parent->level), tile->first.index});
    if (root != above.hashes[tile->first.index % merkle::kTileWidth]) {
      return WrongTile(tile->first,
                       fmt::format("does not lead to the root {} at size {}", bytes::EncodeHex(head_.root), head_.size));
    }
  }
  std::vector<TileData> result;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const auto known = verified_.find(wide[i]);
    const TileData& tile = known != verified_.end() ? known->second : fetched.at(wide[i]);
    result.push_back({ids[i], {tile.hashes.begin(), tile.hashes.begin() + ids[i].width}});
  }
  for (auto& [id, tile] : fetched) {
    if (id.level > 0) verified_[id] = std::move(tile);
  }
  return result;
}

absl::StatusOr<std::vector<Hash>> TileReader::Assemble(const merkle::ProofPlan& plan) {
  const auto tiles = ReadTiles(plan.tiles());
  if (!tiles.ok()) return tiles.status();
  auto hashes = plan.Assemble(*tiles);
  if (!hashes) return absl::InternalError("a proof plan does not fit its own tiles");
  return *std::move(hashes);
}

absl::StatusOr<std::vector<Hash>> TileReader::Inclusion(std::uint64_t index, std::uint64_t size) {
  const auto plan = size <= head_.size ? merkle::PlanInclusion(index, size) : std::nullopt;
  if (!plan)
    return absl::OutOfRangeError(fmt::format("no entry {} at size {}; the checkpoint has size {}", index, size, head_.size));
  return Assemble(*plan);
}

absl::StatusOr<std::vector<Hash>> TileReader::Consistency(std::uint64_t old_size, std::uint64_t new_size) {
  const auto plan = new_size <= head_.size ? merkle::PlanConsistency(old_size, new_size) : std::nullopt;
  if (!plan)
    return absl::OutOfRangeError(
        fmt::format("no proof from size {} to {}; the checkpoint has size {}", old_size, new_size, head_.size));
  return Assemble(*plan);
}

absl::StatusOr<merkle::CompactRange> TileReader::RangeAt(std::uint64_t size) {
  const auto plan = merkle::PlanRange(size, head_.size);
  if (!plan) return absl::OutOfRangeError(fmt::format("size {} is beyond the checkpoint's {}", size, head_.size));
  const auto hashes = Assemble(*plan);
  if (!hashes.ok()) return hashes.status();
  auto range = merkle::CompactRange::FromHashes(size, *hashes);
  if (!range) return absl::InternalError("a range plan does not fit its size");
  return *std::move(range);
}

absl::StatusOr<ServedItems> TileReader::ReadBundles(tlog::BundleKind kind, std::uint64_t begin, std::uint64_t end) {
  if (begin > end || end > head_.size) {
    return absl::OutOfRangeError(fmt::format("entries [{}, {}) are not within size {}", begin, end, head_.size));
  }
  std::vector<tlog::BundleId> ids;
  std::vector<net::GetRequest> requests;
  for (std::uint64_t i = begin / merkle::kTileWidth; i * merkle::kTileWidth < end; ++i) {
    ids.push_back(*tlog::BundleAtSize(kind, i, head_.size));  // not empty: i * 256 < end <= size
    requests.push_back({tlog::BundlePath(ids.back()), ids.back().width * kMaxItem});
  }
  auto bodies = fetcher_.GetMany(requests);
  ServedItems served;
  served.bodies.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::uint16_t width = ids[i].width;
    if (absl::IsNotFound(bodies[i].status()) && width < merkle::kTileWidth) {  // as for tiles
      width = merkle::kTileWidth;
      bodies[i] = fetcher_.Get(tlog::BundlePath({kind, ids[i].index, width}), width * kMaxItem);
    }
    if (!bodies[i].ok()) return bodies[i].status();
    served.bodies.push_back(*std::move(bodies[i]));
    const auto items = tlog::ParseBundle(served.bodies.back(), width);
    if (!items) return absl::DataLossError(fmt::format("{}: not a bundle of {} items", requests[i].path, width));
    served.items.insert(served.items.end(), items->begin(), items->begin() + ids[i].width);
  }
  const auto skip = static_cast<std::ptrdiff_t>(begin % merkle::kTileWidth);
  served.items.erase(served.items.begin(), served.items.begin() + std::min<std::ptrdiff_t>(skip, std::ssize(served.items)));
  served.items.resize(end - begin);
  return served;
}

absl::StatusOr<ServedItems> TileReader::ReadServedEntries(std::uint64_t begin, std::uint64_t end) {
  auto entries = ReadBundles(tlog::BundleKind::kEntries, begin, end);
  if (absl::IsDataLoss(entries.status())) return CheckFailure(CheckCode::kEntryHashMismatch, bytes::MessageOf(entries.status()));
  if (!entries.ok()) return entries.status();
  std::vector<TileId> ids;
  for (std::uint64_t i = begin / merkle::kTileWidth; i * merkle::kTileWidth < end; ++i)
    ids.push_back(*merkle::TileAtSize(0, i, head_.size));
  const auto tiles = ReadTiles(ids);
  if (!tiles.ok()) return tiles.status();
  std::vector<merkle::ByteView> views;
  views.reserve(entries->items.size());
  for (const std::string_view entry : entries->items) views.push_back(bytes::AsBytes(entry));
  std::vector<Hash>& leaves = entries->leaf_hashes;
  leaves.resize(views.size());
  merkle::HashLeaves(views, leaves);
  for (std::uint64_t index = begin; index < end; ++index) {
    const TileData& tile = (*tiles)[index / merkle::kTileWidth - begin / merkle::kTileWidth];
    if (leaves[index - begin] != tile.hashes[index % merkle::kTileWidth]) {
      return CheckFailure(CheckCode::kEntryHashMismatch, fmt::format("entry {} does not hash to its leaf in the tree", index));
    }
  }
  return entries;
}

absl::StatusOr<std::vector<std::string>> TileReader::ReadEntries(std::uint64_t begin, std::uint64_t end) {
  const auto entries = ReadServedEntries(begin, end);
  if (!entries.ok()) return entries.status();
  return Copies(*entries);
}

absl::StatusOr<ServedItems> TileReader::ReadServedStatementsUnverified(std::uint64_t begin, std::uint64_t end) {
  auto statements = ReadBundles(tlog::BundleKind::kStatements, begin, end);
  if (absl::IsDataLoss(statements.status()) || absl::IsNotFound(statements.status())) {
    return CheckFailure(CheckCode::kStatementMissing, bytes::MessageOf(statements.status()));
  }
  return statements;
}

absl::StatusOr<std::vector<std::string>> TileReader::ReadStatementsUnverified(std::uint64_t begin, std::uint64_t end) {
  const auto statements = ReadServedStatementsUnverified(begin, end);
  if (!statements.ok()) return statements.status();
  return Copies(*statements);
}

}  // namespace trustlog::follow
