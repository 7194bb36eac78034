#include "client/registry/transitions.h"

#include <algorithm>
#include <utility>

#include "client/registry/references.h"
#include "client/registry/signatures.h"
#include "client/registry/slots.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/wire.h"

namespace trustlog::registry {
namespace {

using attest::UrnRole;

std::optional<attest::Id> SupersededId(const attest::Entry& entry) {
  const attest::Ref* superseded = SupersededBy(entry);
  if (superseded == nullptr) return std::nullopt;
  return superseded->id;
}

// Keys that another role holds already stay what they are: registered where they were, now of this role.
void SetRole(State& state, UrnRole role, const attest::RoleKeys& in, std::uint64_t index) {
  const std::string urn = state.log.context.urn_prefix + std::string(attest::UrnRoleName(role));
  state.roles.Put(role, {urn, in.threshold});
  for (const auto& member : in.keys) {
    const KeyState* known = state.keys.Find(member.key.id());
    KeyState key = known != nullptr ? *known : KeyState{.info = {.key = member.key, .owner = {}, .registered_at = index}, .authorised_by = {}};
    key.info.owner = urn;
    state.PutKey(std::move(key));
  }
}

void SetAuthority(State& state, const attest::Authority& authority, std::uint64_t index) {
  state.log.authority_version = authority.version;
  state.log.authority_changes.push_back(index);
  SetRole(state, UrnRole::kRoot, authority.root, index);
  SetRole(state, UrnRole::kSecretariat, authority.secretariat, index);
  SetRole(state, UrnRole::kOperator, authority.operators, index);
}

void Revoke(State& state, const keys::KeyId& id, const Revocation& revocation) {
  KeyState key = *state.keys.Find(id);
  key.info.revocations.push_back(revocation);
  state.PutKey(std::move(key));
}

// 6.7: a key that was registered while its party's key was compromised, by compromised keys alone, falls with it; and so on.
void RevokeRegisteredBy(State& state, const std::string& owner, const Revocation& of_sponsor) {
  const auto is_compromised = [&](const keys::KeyId& id) { return state.keys.Find(id)->info.compromised(); };
  for (const auto& id : std::vector<keys::KeyId>(*state.keys_by_owner.Find(owner))) {
    const KeyState& key = *state.keys.Find(id);
    const auto registered_at = key.info.registered_at;
    const bool in_interval = of_sponsor.invalid_since <= registered_at && registered_at < of_sponsor.index;
    if (!in_interval || key.info.compromised() || key.authorised_by.empty()) continue;
    if (!std::all_of(key.authorised_by.begin(), key.authorised_by.end(), is_compromised)) continue;
    const Revocation falls = {of_sponsor.index, of_sponsor.id, RevocationReason::kCompromised, registered_at + 1};
    Revoke(state, id, falls);
    RevokeRegisteredBy(state, owner, falls);
  }
}

RevocationReason ParseReason(std::string_view word) {
  if (word == "compromised") return RevocationReason::kCompromised;
  return word == "lost" ? RevocationReason::kLost : RevocationReason::kRetired;
}

std::map<std::string, Effect, std::less<>> EffectsOf(const std::vector<attest::DeclaredCode>& declared) {
  std::map<std::string, Effect, std::less<>> effects;
  for (const auto& [code, effect] : declared) effects.emplace(code, ParseEffect(effect).value_or(Effect::kNegative));
  return effects;
}

template <typename Row>
void AppendTo(Table<std::string, std::vector<Row>>& table, const std::string& urn, Row row) {
  const auto* of_party = table.Find(urn);
  auto rows = of_party == nullptr ? std::vector<Row>() : *of_party;
  rows.push_back(std::move(row));
  table.Put(urn, std::move(rows));
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
  // A renewal in a chain is told by the chain's head, and commitments are renewed for ever.
  const attest::Ref* superseded = SupersededBy(entry);
  if (superseded != nullptr && !(chain.has_value() && superseded->rel == attest::Rel::kRenews)) {
    state.superseded.Put(superseded->id, {entry.statement_id, superseded->rel, record.index});
  }
  if (chain.has_value()) state.heads.Put(*chain, entry.statement_id);
}

void BeginLog(State& state, const Record& record) {
  const auto& genesis = PredicateOf<attest::Genesis>(record);
  state.log.context.type_base = genesis.type_base;
  state.log.context.urn_prefix = genesis.urn_prefix;
  state.log.max_statement_age_days = genesis.max_statement_age_days;
  SetAuthority(state, genesis.authority, record.index);
}

void ChangeRoles(State& state, const Record& record) {
  const auto present = {UrnRole::kRoot, UrnRole::kSecretariat, UrnRole::kOperator};
  std::vector<keys::KeyId> dropped;
  for (const auto role : present) {
    for (const auto& id : state.PresentKeysOf(role)) dropped.push_back(id);
  }
  for (const auto& kept : KeysInStatement(*record.statement)) std::erase(dropped, kept.id());
  for (const auto& id : dropped) Revoke(state, id, {record.index, record.entry->statement_id, RevocationReason::kRetired, 0});
  SetAuthority(state, PredicateOf<attest::RoleChange>(record).authority, record.index);
}

void AddPrincipleSet(State& state, const Record& record) {
  const auto& set = PredicateOf<attest::PrincipleSet>(record);
  state.principle_sets.Put(record.entry->statement_id, {record.index, set.valid_from, set.max_commitment_days, set.max_result_days,
                                                        record.entry->principles, EffectsOf(set.outcomes),
                                                        EffectsOf(set.statuses), SupersededId(*record.entry)});
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

void RevokeKey(State& state, const Record& record) {
  const auto& said = PredicateOf<attest::KeyRevocation>(record);
  Revocation revocation = {record.index, record.entry->statement_id, ParseReason(said.reason), 0};
  const KeyState& key = *state.keys.Find(said.key_id);
  if (revocation.reason == RevocationReason::kCompromised) {
    const auto first = key.info.registered_at + 1;
    revocation.invalid_since = std::min(std::max(said.invalid_since.value_or(first), first), record.index);
  }
  Revoke(state, said.key_id, revocation);
  if (revocation.reason == RevocationReason::kCompromised) RevokeRegisteredBy(state, said.party, revocation);
}

void Withdraw(State& state, const Record& record) {
  AppendTo(state.withdrawals, record.entry->issuer, {record.index, record.entry->statement_id, record.entry->valid_from});
}

void AddStatus(State& state, const Record& record) {
  const attest::Entry& entry = *record.entry;
  AppendTo(state.statuses, entry.subjects.front(),
           {record.index, entry.statement_id, entry.code, attest::LoggedAtSeconds(entry), entry.valid_from, entry.valid_until});
}

void AddAccreditation(State& state, const Record& record) {
  const auto& accreditation = PredicateOf<attest::AuditorAccreditation>(record);
  // principles: ascending, as in the entry
  state.accreditations.Put(record.entry->statement_id,
                           {record.index, accreditation.valid_from, accreditation.valid_until, record.entry->principles,
                            accreditation.schemes, accreditation.not_for, SupersededId(*record.entry)});
}

void Retract(State& state, const Record& record) {
  state.retractions.Put(record.entry->refs.front().id, {record.index, record.entry->statement_id, record.entry->valid_from});
}

void AddNotice(State& state, const Record& record) {
  const auto target = PredicateOf<attest::ErasureNotice>(record).index;
  if (state.notices.Find(target) == nullptr) state.notices.Put(target, record.index);
}

void AddIndexHead(State& state, const Record& record) {
  state.log.index_covers = PredicateOf<attest::IndexHead>(record).covers_size;
}

void AddLogEvent(State& state, const Record& record) {
  const auto& event = PredicateOf<attest::LogEvent>(record);
  if (event.event != "freeze") return;
  state.log.frozen = true;
  state.log.successor = event.successor_origin;
}

std::string IndexHeadNonce(const attest::IndexHead& head) {
  bytes::ByteWriter text;
  text.Raw("trustlog-index-head/v1\n").U64(head.covers_size).Hash32(head.map_root);
  const auto digest = merkle::Sha256(bytes::AsBytes(text.data()));
  return bytes::EncodeBase64Url(merkle::ByteView(digest).first(16));
}

}  // namespace trustlog::registry
