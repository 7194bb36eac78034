// RegistryApi against what the registry itself says, page by page, at every size (protocols.md G9, G10, G12).
#include "server/api/registry_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "client/registry/claims.h"
#include "client/registry/verdict.h"
#include "merkle/hash.h"
#include "merkle/verify.h"
#include "proto/attest/forms.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/tlog_proof.h"
#include "server/api/registry_page.h"
#include "tests/client/registry/rule_rows.h"
#include "tests/support/gate.h"
#include "tests/support/memory_registry.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using registry::Alliance;
using registry::The;
using support::kSampleDay;
using support::kSampleTime;
using support::MemoryRegistry;
using support::SampleUrn;
using support::Sign;

std::string Date(std::int64_t days) { return attest::FormatTime(kSampleTime + days * kSampleDay); }
std::string IdText(const attest::Id& id) { return bytes::EncodeHex(id); }

template <typename Rows>
std::vector<std::uint64_t> Indices(const Rows& rows) {
  std::vector<std::uint64_t> indices;
  for (const auto& row : rows) indices.push_back(row.index());
  return indices;
}

std::vector<std::uint64_t> At(std::initializer_list<std::string_view> labels) {
  std::vector<std::uint64_t> indices;
  for (const auto label : labels) indices.push_back(Alliance().IndexOf(label));
  std::sort(indices.begin(), indices.end());
  return indices;
}

// The rows of all pages of `size`, and how many pages there were. Every page speaks of the same size.
template <typename Response, typename Request, typename Rows>
auto AllRows(MemoryRegistry& log, void (RegistryApi::*method)(const Request*, Response*, const Call&, Done), Request request,
             Rows rows_of, std::uint32_t size, const std::function<void()>& between = {}) {
  std::vector<std::decay_t<decltype(rows_of(std::declval<const Response&>()).Get(0))>> rows;
  std::string root;
  request.set_page_size(size);
  for (int pages = 0; pages < 1'000; ++pages) {
    Response response;
    const auto status = log.Ask(method, request, response);
    EXPECT_EQ(status, absl::OkStatus());
    if (!status.ok()) break;
    EXPECT_LE(static_cast<std::uint32_t>(rows_of(response).size()), size);
    for (const auto& row : rows_of(response)) rows.push_back(row);
    if (root.empty()) root = response.as_of().root();
    EXPECT_EQ(response.as_of().root(), root);
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
    if (between) between();
  }
  return rows;
}

MemoryRegistry& Sample() {
  static MemoryRegistry log;
  return log;
}

TEST(RegistryApi, VerdictsAreThoseOfTheRegistryAtEverySizeAndDate) {
  auto& log = Sample();
  const auto whole = registry::Ledger::Before(Alliance(), "");
  std::set<v1::Verdict> seen;
  for (std::uint64_t size = 1; size <= Alliance().size(); ++size) {
    for (const auto* member : {"member:one", "member:two", "member:three"}) {
      for (const std::uint32_t principle : {1, 2, 3, 63}) {
        for (const std::int64_t days : {-1, 0, 200, 800}) {
          v1::EvaluateStatusRequest request;
          request.set_member(SampleUrn(member));
          request.set_principle(principle);
          request.set_date(Date(days));
          request.set_at_size(size);
          v1::EvaluateStatusResponse response;
          ASSERT_EQ(log.Ask(&RegistryApi::EvaluateStatus, request, response), absl::OkStatus());
          const registry::Question question = {
              SampleUrn(member), static_cast<std::uint8_t>(principle), {size, kSampleTime + days * kSampleDay}};
          const auto answer = registry::Evaluate(whole.registry, whole.facts, question).value();
          seen.insert(response.verdict());
          EXPECT_EQ(v1::Verdict_Name(response.verdict()), "VERDICT_" + std::string(registry::VerdictName(answer.verdict)));
          std::vector<registry::Named> deciding, notes;
          for (const auto& [rows, named] : {std::pair{&response.deciding(), &deciding}, std::pair{&response.notes(), &notes}}) {
            for (const auto& row : *rows) {
              named->push_back({row.index(), registry::ParsePart(row.role()).value()});
              EXPECT_EQ(row.statement_id(), IdText(Alliance().records()[row.index()].record.id()));
            }
          }
          EXPECT_EQ(deciding, answer.deciding);
          EXPECT_EQ(notes, answer.notes);
          EXPECT_EQ(response.as_of().tree_size(), size);
          EXPECT_EQ(response.as_of().has_checkpoint(), size == Alliance().size());
          EXPECT_EQ(response.date(), Date(days));
          EXPECT_EQ(response.rules_version(), "trustlog-verdict/1");
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 4U) << "none, self-attested, negative, lapsed";
}

TEST(RegistryApi, ATimeStandsForTheEntriesLoggedByThen) {
  auto& log = Sample();
  v1::EvaluateStatusRequest request;
  request.set_member(SampleUrn("member:one"));
  request.set_principle(2);
  v1::EvaluateStatusResponse response;
  request.set_at_time_ms(std::numeric_limits<std::int64_t>::max());
  ASSERT_EQ(log.Ask(&RegistryApi::EvaluateStatus, request, response), absl::OkStatus());
  EXPECT_EQ(response.as_of().tree_size(), Alliance().size());
  EXPECT_EQ(response.date().substr(0, 10), Date(30).substr(0, 10)) << "the clock's, where the request has none";
  for (const std::int64_t early : {std::int64_t{0}, std::int64_t{-1}, kSampleTime * 1'000 - kSampleDay * 1'000}) {
    request.set_at_time_ms(early);
    const auto status = log.Ask(&RegistryApi::EvaluateStatus, request, response);
    EXPECT_EQ(bytes::ReasonOf(status), Reason::kArgumentInvalid) << early;
  }
  // Each entry's own time takes in that entry and what was logged with it.
  const auto records = log.log().storage().reader().ReadRecords(0, Alliance().size()).value();
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    const auto time = attest::DecodeEntry(records[i].entry)->logged_at_ms;
    request.set_at_time_ms(static_cast<std::int64_t>(time));
    ASSERT_EQ(log.Ask(&RegistryApi::EvaluateStatus, request, response), absl::OkStatus());
    const auto size = response.as_of().tree_size();
    ASSERT_GT(size, i);
    EXPECT_EQ(attest::DecodeEntry(records[size - 1].entry)->logged_at_ms, time);
    EXPECT_TRUE(size == records.size() || attest::DecodeEntry(records[size].entry)->logged_at_ms > time);
  }
}

TEST(RegistryApi, MembersAreListedByUrnWithWhatTheirAdmissionSays) {
  auto& log = Sample();
  const auto list = [](const v1::ListMembersResponse& response) -> const auto& { return response.members(); };
  for (const std::uint32_t size : {1, 2, 3, 1'000}) {
    const auto members = AllRows(log, &RegistryApi::ListMembers, v1::ListMembersRequest(), list, size);
    ASSERT_EQ(members.size(), 3U);
    EXPECT_EQ(members[0].urn(), SampleUrn("member:one"));
    EXPECT_EQ(members[0].legal_name(), "Sample one Ltd");
    EXPECT_EQ(members[0].country(), "SE");
    EXPECT_EQ(members[0].effect(), "neutral");
    EXPECT_EQ(members[0].admitted_at(), Alliance().IndexOf("admit-one"));
    EXPECT_EQ(members[1].urn(), SampleUrn("member:three"));
    EXPECT_EQ(members[2].urn(), SampleUrn("member:two"));
    EXPECT_EQ(members[2].group(), "north-group");
  }
  v1::ListMembersRequest request;
  request.set_role("auditor");
  EXPECT_EQ(AllRows(log, &RegistryApi::ListMembers, request, list, 1).size(), 2U);
  request.set_role("");
  request.set_at_size(Alliance().IndexOf("admit-two"));
  EXPECT_EQ(AllRows(log, &RegistryApi::ListMembers, request, list, 1).size(), 1U) << "who was not admitted yet is not there";
}

TEST(RegistryApi, AMemberIsToldWithItsKeys) {
  auto& log = Sample();
  v1::GetMemberRequest request;
  request.set_member(SampleUrn("member:one"));
  v1::GetMemberResponse response;
  ASSERT_EQ(log.Ask(&RegistryApi::GetMember, request, response), absl::OkStatus());
  EXPECT_EQ(response.member().legal_name(), "Sample one Ltd");
  ASSERT_EQ(response.keys_size(), 2);
  std::map<std::string, v1::PartyKey> keys;
  for (const auto& key : response.keys()) keys[key.key_id()] = key;
  const auto& second = keys.at(bytes::EncodeHex(support::SampleKey("one-2").public_key().id()));
  EXPECT_EQ(second.alg(), "ed25519");
  EXPECT_EQ(second.purposes_size(), 1);
  EXPECT_EQ(second.purposes(0), "sign");
  EXPECT_EQ(second.registered_at(), Alliance().IndexOf("key-one-2"));
  EXPECT_FALSE(second.has_revoked_at());
  for (const auto* nobody : {"urn:tta:member:nobody", "", "urn:tta:secretariat"}) {
    request.set_member(nobody);
    EXPECT_EQ(bytes::ReasonOf(log.Ask(&RegistryApi::GetMember, request, response)), Reason::kMemberNotFound) << nobody;
  }
}

TEST(RegistryApi, CommitmentsAreFilteredAndHaveTheirState) {
  MemoryRegistry log;
  const auto list = [](const v1::ListCommitmentsResponse& response) -> const auto& { return response.commitments(); };
  const auto rows = [&](const v1::ListCommitmentsRequest& request) {
    const auto once = AllRows(log, &RegistryApi::ListCommitments, request, list, 1'000);
    EXPECT_EQ(Indices(AllRows(log, &RegistryApi::ListCommitments, request, list, 1)), Indices(once));
    return once;
  };
  v1::ListCommitmentsRequest request;
  request.set_date(Date(0));
  EXPECT_EQ(Indices(rows(request)), At({"commitment-one-1", "commitment-one-2", "commitment-one-3", "commitment-two-1"}));
  request.set_member(SampleUrn("member:one"));
  EXPECT_EQ(Indices(rows(request)), At({"commitment-one-1", "commitment-one-2", "commitment-one-3"}));
  request.set_principle(2);
  const auto one = rows(request);
  ASSERT_EQ(Indices(one), At({"commitment-one-2"}));
  EXPECT_EQ(one[0].statement_id(), IdText(The("commitment-one-2").id()));
  EXPECT_EQ(one[0].member(), SampleUrn("member:one"));
  EXPECT_EQ(one[0].principle(), 2U);
  EXPECT_EQ(one[0].valid_from(), Date(0));
  EXPECT_EQ(one[0].valid_until(), Date(730));
  EXPECT_EQ(one[0].state(), v1::COMMITMENT_STATE_IN_FORCE);
  request.clear_member();
  EXPECT_EQ(Indices(rows(request)), At({"commitment-one-2"}));

  const auto renewal =
      log.Log({Sign(registry::Renewed(1)), Sign(registry::Retraction("member:one", The("commitment-one-3").id(), {"one-1"}))});
  request.clear_principle();
  std::map<std::uint64_t, v1::CommitmentState> states;
  for (const auto& row : rows(request)) states[row.index()] = row.state();
  EXPECT_EQ(states.at(Alliance().IndexOf("commitment-one-1")), v1::COMMITMENT_STATE_REPLACED);
  EXPECT_EQ(states.at(Alliance().IndexOf("commitment-one-2")), v1::COMMITMENT_STATE_IN_FORCE);
  EXPECT_EQ(states.at(Alliance().IndexOf("commitment-one-3")), v1::COMMITMENT_STATE_RETRACTED);
  EXPECT_EQ(states.at(renewal), v1::COMMITMENT_STATE_IN_FORCE);
  request.set_state(v1::COMMITMENT_STATE_RETRACTED);
  EXPECT_EQ(Indices(rows(request)), At({"commitment-one-3"}));
  request.set_at_size(Alliance().size());
  EXPECT_TRUE(rows(request).empty());
}

TEST(RegistryApi, ResultsTellTheirEffectAndWhatBecameOfThem) {
  MemoryRegistry log;
  const auto correction = log.Log({Sign(support::Superseding(registry::Result(), The("result"), "correction")),
                                   Sign(registry::Retraction("auditor:south", The("result").id(), {"south-1"}))});
  const auto list = [](const v1::ListAuditResultsResponse& response) -> const auto& { return response.results(); };
  const auto rows = [&](const v1::ListAuditResultsRequest& request) {
    return AllRows(log, &RegistryApi::ListAuditResults, request, list, 1);
  };
  const auto both = rows({});
  const auto old = Alliance().IndexOf("result");
  ASSERT_EQ(Indices(both), (std::vector<std::uint64_t>{old, correction}));
  EXPECT_EQ(both[0].outcome(), "nonconformant-major");
  EXPECT_EQ(both[0].effect(), "negative");
  EXPECT_EQ(both[0].corrected_by(), correction);
  EXPECT_EQ(both[0].retracted_by(), correction + 1);
  EXPECT_EQ(both[0].retracted_from(), "");
  EXPECT_FALSE(both[0].has_renewed_by());
  EXPECT_EQ(both[0].auditor(), SampleUrn("auditor:south"));
  EXPECT_EQ(both[0].member(), SampleUrn("member:one"));
  EXPECT_EQ(both[0].commitments_size(), 2);
  EXPECT_EQ(both[1].effect(), "positive");
  EXPECT_FALSE(both[1].has_corrected_by());
  const struct {
    const char* name;
    std::function<void(v1::ListAuditResultsRequest&)> filter;
    std::vector<std::uint64_t> wanted;
  } cases[] = {
      {"member", [](auto& r) { r.set_member(SampleUrn("member:one")); }, {old, correction}},
      {"another member", [](auto& r) { r.set_member(SampleUrn("member:two")); }, {}},
      {"auditor", [](auto& r) { r.set_auditor(SampleUrn("auditor:south")); }, {old, correction}},
      {"another auditor", [](auto& r) { r.set_auditor(SampleUrn("auditor:north")); }, {}},
      {"commitment", [](auto& r) { r.set_commitment("sha256:" + IdText(The("commitment-one-2").id())); }, {old, correction}},
      {"another commitment", [](auto& r) { r.set_commitment(IdText(The("commitment-one-1").id())); }, {}},
      {"outcome", [](auto& r) { r.set_outcome("conformant"); }, {correction}},
      {"size", [](auto& r) { r.set_at_size(Alliance().size()); }, {old}},
  };
  for (const auto& c : cases) {
    v1::ListAuditResultsRequest request;
    c.filter(request);
    EXPECT_EQ(Indices(rows(request)), c.wanted) << c.name;
  }
}

TEST(RegistryApi, EngagementsAreOverdueFromTheirDateUntilAResult) {
  MemoryRegistry log;
  const auto list = [](const v1::ListOverdueEngagementsResponse& response) -> const auto& { return response.engagements(); };
  const auto rows = [&](std::int64_t days, const std::string& member = "", const std::string& auditor = "") {
    v1::ListOverdueEngagementsRequest request;
    request.set_date(Date(days));
    request.set_member(member);
    request.set_auditor(auditor);
    return AllRows(log, &RegistryApi::ListOverdueEngagements, request, list, 1);
  };
  EXPECT_TRUE(rows(1'000).empty()) << "the alliance's engagement has its result";
  const auto late = Sign(registry::Engagement());
  const auto cancelled = Sign(registry::Again(registry::Engagement()));
  const auto index = log.Log({late, cancelled, Sign(registry::Retraction("auditor:south", cancelled.id(), {"south-1"}))});
  EXPECT_TRUE(rows(119).empty());
  const auto found = rows(120);
  ASSERT_EQ(Indices(found), (std::vector<std::uint64_t>{index, index + 1}));
  EXPECT_EQ(found[0].state(), v1::ENGAGEMENT_STATE_OVERDUE);
  EXPECT_EQ(found[0].result_due_by(), Date(120));
  EXPECT_EQ(found[1].state(), v1::ENGAGEMENT_STATE_CANCELLED);
  EXPECT_EQ(found[1].retracted_by(), index + 2);
  EXPECT_EQ(found[1].reason(), "error");
  EXPECT_EQ(rows(120, SampleUrn("member:one")).size(), 2U);
  EXPECT_EQ(rows(120, SampleUrn("member:two")).size(), 0U);
  EXPECT_EQ(rows(120, "", SampleUrn("auditor:south")).size(), 2U);
  EXPECT_EQ(rows(120, "", SampleUrn("auditor:north")).size(), 0U);
  log.Log({Sign(support::ResultStatement(late, "conformant"))});
  EXPECT_EQ(Indices(rows(120)), (std::vector<std::uint64_t>{index + 1}));
}

TEST(RegistryApi, WhatExpiresIsListedOverTheMonths) {
  MemoryRegistry log;
  const auto list = [](const v1::ListExpiringResponse& response) -> const auto& { return response.claims(); };
  const auto rows = [&](std::int64_t from, std::int64_t until, const std::string& member = "", std::uint32_t principle = 0) {
    v1::ListExpiringRequest request;
    request.set_from(Date(from));
    request.set_until(Date(until));
    request.set_member(member);
    request.set_principle(principle);
    const auto once = AllRows(log, &RegistryApi::ListExpiring, request, list, 1'000);
    EXPECT_EQ(Indices(AllRows(log, &RegistryApi::ListExpiring, request, list, 1)), Indices(once));
    return once;
  };
  const auto all = At({"commitment-one-1", "commitment-one-2", "commitment-one-3", "commitment-two-1", "result"});
  EXPECT_EQ(Indices(rows(0, 731)), all);
  EXPECT_EQ(Indices(rows(730, 731)), all);
  EXPECT_TRUE(rows(0, 730).empty()) << "the interval is half open";
  EXPECT_TRUE(rows(731, 2'000).empty());
  EXPECT_TRUE(rows(731, 0).empty()) << "an interval that ends before it begins";
  EXPECT_EQ(Indices(rows(0, 731, SampleUrn("member:two"))), At({"commitment-two-1"}));
  EXPECT_EQ(Indices(rows(0, 731, "", 3)), At({"commitment-one-3", "result"}));
  log.Log({Sign(registry::Renewed(2))});
  const auto left = At({"commitment-one-1", "commitment-one-3", "commitment-two-1", "result"});
  auto now = Indices(rows(0, 731));
  EXPECT_EQ(now.size(), 5U) << "the renewal itself, and not what it renews";
  now.pop_back();
  EXPECT_EQ(now, left);
}

TEST(RegistryApi, DigestsLeadToStatementsAndArtifacts) {
  auto& log = Sample();
  const auto list = [](const v1::FindByDigestResponse& response) -> const auto& { return response.hits(); };
  for (std::uint64_t index = 0; index < Alliance().size(); ++index) {
    const auto& record = Alliance().records()[index].record;
    v1::FindByDigestRequest request;
    request.set_sha256(IdText(record.id()));
    const auto hits = AllRows(log, &RegistryApi::FindByDigest, request, list, 10);
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0].index(), index);
    EXPECT_EQ(hits[0].role(), "statement");
    EXPECT_EQ(hits[0].kind(), attest::KindName(record.entry.kind));
    EXPECT_EQ(hits[0].issuer(), record.entry.issuer);
    for (const auto& artifact : record.entry.artifacts) {
      request.set_sha256("sha256:" + bytes::EncodeHex(artifact));
      const auto found = Indices(AllRows(log, &RegistryApi::FindByDigest, request, list, 1));
      EXPECT_NE(std::find(found.begin(), found.end(), index), found.end());
    }
  }
  v1::FindByDigestRequest request;
  request.set_sha256(std::string(64, '0'));
  EXPECT_TRUE(AllRows(log, &RegistryApi::FindByDigest, request, list, 1).empty());
  request.set_sha256(IdText(The("result").id()));
  request.set_at_size(5);
  EXPECT_TRUE(AllRows(log, &RegistryApi::FindByDigest, request, list, 1).empty()) << "not logged yet at that size";
}

TEST(RegistryApi, ReferrersAreTheRecordsThatNameAnId) {
  auto& log = Sample();
  const auto list = [](const v1::ListReferrersResponse& response) -> const auto& { return response.hits(); };
  v1::ListReferrersRequest request;
  request.set_statement_id("sha256:" + IdText(The("commitment-one-2").id()));
  const auto hits = AllRows(log, &RegistryApi::ListReferrers, request, list, 2);
  ASSERT_EQ(Indices(hits), At({"engagement", "evidence", "result"}));
  EXPECT_EQ(hits[0].relations(0), "commitment");
  EXPECT_EQ(hits[1].relations(0), "target");
  EXPECT_EQ(hits[1].kind(), "evidence");
  EXPECT_EQ(hits[2].issuer(), SampleUrn("auditor:south"));
  request.set_statement_id(IdText(The("engagement").id()));
  EXPECT_EQ(AllRows(log, &RegistryApi::ListReferrers, request, list, 2).at(0).relations(0), "engagement");
}

TEST(RegistryApi, AuthorityGoesBackToGenesis) {
  MemoryRegistry log;
  const auto list = [](const v1::GetAuthorityChainResponse& response) -> const auto& { return response.links(); };
  const auto chain = [&](std::uint64_t index) {
    v1::GetAuthorityChainRequest request;
    request.set_index(index);
    const auto links = AllRows(log, &RegistryApi::GetAuthorityChain, request, list, 1);
    for (const auto& link : links) EXPECT_FALSE(link.statement().payload().empty());
    return Indices(links);
  };
  EXPECT_EQ(chain(0), At({}));
  EXPECT_EQ(chain(Alliance().IndexOf("admit-one")), At({"genesis"}));
  EXPECT_EQ(chain(Alliance().IndexOf("key-one-2")), At({"genesis", "admit-one", "key-one-1"}));
  EXPECT_EQ(chain(Alliance().IndexOf("result")), At({"genesis", "admit-south", "key-south-1", "accredit-south"}));
  EXPECT_EQ(chain(Alliance().IndexOf("engagement")),
            At({"genesis", "admit-one", "key-one-1", "admit-south", "key-south-1", "accredit-south"}));
  const auto change = log.Log(
      {Sign(registry::RoleChange(2, registry::kRoot, {"secretariat-2", "secretariat-3", "secretariat-4"}, {"root-1", "root-2"}))});
  const auto objection = log.Log({Sign(registry::Objection())});
  auto wanted = At({"genesis", "admit-one", "key-one-1"});
  wanted.push_back(change);
  EXPECT_EQ(chain(objection), wanted);
  v1::GetAuthorityChainRequest request;
  request.set_index(objection + 1);
  v1::GetAuthorityChainResponse response;
  EXPECT_EQ(bytes::ReasonOf(log.Ask(&RegistryApi::GetAuthorityChain, request, response)), Reason::kIndexOutOfRange);
}

// G10: a sequence of pages speaks of one size while the log grows beneath it.
TEST(RegistryApi, PagesStayAtTheirSizeWhileTheLogGrows) {
  MemoryRegistry log;
  const auto list = [](const v1::ListReferrersResponse& response) -> const auto& { return response.hits(); };
  v1::ListReferrersRequest request;
  request.set_statement_id(IdText(The("commitment-one-2").id()));
  std::uint64_t variant = 0;
  const auto rows = AllRows(log, &RegistryApi::ListReferrers, request, list, 1, [&] {
    auto statement = support::EvidenceStatement("one", The("commitment-one-2"));
    statement.variant = ++variant;
    log.Log({Sign(statement)});
  });
  EXPECT_EQ(Indices(rows), At({"engagement", "evidence", "result"}));
  EXPECT_EQ(AllRows(log, &RegistryApi::ListReferrers, request, list, 100).size(), 3U + variant);
  EXPECT_GE(variant, 2U);

  // The same of a list that the registry judges: what was true at that size and date stays so.
  v1::ListCommitmentsRequest commitments;
  const auto states = [](const v1::ListCommitmentsResponse& response) -> const auto& { return response.commitments(); };
  int retracted = 0;
  const auto judged = AllRows(log, &RegistryApi::ListCommitments, commitments, states, 1, [&] {
    const std::string label = "commitment-one-" + std::to_string(++retracted);
    if (retracted <= 3) log.Log({Sign(registry::Retraction("member:one", The(label).id(), {"one-1"}))});
  });
  ASSERT_EQ(judged.size(), 4U);
  for (const auto& row : judged) EXPECT_EQ(row.state(), v1::COMMITMENT_STATE_IN_FORCE) << row.index();
}

TEST(RegistryApi, ATokenIsTakenByItsQueryAlone) {
  auto& log = Sample();
  v1::ListCommitmentsRequest request;
  request.set_page_size(1);
  v1::ListCommitmentsResponse first;
  ASSERT_EQ(log.Ask(&RegistryApi::ListCommitments, request, first), absl::OkStatus());
  request.set_page_token(first.next_page_token());
  v1::ListCommitmentsResponse response;
  ASSERT_EQ(log.Ask(&RegistryApi::ListCommitments, request, response), absl::OkStatus());
  EXPECT_EQ(response.date(), first.date()) << "of the first page";
  request.set_at_size(Alliance().size());
  EXPECT_EQ(log.Ask(&RegistryApi::ListCommitments, request, response), absl::OkStatus()) << "the size it has";
  auto beyond = *ParseRegistryPage(first.next_page_token());
  beyond.size = Alliance().size() + 1;
  auto dateless = *ParseRegistryPage(first.next_page_token());
  dateless.date = 0;
  const struct {
    const char* name;
    std::function<void(v1::ListCommitmentsRequest&)> change;
  } cases[] = {
      {"another member", [](auto& r) { r.set_member(SampleUrn("member:one")); }},
      {"another principle", [](auto& r) { r.set_principle(1); }},
      {"another state", [](auto& r) { r.set_state(v1::COMMITMENT_STATE_LAPSED); }},
      {"another size", [](auto& r) { r.set_at_size(5); }},
      {"another date", [](auto& r) { r.set_date(Date(5)); }},
      {"a size that is not published", [&](auto& r) { r.set_page_token(FormatRegistryPage(beyond)); }},
      {"no date", [&](auto& r) { r.set_page_token(FormatRegistryPage(dateless)); }},
      {"cut", [](auto& r) { r.mutable_page_token()->pop_back(); }},
      {"text", [](auto& r) { r.set_page_token("x"); }},
  };
  for (const auto& c : cases) {
    auto changed = request;
    changed.clear_at_size();
    c.change(changed);
    const auto status = log.Ask(&RegistryApi::ListCommitments, changed, response);
    EXPECT_EQ(bytes::ReasonOf(status), Reason::kPageTokenInvalid) << c.name;
    EXPECT_EQ(bytes::MetadataValue(status, "field"), "page_token") << c.name;
  }
  v1::ListOverdueEngagementsRequest other;
  other.set_page_token(first.next_page_token());
  v1::ListOverdueEngagementsResponse other_response;
  EXPECT_EQ(bytes::ReasonOf(log.Ask(&RegistryApi::ListOverdueEngagements, other, other_response)), Reason::kPageTokenInvalid);
}

TEST(RegistryApi, BadArgumentsAreNamed) {
  auto& log = Sample();
  const auto refused = [&](auto method, auto request, auto response, Reason reason, const char* field) {
    const auto status = log.Ask(method, request, response);
    EXPECT_EQ(bytes::ReasonOf(status), reason) << field << " " << status;
    EXPECT_EQ(bytes::MetadataValue(status, "field"), field);
  };
  v1::EvaluateStatusRequest evaluate;
  evaluate.set_member(SampleUrn("member:one"));
  evaluate.set_principle(2);
  const auto changed = [&](const std::function<void(v1::EvaluateStatusRequest&)>& change) {
    auto request = evaluate;
    change(request);
    return request;
  };
  using Evaluated = v1::EvaluateStatusResponse;
  for (const std::uint32_t principle : {0U, 64U, 258U}) {
    refused(&RegistryApi::EvaluateStatus, changed([&](auto& r) { r.set_principle(principle); }), Evaluated(),
            Reason::kArgumentInvalid, "principle");
  }
  for (const auto* date : {"2026-01-01", "2026-13-01T00:00:00Z", "now", "1999-01-01T00:00:00Z"}) {
    refused(&RegistryApi::EvaluateStatus, changed([&](auto& r) { r.set_date(date); }), Evaluated(), Reason::kArgumentInvalid,
            "date");
  }
  for (const auto* member : {"", "one", "urn:tta:auditor:south", "urn:other:member:one", "urn:tta:member:one#2"}) {
    refused(&RegistryApi::EvaluateStatus, changed([&](auto& r) { r.set_member(member); }), Evaluated(), Reason::kArgumentInvalid,
            "member");
  }
  refused(&RegistryApi::EvaluateStatus, changed([](auto& r) { r.set_at_size(Alliance().size() + 1); }), Evaluated(),
          Reason::kSizeNotPublished, "");
  v1::FindByDigestRequest find;
  find.set_sha256("abc");
  refused(&RegistryApi::FindByDigest, find, v1::FindByDigestResponse(), Reason::kArgumentInvalid, "sha256");
  v1::ListReferrersRequest referrers;
  refused(&RegistryApi::ListReferrers, referrers, v1::ListReferrersResponse(), Reason::kArgumentInvalid, "statement_id");
  v1::ListExpiringRequest expiring;
  refused(&RegistryApi::ListExpiring, expiring, v1::ListExpiringResponse(), Reason::kArgumentInvalid, "until");
  v1::ListCommitmentsRequest commitments;
  commitments.set_principle(64);
  refused(&RegistryApi::ListCommitments, commitments, v1::ListCommitmentsResponse(), Reason::kArgumentInvalid, "principle");
}

RegistryOptions Limits(std::size_t answer_bytes, std::chrono::milliseconds query_time) {
  RegistryOptions options;
  options.max_answer_bytes = answer_bytes;
  options.query_time = query_time;
  return options;
}

// G10: whatever the limits, a list comes to its end, and whole.
TEST(RegistryApi, PagesEndEarlyAndGoOn) {
  for (const auto& options : {Limits(1, std::chrono::seconds(2)), Limits(3u << 20, std::chrono::milliseconds(0))}) {
    MemoryRegistry log(options);
    const auto list = [](const v1::ListReferrersResponse& response) -> const auto& { return response.hits(); };
    v1::ListReferrersRequest request;
    request.set_statement_id(IdText(The("commitment-one-2").id()));
    EXPECT_EQ(Indices(AllRows(log, &RegistryApi::ListReferrers, request, list, 1'000)), At({"engagement", "evidence", "result"}));
    v1::ListReferrersResponse response;
    ASSERT_EQ(log.Ask(&RegistryApi::ListReferrers, request, response), absl::OkStatus());
    EXPECT_EQ(response.hits_size(), 1);
  }
}

TEST(RegistryApi, QuestionsThatCannotWaitArePushedBack) {
  RegistryOptions options;
  options.threads = 1;
  options.queue = 1;
  MemoryRegistry log(options);
  v1::ListReferrersRequest request;
  request.set_statement_id(IdText(The("commitment-one-2").id()));
  v1::ListReferrersResponse warm;
  ASSERT_EQ(log.Ask(&RegistryApi::ListReferrers, request, warm), absl::OkStatus());
  std::vector<std::future<absl::Status>> answers;
  std::vector<v1::ListReferrersResponse> responses(20);
  {
    support::Gate gate(log.log().storage().plan(), support::Call::kReadRecordsAt);
    for (auto& response : responses) {
      auto promise = std::make_shared<std::promise<absl::Status>>();
      answers.push_back(promise->get_future());
      log.api().ListReferrers(&request, &response, {"192.0.2.1", log.log().clock().Now() + std::chrono::seconds(20)},
                              [promise](absl::Status status) { promise->set_value(std::move(status)); });
      if (answers.size() == 1) gate.AwaitArrivals(1);
    }
    // One runs, one waits: the others are told so while storage stands still.
    int refused = 0;
    while (refused < 18) {
      refused = static_cast<int>(std::count_if(answers.begin(), answers.end(), [](const auto& answer) {
        return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      }));
    }
  }
  int pushed_back = 0;
  for (auto& answer : answers) {
    const auto status = answer.get();
    if (status.ok()) continue;
    EXPECT_EQ(bytes::ReasonOf(status), Reason::kPushback) << status;
    ++pushed_back;
  }
  EXPECT_EQ(pushed_back, 18);
}

// The sequencer's lock is never held while storage is read: writes go on while a question waits for the disk.
TEST(RegistryApi, AQuestionThatWaitsForStorageHoldsUpNoWrite) {
  MemoryRegistry log;
  v1::EvaluateStatusRequest request;
  request.set_member(SampleUrn("member:one"));
  request.set_principle(2);
  v1::EvaluateStatusResponse response;
  std::promise<absl::Status> promise;
  {
    support::Gate gate(log.log().storage().plan(), support::Call::kReadRecordsAt);
    log.api().EvaluateStatus(&request, &response, {"192.0.2.1", log.log().clock().Now() + std::chrono::seconds(20)},
                             [&](absl::Status status) { promise.set_value(std::move(status)); });
    gate.AwaitArrivals(1);
    log.log().registry().Change([](registry::Registry&) { return 0; });
  }
  EXPECT_EQ(promise.get_future().get(), absl::OkStatus());
}

TEST(RegistryApi, StorageThatFailsIsToldAsSuch) {
  MemoryRegistry log;
  v1::EvaluateStatusRequest request;
  request.set_member(SampleUrn("member:one"));
  request.set_principle(2);
  v1::EvaluateStatusResponse response;
  ASSERT_EQ(log.Ask(&RegistryApi::EvaluateStatus, request, response), absl::OkStatus());
  log.log().storage().Fail(support::Call::kReadRecordsAt, support::Fault::kBefore);
  EXPECT_TRUE(absl::IsUnavailable(log.Ask(&RegistryApi::EvaluateStatus, request, response)));
  EXPECT_EQ(log.Ask(&RegistryApi::EvaluateStatus, request, response), absl::OkStatus());
}

// A bundle as far as it goes without its form: what is in it, and that every proof leads to the newest root.
RegistryOptions WithBundles(registry::StatusBundle& seen) {
  RegistryOptions options;
  options.format_bundle = [&seen](const registry::StatusBundle& bundle) {
    seen = bundle;
    return std::string("a file");
  };
  return options;
}

TEST(RegistryApi, ABundleHoldsTheRecordsOfItsVerdictAndTheirProofs) {
  registry::StatusBundle bundle;
  MemoryRegistry log(WithBundles(bundle));
  v1::GetStatusBundleRequest request;
  request.set_member(SampleUrn("member:one"));
  request.set_principle(2);
  request.set_date(Date(0));
  std::string file;
  const auto ask = [&] {
    std::promise<absl::Status> promise;
    log.api().GetStatusBundle(&request, &file, {"192.0.2.1", log.log().clock().Now() + std::chrono::seconds(20)},
                              [&](absl::Status status) { promise.set_value(std::move(status)); });
    return promise.get_future().get();
  };
  ASSERT_EQ(ask(), absl::OkStatus());
  EXPECT_EQ(file, "a file");
  EXPECT_EQ(bundle.answer.verdict, registry::Verdict::kNegative);
  EXPECT_EQ(bundle.question.as_of.size, Alliance().size());
  EXPECT_EQ(bundle.origin, support::kSampleOrigin);
  EXPECT_EQ(bundle.completeness, registry::Completeness::kNone);
  std::vector<std::uint64_t> indices;
  for (const auto& record : bundle.records) indices.push_back(record.index);
  for (const auto& named : bundle.answer.deciding) EXPECT_NE(std::find(indices.begin(), indices.end(), named.index), indices.end());
  EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  EXPECT_LT(indices.size(), Alliance().size());
  const auto head = log.log().log().published()->head;
  for (const auto& record : bundle.records) {
    const auto proof = tlog::ParseTlogProof(record.proof);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_EQ(proof->index, record.index);
    EXPECT_EQ(
        merkle::VerifyInclusion(record.index, head.size, merkle::HashLeaf(bytes::AsBytes(record.entry)), proof->hashes, head.root),
        merkle::ProofCheck::kOk);
    EXPECT_EQ(record.statement, Alliance().records()[record.index].record.envelope.payload);
  }

  request.set_mode(v1::BUNDLE_MODE_PREFIX);
  ASSERT_EQ(ask(), absl::OkStatus());
  EXPECT_EQ(bundle.completeness, registry::Completeness::kPrefix);
  EXPECT_EQ(bundle.records.size(), Alliance().size());
  EXPECT_EQ(bundle.checkpoint, log.log().log().published()->note);
  EXPECT_EQ(bundle.records[5].index, 5U);
  EXPECT_EQ(bundle.records[5].proof, "");
  request.set_at_size(5);
  EXPECT_EQ(bytes::MetadataValue(ask(), "field"), "mode") << "older checkpoints are not kept";
  request.set_mode(v1::BUNDLE_MODE_NONE);
  EXPECT_EQ(ask(), absl::OkStatus());
  EXPECT_EQ(bundle.question.as_of.size, 5U);
  request.set_principle(0);
  EXPECT_EQ(bytes::MetadataValue(ask(), "field"), "principle");
}

TEST(RegistryApi, ABundleThatWouldBeTooLargeIsRefused) {
  registry::StatusBundle bundle;
  auto options = WithBundles(bundle);
  options.max_bundle_bytes = 2'000;
  MemoryRegistry log(options);
  for (const auto mode : {v1::BUNDLE_MODE_NONE, v1::BUNDLE_MODE_PREFIX}) {
    v1::GetStatusBundleRequest request;
    request.set_member(SampleUrn("member:one"));
    request.set_principle(2);
    request.set_mode(mode);
    std::string file;
    std::promise<absl::Status> promise;
    log.api().GetStatusBundle(&request, &file, {"192.0.2.1", log.log().clock().Now() + std::chrono::seconds(20)},
                              [&](absl::Status status) { promise.set_value(std::move(status)); });
    EXPECT_EQ(bytes::ReasonOf(promise.get_future().get()), Reason::kTooLarge);
  }
}

TEST(RegistryApi, AnEmptyLogHasNothingToSay) {
  support::MemoryLog::Options options;
  options.records = 0;
  MemoryRegistry log({}, options);
  v1::ListMembersResponse response;
  EXPECT_EQ(bytes::ReasonOf(log.Ask(&RegistryApi::ListMembers, v1::ListMembersRequest(), response)), Reason::kCheckpointNotFound);
}

}  // namespace
}  // namespace trustlog::api
