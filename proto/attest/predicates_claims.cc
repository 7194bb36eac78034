// Kinds 16-23: records.md 5.3.
#include <limits>
#include <set>

#include "proto/attest/predicate_readers.h"

namespace trustlog::attest {
namespace {

constexpr IntForm<std::uint32_t> kLeafCount = {0, std::numeric_limits<std::uint32_t>::max()};
constexpr Count kPrinciples = {1, 63};

// `standards` of 16 and `criteria` of 19: the scheme of each.
std::vector<std::string> ReadSchemes(const Members& in, std::string_view name, Count count, Need need) {
  std::vector<std::string> schemes;
  for (const auto& standard : in.Objects(name, count, need)) {
    schemes.push_back(standard.Required("scheme", CodeForm{}));
    standard.Required("version", StrForm{40});
    standard.Optional("control", StrForm{80});
    standard.Optional("level", StrForm{40});
  }
  return schemes;
}

void CheckScope(const Members& in) {
  const auto scope = in.Object("scope");
  if (!scope) return;
  for (const std::string_view name : {"products", "sites", "entities", "regions"}) {
    scope->List(name, StrForm{200}, {0, 64}, Need::kOptional);
  }
  scope->List("exclusions", StrForm{200}, {0, 64});
}

void CheckFindings(const Members& in) {
  std::set<std::int64_t> numbers;
  for (const auto& finding : in.Objects("findings", {0, 200})) {
    if (!numbers.insert(finding.Required("no", IntForm<>{1, 9'999})).second) {
      finding.Violate("no", "different from the numbers before it");
    }
    finding.Required("severity", CodeForm{});
    finding.Optional("control", StrForm{80});
    finding.Required("state", OneOfForm{{"open", "accepted", "closed"}});
    finding.Optional("dueBy", TimeForm{});
    finding.Optional("detail", HashForm{});
  }
}

}  // namespace

Predicate ReadCommitment(const Members& in) {
  Commitment out;
  out.principle_set = in.Required("principleSet", HashForm{});
  out.principle = in.Required("principle", kPrincipleForm);
  out.level = in.Optional("level", CodeForm{}).value_or("");
  CheckScope(in);
  ReadSchemes(in, "standards", {0, 64}, Need::kOptional);
  in.Optional("measures", TextForm{});
  in.Optional("contact", StrForm{200});
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.valid_until = in.Required("validUntil", TimeForm{});
  return out;
}

Predicate ReadSupplierFlowdown(const Members& in) {
  SupplierFlowdown out;
  out.commitment = in.Required("commitment", HashForm{});
  out.principle = in.Required("principle", kPrincipleForm);
  in.Required("requirementTitle", StrForm{200});
  in.Required("supplierCount", IntForm<>{0, 1'000'000'000});
  in.Required("tier", IntForm<>{1, 9});
  in.Optional("coveredSuppliersPermille", IntForm<>{0, 1'000});
  in.Optional("coveredSpendPermille", IntForm<>{0, 1'000});
  out.disclosure_root = in.Required("disclosureRoot", HashForm{});
  out.disclosure_count = in.Required("disclosureCount", kLeafCount);
  out.acknowledged = in.Required("acknowledged", kLeafCount);
  if (out.acknowledged > out.disclosure_count) in.Violate("acknowledged", "at most disclosureCount");
  out.instrument = in.Required("instrument", OneOfForm{{"contract", "code-of-conduct", "terms"}});
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.valid_until = in.Optional("validUntil", TimeForm{}).value_or(0);
  return out;
}

Predicate ReadAuditEngagement(const Members& in) {
  AuditEngagement out;
  out.member = in.Required("member", in.Urn());
  out.principles = in.List("principles", kPrincipleForm, kPrinciples);
  out.commitments = in.List("commitments", HashForm{}, {1, 48});
  in.Required("scopeSha256", HashForm{});
  out.started_at = in.Required("startedAt", TimeForm{});
  out.result_due_by = in.Required("resultDueBy", TimeForm{});
  out.declined_by_member = in.Optional("declinedByMember", BoolForm{}).value_or(false);
  return out;
}

Predicate ReadAuditResult(const Members& in) {
  AuditResult out;
  out.engagement = in.Required("engagement", HashForm{});
  out.member = in.Required("member", in.Urn());
  out.principles = in.List("principles", kPrincipleForm, kPrinciples);
  out.commitments = in.List("commitments", HashForm{}, {1, 48});
  out.schemes = ReadSchemes(in, "criteria", {1, 64}, Need::kRequired);
  in.Required("assurance", OneOfForm{{"limited", "reasonable", "certification"}});
  out.outcome = in.Required("outcome", CodeForm{});
  if (const auto period = in.Object("period", Need::kOptional)) {
    period->Required("from", TimeForm{});
    period->Required("until", TimeForm{});
  }
  in.Required("performedAt", TimeForm{});
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.valid_until = in.Required("validUntil", TimeForm{});
  CheckFindings(in);
  out.inputs = in.List("inputs", HashForm{}, {0, 8}, Need::kOptional);
  return out;
}

Predicate ReadRemediation(const Members& in) {
  Remediation out;
  out.target = in.Required("target", HashForm{});
  out.about = in.List("about", in.Urn(), {1, 1});
  out.finding = in.Required("finding", IntForm<>{1, 9'999});
  out.state = in.check().issuer_role() == UrnRole::kMember ? in.Required("state", OneOfForm{{"planned", "claimed"}})
                                                           : in.Required("state", OneOfForm{{"closed", "reopened"}});
  out.inputs = in.List("inputs", HashForm{}, {0, 8}, Need::kOptional);
  return out;
}

Predicate ReadRetraction(const Members& in) {
  Retraction out;
  out.target = in.Required("target", HashForm{});
  out.about = in.List("about", in.Urn(), {0, 8});
  out.reason = in.Required("reason", OneOfForm{{"error", "superseded", "fraud", "legal", "cancelled", "other"}});
  out.valid_from = in.Optional("validFrom", TimeForm{}).value_or(0);
  return out;
}

Predicate ReadObjection(const Members& in) {
  Objection out;
  out.target = in.Required("target", HashForm{});
  out.about = in.List("about", in.Urn(), {0, 8});
  out.ground = in.Required("ground", CodeForm{});
  return out;
}

Predicate ReadEvidence(const Members& in) {
  Evidence out;
  out.about = in.List("about", in.Urn(), {1, 8});
  out.form = in.Required("form", OneOfForm{{"slsa-provenance", "vsa", "sbom", "cvd-policy", "certificate", "scitt-statement",
                                            "test-report", "other"}});
  out.media_type = in.Required("mediaType", StrForm{100});
  out.principles = in.List("principles", kPrincipleForm, {0, 63}, Need::kOptional);
  out.supports = in.List("supports", HashForm{}, {0, 16}, Need::kOptional);
  for (const auto& subject : in.Objects("foreignSubjects", {0, 32}, Need::kOptional)) {
    out.foreign_subjects.push_back({subject.Optional("name", StrForm{200}).value_or(""), subject.Required("sha256", HashForm{})});
  }
  if (const auto checked = in.Object("checked", Need::kOptional)) {
    checked->Required("by", StrForm{100});
    checked->Required("result", OneOfForm{{"valid", "invalid", "not-checked"}});
  }
  out.valid_from = in.Optional("validFrom", TimeForm{}).value_or(0);
  out.valid_until = in.Optional("validUntil", TimeForm{}).value_or(0);
  return out;
}

}  // namespace trustlog::attest
