// The predicate of every kind as a struct (records.md 5.1-5.4). Values that went through the schema check of statement.h: ranges and
// forms hold. Members that decide nothing (titles, summaries, measures, contacts) are checked and not kept. Times are Unix seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proto/attest/entry.h"
#include "proto/keys/key.h"

namespace trustlog::attest {

struct KeyMember {                             // type `key` of 5.1; check 13 is done when the statement is parsed
  keys::PublicKey key;
};

struct RoleKeys {
  std::vector<KeyMember> keys;                 // 1..8
  std::uint8_t threshold = 0;                  // 1..keys.size()
};

struct Authority {
  std::int64_t version = 0;
  RoleKeys root, secretariat, operators;
};

struct Genesis {
  std::string type_base, urn_prefix;
  Authority authority;
  std::int64_t max_statement_age_days = 0;     // 1..3660
};
struct RoleChange { Authority authority; std::string reason; };

struct DeclaredCode { std::string code, effect; };
struct Principle { std::uint8_t no = 0; merkle::Hash text_sha256{}; };
struct PrincipleSet {
  std::string version;
  std::vector<Principle> principles;
  std::vector<DeclaredCode> outcomes;          // effect: positive qualified neutral negative
  std::vector<DeclaredCode> statuses;          // effect: neutral qualified negative ended
  std::vector<std::string> levels;
  std::optional<std::int64_t> max_commitment_days, max_result_days;
  std::int64_t valid_from = 0;
};
struct PartyAdmission {
  std::string party, role, legal_name, country, lei, group;    // lei, group: "" = absent
  std::int64_t valid_from = 0;
};
struct Replaces { keys::KeyId key_id{}; std::int64_t overlap_until = 0; };
struct KeyRegistration {
  KeyMember key;
  std::vector<std::string> purposes;           // of "sign", "admin"
  std::int64_t valid_from = 0, valid_until = 0;
  std::optional<Replaces> replaces;
};
struct KeyRevocation {
  std::string party;
  keys::KeyId key_id{};
  std::string reason;                          // retired lost compromised
  std::optional<std::uint64_t> invalid_since;  // an index
};
struct PartyWithdrawal { std::string reason; std::int64_t valid_from = 0; };
struct StatusChange {
  std::string party, status;
  std::int64_t valid_from = 0, valid_until = 0;
  merkle::Hash decision_sha256{};
  std::vector<Id> inputs;
};
struct AuditorAccreditation {
  std::string auditor;
  std::vector<std::uint8_t> principles;
  std::vector<std::string> schemes;            // empty = any
  std::vector<std::string> not_for;            // URNs
  std::int64_t valid_from = 0, valid_until = 0;
};

struct Commitment {
  Id principle_set{};
  std::uint8_t principle = 0;
  std::string level;
  std::int64_t valid_from = 0, valid_until = 0;
};
struct SupplierFlowdown {
  Id commitment{};
  std::uint8_t principle = 0;
  std::string instrument;
  merkle::Hash disclosure_root{};
  std::uint32_t disclosure_count = 0, acknowledged = 0;
  std::int64_t valid_from = 0, valid_until = 0;
};
struct AuditEngagement {
  std::string member;
  std::vector<std::uint8_t> principles;
  std::vector<Id> commitments;
  std::int64_t started_at = 0, result_due_by = 0;
  bool declined_by_member = false;
};
struct AuditResult {
  Id engagement{};
  std::string member;
  std::vector<std::uint8_t> principles;
  std::vector<Id> commitments;
  std::vector<std::string> schemes;            // of criteria[]
  std::string outcome;
  std::int64_t valid_from = 0, valid_until = 0;
  std::vector<Id> inputs;
};
struct Remediation { Id target{}; std::vector<std::string> about; std::int64_t finding = 0; std::string state; std::vector<Id> inputs; };
struct Retraction { Id target{}; std::vector<std::string> about; std::string reason; std::int64_t valid_from = 0; };
struct Objection { Id target{}; std::vector<std::string> about; std::string ground; };
struct ForeignSubject { std::string name; merkle::Hash sha256{}; };
struct Evidence {
  std::vector<std::string> about;
  std::string form, media_type;
  std::vector<std::uint8_t> principles;
  std::vector<Id> supports;
  std::vector<ForeignSubject> foreign_subjects;
  std::int64_t valid_from = 0, valid_until = 0;
};
struct ErasureNotice { Id target{}; std::uint64_t index = 0; std::string legal_basis; std::int64_t decided_at = 0; };
struct IndexHead { std::uint64_t covers_size = 0; merkle::Hash map_root{}; };
struct IndexEndorsement { Id target{}; std::string result; merkle::Hash map_root{}; };
struct LogEvent { std::string event; std::int64_t valid_from = 0; std::vector<std::string> vkeys; std::string successor_origin, successor_vkey; };

using Predicate = std::variant<Genesis, RoleChange, PrincipleSet, PartyAdmission, KeyRegistration, KeyRevocation, PartyWithdrawal,
                               StatusChange, AuditorAccreditation, Commitment, SupplierFlowdown, AuditEngagement, AuditResult,
                               Remediation, Retraction, Objection, Evidence, ErasureNotice, IndexHead, IndexEndorsement, LogEvent>;

// [from, until) as the entry has it (3.2): 0 where the kind or the record has none.
struct Interval {
  std::int64_t from = 0, until = 0;
};
Interval ValidityOf(const Predicate& predicate);

}  // namespace trustlog::attest
