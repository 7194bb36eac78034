#include "client/registry/entitlement.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "client/registry/claims.h"
#include "client/registry/state.h"
#include "proto/bytes/hex.h"

namespace trustlog::registry {
namespace {

class Closure final {
 public:
  Closure(const Registry& registry, const RecordSource& source, std::uint64_t size)
      : registry_(registry), state_(StateOf(registry)), source_(source), size_(size) {}

  absl::StatusOr<std::vector<std::uint64_t>> Run(const std::vector<std::uint64_t>& indices) {
    for (const auto index : state_.log.authority_changes) Want(index);
    for (const attest::Id* id = state_.Head(PrincipleSetChain()); id != nullptr;) {
      const auto* set = state_.principle_sets.Find(*id);
      Want(set->index);
      id = set->supersedes.has_value() ? &*set->supersedes : nullptr;
    }
    for (const auto index : indices) Want(index);
    while (!open_.empty()) {
      const auto index = open_.back();
      open_.pop_back();
      const auto fact = source_.ByIndex(index);
      if (fact.ok() && fact->has_value()) {
        AddBehind(*(*fact)->entry);
      } else {
        Fail(fact.ok() ? absl::NotFoundError(fmt::format("record {} is not at hand", index)) : fact.status());
      }
    }
    if (!failure_.ok()) return failure_;
    return std::vector<std::uint64_t>(wanted_.begin(), wanted_.end());
  }

 private:
  void Want(std::uint64_t index) {
    if (index < size_ && wanted_.insert(index).second) open_.push_back(index);
  }

  // Goes on: a source that fetches what it is asked for is asked for as much as possible at once.
  void Fail(absl::Status status) {
    if (failure_.ok()) failure_ = std::move(status);
  }

  void AddBehind(const attest::Entry& entry) {
    AddParty(entry.issuer);
    for (const auto& subject : entry.subjects) AddParty(subject);
    for (const auto& signature : entry.signatures) AddKey(signature.key_id);
    if (const auto* successor = state_.superseded.Find(entry.statement_id); successor != nullptr) Want(successor->index);
    if (const auto* retraction = state_.retractions.Find(entry.statement_id); retraction != nullptr) Want(retraction->index);
    for (const auto& ref : entry.refs) {
      const auto target = source_.ById(ref.id);
      if (target.ok() && target->has_value()) {
        Want((*target)->index);
      } else {
        Fail(target.ok() ? absl::NotFoundError(fmt::format("record {} is not at hand", bytes::EncodeHex(ref.id)))
                         : target.status());
      }
    }
  }

  void AddParty(const std::string& urn) {
    if (!parties_.insert(urn).second) return;
    for (const auto index : HistoryOf(registry_, urn, size_)) Want(index);  // all its keys: one may replace another
    for (const attest::Id* id = state_.Head(AccreditationChain(urn)); id != nullptr;) {
      const auto* accreditation = state_.accreditations.Find(*id);
      Want(accreditation->index);
      id = accreditation->supersedes.has_value() ? &*accreditation->supersedes : nullptr;
    }
  }

  void AddKey(const keys::KeyId& id) {
    const KeyState* key = state_.keys.Find(id);
    if (key == nullptr || !keys_.insert(id).second) return;
    Want(key->info.registered_at);
    for (const auto& revocation : key->info.revocations) Want(revocation.index);
    for (const auto& sponsor : key->authorised_by) AddKey(sponsor);
  }

  const Registry& registry_;
  const State& state_;
  const RecordSource& source_;
  const std::uint64_t size_;
  std::set<std::uint64_t> wanted_;
  std::vector<std::uint64_t> open_;
  std::set<std::string> parties_;
  std::set<keys::KeyId> keys_;
  absl::Status failure_;  // of the source, the first
};

}  // namespace

absl::StatusOr<std::vector<std::uint64_t>> EntitlingRecords(const Registry& registry, const RecordSource& source,
                                                            const std::vector<std::uint64_t>& indices, std::uint64_t size) {
  return Closure(registry, source, size).Run(indices);
}

absl::StatusOr<std::vector<std::uint64_t>> RecordsForVerdict(const Registry& registry, const RecordSource& source,
                                                             const Question& question, const Answer& answer) {
  const auto size = question.as_of.size;
  std::vector<std::uint64_t> indices;
  for (const auto* list : {&answer.deciding, &answer.notes}) {
    for (const Named& named : *list) indices.push_back(named.index);
  }
  const auto about = source.About(question.member, question.principle, size);
  if (!about.ok()) return about.status();
  for (const Fact& fact : *about) {
    if (fact.index < size && !registry.IsVoid(fact.index)) indices.push_back(fact.index);
  }
  if (const auto party = registry.FindParty(question.member); party.has_value()) indices.push_back(party->admitted_at);
  return EntitlingRecords(registry, source, indices, size);
}

}  // namespace trustlog::registry
