#include "client/registry/state.h"

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trustlog::registry {
namespace {

// chain(head, at) of records.md 7.1: the newest record of a chain that counts on that date. Null where no record does; `first` is
// then the record the chain begins with.
template <typename Link>
struct InForce {
  const Link* link = nullptr;
  const Link* first = nullptr;
};

template <typename Link>
InForce<Link> FindInForce(const State& state, const Table<attest::Id, Link>& links, const ChainKey& chain, std::int64_t at) {
  InForce<Link> found;
  const attest::Id* id = state.Head(chain);
  while (id != nullptr) {
    const Link* link = links.Find(*id);
    found.first = link;
    if (link->valid_from <= at && !state.IsDead(*id)) {
      found.link = link;
      break;
    }
    id = link->supersedes.has_value() ? &*link->supersedes : nullptr;
  }
  return found;
}

// `f(of_a, of_b)` for each table of both.
template <typename A, typename B, typename F>
void ForEachTable(A& a, B& b, const F& f) {
  std::apply([&](auto&... of_a) { std::apply([&](auto&... of_b) { (f(of_a, of_b), ...); }, b.Tables()); }, a.Tables());
}

}  // namespace

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
  const auto* of_owner = keys_by_owner.Find(key.info.owner);
  auto ids = of_owner == nullptr ? std::vector<keys::KeyId>() : *of_owner;
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place == ids.end() || *place != id) {
    ids.insert(place, id);
    keys_by_owner.Put(key.info.owner, std::move(ids));
  }
  keys.Put(id, std::move(key));
  ++log.key_set_version;
}

bool State::IsDead(const attest::Id& id) const {
  const Successor* successor = superseded.Find(id);
  return successor != nullptr && successor->change == attest::Rel::kCorrects;
}

attest::Id State::NewestOf(const attest::Id& id) const {
  attest::Id newest = id;
  while (const Successor* successor = superseded.Find(newest)) newest = successor->id;
  return newest;
}

const PrincipleSetState* State::SetAt(std::int64_t at) const {
  const auto found = FindInForce(*this, principle_sets, PrincipleSetChain(), at);
  return found.link != nullptr ? found.link : found.first;
}

bool State::IsCurrentSet(const attest::Id& id, std::int64_t at) const {
  const PrincipleSetState* named = principle_sets.Find(id);
  const PrincipleSetState* current = SetAt(at);
  // The sets are one chain, so a later one is one with a higher index.
  return named != nullptr && current != nullptr && named->index >= current->index;
}

const AccreditationState* State::AccreditationAt(std::string_view auditor, std::int64_t at) const {
  const auto found = FindInForce(*this, accreditations, AccreditationChain(auditor), at);
  return found.link != nullptr && at < found.link->valid_until ? found.link : nullptr;
}

ChainKey PrincipleSetChain() { return {attest::Kind::kPrincipleSet, {}, 0}; }
ChainKey AccreditationChain(std::string_view auditor) { return {attest::Kind::kAuditorAccreditation, std::string(auditor), 0}; }
ChainKey CommitmentChain(std::string_view member, std::uint8_t principle) {
  return {attest::Kind::kCommitment, std::string(member), principle};
}

}  // namespace trustlog::registry
