#include "client/registry/state.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trustlog::registry {
namespace {

// chain(head, date) of records.md 7.1, below `as_of.size`: the newest record of a chain that counts on that date. Null where no
// record does; `first` is then the record the chain begins with.
template <typename Link>
struct InForce {
  const Link* link = nullptr;
  const Link* first = nullptr;
};

template <typename Link>
InForce<Link> FindInForce(const State& state, const Table<attest::Id, Link>& links, const ChainKey& chain, AsOf as_of) {
  InForce<Link> found;
  const attest::Id* id = state.Head(chain);
  while (id != nullptr) {
    const Link* link = links.Find(*id);
    if (link->index < as_of.size) {
      found.first = link;
      if (link->valid_from <= as_of.date && !state.IsDead(*id, as_of.size)) {
        found.link = link;
        break;
      }
    }
    id = link->supersedes.has_value() ? &*link->supersedes : nullptr;
  }
  return found;
}

Effect EffectOf(const std::map<std::string, Effect, std::less<>>& declared, std::string_view code) {
  const auto found = declared.find(code);
  return found == declared.end() ? Effect::kNegative : found->second;
}

constexpr std::pair<Effect, std::string_view> kEffects[] = {{Effect::kPositive, "positive"},
                                                            {Effect::kQualified, "qualified"},
                                                            {Effect::kNeutral, "neutral"},
                                                            {Effect::kNegative, "negative"},
                                                            {Effect::kEnded, "ended"}};

// `f(of_a, of_b)` for each table of both.
template <typename A, typename B, typename F>
void ForEachTable(A& a, B& b, const F& f) {
  std::apply([&](auto&... of_a) { std::apply([&](auto&... of_b) { (f(of_a, of_b), ...); }, b.Tables()); }, a.Tables());
}

}  // namespace

std::optional<Effect> ParseEffect(std::string_view word) {
  for (const auto& [effect, name] : kEffects) {
    if (name == word) return effect;
  }
  return std::nullopt;
}

std::string_view EffectName(Effect effect) {
  return std::find_if(std::begin(kEffects), std::end(kEffects), [&](const auto& row) { return row.first == effect; })->second;
}

State State::Over(const State& base) {
  State overlay;
  overlay.log = base.log;
  ForEachTable(overlay, base, [](auto& table, const auto& under) { table = std::remove_reference_t<decltype(table)>(&under); });
  overlay.base = &base;
  return overlay;
}

void State::Absorb(State&& overlay) {
  log = std::move(overlay.log);
  ForEachTable(*this, overlay, [](auto& table, auto& over) { table.Absorb(std::move(over)); });
}

bool State::IsVoid(std::uint64_t index) const {
  if (base != nullptr) return base->IsVoid(index);  // a draft holds accepted records only
  const auto [begin, end] = std::equal_range(violations.begin(), violations.end(), Violation{index, {}, false},
                                             [](const Violation& a, const Violation& b) { return a.index < b.index; });
  return std::any_of(begin, end, [](const Violation& violation) { return violation.is_void; });
}

bool State::IsKnown(std::string_view urn) const {
  if (parties.Find(urn) != nullptr) return true;
  const auto role = attest::RoleOfUrn(urn, log.context.urn_prefix);
  return role.has_value() && !attest::IsParty(*role);
}

bool State::IsRole(std::string_view urn, attest::UrnRole role) const {
  const RoleState* found = roles.Find(role);
  return found != nullptr && found->urn == urn;
}

std::optional<KeyInfo> State::FindKey(const keys::KeyId& id) const {
  const KeyState* key = keys.Find(id);
  if (key == nullptr) return std::nullopt;
  return key->info;
}

std::vector<KeyInfo> State::KeysOf(std::string_view urn, std::size_t limit) const {
  std::vector<KeyInfo> found;
  if (const auto* ids = keys_by_owner.Find(urn); ids != nullptr) {
    for (const auto& id : std::span(*ids).first(std::min(limit, ids->size()))) found.push_back(keys.Find(id)->info);
  }
  return found;
}

void State::PutKey(KeyState key) {
  const keys::KeyId id = key.info.key.id();
  const auto ids_of = [&](const std::string& owner) {
    const auto* ids = keys_by_owner.Find(owner);
    return ids == nullptr ? std::vector<keys::KeyId>() : *ids;
  };
  if (const KeyState* old = keys.Find(id); old != nullptr && old->info.owner != key.info.owner) {
    auto ids = ids_of(old->info.owner);
    std::erase(ids, id);
    keys_by_owner.Put(old->info.owner, std::move(ids));
  }
  auto ids = ids_of(key.info.owner);
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place == ids.end() || *place != id) {
    ids.insert(place, id);
    keys_by_owner.Put(key.info.owner, std::move(ids));
  }
  keys.Put(id, std::move(key));
  ++log.key_set_version;
}

std::vector<keys::KeyId> State::PresentKeysOf(attest::UrnRole role) const {
  std::vector<keys::KeyId> present;
  const RoleState* found = roles.Find(role);
  const auto* ids = found == nullptr ? nullptr : keys_by_owner.Find(found->urn);
  if (ids == nullptr) return present;
  std::copy_if(ids->begin(), ids->end(), std::back_inserter(present),
               [&](const keys::KeyId& id) { return !keys.Find(id)->info.revoked(); });
  return present;
}

attest::Id State::NewestOf(const attest::Id& id) const {
  attest::Id newest = id;
  while (const Successor* successor = superseded.Find(newest)) newest = successor->id;
  return newest;
}

bool State::IsDead(const attest::Id& id, std::uint64_t size) const {
  const Successor* successor = superseded.Find(id);
  return successor != nullptr && successor->change == attest::Rel::kCorrects && successor->index < size;
}

const Ending* State::RetractionOf(const attest::Id& id, std::uint64_t size) const {
  const Ending* retraction = retractions.Find(id);
  return retraction != nullptr && retraction->index < size ? retraction : nullptr;
}

bool State::IsRetracted(const attest::Id& id, AsOf as_of) const {
  const Ending* retraction = RetractionOf(id, as_of.size);
  return retraction != nullptr && retraction->valid_from <= as_of.date;  // 0, from the start, is below every date
}

bool State::HasBegun(const attest::Entry& claim, AsOf as_of) const {
  const Ending* retraction = RetractionOf(claim.statement_id, as_of.size);
  const bool never_valid = retraction != nullptr && retraction->valid_from == 0;
  return !IsDead(claim.statement_id, as_of.size) && !never_valid && claim.valid_from <= as_of.date;
}

const PrincipleSetState* State::SetAt(AsOf as_of) const {
  const auto found = FindInForce(*this, principle_sets, PrincipleSetChain(), as_of);
  return found.link != nullptr ? found.link : found.first;
}

Effect State::EffectOfOutcome(std::string_view code, AsOf as_of) const {
  const PrincipleSetState* set = SetAt(as_of);
  return set == nullptr ? Effect::kNegative : EffectOf(set->outcomes, code);
}

Effect State::EffectOfStatus(std::string_view code, AsOf as_of) const {
  const PrincipleSetState* set = SetAt(as_of);
  return set == nullptr ? Effect::kNegative : EffectOf(set->statuses, code);
}

const StatusState* State::StatusAt(std::string_view party, AsOf as_of) const {
  const auto* of_party = statuses.Find(party);
  if (of_party == nullptr) return nullptr;
  const auto in_force = [&](const StatusState& status) {
    return status.index < as_of.size && status.valid_from <= as_of.date &&
           (status.valid_until == 0 || as_of.date < status.valid_until) && !IsDead(status.id, as_of.size);
  };
  const auto found = std::find_if(of_party->rbegin(), of_party->rend(), in_force);
  return found == of_party->rend() ? nullptr : &*found;
}

Effect State::StatusEffectAt(std::string_view party, AsOf as_of) const {
  const StatusState* status = StatusAt(party, as_of);
  return status == nullptr ? Effect::kNeutral : EffectOfStatus(status->code, {as_of.size, status->logged_at});
}

const Ending* State::WithdrawalAt(std::string_view party, AsOf as_of) const {
  const auto* of_party = withdrawals.Find(party);
  if (of_party == nullptr) return nullptr;
  const auto found = std::find_if(of_party->begin(), of_party->end(), [&](const Ending& withdrawal) {
    return withdrawal.index < as_of.size && withdrawal.valid_from <= as_of.date;
  });
  return found == of_party->end() ? nullptr : &*found;
}

std::vector<Revocation> State::TaintsOf(std::uint64_t index, const attest::Entry& entry, std::uint64_t size) const {
  std::vector<Revocation> taints;
  for (const auto& signature : entry.signatures) {
    const KeyState* key = keys.Find(signature.key_id);
    if (key == nullptr || !key->info.compromised()) continue;
    const Revocation& revocation = key->info.revocations.back();
    if (revocation.index < size && revocation.invalid_since <= index && index < revocation.index) taints.push_back(revocation);
  }
  return taints;
}

bool State::IsActive(std::string_view party, std::int64_t at) const {
  const AsOf here = {log.size, at};
  return WithdrawalAt(party, here) == nullptr && StatusEffectAt(party, here) != Effect::kEnded;
}

bool State::IsCurrentSet(const attest::Id& id, std::int64_t at) const {
  const PrincipleSetState* named = principle_sets.Find(id);
  const PrincipleSetState* current = SetAt({log.size, at});
  // The sets are one chain, so a later one is one with a higher index.
  return named != nullptr && current != nullptr && named->index >= current->index;
}

const AccreditationState* State::AccreditationAt(std::string_view auditor, AsOf as_of) const {
  const auto found = FindInForce(*this, accreditations, AccreditationChain(auditor), as_of);
  return found.link != nullptr && as_of.date < found.link->valid_until ? found.link : nullptr;
}

ChainKey PrincipleSetChain() { return {attest::Kind::kPrincipleSet, {}, 0}; }
ChainKey AccreditationChain(std::string_view auditor) { return {attest::Kind::kAuditorAccreditation, std::string(auditor), 0}; }
ChainKey CommitmentChain(std::string_view member, std::uint8_t principle) {
  return {attest::Kind::kCommitment, std::string(member), principle};
}

}  // namespace trustlog::registry
