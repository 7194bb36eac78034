#include "client/registry/claims.h"

#include <algorithm>
#include <set>
#include <utility>

#include "client/registry/state.h"

namespace trustlog::registry {
namespace {

using attest::Kind;

constexpr std::pair<CommitmentState, std::string_view> kStates[] = {
    {CommitmentState::kCorrected, "CORRECTED"}, {CommitmentState::kRetracted, "RETRACTED"}, {CommitmentState::kNotYet, "NOT_YET"},
    {CommitmentState::kReplaced, "REPLACED"},   {CommitmentState::kLapsed, "LAPSED"},       {CommitmentState::kInForce, "IN_FORCE"},
};

}  // namespace

std::string_view CommitmentStateName(CommitmentState state) {
  return std::find_if(std::begin(kStates), std::end(kStates), [&](const auto& row) { return row.first == state; })->second;
}

std::optional<CommitmentState> ParseCommitmentState(std::string_view name) {
  for (const auto& [state, word] : kStates) {
    if (word == name) return state;
  }
  return std::nullopt;
}

absl::StatusOr<CommitmentState> StateOfCommitment(const Registry& registry, const RecordSource& source, const Fact& commitment,
                                                  AsOf as_of) {
  const State& state = StateOf(registry);
  const attest::Entry& entry = *commitment.entry;
  if (state.IsDead(entry.statement_id, as_of.size)) return CommitmentState::kCorrected;
  if (state.IsRetracted(entry.statement_id, as_of)) return CommitmentState::kRetracted;
  if (entry.valid_from > as_of.date) return CommitmentState::kNotYet;
  const auto about = source.About(entry.issuer, entry.principles.front(), as_of.size);
  if (!about.ok()) return about.status();
  // The later commitments of a member on a principle are the later links of the chain.
  const bool replaced = std::any_of(about->begin(), about->end(), [&](const Fact& later) {
    return later.entry->kind == Kind::kCommitment && later.index > commitment.index && later.index < as_of.size &&
           later.entry->issuer == entry.issuer && later.entry->principles == entry.principles && !state.IsVoid(later.index) &&
           state.HasBegun(*later.entry, as_of);
  });
  if (replaced) return CommitmentState::kReplaced;
  const bool over = as_of.date >= entry.valid_until || state.WithdrawalAt(entry.issuer, as_of) != nullptr;
  return over ? CommitmentState::kLapsed : CommitmentState::kInForce;
}

Fate FateOf(const Registry& registry, const Fact& claim, std::uint64_t size) {
  const State& state = StateOf(registry);
  const attest::Id& id = claim.entry->statement_id;
  Fate fate;
  if (const Successor* successor = state.superseded.Find(id); successor != nullptr && successor->index < size) {
    (successor->change == attest::Rel::kCorrects ? fate.corrected_by : fate.renewed_by) = successor->index;
  }
  if (const Ending* retraction = state.RetractionOf(id, size); retraction != nullptr) {
    fate.retracted_by = retraction->index;
    fate.retracted_from = retraction->valid_from;
  }
  fate.tainted = !state.TaintsOf(claim.index, *claim.entry, size).empty();
  return fate;
}

std::string_view EffectOfResult(const Registry& registry, const Fact& result, std::uint64_t size) {
  return EffectName(StateOf(registry).EffectOfOutcome(result.entry->code, {size, attest::LoggedAtSeconds(*result.entry)}));
}

Standing StandingOf(const Registry& registry, std::string_view party, AsOf as_of) {
  const State& state = StateOf(registry);
  Standing standing;
  if (const StatusState* status = state.StatusAt(party, as_of); status != nullptr) {
    standing.status = status->code;
    standing.effect = EffectName(state.StatusEffectAt(party, as_of));
    standing.status_index = status->index;
  }
  if (const Ending* left = state.WithdrawalAt(party, as_of); left != nullptr) standing.withdrawn_by = left->index;
  return standing;
}

std::vector<std::uint64_t> EntitledBy(const Registry& registry, std::uint64_t index, const attest::Entry& entry) {
  const State& state = StateOf(registry);
  std::set<std::uint64_t> found;
  const auto add = [&](std::uint64_t earlier) {
    if (earlier < index) found.insert(earlier);
  };
  for (const auto& signature : entry.signatures) {
    const KeyState* key = state.keys.Find(signature.key_id);
    if (key == nullptr) continue;
    add(key->info.registered_at);
    if (const PartyInfo* owner = state.parties.Find(key->info.owner); owner != nullptr) add(owner->admitted_at);
  }
  if (const PartyInfo* issuer = state.parties.Find(entry.issuer); issuer != nullptr) {
    add(issuer->admitted_at);
    const bool needs_accreditation =
        entry.kind == Kind::kAuditEngagement || entry.kind == Kind::kAuditResult || entry.kind == Kind::kRemediation;
    const auto* accreditation =
        needs_accreditation ? state.AccreditationAt(entry.issuer, {index, attest::LoggedAtSeconds(entry)}) : nullptr;
    if (accreditation != nullptr) add(accreditation->index);
  }
  return {found.begin(), found.end()};
}

std::vector<std::uint64_t> HistoryOf(const Registry& registry, std::string_view urn, std::uint64_t size) {
  const State& state = StateOf(registry);
  std::set<std::uint64_t> found;
  const auto add = [&](std::uint64_t index) {
    if (index < size) found.insert(index);
  };
  if (const PartyInfo* party = state.parties.Find(urn); party != nullptr) add(party->admitted_at);
  if (const auto* ids = state.keys_by_owner.Find(urn); ids != nullptr) {
    for (const auto& id : *ids) {
      const KeyInfo& key = state.keys.Find(id)->info;
      add(key.registered_at);
      for (const Revocation& revocation : key.revocations) add(revocation.index);
    }
  }
  if (const auto* statuses = state.statuses.Find(urn); statuses != nullptr) {
    for (const StatusState& status : *statuses) add(status.index);
  }
  if (const auto* withdrawals = state.withdrawals.Find(urn); withdrawals != nullptr) {
    for (const Ending& withdrawal : *withdrawals) add(withdrawal.index);
  }
  return {found.begin(), found.end()};
}

}  // namespace trustlog::registry
