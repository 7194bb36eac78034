#include "client/registry/transitions.h"

#include <algorithm>
#include <utility>

#include "client/registry/references.h"
#include "client/registry/slots.h"

namespace trustlog::registry {
namespace {

using attest::UrnRole;

std::optional<attest::Id> SupersededId(const attest::Entry& entry) {
  const attest::Ref* superseded = SupersededBy(entry);
  if (superseded == nullptr) return std::nullopt;
  return superseded->id;
}

void AddRole(State& state, UrnRole role, const attest::RoleKeys& in, std::uint64_t index) {
  const std::string urn = state.log.context.urn_prefix + std::string(attest::UrnRoleName(role));
  state.roles.Put(role, {urn, in.threshold});
  for (const auto& member : in.keys)
    state.PutKey({.info = {.key = member.key, .owner = urn, .registered_at = index}, .authorised_by = {}});
}

// 4, replaces: "the old key's end becomes the earlier of its own and this".
void EndKey(State& state, const attest::Replaces& replaces) {
  KeyState old = *state.keys.Find(replaces.key_id);
  std::int64_t& end = old.info.valid_until;
  end = end == 0 ? replaces.overlap_until : std::min(end, replaces.overlap_until);
  state.PutKey(std::move(old));
}

}  // namespace

void Follow(State& state, const Record& record, const std::optional<ChainKey>& chain) {
  const attest::Entry& entry = *record.entry;
  state.log.size = record.index + 1;
  state.log.last_logged_at_ms = entry.logged_at_ms;
  if (const attest::Ref* superseded = SupersededBy(entry); superseded != nullptr) {
    state.superseded.Put(superseded->id, {entry.statement_id, superseded->rel});
  }
  if (chain.has_value()) state.heads.Put(*chain, entry.statement_id);
}

void BeginLog(State& state, const Record& record) {
  const auto& genesis = PredicateOf<attest::Genesis>(record);
  state.log.context.type_base = genesis.type_base;
  state.log.context.urn_prefix = genesis.urn_prefix;
  state.log.max_statement_age_days = genesis.max_statement_age_days;
  state.log.authority_version = genesis.authority.version;
  AddRole(state, UrnRole::kRoot, genesis.authority.root, record.index);
  AddRole(state, UrnRole::kSecretariat, genesis.authority.secretariat, record.index);
  AddRole(state, UrnRole::kOperator, genesis.authority.operators, record.index);
}

void AddPrincipleSet(State& state, const Record& record) {
  const auto& set = PredicateOf<attest::PrincipleSet>(record);
  state.principle_sets.Put(record.entry->statement_id, {record.index, set.valid_from, set.max_commitment_days, set.max_result_days,
                                                        SupersededId(*record.entry)});
}

void AddParty(State& state, const Record& record) {
  const auto& admission = PredicateOf<attest::PartyAdmission>(record);
  state.parties.Put(admission.party, {admission.party, admission.role, admission.group, record.index});
}

void AddKey(State& state, const Record& record) {
  const auto& registration = PredicateOf<attest::KeyRegistration>(record);
  const auto has = [&](std::string_view purpose) {
    return std::find(registration.purposes.begin(), registration.purposes.end(), purpose) != registration.purposes.end();
  };
  KeyState key = {.info = {.key = registration.key.key,
                           .owner = record.entry->issuer,
                           .admin = has("admin"),
                           .sign = has("sign"),
                           .valid_from = registration.valid_from,
                           .valid_until = registration.valid_until,
                           .registered_at = record.index},
                  .authorised_by = AuthorisingKeys(state, record)};
  if (registration.replaces.has_value()) EndKey(state, *registration.replaces);
  state.PutKey(std::move(key));
}

void AddAccreditation(State& state, const Record& record) {
  const auto& accreditation = PredicateOf<attest::AuditorAccreditation>(record);
  // principles: ascending, as in the entry
  state.accreditations.Put(record.entry->statement_id,
                           {record.index, accreditation.valid_from, accreditation.valid_until, record.entry->principles,
                            accreditation.schemes, accreditation.not_for, SupersededId(*record.entry)});
}

}  // namespace trustlog::registry
