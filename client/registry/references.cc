#include "client/registry/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::registry {
namespace {

using attest::Entry;
using attest::Kind;
using attest::Rel;
using bytes::Reason;
using bytes::Refuse;

bool IsWithin(std::span<const std::uint8_t> inner, std::span<const std::uint8_t> outer) {  // both ascending
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

// Target kinds.
bool AnyKind(const Case&, const Entry&) { return true; }
bool SameKind(const Case& record, const Entry& target) { return target.kind == record.entry().kind; }
template <Kind kind>
bool Of(const Case&, const Entry& target) {
  return target.kind == kind;
}
bool OfPromiseOrAudit(const Case&, const Entry& target) {
  return target.kind >= Kind::kCommitment && target.kind <= Kind::kRemediation;
}
bool OfRetractable(const Case& record, const Entry& target) {
  return OfPromiseOrAudit(record, target) || target.kind == Kind::kObjection || target.kind == Kind::kEvidence;
}
bool NoObjection(const Case&, const Entry& target) { return target.kind != Kind::kObjection; }
bool OfWithholdable(const Case&, const Entry& target) { return attest::IsWithholdable(target.kind); }

// Party rules.
bool AnyParty(const Case&, const Entry&) { return true; }
bool SameSubjects(const Case& record, const Entry& target) { return target.subjects == record.entry().subjects; }
bool SameParties(const Case& record, const Entry& target) {
  return target.issuer == record.entry().issuer && SameSubjects(record, target);
}
bool MadeByTheSubject(const Case& record, const Entry& target) {
  return record.entry().subjects.size() == 1 && target.issuer == record.entry().subjects.front();
}
bool OfTheAudited(const Case& record, const Entry& target) {  // by its auditor, or by the member it is about
  const std::string& issuer = record.entry().issuer;
  return SameSubjects(record, target) && (issuer == target.issuer || issuer == target.subjects.front());
}
bool MayWithdraw(const Case& record, const Entry& target) {  // nobody else withdraws a result or an objection
  if (!SameSubjects(record, target)) return false;
  if (record.entry().issuer == target.issuer) return true;
  return record.state.IsRole(record.entry().issuer, attest::UrnRole::kSecretariat) && target.kind != Kind::kAuditResult &&
         target.kind != Kind::kObjection;
}

// Principle rules.
bool AnyPrinciple(const Case&, const Entry&) { return true; }
bool SamePromise(const Case& record, const Entry& target) {
  const Entry& entry = record.entry();
  const bool promises = entry.kind == Kind::kCommitment || entry.kind == Kind::kSupplierFlowdown;
  return !promises || target.principles == entry.principles;
}
bool WithinTarget(const Case& record, const Entry& target) { return IsWithin(record.entry().principles, target.principles); }
bool CoversTarget(const Case& record, const Entry& target) { return IsWithin(target.principles, record.entry().principles); }

// When a retracted target is refused.
bool Never(const Case&, const attest::Id&) { return false; }
bool RetractedNow(const Case& record, const attest::Id& id) { return record.state.IsRetracted(id, record.here()); }
bool RetractedAtAll(const Case& record, const attest::Id& id) {
  return record.state.RetractionOf(id, record.here().size) != nullptr;
}

using Holds = bool (*)(const Case& record, const Entry& target);

struct Relation {
  Rel rel;
  std::optional<Kind> kind;  // of the record that refers; nullopt: any
  Holds kind_rule, party_rule, principle_rule;
  bool (*retracted)(const Case& record, const attest::Id& target) = Never;  // REF_RETRACTED
};

// 6.5, a row a line.
constexpr Relation kRelations[] = {
    {Rel::kRenews, std::nullopt, SameKind, SameParties, SamePromise},
    {Rel::kCorrects, std::nullopt, SameKind, SameParties, SamePromise},
    {Rel::kPrincipleSet, Kind::kCommitment, Of<Kind::kPrincipleSet>, AnyParty, WithinTarget},
    {Rel::kCommitment, Kind::kSupplierFlowdown, Of<Kind::kCommitment>, MadeByTheSubject, CoversTarget, RetractedNow},
    {Rel::kCommitment, Kind::kAuditEngagement, Of<Kind::kCommitment>, MadeByTheSubject, CoversTarget},
    {Rel::kCommitment, Kind::kAuditResult, Of<Kind::kCommitment>, MadeByTheSubject, CoversTarget},
    {Rel::kEngagement, Kind::kAuditResult, Of<Kind::kAuditEngagement>, SameParties, WithinTarget},
    {Rel::kTarget, Kind::kRemediation, Of<Kind::kAuditResult>, OfTheAudited, AnyPrinciple},
    {Rel::kTarget, Kind::kRetraction, OfRetractable, MayWithdraw, AnyPrinciple, RetractedAtAll},
    {Rel::kTarget, Kind::kObjection, NoObjection, SameSubjects, AnyPrinciple},
    {Rel::kTarget, Kind::kEvidence, OfPromiseOrAudit, AnyParty, AnyPrinciple},
    {Rel::kTarget, Kind::kErasureNotice, OfWithholdable, AnyParty, AnyPrinciple},
    {Rel::kTarget, Kind::kIndexEndorsement, Of<Kind::kIndexHead>, AnyParty, AnyPrinciple},
    {Rel::kInput, Kind::kStatusChange, AnyKind, AnyParty, AnyPrinciple},
    {Rel::kInput, Kind::kAuditResult, Of<Kind::kEvidence>, AnyParty, AnyPrinciple},
    {Rel::kInput, Kind::kRemediation, Of<Kind::kEvidence>, AnyParty, AnyPrinciple},
};

const Relation* FindRelation(Rel rel, Kind kind) {
  for (const Relation& row : kRelations) {
    if (row.rel == rel && row.kind.value_or(kind) == kind) return &row;
  }
  return nullptr;
}

absl::Status RefuseRef(Reason reason, const attest::Ref& ref, std::string_view what) {
  const auto id = bytes::EncodeHex(ref.id);
  return Refuse(reason, fmt::format("reference {} {}", id, what), {{"id", id}});
}

absl::Status CheckReference(const Case& record, const attest::Ref& ref, const std::optional<Fact>& fact) {
  const Entry& entry = record.entry();
  if (!fact.has_value()) return RefuseRef(Reason::kRefNotFound, ref, "names no record that this log has taken");
  const Entry& target = *fact->entry;
  const Relation* rule = FindRelation(ref.rel, entry.kind);
  if (rule == nullptr || !rule->kind_rule(record, target)) {
    return RefuseRef(Reason::kRefWrongKind, ref,
                     fmt::format("is of kind {}, which a record of kind {} cannot refer to so", attest::KindName(target.kind),
                                 attest::KindName(entry.kind)));
  }
  if (!rule->party_rule(record, target))
    return RefuseRef(Reason::kRefWrongParty, ref, fmt::format("is of {}: another party's", target.issuer));
  if (!rule->principle_rule(record, target))
    return Refuse(Reason::kPrincipleUnknown, "the principles are not those of the record referred to");
  if (rule->retracted(record, ref.id)) return RefuseRef(Reason::kRefRetracted, ref, "was retracted");
  return absl::OkStatus();
}

// 6.5, rel 4 in 18, 19: "each of the entry's principles has at least one such target (checked after the last ref)".
absl::Status CheckEachPrincipleIsPromised(const Case& record) {
  const Entry& entry = record.entry();
  if (entry.kind != Kind::kAuditEngagement && entry.kind != Kind::kAuditResult) return absl::OkStatus();
  for (const auto principle : entry.principles) {
    bool promised = false;
    for (std::size_t i = 0; i < entry.refs.size(); ++i) {
      if (entry.refs[i].rel != Rel::kCommitment) continue;
      const auto& target = record.targets[i]->entry->principles;
      promised = promised || std::find(target.begin(), target.end(), principle) != target.end();
    }
    if (!promised) return Refuse(Reason::kPrincipleUnknown, fmt::format("none of the commitments is on principle {}", principle));
  }
  return absl::OkStatus();
}

absl::Status NotHead(const attest::Id& head, std::string_view what) {
  const auto id = bytes::EncodeHex(head);
  return Refuse(Reason::kSupersedesNotHead, fmt::format("{}; the newest is {}", what, id), {{"head", id}});
}

}  // namespace

absl::StatusOr<Case> FindCase(const State& state, const Record& record, const FactSource& facts) {
  Case found{state, record, {}, std::nullopt};
  found.targets.reserve(record.entry->refs.size());
  for (const auto& ref : record.entry->refs) {
    auto fact = facts.ById(ref.id);
    if (!fact.ok()) return fact.status();
    // A source may know more of the log than this state has followed.
    if (fact->has_value() && ((*fact)->index >= record.index || state.IsVoid((*fact)->index))) fact->reset();
    found.targets.push_back(*std::move(fact));
  }
  if (record.entry->kind != Kind::kIndexHead || record.statement == nullptr) return found;
  const auto covers = PredicateOf<attest::IndexHead>(record).covers_size;
  if (covers > record.index) return found;
  const auto logged_at_ms = facts.LoggedAtMs(covers - 1);
  if (!logged_at_ms.ok()) return logged_at_ms.status();
  found.covered_until_ms = *logged_at_ms;
  return found;
}

absl::Status CheckReferences(const Case& record) {
  const auto& refs = record.entry().refs;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (auto status = CheckReference(record, refs[i], record.targets[i]); !status.ok()) return status;
  }
  return CheckEachPrincipleIsPromised(record);
}

const attest::Ref* SupersededBy(const attest::Entry& entry) {
  // Refs are in the order of rel: renewal and correction come first, and a statement has at most one of them.
  if (entry.refs.empty() || entry.refs.front().rel > Rel::kCorrects) return nullptr;
  return &entry.refs.front();
}

absl::Status CheckSupersedes(const Case& record, const std::optional<ChainKey>& chain) {
  const attest::Ref* superseded = SupersededBy(record.entry());
  if (chain.has_value()) {
    const attest::Id* head = record.state.Head(*chain);
    if (head == nullptr || (superseded != nullptr && superseded->id == *head)) return absl::OkStatus();
    return NotHead(*head, "a record of this chain must supersede the newest one");
  }
  if (superseded == nullptr || record.state.superseded.Find(superseded->id) == nullptr) return absl::OkStatus();
  return NotHead(record.state.NewestOf(superseded->id), "the record to supersede has been superseded already");
}

}  // namespace trustlog::registry
