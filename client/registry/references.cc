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
bool SameKind(const Entry& entry, const Entry& target) { return target.kind == entry.kind; }
bool OfPrincipleSet(const Entry&, const Entry& target) { return target.kind == Kind::kPrincipleSet; }
bool OfCommitment(const Entry&, const Entry& target) { return target.kind == Kind::kCommitment; }
bool OfEngagement(const Entry&, const Entry& target) { return target.kind == Kind::kAuditEngagement; }
bool OfPromiseOrAudit(const Entry&, const Entry& target) {
  return target.kind >= Kind::kCommitment && target.kind <= Kind::kRemediation;
}
bool OfEvidence(const Entry&, const Entry& target) { return target.kind == Kind::kEvidence; }

// Party rules.
bool AnyParty(const Entry&, const Entry&) { return true; }
bool SameParties(const Entry& entry, const Entry& target) {
  return target.issuer == entry.issuer && target.subjects == entry.subjects;
}
bool MadeByTheSubject(const Entry& entry, const Entry& target) {
  return entry.subjects.size() == 1 && target.issuer == entry.subjects.front();
}

// Principle rules.
bool AnyPrinciple(const Entry&, const Entry&) { return true; }
bool SamePromise(const Entry& entry, const Entry& target) {
  return entry.kind != Kind::kCommitment || target.principles == entry.principles;
}
bool WithinTarget(const Entry& entry, const Entry& target) { return IsWithin(entry.principles, target.principles); }
bool CoversTarget(const Entry& entry, const Entry& target) { return IsWithin(target.principles, entry.principles); }

using Holds = bool (*)(const Entry& entry, const Entry& target);

struct Relation {
  Rel rel;
  std::optional<Kind> kind;  // of the record that refers; nullopt: any
  Holds kind_rule, party_rule, principle_rule;
};

// 6.5, a row a line.
constexpr Relation kRelations[] = {
    {Rel::kRenews, std::nullopt, SameKind, SameParties, SamePromise},
    {Rel::kCorrects, std::nullopt, SameKind, SameParties, SamePromise},
    {Rel::kPrincipleSet, Kind::kCommitment, OfPrincipleSet, AnyParty, WithinTarget},
    {Rel::kCommitment, Kind::kAuditEngagement, OfCommitment, MadeByTheSubject, CoversTarget},
    {Rel::kCommitment, Kind::kAuditResult, OfCommitment, MadeByTheSubject, CoversTarget},
    {Rel::kEngagement, Kind::kAuditResult, OfEngagement, SameParties, WithinTarget},
    {Rel::kTarget, Kind::kEvidence, OfPromiseOrAudit, AnyParty, AnyPrinciple},
    {Rel::kInput, Kind::kAuditResult, OfEvidence, AnyParty, AnyPrinciple},
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

absl::Status CheckReference(const Entry& entry, const attest::Ref& ref, const std::optional<Fact>& fact) {
  if (!fact.has_value()) return RefuseRef(Reason::kRefNotFound, ref, "names no record that this log has taken");
  const Entry& target = *fact->entry;
  const Relation* rule = FindRelation(ref.rel, entry.kind);
  if (rule == nullptr || !rule->kind_rule(entry, target)) {
    return RefuseRef(Reason::kRefWrongKind, ref,
                     fmt::format("is of kind {}, which a record of kind {} cannot refer to so", attest::KindName(target.kind),
                                 attest::KindName(entry.kind)));
  }
  if (!rule->party_rule(entry, target))
    return RefuseRef(Reason::kRefWrongParty, ref, fmt::format("is of {}: another party's", target.issuer));
  if (!rule->principle_rule(entry, target))
    return Refuse(Reason::kPrincipleUnknown, "the principles are not those of the record referred to");
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

absl::StatusOr<std::vector<std::optional<Fact>>> FindTargets(const State& state, const Record& record, const FactSource& facts) {
  std::vector<std::optional<Fact>> targets;
  targets.reserve(record.entry->refs.size());
  for (const auto& ref : record.entry->refs) {
    auto fact = facts.ById(ref.id);
    if (!fact.ok()) return fact.status();
    // A source may know more of the log than this state has followed.
    if (fact->has_value() && ((*fact)->index >= record.index || state.IsVoid((*fact)->index))) fact->reset();
    targets.push_back(*std::move(fact));
  }
  return targets;
}

absl::Status CheckReferences(const Case& record) {
  const auto& refs = record.entry().refs;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (auto status = CheckReference(record.entry(), refs[i], record.targets[i]); !status.ok()) return status;
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
  if (superseded != nullptr && record.state.superseded.Find(superseded->id) != nullptr) {
    return NotHead(record.state.NewestOf(superseded->id), "the record to supersede has been superseded already");
  }
  const attest::Id* head = chain.has_value() ? record.state.Head(*chain) : nullptr;
  if (head == nullptr || (superseded != nullptr && superseded->id == *head)) return absl::OkStatus();
  return NotHead(*head, "a record of this chain must supersede the newest one");
}

}  // namespace trustlog::registry
