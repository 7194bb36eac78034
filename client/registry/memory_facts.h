// A FactSource in memory, for monitors and tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "client/registry/facts.h"

namespace trustlog::registry {

class MemoryFacts final : public FactSource {
 public:
  // Keeps the first record of each statement id.
  void Add(std::uint64_t index, attest::Entry entry);
  absl::StatusOr<std::optional<Fact>> ById(const attest::Id& id) const override;

 private:
  struct IdHash {
    std::size_t operator()(const attest::Id& id) const;
  };
  std::unordered_map<attest::Id, Fact, IdHash> facts_;
};

}  // namespace trustlog::registry
