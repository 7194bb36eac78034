#include "proto/attest/derive.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace trustlog::attest {
namespace {

// Table 3.2, one line a kind: subjects, principles, code, refs and added artifacts. Validity is ValidityOf; supersedes and the
// in-toto subjects are common to all kinds.
class Columns final {
 public:
  Columns(const Statement& statement, Entry& entry) : statement_(statement), entry_(entry) {}

  void operator()(const Genesis&) {}
  void operator()(const RoleChange&) {}
  void operator()(const PrincipleSet& in) {
    for (const auto& principle : in.principles) {
      entry_.principles.push_back(principle.no);
      entry_.artifacts.push_back(principle.text_sha256);
    }
  }
  void operator()(const PartyAdmission& in) { Set({in.party}, {}, in.role); }
  void operator()(const KeyRegistration& in) {
    const keys::PublicKey& key = in.key.key;
    Set({statement_.issuer}, {}, keys::AlgorithmName(key.algorithm()));
    entry_.artifacts.push_back(key.id());
  }
  void operator()(const KeyRevocation& in) {
    Set({in.party}, {}, in.reason);
    entry_.artifacts.push_back(in.key_id);
  }
  void operator()(const PartyWithdrawal& in) { Set({statement_.issuer}, {}, in.reason); }
  void operator()(const StatusChange& in) {
    Set({in.party}, {}, in.status);
    Refer(Rel::kInput, in.inputs);
    entry_.artifacts.push_back(in.decision_sha256);
  }
  void operator()(const AuditorAccreditation& in) { Set({in.auditor}, in.principles, ""); }

  void operator()(const Commitment& in) {
    Set({statement_.issuer}, {in.principle}, in.level);
    Refer(Rel::kPrincipleSet, {in.principle_set});
  }
  void operator()(const SupplierFlowdown& in) {
    Set({statement_.issuer}, {in.principle}, in.instrument);
    Refer(Rel::kCommitment, {in.commitment});
  }
  void operator()(const AuditEngagement& in) {
    Set({in.member}, in.principles, in.declined_by_member ? "declined" : "");
    Refer(Rel::kCommitment, in.commitments);
  }
  void operator()(const AuditResult& in) {
    Set({in.member}, in.principles, in.outcome);
    Refer(Rel::kCommitment, in.commitments);
    Refer(Rel::kEngagement, {in.engagement});
    Refer(Rel::kInput, in.inputs);
  }
  void operator()(const Remediation& in) {
    Set(in.about, {}, in.state);
    Refer(Rel::kTarget, {in.target});
    Refer(Rel::kInput, in.inputs);
  }
  void operator()(const Retraction& in) {
    Set(in.about, {}, in.reason);
    Refer(Rel::kTarget, {in.target});
  }
  void operator()(const Objection& in) {
    Set(in.about, {}, in.ground);
    Refer(Rel::kTarget, {in.target});
  }
  void operator()(const Evidence& in) {
    Set(in.about, in.principles, in.form);
    Refer(Rel::kTarget, in.supports);
    for (const auto& subject : in.foreign_subjects) entry_.artifacts.push_back(subject.sha256);
  }

  void operator()(const ErasureNotice& in) {
    Set({}, {}, in.legal_basis);
    Refer(Rel::kTarget, {in.target});
  }
  void operator()(const IndexHead&) {}
  void operator()(const IndexEndorsement& in) {
    Set({}, {}, in.result);
    Refer(Rel::kTarget, {in.target});
  }
  void operator()(const LogEvent& in) { Set({}, {}, in.event); }

 private:
  void Set(std::vector<std::string> subjects, std::vector<std::uint8_t> principles, std::string_view code) {
    entry_.subjects = std::move(subjects);
    entry_.principles = std::move(principles);
    entry_.code = code;
  }
  void Refer(Rel rel, const std::vector<Id>& ids) {
    for (const auto& id : ids) entry_.refs.push_back({rel, id});
  }

  const Statement& statement_;
  Entry& entry_;
};

template <typename T>
void SortDistinct(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Every field but the signatures and logged_at_ms, unchecked.
Entry DeriveUnsigned(const Statement& statement, const Id& statement_id) {
  Entry entry;
  entry.kind = statement.kind;
  entry.issuer = statement.issuer;
  std::visit(Columns(statement, entry), statement.predicate);
  if (statement.supersedes) entry.refs.push_back({statement.supersedes->change, statement.supersedes->id});
  for (const auto& subject : statement.subjects) {
    if (subject.sha256 && !IsNameSubject(subject)) entry.artifacts.push_back(*subject.sha256);
  }
  SortDistinct(entry.subjects);
  SortDistinct(entry.principles);
  SortDistinct(entry.refs);
  SortDistinct(entry.artifacts);
  const Interval validity = ValidityOf(statement.predicate);
  entry.valid_from = validity.from;
  entry.valid_until = validity.until;
  entry.statement_id = statement_id;
  return entry;
}

}  // namespace

absl::StatusOr<Entry> Derive(const Statement& statement, const Id& statement_id, std::vector<EntrySignature> signatures) {
  Entry entry = DeriveUnsigned(statement, statement_id);
  entry.signatures = std::move(signatures);
  std::sort(entry.signatures.begin(), entry.signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  if (auto status = CheckEncodable(entry); !status.ok()) return status;  // check 15
  return entry;
}

absl::StatusOr<bool> IsDerivedFrom(const Statement& statement, const Entry& logged) {
  const Entry entry = DeriveUnsigned(statement, logged.statement_id);
  const auto fields = [](const Entry& of) {
    return std::tie(of.kind, of.issuer, of.subjects, of.principles, of.code, of.refs, of.artifacts, of.valid_from, of.valid_until);
  };
  if (fields(entry) == fields(logged)) return true;  // and can be encoded, as `logged` was
  if (auto status = Derive(statement, logged.statement_id, logged.signatures).status(); !status.ok()) return status;
  return false;
}

absl::Status CheckDerivedSize(const Statement& statement, std::span<const std::size_t> signature_sizes) {
  std::vector<EntrySignature> placeholders;
  for (const std::size_t size : signature_sizes) {
    keys::KeyId key_id{};
    key_id[0] = static_cast<std::uint8_t>(placeholders.size());
    placeholders.push_back({key_id, std::string(size, '\0')});
  }
  return Derive(statement, Id{}, std::move(placeholders)).status();
}

}  // namespace trustlog::attest
