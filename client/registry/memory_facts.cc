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

void MemoryFacts::Add(std::uint64_t index, std::shared_ptr<const attest::Entry> entry) {
  if (places_.size() <= index) places_.resize(index + 1);
  places_[index].logged_at_ms = entry->logged_at_ms;
  const auto [placed, is_new] = facts_.try_emplace(entry->statement_id, Fact{index, nullptr});
  if (!is_new) return;
  placed->second.entry = std::move(entry);
  const Fact& fact = placed->second;
  places_[index].entry = fact.entry;
  for (const auto& ref : fact.entry->refs) {
    auto& of_target = referring_[ref.id];
    if (of_target.empty() || of_target.back().index != index) of_target.push_back(fact);
  }
  const auto kind = fact.entry->kind;
  if (kind != attest::Kind::kCommitment && kind != attest::Kind::kAuditEngagement && kind != attest::Kind::kAuditResult) return;
  for (const auto& subject : fact.entry->subjects) {
    for (const auto principle : fact.entry->principles) about_[subject][principle].push_back(fact);
  }
}

absl::StatusOr<std::optional<Fact>> MemoryFacts::ById(const attest::Id& id) const {
  const auto found = facts_.find(id);
  if (found == facts_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::optional<std::uint64_t>> MemoryFacts::LoggedAtMs(std::uint64_t index) const {
  return index < places_.size() ? places_[index].logged_at_ms : std::nullopt;
}

absl::StatusOr<std::optional<Fact>> MemoryFacts::ByIndex(std::uint64_t index) const {
  if (index >= places_.size() || places_[index].entry == nullptr) return std::nullopt;
  return Fact{index, places_[index].entry};
}

absl::StatusOr<std::vector<Fact>> MemoryFacts::About(std::string_view member, std::uint8_t principle, std::uint64_t) const {
  const auto of_member = about_.find(member);
  if (of_member == about_.end()) return std::vector<Fact>();
  const auto found = of_member->second.find(principle);
  return found == of_member->second.end() ? std::vector<Fact>() : found->second;
}

absl::StatusOr<std::vector<Fact>> MemoryFacts::ReferringTo(const attest::Id& id, std::uint64_t) const {
  const auto found = referring_.find(id);
  return found == referring_.end() ? std::vector<Fact>() : found->second;
}

}  // namespace trustlog::registry
