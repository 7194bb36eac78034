#include "client/registry/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/registry/case.h"
#include "client/registry/references.h"
#include "client/registry/signatures.h"
#include "client/registry/slots.h"
#include "client/registry/transitions.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::registry {
namespace {

using attest::Entry;
using attest::Kind;
using attest::Rel;
using bytes::Reason;
using bytes::Refuse;

constexpr std::int64_t kSecondsADay = 86'400;
constexpr std::int64_t kMaxIssuedAhead = 300;  // 5.1, issuedAt

// 18

absl::Status CheckIssuedAt(const Case& record) {
  if (record.withheld()) return absl::OkStatus();
  const auto issued_at = record.record.statement->issued_at;
  if (issued_at > record.now() + kMaxIssuedAhead) {
    return Refuse(Reason::kIssuedInFuture,
                  fmt::format("issued at {}, more than {} s after {}", issued_at, kMaxIssuedAhead, record.now()));
  }
  const auto days = record.entry().kind == Kind::kGenesis ? PredicateOf<attest::Genesis>(record.record).max_statement_age_days
                                                          : record.state.log.max_statement_age_days;
  if (issued_at >= record.now() - days * kSecondsADay) return absl::OkStatus();
  return Refuse(Reason::kIssuedTooOld, fmt::format("issued at {}, more than {} days before {}", issued_at, days, record.now()));
}

// 19

absl::Status CheckPartiesKnown(const Case& record) {
  const Entry& entry = record.entry();
  if (entry.kind == Kind::kGenesis) return absl::OkStatus();  // makes its own issuer known
  const auto unknown = [](std::string_view urn) {
    return Refuse(Reason::kPartyUnknown, fmt::format("{} is not admitted to this log", urn), {{"urn", std::string(urn)}});
  };
  if (!record.state.IsKnown(entry.issuer)) return unknown(entry.issuer);
  if (entry.kind == Kind::kPartyAdmission) return absl::OkStatus();
  for (const auto& subject : entry.subjects) {
    if (!record.state.IsKnown(subject)) return unknown(subject);
  }
  return absl::OkStatus();
}

// 22

absl::Status CheckIssuerIsActive(const Case& record) {
  const std::string& issuer = record.entry().issuer;
  if (record.state.parties.Find(issuer) == nullptr || record.state.IsActive(issuer, record.now())) return absl::OkStatus();
  return Refuse(Reason::kMemberNotActive, fmt::format("{} has left, or was ended by the secretariat, at {}", issuer, record.now()));
}

// 23

absl::Status CheckScope(const Case& record, const AccreditationState& accreditation) {
  const auto& principles = record.entry().principles;
  if (!std::includes(accreditation.principles.begin(), accreditation.principles.end(), principles.begin(), principles.end())) {
    return Refuse(Reason::kAccreditationScope, "a principle is outside the auditor's accreditation");
  }
  if (record.withheld() || record.entry().kind != Kind::kAuditResult || accreditation.schemes.empty()) return absl::OkStatus();
  for (const auto& scheme : PredicateOf<attest::AuditResult>(record.record).schemes) {
    const auto& schemes = accreditation.schemes;
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) {
      return Refuse(Reason::kAccreditationScope, fmt::format("scheme {} is outside the auditor's accreditation", scheme));
    }
  }
  return absl::OkStatus();
}

// REQUIRES: the issuer is admitted.
absl::Status CheckAccreditation(const Case& record) {
  const std::string& auditor = record.entry().issuer;
  const auto* accreditation = record.state.AccreditationAt(auditor, {record.state.log.size, record.now()});
  if (accreditation == nullptr || !record.state.IsActive(auditor, record.now())) {
    return Refuse(Reason::kNotAccredited, fmt::format("{} has no accreditation in force at {}", auditor, record.now()));
  }
  return CheckScope(record, *accreditation);
}

absl::Status CheckAuditorOfRemediation(const Case& record) {
  const PartyInfo* issuer = record.state.parties.Find(record.entry().issuer);
  return issuer != nullptr && issuer->role == "auditor" ? CheckAccreditation(record) : absl::OkStatus();
}

absl::Status CheckAuditor(const Case& record) {
  const std::string& auditor = record.entry().issuer;
  const std::string& member = record.entry().subjects.front();
  if (auto status = CheckAccreditation(record); !status.ok()) return status;
  const auto group = [&](const std::string& urn) {
    const PartyInfo* party = record.state.parties.Find(urn);
    return party == nullptr ? std::string_view() : std::string_view(party->group);
  };
  if (!group(auditor).empty() && group(auditor) == group(member)) {
    return Refuse(Reason::kNotIndependent, fmt::format("{} and {} are of one group, {}", auditor, member, group(auditor)));
  }
  const auto& not_for = record.state.AccreditationAt(auditor, {record.state.log.size, record.now()})->not_for;
  if (std::find(not_for.begin(), not_for.end(), member) == not_for.end()) return absl::OkStatus();
  return Refuse(Reason::kNotIndependent, fmt::format("{} is not accredited for {}", auditor, member));
}

// 25: where a record of the kind belongs

std::optional<ChainKey> ChainOfSets(const Entry&) { return PrincipleSetChain(); }
std::optional<ChainKey> ChainOfAuditor(const Entry& entry) { return AccreditationChain(entry.subjects.front()); }
std::optional<ChainKey> ChainOfPromise(const Entry& entry) { return CommitmentChain(entry.issuer, entry.principles.front()); }

// 26

absl::Status CheckNewAuthority(const Case& record) {
  const auto& change = PredicateOf<attest::RoleChange>(record.record).authority;
  const auto next = record.state.log.authority_version + 1;
  if (change.version != next) {
    return Refuse(Reason::kVersionNotNext, fmt::format("authority version {} where {} is the next", change.version, next));
  }
  for (const auto& key : KeysInStatement(*record.record.statement)) {
    const KeyState* known = record.state.keys.Find(key.id());
    if (known == nullptr) continue;
    const bool of_role = !known->info.admin && !known->info.sign;
    if (of_role && !known->info.revoked() && known->info.key.algorithm() == key.algorithm()) continue;
    return Refuse(Reason::kKeyExists, fmt::format("key {} is known already, and no present role key of that algorithm",
                                                  bytes::EncodeHex(key.id())));
  }
  return absl::OkStatus();
}

absl::Status CheckPartyIsNew(const Case& record) {
  const auto& party = PredicateOf<attest::PartyAdmission>(record.record).party;
  if (record.state.parties.Find(party) == nullptr) return absl::OkStatus();
  return Refuse(Reason::kPartyExists, fmt::format("{} is admitted already", party));
}

absl::Status CheckKeyIsNew(const Case& record) {
  const auto& registration = PredicateOf<attest::KeyRegistration>(record.record);
  const auto& id = registration.key.key.id();
  if (record.state.keys.Find(id) != nullptr)
    return Refuse(Reason::kKeyExists, fmt::format("key {} is known already", bytes::EncodeHex(id)));
  if (!registration.replaces.has_value()) return absl::OkStatus();
  const auto& replaced = registration.replaces->key_id;
  const KeyState* old = record.state.keys.Find(replaced);
  if (old == nullptr || old->info.owner != record.entry().issuer) {
    return Refuse(Reason::kKeyUnknown,
                  fmt::format("key {}, to be replaced, is none of {}", bytes::EncodeHex(replaced), record.entry().issuer));
  }
  if (!old->info.revoked()) return absl::OkStatus();
  return Refuse(Reason::kKeyRevoked, fmt::format("key {}, to be replaced, is revoked", bytes::EncodeHex(replaced)));
}

absl::Status CheckRevocation(const Case& record) {
  const auto& revocation = PredicateOf<attest::KeyRevocation>(record.record);
  const auto id = [&] { return bytes::EncodeHex(revocation.key_id); };
  const KeyState* key = record.state.keys.Find(revocation.key_id);
  if (key == nullptr || (!key->info.admin && !key->info.sign)) {
    return Refuse(Reason::kKeyUnknown, fmt::format("key {} is no party's key", id()));
  }
  if (key->info.owner != revocation.party) {
    return Refuse(Reason::kRefWrongParty, fmt::format("key {} is of {}, not of {}", id(), key->info.owner, revocation.party),
                  {{"id", id()}});
  }
  const bool first_compromise = revocation.reason == "compromised" && !key->info.compromised();
  if (!key->info.revoked() || first_compromise) return absl::OkStatus();
  return Refuse(Reason::kKeyRevoked, fmt::format("key {} was revoked by entry {}", id(), key->info.revocations.front().index));
}

absl::Status CheckCorrectsOnly(const Case& record) {
  const attest::Ref* superseded = SupersededBy(record.entry());
  if (superseded == nullptr || superseded->rel == Rel::kCorrects) return absl::OkStatus();
  return Refuse(Reason::kSchemaViolation, "a status change can be corrected, not renewed", {{"path", "predicate.supersedes.change"}});
}

absl::Status CheckNoticeIndex(const Case& record) {
  const auto named = PredicateOf<attest::ErasureNotice>(record.record).index;
  const auto& target = record.targets.front();  // the only ref of the kind; check 24 has found it
  if (named == target->index) return absl::OkStatus();
  return Refuse(Reason::kRefNotFound, fmt::format("the target is entry {}, not {}", target->index, named),
                {{"id", bytes::EncodeHex(record.entry().refs.front().id)}});
}

// 8.4: the payload of an index head is a function of origin, size and root.
absl::Status CheckIndexHead(const Case& record) {
  const auto& head = PredicateOf<attest::IndexHead>(record.record);
  const auto largest = record.state.log.index_covers;
  if (head.covers_size > record.record.index || head.covers_size <= largest) {
    return Refuse(Reason::kIndexHeadNotNewer, fmt::format("covers {} entries; the log has {}, the newest index head covers {}",
                                                          head.covers_size, record.record.index, largest));
  }
  const auto& statement = *record.record.statement;
  const auto violation = [](std::string_view path, std::string_view what) {
    return Refuse(Reason::kSchemaViolation, fmt::format("{} is not that of {}", path, what), {{"path", std::string(path)}});
  };
  const bool in_time = record.covered_until_ms.has_value() &&
                       statement.issued_at == static_cast<std::int64_t>(*record.covered_until_ms / 1000);
  if (!in_time) return violation("predicate.issuedAt", "the last entry covered");
  if (statement.nonce != IndexHeadNonce(head)) return violation("predicate.nonce", "this size and map root");
  return absl::OkStatus();
}

const attest::Id& NamedSet(const Entry& entry) {
  return std::find_if(entry.refs.begin(), entry.refs.end(), [](const attest::Ref& ref) { return ref.rel == Rel::kPrincipleSet; })
      ->id;
}

absl::Status CheckSetIsCurrent(const Case& record) {
  const attest::Ref* superseded = SupersededBy(record.entry());
  if (superseded != nullptr && superseded->rel == Rel::kCorrects) return absl::OkStatus();
  if (record.state.IsCurrentSet(NamedSet(record.entry()), record.now())) return absl::OkStatus();
  return Refuse(Reason::kPrincipleSetNotCurrent, "a later principle set than the one named is in force");
}

// 27

absl::Status CheckLength(const Entry& entry, const std::optional<std::int64_t>& max_days) {
  if (!max_days.has_value() || entry.valid_until - entry.valid_from <= *max_days * kSecondsADay) return absl::OkStatus();
  return Refuse(Reason::kValidityTooLong,
                fmt::format("valid for {} s, the principle set allows {} days", entry.valid_until - entry.valid_from, *max_days));
}

absl::Status CheckCommitmentLength(const Case& record) {
  return CheckLength(record.entry(), record.state.principle_sets.Find(NamedSet(record.entry()))->max_commitment_days);
}

absl::Status CheckResultLength(const Case& record) {
  const auto* set = record.state.SetAt(record.here());
  return set == nullptr ? absl::OkStatus() : CheckLength(record.entry(), set->max_result_days);
}

using Rule = absl::Status (*)(const Case&);

struct KindRules {
  Kind kind;
  std::vector<Slot> (*slots)(const Case&);         // 6.3: checks 20, 21
  Purpose purpose;                                 // 6.3, of party keys
  Rule active;                                     // 22; null: not asked
  Rule auditor;                                    // 23; null: not asked
  std::optional<ChainKey> (*chain)(const Entry&);  // 25; null: no one chain
  Rule own;                                        // 26; null: none
  Rule length;                                     // 27; null: no limit
  void (*transition)(State&, const Record&);       // 6.6; null: none
};

// Check 24 has no column: references.cc.
constexpr auto kNot = nullptr;
constexpr Rule kActive = CheckIssuerIsActive;
constexpr KindRules kRules[] = {
    {Kind::kGenesis, RootOfStatement, Purpose::kSign, kNot, kNot, kNot, kNot, kNot, BeginLog},
    {Kind::kRoleChange, RootAndNewRoot, Purpose::kSign, kNot, kNot, kNot, CheckNewAuthority, kNot, ChangeRoles},
    {Kind::kPrincipleSet, Secretariat, Purpose::kSign, kNot, kNot, ChainOfSets, kNot, kNot, AddPrincipleSet},
    {Kind::kPartyAdmission, Secretariat, Purpose::kSign, kNot, kNot, kNot, CheckPartyIsNew, kNot, AddParty},
    {Kind::kKeyRegistration, NewKeyAndItsSponsor, Purpose::kAdmin, kNot, kNot, kNot, CheckKeyIsNew, kNot, AddKey},
    {Kind::kKeyRevocation, IssuerOrSecretariat, Purpose::kAdmin, kNot, kNot, kNot, CheckRevocation, kNot, RevokeKey},
    {Kind::kPartyWithdrawal, Issuer, Purpose::kAdmin, kActive, kNot, kNot, kNot, kNot, Withdraw},
    {Kind::kStatusChange, Secretariat, Purpose::kSign, kNot, kNot, kNot, CheckCorrectsOnly, kNot, AddStatus},
    {Kind::kAuditorAccreditation, Secretariat, Purpose::kSign, kNot, kNot, ChainOfAuditor, kNot, kNot, AddAccreditation},
    {Kind::kCommitment, Issuer, Purpose::kSign, kActive, kNot, ChainOfPromise, CheckSetIsCurrent, CheckCommitmentLength, kNot},
    {Kind::kSupplierFlowdown, Issuer, Purpose::kSign, kActive, kNot, kNot, kNot, kNot, kNot},
    {Kind::kAuditEngagement, AuditorAndMember, Purpose::kSign, kActive, CheckAuditor, kNot, kNot, kNot, kNot},
    {Kind::kAuditResult, Issuer, Purpose::kSign, kNot, CheckAuditor, kNot, kNot, CheckResultLength, kNot},
    {Kind::kRemediation, Issuer, Purpose::kSign, kNot, CheckAuditorOfRemediation, kNot, kNot, kNot, kNot},
    {Kind::kRetraction, IssuerOrSecretariat, Purpose::kSign, kNot, kNot, kNot, kNot, kNot, Retract},
    {Kind::kObjection, Issuer, Purpose::kSign, kNot, kNot, kNot, kNot, kNot, kNot},
    {Kind::kEvidence, IssuerOrSecretariat, Purpose::kSign, kActive, kNot, kNot, kNot, kNot, kNot},
    {Kind::kErasureNotice, OperatorAndSecretariat, Purpose::kSign, kNot, kNot, kNot, CheckNoticeIndex, kNot, AddNotice},
    {Kind::kIndexHead, Operator, Purpose::kSign, kNot, kNot, kNot, CheckIndexHead, kNot, AddIndexHead},
    {Kind::kIndexEndorsement, Issuer, Purpose::kSign, kActive, kNot, kNot, kNot, kNot, kNot},
    {Kind::kLogEvent, Operator, Purpose::kSign, kNot, kNot, kNot, kNot, kNot, AddLogEvent},
};

// Every kind of this version has its row.
const KindRules& RulesOf(Kind kind) {
  return *std::find_if(std::begin(kRules), std::end(kRules), [&](const KindRules& row) { return row.kind == kind; });
}

std::optional<ChainKey> ChainOf(const KindRules& rules, const Entry& entry) {
  return rules.chain == nullptr ? std::nullopt : rules.chain(entry);
}

// What table 3.2 and the schemas of 5.3 leave possible: of each claim the numbers of subjects, principles, artifacts and
// refs.
constexpr std::size_t kRels = 7;
struct Range {
  std::size_t min = 0, max = 0;
  bool Holds(std::size_t n) const { return n >= min && n <= max; }
};
struct Shape {
  Kind kind;
  Range subjects, principles, artifacts;
  std::array<Range, kRels> of_rel;  // by rel: 1 renews .. 7 input
};
constexpr Range kNone = {0, 0}, kOne = {1, 1}, kMaybe = {0, 1}, kAll = {1, 63}, kDocuments = {1, 64};
constexpr Shape kShapes[] = {
    {Kind::kCommitment, kOne, kOne, kDocuments, {{kMaybe, kMaybe, kOne, kNone, kNone, kNone, kNone}}},
    {Kind::kSupplierFlowdown, kOne, kOne, kDocuments, {{kMaybe, kMaybe, kNone, kOne, kNone, kNone, kNone}}},
    {Kind::kAuditEngagement, kOne, kAll, {0, 64}, {{kMaybe, kMaybe, kNone, {1, 48}, kNone, kNone, kNone}}},
    {Kind::kAuditResult, kOne, kAll, kDocuments, {{kMaybe, kMaybe, kNone, {1, 48}, kOne, kNone, {0, 8}}}},
    {Kind::kRemediation, kOne, kNone, {0, 64}, {{kMaybe, kMaybe, kNone, kNone, kNone, kOne, {0, 8}}}},
    {Kind::kRetraction, {0, 8}, kNone, {0, 64}, {{kNone, kNone, kNone, kNone, kNone, kOne, kNone}}},
    {Kind::kObjection, {0, 8}, kNone, {0, 64}, {{kNone, kNone, kNone, kNone, kNone, kOne, kNone}}},
    {Kind::kEvidence, {1, 8}, {0, 63}, kDocuments, {{kMaybe, kMaybe, kNone, kNone, kNone, {0, 16}, kNone}}},
};

}  // namespace

bool IsDerivable(const Entry& entry) {
  const auto* const shape =
      std::find_if(std::begin(kShapes), std::end(kShapes), [&](const Shape& row) { return row.kind == entry.kind; });
  if (shape == std::end(kShapes)) return false;
  std::array<std::size_t, kRels> of_rel{};
  for (const auto& ref : entry.refs) ++of_rel[static_cast<std::size_t>(ref.rel) - 1];
  for (std::size_t i = 0; i < kRels; ++i) {
    if (!shape->of_rel[i].Holds(of_rel[i])) return false;
  }
  const bool of_itself = entry.kind == Kind::kCommitment || entry.kind == Kind::kSupplierFlowdown;
  const bool by_itself = !of_itself || entry.subjects == std::vector{entry.issuer};
  return of_rel[0] + of_rel[1] <= 1 && by_itself && shape->subjects.Holds(entry.subjects.size()) &&
         shape->principles.Holds(entry.principles.size()) && shape->artifacts.Holds(entry.artifacts.size());
}

absl::Status CheckNotFrozen(const State& state) {
  if (!state.log.frozen) return absl::OkStatus();
  std::vector<std::pair<std::string, std::string>> metadata;
  if (!state.log.successor.empty()) metadata.emplace_back("successor", state.log.successor);
  return Refuse(Reason::kLogFrozen, "this log is frozen: no entry follows", std::move(metadata));
}

absl::Status CheckBeforeSignatures(const State& state, const Record& record) {
  if (auto status = CheckNotFrozen(state); !status.ok()) return status;  // 6
  const Kind kind = record.entry->kind;
  const bool begun = !state.log.context.type_base.empty();
  if (kind == Kind::kGenesis ? record.index != 0 : !begun) {  // 11
    return Refuse(Reason::kGenesisOrder, "the genesis record is entry 0, and no other");
  }
  if (record.statement == nullptr) return absl::OkStatus();
  const std::string& origin = state.log.context.origin;
  if (record.statement->log_origin == origin) return absl::OkStatus();  // 16
  return Refuse(Reason::kWrongLog, fmt::format("the statement is meant for another log than {}", origin), {{"origin", origin}});
}

absl::Status CheckFromSignatures(const Case& record) {
  const KindRules& rules = RulesOf(record.entry().kind);
  const auto signers = FindSigners(record.state, record.record);
  if (!signers.ok()) return signers.status();                                // 17
  if (auto status = CheckIssuedAt(record); !status.ok()) return status;      // 18
  if (auto status = CheckPartiesKnown(record); !status.ok()) return status;  // 19
  const auto slots = rules.slots(record);
  if (auto status = CheckSigners(record, *signers, slots, rules.purpose); !status.ok()) return status;  // 20
  if (auto status = CheckSlots(*signers, slots); !status.ok()) return status;                                 // 21
  if (rules.active != nullptr) {                                                                      // 22
    if (auto status = rules.active(record); !status.ok()) return status;
  }
  if (rules.auditor != nullptr) {  // 23
    if (auto status = rules.auditor(record); !status.ok()) return status;
  }
  if (auto status = CheckReferences(record); !status.ok()) return status;                                  // 24
  if (auto status = CheckSupersedes(record, ChainOf(rules, record.entry())); !status.ok()) return status;  // 25
  if (rules.own != nullptr) {                                                                              // 26
    if (auto status = rules.own(record); !status.ok()) return status;
  }
  return rules.length == nullptr ? absl::OkStatus() : rules.length(record);  // 27
}

absl::Status CheckRecord(const State& state, const Record& record, const FactSource& facts) {
  if (record.index != state.log.size) {
    return absl::InternalError(fmt::format("record {} given to a registry of size {}", record.index, state.log.size));
  }
  if (auto status = CheckBeforeSignatures(state, record); !status.ok()) return status;
  if (record.statement == nullptr && !IsDerivable(*record.entry)) {
    return absl::InternalError("a record without the statement that its rules read");
  }
  const auto found = FindCase(state, record, facts);
  return found.ok() ? CheckFromSignatures(*found) : found.status();
}

void Accept(State& state, const Record& record) {
  const KindRules& rules = RulesOf(record.entry->kind);
  Follow(state, record, ChainOf(rules, *record.entry));
  if (rules.transition != nullptr) rules.transition(state, record);
}

}  // namespace trustlog::registry
