#include "client/registry/memory_facts.h"

#include <cstring>
#include <utility>

namespace trustlog::registry {

// A digest: its first bytes are as good a hash as any.
std::size_t MemoryFacts::IdHash::operator()(const attest::Id& id) const {
  std::size_t value = 0;
  std::memcpy(&value, id.data(), sizeof value);
  return value;
}

void MemoryFacts::Add(std::uint64_t index, attest::Entry entry) {
  const attest::Id id = entry.statement_id;
  facts_.try_emplace(id, Fact{index, std::make_shared<const attest::Entry>(std::move(entry))});
}

absl::StatusOr<std::optional<Fact>> MemoryFacts::ById(const attest::Id& id) const {
  const auto found = facts_.find(id);
  if (found == facts_.end()) return std::nullopt;
  return found->second;
}

}  // namespace trustlog::registry
