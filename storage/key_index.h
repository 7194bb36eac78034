// Lists of entry indices by opaque keys: a derived index, kept apart from the log's own store and rebuilt from its entries whenever
// in doubt. It belongs to one store and one meaning of keys; where it is another's, damaged or missing, it begins empty.
//
// Errors: Unavailable = nothing changed, repeat it; anything else = the lists cannot be relied on: Clear them. Many threads may
// read; one at a time calls Add and Clear.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/tile.h"
#include "storage/storage.h"

namespace trustlog::storage {

// What an index is of.
struct KeyIndexIdentity {
  Id store_id{};     // of the store whose entries are indexed
  std::string keys;  // names the function from entries to keys: another one, another name
  friend bool operator==(const KeyIndexIdentity&, const KeyIndexIdentity&) = default;
};

class KeyIndex {
 public:
  virtual ~KeyIndex() = default;
  // The keys of records [0, size) are in, as they were under this root; size 0: nothing is.
  virtual absl::StatusOr<merkle::TreeHead> Indexed() const = 0;
  // The keys of records [begin, begin + keys.size()), one list each, repetitions allowed; `root` is that of the tree after them.
  // All of it and the new size at once; after a crash the last calls may be undone, whole. Aborted: `begin` is not the size, nothing
  // changed.
  [[nodiscard]] virtual absl::Status Add(std::uint64_t begin, std::span<const std::vector<std::string>> keys,
                                         const merkle::Hash& root) = 0;
  // Indices in [begin, end) under `key`, ascending, the first `limit`. An index under another key can be among them (2^-128 a pair
  // of keys). OutOfRange: `end` is beyond the size, so the answer would not be complete.
  virtual absl::StatusOr<std::vector<std::uint64_t>> Find(std::string_view key, std::uint64_t begin, std::uint64_t end,
                                                          std::size_t limit) const = 0;
  // Begins anew, empty. Not OK: every call fails until one Clear succeeds.
  [[nodiscard]] virtual absl::Status Clear() = 0;
};

}  // namespace trustlog::storage
