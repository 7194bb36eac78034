// From the program's values to messages of trustlog.v1, and the few values that arrive in them (selectors, page tokens). Pure and
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "merkle/tile.h"
#include "server/api/prover.h"
#include "server/log/queue.h"
#include "server/log/waiters.h"
#include "storage/storage.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog::api {

v1::Outcome MakeOutcome(const log::Added& added, const storage::Id& id);
v1::Checkpoint MakeCheckpoint(const log::Published& snapshot);
v1::AsOf MakeAsOf(const merkle::TreeHead& head, const log::Published& snapshot);
v1::InclusionProof MakeInclusionProof(std::uint64_t index, std::uint64_t tree_size, const merkle::Hash& leaf_hash,
                                      std::span<const merkle::Hash> hashes);
v1::ConsistencyProof MakeConsistencyProof(std::uint64_t old_size, std::uint64_t new_size, std::span<const merkle::Hash> hashes);
// CORRUPTION: the stored entry does not decode.
absl::StatusOr<v1::Entry> MakeEntry(std::uint64_t index, const storage::Record& record, bool with_statement);

// 64 lower-case hex digits, with "sha256:" before them or not.
std::optional<merkle::Hash> ParseId(std::string_view text);

// The index that `selector` names in a tree of `size`: INDEX_OUT_OF_RANGE, ENTRY_NOT_FOUND, ARGUMENT_INVALID.
absl::StatusOr<std::uint64_t> Resolve(const v1::Selector& selector, const storage::LogReader& reader, std::uint64_t size);
// Resolve, prove at `head`. The leaf hash is the tree's own: no record is read.
absl::StatusOr<v1::InclusionProof> ProveSelected(const v1::Selector& selector, const merkle::TreeHead& head, Prover& prover);

// Where a listing goes on: opaque to callers, checked against the query it came from. start <= position < size in every token.
struct PageToken {
  std::uint64_t position = 0;
  std::uint64_t size = 0;   // pinned
  std::uint64_t start = 0;  // the query
  bool with_statement = false;
  friend bool operator==(const PageToken&, const PageToken&) = default;
};
std::string FormatPageToken(const PageToken& token);
std::optional<PageToken> ParsePageToken(std::string_view text);

}  // namespace trustlog::api
