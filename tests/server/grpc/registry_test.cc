// RegistryService over a real channel to a whole log in process.
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/server/grpc/rpc_fixture.h"
#include "tests/support/gate.h"
#include "trustlog/v1/registry.grpc.pb.h"

namespace trustlog::rpc {
namespace {

using Registry = v1::RegistryService::Stub;
using support::SampleUrn;

class RegistryTest : public RpcTest {
 protected:
  RegistryTest() { Connect(); }
  void Connect() { registry_ = support::Connect<v1::RegistryService>(log_.rpc()); }
  template <typename Response, typename Request>
  Response Get(::grpc::Status (Registry::*method)(::grpc::ClientContext*, const Request&, Response*), const Request& request) {
    Response response;
    const auto heard = support::Ask(*registry_, method, request, response);
    EXPECT_TRUE(heard.ok()) << heard.reason << " " << heard.status.error_message();
    return response;
  }
  v1::FindByDigestResponse Find(const attest::Id& digest) {
    v1::FindByDigestRequest request;
    request.set_sha256(bytes::EncodeHex(digest));
    return Get(&Registry::FindByDigest, request);
  }
  static v1::EvaluateStatusRequest Question() {
    v1::EvaluateStatusRequest request;
    request.set_member(SampleUrn("member:one"));
    request.set_principle(2);
    return request;
  }
  // Every published record is found by its id.
  void ExpectAllFound() {
    for (const auto& [label, record] : log_.alliance().records()) {
      const auto found = Find(record.id());
      ASSERT_EQ(found.hits_size(), 1) << label;
      EXPECT_EQ(found.hits(0).index(), log_.alliance().IndexOf(label));
    }
  }
  std::string index_file() const { return log_.directory() + "/log.db.index"; }

  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, EveryCallIsAnsweredFromOneSize) {
  const auto check = [&](const v1::AsOf& as_of) {
    EXPECT_EQ(as_of.tree_size(), Size());
    EXPECT_EQ(Verified(as_of.checkpoint()).size, Size());
  };
  const auto verdict = Get(&Registry::EvaluateStatus, Question());
  EXPECT_EQ(verdict.verdict(), v1::VERDICT_NEGATIVE);
  check(verdict.as_of());
  const auto members = Get(&Registry::ListMembers, v1::ListMembersRequest());
  EXPECT_EQ(members.members_size(), 3);
  check(members.as_of());
  v1::GetMemberRequest member;
  member.set_member(SampleUrn("auditor:south"));
  check(Get(&Registry::GetMember, member).as_of());
  const auto commitments = Get(&Registry::ListCommitments, v1::ListCommitmentsRequest());
  EXPECT_EQ(commitments.commitments_size(), 4);
  check(commitments.as_of());
  const auto results = Get(&Registry::ListAuditResults, v1::ListAuditResultsRequest());
  EXPECT_EQ(results.results_size(), 1);
  check(results.as_of());
  check(Get(&Registry::ListOverdueEngagements, v1::ListOverdueEngagementsRequest()).as_of());
  v1::ListExpiringRequest expiring;
  expiring.set_until("2030-01-01T00:00:00Z");
  const auto claims = Get(&Registry::ListExpiring, expiring);
  EXPECT_EQ(claims.claims_size(), 5);
  check(claims.as_of());
  const auto found = Find(The("result").id());
  EXPECT_EQ(found.hits_size(), 1);
  check(found.as_of());
  v1::ListReferrersRequest referrers;
  referrers.set_statement_id(bytes::EncodeHex(The("engagement").id()));
  const auto hits = Get(&Registry::ListReferrers, referrers);
  EXPECT_EQ(hits.hits_size(), 1);
  check(hits.as_of());
  v1::GetAuthorityChainRequest authority;
  authority.set_index(log_.alliance().IndexOf("result"));
  const auto chain = Get(&Registry::GetAuthorityChain, authority);
  EXPECT_EQ(chain.links_size(), 4);
  check(chain.as_of());
}

TEST_F(RegistryTest, WhatWasPublishedToACallerIsFoundByHim) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto record = Fresh(i);
    v1::AddStatementResponse added;
    ASSERT_TRUE(Add(record.envelope, added).ok());
    const auto found = Find(record.id());
    ASSERT_EQ(found.hits_size(), 1);
    EXPECT_EQ(found.hits(0).index(), added.outcome().index());
  }
}

class BundleTest : public RpcTest {
 protected:
  static constexpr std::size_t kBytes = (33u << 20) / 2;  // more than a window of HTTP/2
  static support::RunningLog::Options Bundles() {
    support::RunningLog::Options options;
    options.node.registry.format_bundle = [](const registry::StatusBundle& bundle) {
      std::string file(kBytes, '.');
      for (std::size_t i = 0; i < file.size(); i += 7) file[i] = static_cast<char>('a' + i % 26);
      return file + bundle.question.member;
    };
    return options;
  }
  BundleTest() : RpcTest(Bundles()), registry_(support::Connect<v1::RegistryService>(log_.rpc())) {}
  static v1::GetStatusBundleRequest Question() {
    v1::GetStatusBundleRequest request;
    request.set_member(SampleUrn("member:one"));
    request.set_principle(2);
    return request;
  }
  const std::unique_ptr<Registry> registry_;
};

TEST_F(BundleTest, ComesInOrderInChunksOfAMebibyte) {
  ::grpc::ClientContext context;
  const auto stream = registry_->GetStatusBundle(&context, Question());
  std::string file;
  int chunks = 0;
  for (v1::GetStatusBundleResponse response; stream->Read(&response); ++chunks) {
    EXPECT_LE(response.chunk().size(), 1u << 20);
    file += response.chunk();
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(chunks, 17);
  registry::StatusBundle asked;
  asked.question.member = SampleUrn("member:one");
  EXPECT_EQ(file, Bundles().node.registry.format_bundle(asked));
}

TEST_F(BundleTest, ARefusalHasItsDetails) {
  auto request = Question();
  request.set_principle(64);
  ::grpc::ClientContext context;
  const auto stream = registry_->GetStatusBundle(&context, request);
  v1::GetStatusBundleResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const auto status = stream->Finish();
  EXPECT_EQ(support::Take(status, context).reason, "ARGUMENT_INVALID");
}

TEST_F(BundleTest, AFewAtATimeAndWhoLeavesMakesRoom) {
  struct Reader {
    ::grpc::ClientContext context;
    std::unique_ptr<::grpc::ClientReader<v1::GetStatusBundleResponse>> stream;
  };
  v1::GetStatusBundleResponse response;
  {
    std::vector<std::unique_ptr<Reader>> readers;
    for (int i = 0; i < 4; ++i) {
      readers.push_back(std::make_unique<Reader>());
      readers.back()->stream = registry_->GetStatusBundle(&readers.back()->context, Question());
      ASSERT_TRUE(readers.back()->stream->Read(&response));  // the rest waits for a reader who does not read
    }
    Reader fifth;
    fifth.stream = registry_->GetStatusBundle(&fifth.context, Question());
    EXPECT_FALSE(fifth.stream->Read(&response));
    const auto status = fifth.stream->Finish();
    EXPECT_EQ(support::Take(status, fifth.context).reason, "TOO_MANY_STREAMS");
    for (auto& reader : readers) reader->context.TryCancel();
    for (auto& reader : readers) EXPECT_EQ(reader->stream->Finish().error_code(), ::grpc::StatusCode::CANCELLED);
  }
  // The server sees it a little later.
  while (true) {
    Reader next;
    next.stream = registry_->GetStatusBundle(&next.context, Question());
    const bool served = next.stream->Read(&response);
    next.context.TryCancel();
    static_cast<void>(next.stream->Finish());
    if (served) break;
    std::this_thread::yield();
  }
}

TEST_F(RegistryTest, RefusalsHaveTheirReasonAndDetails) {
  v1::EvaluateStatusResponse response;
  auto request = Question();
  request.set_date("yesterday");
  auto heard = support::Ask(*registry_, &Registry::EvaluateStatus, request, response);
  EXPECT_EQ(heard.reason, "ARGUMENT_INVALID");
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(heard.bad_request->field_violations(0).field(), "date");
  request = Question();
  request.set_at_size(Size() + 1);
  heard = support::Ask(*registry_, &Registry::EvaluateStatus, request, response);
  EXPECT_EQ(heard.reason, "SIZE_NOT_PUBLISHED");
  v1::GetMemberRequest nobody;
  nobody.set_member(SampleUrn("member:nobody"));
  v1::GetMemberResponse member;
  heard = support::Ask(*registry_, &Registry::GetMember, nobody, member);
  EXPECT_EQ(heard.reason, "MEMBER_NOT_FOUND");
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::NOT_FOUND);
  v1::ListMembersRequest page;
  page.set_page_token("xyz");
  v1::ListMembersResponse members;
  EXPECT_EQ(support::Ask(*registry_, &Registry::ListMembers, page, members).reason, "PAGE_TOKEN_INVALID");
}

TEST_F(RegistryTest, TheIndexOutlivesARestartAndIsMadeAnewWhereItIsGone) {
  ExpectAllFound();
  log_.Stop();
  ASSERT_TRUE(std::filesystem::exists(index_file()));
  log_.Start();
  Connect();
  ExpectAllFound();
  log_.Stop();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(index_file() + suffix);
  log_.Start();
  Connect();
  ExpectAllFound();
  log_.Kill();
  std::ofstream(index_file(), std::ios::binary | std::ios::trunc) << std::string(10'000, 'x');
  log_.Start();
  Connect();
  ExpectAllFound();
}

TEST_F(RegistryTest, AnIndexThatCannotBeMadeHoldsUpQuestionsAlone) {
  log_.Stop();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(index_file() + suffix);
  std::filesystem::create_directory(index_file());  // in its place
  log_.Start();
  Connect();
  stub_ = support::Connect(log_.rpc());
  v1::AddStatementResponse added;
  EXPECT_TRUE(Add(Fresh(1).envelope, added).ok());
  v1::EvaluateStatusResponse response;
  const auto heard = support::Ask(*registry_, &Registry::EvaluateStatus, Question(), response, std::chrono::milliseconds(400));
  EXPECT_EQ(heard.reason, "DEADLINE") << heard.status.error_message();
  // It tries again: nobody has to restart anything.
  std::filesystem::remove(index_file());
  EXPECT_EQ(Get(&Registry::EvaluateStatus, Question()).verdict(), v1::VERDICT_NEGATIVE);
}

TEST_F(RegistryTest, StoppingAnswersQuestionsThatWait) {
  log_.Stop();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(index_file() + suffix);
  std::filesystem::create_directory(index_file());
  log_.Start();
  Connect();
  std::thread asking([&] {
    v1::EvaluateStatusResponse response;
    const auto heard = support::Ask(*registry_, &Registry::EvaluateStatus, Question(), response);
    EXPECT_TRUE(heard.status.error_code() == ::grpc::StatusCode::UNAVAILABLE ||
                heard.status.error_code() == ::grpc::StatusCode::CANCELLED)
        << heard.status.error_code() << heard.status.error_message();
  });
  const auto begin = log_.clock().Now();
  log_.Stop();
  asking.join();
  EXPECT_LT(log_.clock().Now() - begin, std::chrono::seconds(5)) << "not by the question's deadline";
}

}  // namespace
}  // namespace trustlog::rpc
