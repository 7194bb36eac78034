// The lists of RegistryApi: each walks one list of the record index and tells what the registry makes of its records.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "client/index/index_keys.h"
#include "client/registry/claims.h"
#include "client/registry/verdict.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "server/api/registry_api.h"
#include "server/api/registry_question.h"
#include "server/query/record_keys.h"

namespace trustlog::api {
namespace {

using attest::Kind;
using bytes::Reason;
using bytes::Refuse;
using registry::Fact;
using registry::Registry;

template <typename Row>
using Told = absl::StatusOr<std::optional<Row>>;

std::string TimeText(std::int64_t seconds) { return seconds == 0 ? std::string() : attest::FormatTime(seconds); }

// Of all rows: where it is and what it is called.
template <typename Row>
Row RowOf(const Fact& fact) {
  Row row;
  row.set_index(fact.index);
  row.set_statement_id(bytes::EncodeHex(fact.entry->statement_id));
  return row;
}

template <typename Row>
void AddPrinciples(const attest::Entry& entry, Row& row) {
  for (const auto principle : entry.principles) row.add_principles(principle);
}

bool IsAbout(const attest::Entry& entry, const std::string& member, std::uint32_t principle) {
  const auto has = [&](std::uint8_t no) { return no == principle; };
  return (member.empty() || std::find(entry.subjects.begin(), entry.subjects.end(), member) != entry.subjects.end()) &&
         (principle == 0 || std::any_of(entry.principles.begin(), entry.principles.end(), has));
}

absl::Status CheckPrinciple(std::uint32_t principle) {
  if (principle <= 63) return absl::OkStatus();
  return Refuse(Reason::kArgumentInvalid, "a principle is a number of 1..63, 0 for all", {{"field", "principle"}});
}

absl::Status NoDigest(std::string_view field) {
  return Refuse(Reason::kArgumentInvalid, "a digest has 64 lower-case hex digits", {{"field", std::string(field)}});
}

// The shortest list of the index that has every commitment, engagement or result asked for.
std::string NarrowestKey(Kind kind, const std::string& member, std::uint32_t principle, const std::string& issuer) {
  if (!member.empty() && principle != 0) return query::JudgedKey(member, static_cast<std::uint8_t>(principle));
  if (!issuer.empty()) return index::IssuerKey(issuer);
  if (!member.empty()) return index::SubjectKey(member);
  return index::KindKey(kind);
}

v1::CommitmentState ToMessage(registry::CommitmentState state) {
  switch (state) {
    case registry::CommitmentState::kCorrected:
      return v1::COMMITMENT_STATE_CORRECTED;
    case registry::CommitmentState::kRetracted:
      return v1::COMMITMENT_STATE_RETRACTED;
    case registry::CommitmentState::kNotYet:
      return v1::COMMITMENT_STATE_NOT_YET;
    case registry::CommitmentState::kReplaced:
      return v1::COMMITMENT_STATE_REPLACED;
    case registry::CommitmentState::kLapsed:
      return v1::COMMITMENT_STATE_LAPSED;
    case registry::CommitmentState::kInForce:
      return v1::COMMITMENT_STATE_IN_FORCE;
  }
  return v1::COMMITMENT_STATE_UNSPECIFIED;
}

std::string_view RelationName(attest::Rel rel) {
  switch (rel) {
    case attest::Rel::kRenews:
      return "renews";
    case attest::Rel::kCorrects:
      return "corrects";
    case attest::Rel::kPrincipleSet:
      return "principle-set";
    case attest::Rel::kCommitment:
      return "commitment";
    case attest::Rel::kEngagement:
      return "engagement";
    case attest::Rel::kTarget:
      return "target";
    case attest::Rel::kInput:
      return "input";
  }
  return "";
}

// One key from beginning to end: how most lists go.
template <typename Row, typename Response>
absl::Status WalkWhole(RegistryQuestion& question, const std::string& key,
                       const std::function<Told<Row>(const Registry&, const Fact&)>& make,
                       google::protobuf::RepeatedPtrField<Row>* rows, Response* response) {
  const auto at_end = question.Walk<Row>(key, make, rows);
  if (!at_end.ok()) return at_end.status();
  if (!*at_end) response->set_next_page_token(question.NextToken());
  *response->mutable_as_of() = question.MakeAsOf();
  return absl::OkStatus();
}

v1::AuditResult ResultRow(const Registry& registry, const Fact& fact, std::uint64_t size) {
  const auto& entry = *fact.entry;
  auto row = RowOf<v1::AuditResult>(fact);
  row.set_auditor(entry.issuer);
  row.set_member(entry.subjects.front());
  AddPrinciples(entry, row);
  for (const auto& ref : entry.refs) {
    if (ref.rel == attest::Rel::kCommitment) row.add_commitments(bytes::EncodeHex(ref.id));
  }
  row.set_outcome(entry.code);
  row.set_effect(std::string(registry::EffectOfResult(registry, fact, size)));
  row.set_valid_from(TimeText(entry.valid_from));
  row.set_valid_until(TimeText(entry.valid_until));
  const auto fate = registry::FateOf(registry, fact, size);
  if (fate.corrected_by.has_value()) row.set_corrected_by(*fate.corrected_by);
  if (fate.renewed_by.has_value()) row.set_renewed_by(*fate.renewed_by);
  if (fate.retracted_by.has_value()) row.set_retracted_by(*fate.retracted_by);
  row.set_retracted_from(TimeText(fate.retracted_from));
  row.set_tainted(fate.tainted);
  return row;
}

// Nothing: it is not late, or nobody waits for it.
Told<v1::Engagement> EngagementRow(const Registry& registry, const registry::RecordSource& source, const Fact& fact,
                                   registry::AsOf as_of) {
  const auto& entry = *fact.entry;
  if (entry.valid_until > as_of.date) return std::nullopt;
  const auto state = registry::StateOfEngagement(registry, source, fact, as_of);
  if (!state.ok()) return state.status();
  if (*state != registry::EngagementState::kOverdue && *state != registry::EngagementState::kCancelled) return std::nullopt;
  auto row = RowOf<v1::Engagement>(fact);
  row.set_auditor(entry.issuer);
  row.set_member(entry.subjects.front());
  AddPrinciples(entry, row);
  row.set_started_at(TimeText(entry.valid_from));
  row.set_result_due_by(TimeText(entry.valid_until));
  row.set_state(v1::ENGAGEMENT_STATE_OVERDUE);
  if (*state == registry::EngagementState::kOverdue) return row;
  row.set_state(v1::ENGAGEMENT_STATE_CANCELLED);
  const auto retraction = registry::FateOf(registry, fact, as_of.size).retracted_by;
  if (!retraction.has_value()) return row;
  row.set_retracted_by(*retraction);
  const auto referrers = source.ReferringTo(entry.statement_id, as_of.size);
  if (!referrers.ok()) return referrers.status();
  for (const auto& referrer : *referrers) {
    if (referrer.index == *retraction) row.set_reason(referrer.entry->code);
  }
  return row;
}

// Months since the year 0, as the parts of the list of what expires.
std::uint64_t MonthOf(std::int64_t seconds) {
  const auto text = attest::FormatTime(seconds);  // "YYYY-MM-..."
  return std::stoull(text.substr(0, 4)) * 12 + std::stoull(text.substr(5, 2)) - 1;
}
std::string MonthKey(std::uint64_t month) { return fmt::format("expiry:{:04}-{:02}", month / 12, month % 12 + 1); }

}  // namespace

void RegistryApi::ListCommitments(const v1::ListCommitmentsRequest* request, v1::ListCommitmentsResponse* response,
                                  const Call& call, Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    if (auto status = CheckPrinciple(request->principle()); !status.ok()) return status;
    const auto query = QueryOf("ListCommitments").Add(request->member()).Add(request->principle());
    const PageRequest page = {QueryOf(query).Add(static_cast<std::uint64_t>(request->state())).hash(), request->at_size(),
                              request->page_size(), request->page_token()};
    if (auto status = question.BeginPage(page, request->date(), "date"); !status.ok()) return status;
    response->set_date(question.date_text());
    const auto make = [&](const Registry& registry, const Fact& fact) -> Told<v1::Commitment> {
      const auto& entry = *fact.entry;
      if (entry.kind != Kind::kCommitment || !IsAbout(entry, request->member(), request->principle())) return std::nullopt;
      const auto state = registry::StateOfCommitment(registry, question.source(), fact, question.as_of());
      if (!state.ok()) return state.status();
      if (request->state() != v1::COMMITMENT_STATE_UNSPECIFIED && request->state() != ToMessage(*state)) return std::nullopt;
      auto row = RowOf<v1::Commitment>(fact);
      row.set_member(entry.issuer);
      row.set_principle(entry.principles.front());
      row.set_level(entry.code);
      row.set_valid_from(TimeText(entry.valid_from));
      row.set_valid_until(TimeText(entry.valid_until));
      row.set_state(ToMessage(*state));
      return row;
    };
    return WalkWhole<v1::Commitment>(question, NarrowestKey(Kind::kCommitment, request->member(), request->principle(), ""), make,
                                     response->mutable_commitments(), response);
  });
}

void RegistryApi::ListAuditResults(const v1::ListAuditResultsRequest* request, v1::ListAuditResultsResponse* response,
                                   const Call& call, Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const auto commitment = ParseId(request->commitment());
    if (!request->commitment().empty() && !commitment.has_value()) return NoDigest("commitment");
    const auto hash = QueryOf("ListAuditResults")
                          .Add(request->member())
                          .Add(request->auditor())
                          .Add(commitment.has_value() ? bytes::EncodeHex(*commitment) : std::string())
                          .Add(request->outcome())
                          .hash();
    const PageRequest page = {hash, request->at_size(), request->page_size(), request->page_token()};
    if (auto status = question.BeginPage(page, "", ""); !status.ok()) return status;
    const auto make = [&](const Registry& registry, const Fact& fact) -> Told<v1::AuditResult> {
      const auto& entry = *fact.entry;
      if (entry.kind != Kind::kAuditResult || !IsAbout(entry, request->member(), 0)) return std::nullopt;
      if (!request->auditor().empty() && entry.issuer != request->auditor()) return std::nullopt;
      if (!request->outcome().empty() && entry.code != request->outcome()) return std::nullopt;
      const attest::Ref wanted = {attest::Rel::kCommitment, commitment.value_or(attest::Id{})};
      if (commitment.has_value() && std::find(entry.refs.begin(), entry.refs.end(), wanted) == entry.refs.end())
        return std::nullopt;
      return ResultRow(registry, fact, question.head().size);
    };
    const auto key = commitment.has_value() ? index::RefKey(*commitment)
                                            : NarrowestKey(Kind::kAuditResult, request->member(), 0, request->auditor());
    return WalkWhole<v1::AuditResult>(question, key, make, response->mutable_results(), response);
  });
}

void RegistryApi::ListOverdueEngagements(const v1::ListOverdueEngagementsRequest* request,
                                         v1::ListOverdueEngagementsResponse* response, const Call& call, Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const auto hash = QueryOf("ListOverdueEngagements").Add(request->member()).Add(request->auditor()).hash();
    const PageRequest page = {hash, request->at_size(), request->page_size(), request->page_token()};
    if (auto status = question.BeginPage(page, request->date(), "date"); !status.ok()) return status;
    response->set_date(question.date_text());
    const auto make = [&](const Registry& registry, const Fact& fact) -> Told<v1::Engagement> {
      const auto& entry = *fact.entry;
      if (entry.kind != Kind::kAuditEngagement || !IsAbout(entry, request->member(), 0)) return std::nullopt;
      if (!request->auditor().empty() && entry.issuer != request->auditor()) return std::nullopt;
      return EngagementRow(registry, question.source(), fact, question.as_of());
    };
    return WalkWhole<v1::Engagement>(question, NarrowestKey(Kind::kAuditEngagement, request->member(), 0, request->auditor()), make,
                                     response->mutable_engagements(), response);
  });
}

void RegistryApi::ListExpiring(const v1::ListExpiringRequest* request, v1::ListExpiringResponse* response, const Call& call,
                               Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    if (auto status = CheckPrinciple(request->principle()); !status.ok()) return status;
    const auto until = attest::ParseTime(request->until());
    if (!until.has_value()) return Refuse(Reason::kArgumentInvalid, "a date is YYYY-MM-DDTHH:MM:SSZ", {{"field", "until"}});
    const auto hash = QueryOf("ListExpiring").Add(request->until()).Add(request->member()).Add(request->principle()).hash();
    const PageRequest page = {hash, request->at_size(), request->page_size(), request->page_token()};
    if (auto status = question.BeginPage(page, request->from(), "from"); !status.ok()) return status;
    response->set_from(question.date_text());
    const auto make = [&](const Registry& registry, const Fact& fact) -> Told<v1::ExpiringClaim> {
      const auto& entry = *fact.entry;
      if (entry.kind != Kind::kCommitment && entry.kind != Kind::kAuditResult) return std::nullopt;
      if (!IsAbout(entry, request->member(), request->principle())) return std::nullopt;
      const auto expires = registry::IsExpiring(registry, question.source(), fact, question.date(), *until, question.as_of());
      if (!expires.ok()) return expires.status();
      if (!*expires) return std::nullopt;
      auto row = RowOf<v1::ExpiringClaim>(fact);
      row.set_kind(std::string(attest::KindName(entry.kind)));
      row.set_issuer(entry.issuer);
      row.set_member(entry.subjects.front());
      AddPrinciples(entry, row);
      row.set_valid_until(TimeText(entry.valid_until));
      return row;
    };
    // place().part: the month, counted from the first one.
    auto& place = question.place();
    const auto first = MonthOf(question.date());
    const auto months = *until > question.date() ? MonthOf(*until) - first + 1 : 0;
    bool at_end = place.part >= months;
    while (!at_end) {
      const auto walked = question.Walk<v1::ExpiringClaim>(MonthKey(first + place.part), make, response->mutable_claims());
      if (!walked.ok()) return walked.status();
      if (!*walked) break;
      ++place.part;
      place.index = 0;
      at_end = place.part == months;
      if (question.IsFull()) break;
    }
    if (!at_end) response->set_next_page_token(question.NextToken());
    *response->mutable_as_of() = question.MakeAsOf();
    return absl::OkStatus();
  });
}

void RegistryApi::FindByDigest(const v1::FindByDigestRequest* request, v1::FindByDigestResponse* response, const Call& call,
                               Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const auto digest = ParseId(request->sha256());
    if (!digest.has_value()) return NoDigest("sha256");
    const auto hash = QueryOf("FindByDigest").Add(bytes::EncodeHex(*digest)).hash();
    const PageRequest page = {hash, request->at_size(), request->page_size(), request->page_token()};
    if (auto status = question.BeginPage(page, "", ""); !status.ok()) return status;
    const auto row_of = [](const Fact& fact, const char* role) {
      auto row = RowOf<v1::Hit>(fact);
      row.set_role(role);
      row.set_kind(std::string(attest::KindName(fact.entry->kind)));
      row.set_issuer(fact.entry->issuer);
      return row;
    };
    auto& place = question.place();
    if (place.part == 0) {  // the statement, then the artifacts
      const auto hit = question.Ask<std::optional<v1::Hit>>([&](const Registry& registry) -> Told<v1::Hit> {
        const auto fact = question.source().ById(*digest);
        if (!fact.ok()) return fact.status();
        if (!fact->has_value() || registry.IsVoid((*fact)->index)) return std::nullopt;
        return row_of(**fact, "statement");
      });
      if (!hit.ok()) return hit.status();
      if (hit->has_value()) question.Tell(**hit, response->mutable_hits());
      place.part = 1;
    }
    const auto make = [&](const Registry&, const Fact& fact) -> Told<v1::Hit> { return row_of(fact, "artifact"); };
    return WalkWhole<v1::Hit>(question, index::ArtifactKey(*digest), make, response->mutable_hits(), response);
  });
}

void RegistryApi::ListReferrers(const v1::ListReferrersRequest* request, v1::ListReferrersResponse* response, const Call& call,
                                Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const auto id = ParseId(request->statement_id());
    if (!id.has_value()) return NoDigest("statement_id");
    const auto hash = QueryOf("ListReferrers").Add(bytes::EncodeHex(*id)).hash();
    const PageRequest page = {hash, request->at_size(), request->page_size(), request->page_token()};
    if (auto status = question.BeginPage(page, "", ""); !status.ok()) return status;
    const auto make = [&](const Registry&, const Fact& fact) -> Told<v1::Referrer> {
      auto row = RowOf<v1::Referrer>(fact);
      for (const auto& ref : fact.entry->refs) {
        if (ref.id == *id) row.add_relations(std::string(RelationName(ref.rel)));
      }
      row.set_kind(std::string(attest::KindName(fact.entry->kind)));
      row.set_issuer(fact.entry->issuer);
      return row;
    };
    return WalkWhole<v1::Referrer>(question, index::RefKey(*id), make, response->mutable_hits(), response);
  });
}

}  // namespace trustlog::api
