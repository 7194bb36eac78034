// What the registry asks about earlier records that it does not keep in memory: the index of a statement id and the decoded entry
// at an index. Answers are about committed records and never change.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/entry.h"

namespace trustlog::registry {

struct Fact {
  std::uint64_t index = 0;
  std::shared_ptr<const attest::Entry> entry;  // never null
};

// Thread-safety is the implementation's; the registry calls it from one thread at a time.
class FactSource {
 public:
  virtual ~FactSource() = default;
  // The first record with this statement id; nullopt: no such record. Not OK: the source failed (Unavailable, DataLoss).
  virtual absl::StatusOr<std::optional<Fact>> ById(const attest::Id& id) const = 0;
  // logged_at_ms of the record at this index, void ones too; nullopt: none yet, or its entry does not decode. Not OK as above.
  virtual absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t index) const = 0;
};

}  // namespace trustlog::registry
