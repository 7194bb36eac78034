// Data protection on a whole log (records.md 4.3, section 9): a statement under a published erasure notice is gone everywhere
// and for good, and nothing else changes; AdminService, on its socket alone.
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "proto/attest/dsse.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/bundle.h"
#include "tests/server/grpc/rpc_fixture.h"
#include "tests/support/raw_http.h"
#include "trustlog/v1/admin.grpc.pb.h"

namespace trustlog::rpc {
namespace {

using AdminStub = v1::AdminService::Stub;
using support::RawReply;

constexpr char kSecret[] = "a name that must not be found";

class WithholdingTest : public RpcTest {
 protected:
  WithholdingTest() {
    log_.Stop();  // the directory is known only now
    log_.config().rpc.admin_socket = socket_path();
    Restart();
  }

  std::string socket_path() const { return log_.directory() + "/run/admin.sock"; }
  void Restart() {
    log_.Start();
    stub_ = support::Connect(log_.rpc());
    admin_ = v1::AdminService::NewStub(::grpc::CreateChannel("unix:" + socket_path(), ::grpc::InsecureChannelCredentials()));
  }

  // Evidence that holds the secret.
  support::SignedRecord Secret() const {
    auto statement = support::EvidenceStatement("one", The("commitment-one-2"));
    statement.members += std::string(",\"summary\":{\"en\":\"") + kSecret + "\"}";
    return support::Sign(statement);
  }
  static support::SignedRecord NoticeAbout(const attest::Id& target, std::uint64_t index, std::vector<std::string> signers = {}) {
    auto statement = support::ErasureNoticeStatement(target, index);
    if (!signers.empty()) statement.signers = std::move(signers);
    return support::Sign(statement);
  }
  std::uint64_t Log(const support::SignedRecord& record) {
    v1::AddStatementResponse response;
    const auto heard = Add(record.envelope, response);
    EXPECT_TRUE(heard.ok()) << heard.reason << " " << heard.status.error_message();
    return response.outcome().index();
  }
  v1::GetStatsResponse Stats() {
    v1::GetStatsResponse response;
    const auto heard = support::Ask(*admin_, &AdminStub::GetStats, v1::GetStatsRequest(), response);
    EXPECT_TRUE(heard.ok()) << heard.status.error_message();
    return response;
  }
  void AwaitWithheld(std::uint64_t count) {
    while (Stats().withheld() < count) std::this_thread::yield();
  }
  support::Heard Withhold(std::uint64_t index, std::uint64_t notice, bool* repeated = nullptr) {
    v1::WithholdStatementRequest request;
    request.set_index(index);
    request.set_notice_index(notice);
    v1::WithholdStatementResponse response;
    auto heard = support::Ask(*admin_, &AdminStub::WithholdStatement, request, response);
    if (repeated != nullptr) *repeated = response.repeated();
    return heard;
  }

  std::string BundlePath(std::string_view kind, std::uint64_t width) const {
    return "/tile/" + std::string(kind) + "/000.p/" + std::to_string(width);
  }
  RawReply Fetch(const std::string& path, std::string_view fields = "") const {
    auto reply = support::Get(log_.http(), path, fields);
    EXPECT_TRUE(reply.has_value());
    return reply.value_or(RawReply());
  }
  v1::Entry EntryOf(std::uint64_t index) {
    v1::GetEntryRequest request;
    *request.mutable_selector() = ByIndex(index);
    request.set_with_statement(true);
    v1::GetEntryResponse response;
    EXPECT_TRUE(support::Ask(*stub_, &Stub::GetEntry, request, response).ok());
    return response.entry();
  }
  bool IsInTheFiles(std::string_view text) const {
    for (const auto& file : std::filesystem::recursive_directory_iterator(log_.directory())) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      std::ostringstream content;
      content << in.rdbuf();
      if (content.str().find(text) != std::string::npos) return true;
    }
    return false;
  }

  std::unique_ptr<AdminStub> admin_;
};

TEST_F(WithholdingTest, AStatementUnderAPublishedNoticeIsGoneEverywhereAndForGood) {
  const auto secret = Secret();
  const auto index = Log(secret);
  Log(Fresh(1));
  const auto width = index + 2;
  const auto path = BundlePath("statements", width);
  const auto before = Fetch(path);
  ASSERT_EQ(before.status, 200);
  EXPECT_EQ(before.Field("cache-control"), "public, max-age=300, must-revalidate");
  EXPECT_NE(before.body.find(kSecret), std::string::npos);
  const auto packed = Fetch(path, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(Fetch(path, "If-None-Match: " + before.Field("etag") + "\r\n").status, 304);
  const auto entries = Fetch(BundlePath("entries", width)).body;
  EXPECT_TRUE(IsInTheFiles(kSecret));
  const auto old_head = log_.node().published_size();

  const auto notice = Log(NoticeAbout(secret.id(), index));
  AwaitWithheld(1);
  const auto check = [&] {
    const auto after = Fetch(path);
    EXPECT_EQ(after.Field("cache-control"), "public, max-age=300, must-revalidate");
    auto items = *tlog::ParseBundle(before.body, static_cast<std::uint16_t>(width));
    const auto now = tlog::ParseBundle(after.body, static_cast<std::uint16_t>(width));
    ASSERT_TRUE(now.has_value());
    items[index] = "";
    EXPECT_TRUE(std::equal(items.begin(), items.end(), now->begin(), now->end())) << "a length became 0, and nothing else changed";
    EXPECT_NE(after.Field("etag"), before.Field("etag"));
    EXPECT_EQ(Fetch(path, "If-None-Match: " + before.Field("etag") + "\r\n").status, 200);
    EXPECT_EQ(Fetch(path, "Accept-Encoding: gzip\r\nIf-None-Match: " + packed.Field("etag") + "\r\n").status, 200);
    EXPECT_EQ(Fetch(BundlePath("entries", width)).body, entries);
    EXPECT_FALSE(IsInTheFiles(kSecret)) << "database, log, mark and snapshot";

    const auto entry = EntryOf(index);
    EXPECT_TRUE(entry.statement().withheld());
    EXPECT_EQ(entry.statement().payload(), "");
    EXPECT_EQ(entry.statement().notice_index(), notice);
    EXPECT_EQ(entry.statement_id(), bytes::EncodeHex(secret.id()));
    const auto other = EntryOf(index + 1);
    EXPECT_FALSE(other.statement().withheld());
    EXPECT_FALSE(other.statement().has_notice_index());

    v1::GetProofBundleRequest request;
    *request.mutable_selector() = ById(bytes::EncodeHex(secret.id()));
    request.set_prove_from(old_head);
    v1::GetProofBundleResponse bundle;
    ASSERT_TRUE(support::Ask(*stub_, &Stub::GetProofBundle, request, bundle).ok());
    EXPECT_EQ(bundle.entry().statement().notice_index(), notice);
    const auto proof = tlog::ParseTlogProof(bundle.tlog_proof());
    ASSERT_TRUE(proof.ok());
    const auto head = VerifiedNote(proof->checkpoint, log_.node().vkey());
    EXPECT_EQ(merkle::VerifyInclusion(index, head.size, merkle::HashLeaf(bytes::AsBytes(entry.entry())), proof->hashes, head.root),
              merkle::ProofCheck::kOk);
  };
  check();
  log_.Stop();
  EXPECT_FALSE(IsInTheFiles(kSecret));
  Restart();
  AwaitWithheld(1);
  check();
  std::filesystem::remove(log_.config().log.mark + "/registry-snapshot");  // the registry is replayed over what is withheld
  log_.Kill();
  Restart();
  AwaitWithheld(1);
  check();
}

TEST_F(WithholdingTest, TheSameStatementAgainInAnyEnvelopeRestoresNothing) {
  const auto secret = Secret();
  const auto index = Log(secret);
  Log(NoticeAbout(secret.id(), index));
  AwaitWithheld(1);
  auto hint = secret.envelope;
  hint.signatures[0].keyid = "some other text";
  auto other = attest::Envelope{secret.envelope.payload_type, secret.envelope.payload, {{"", "no signature at all"}}};
  for (const auto& envelope : {secret.envelope, hint, other}) {
    v1::AddStatementResponse response;
    ASSERT_TRUE(Add(envelope, response).ok());
    EXPECT_TRUE(response.outcome().duplicate());
    EXPECT_EQ(response.outcome().index(), index);
  }
  v1::AddStatementsResponse both;
  ASSERT_TRUE(AddAll({secret.envelope, Fresh(7).envelope, secret.envelope}, both).ok());
  EXPECT_TRUE(both.results(0).outcome().duplicate());
  EXPECT_TRUE(both.results(2).outcome().duplicate());
  EXPECT_TRUE(EntryOf(index).statement().withheld());
  EXPECT_FALSE(IsInTheFiles(kSecret));
}

TEST_F(WithholdingTest, ANoticeThatTheRulesRefuseTakesNoIndexAndWithholdsNothing) {
  const auto secret = Secret();
  const auto index = Log(secret);
  const struct {
    const char* name;
    support::SignedRecord notice;
    const char* reason;
  } kCases[] = {
      {"another index", NoticeAbout(secret.id(), index - 1), "REF_NOT_FOUND"},
      {"not by the secretariat", NoticeAbout(secret.id(), index, {"operator-1"}), "THRESHOLD_NOT_MET"},
      {"not by the operator", NoticeAbout(secret.id(), index, {"secretariat-1", "secretariat-2"}), "THRESHOLD_NOT_MET"},
      {"of an authority record", NoticeAbout(The("key-one-1").id(), log_.alliance().IndexOf("key-one-1")), "REF_WRONG_KIND"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    v1::AddStatementResponse response;
    EXPECT_EQ(Add(c.notice.envelope, response).reason, c.reason);
  }
  EXPECT_EQ(Log(Fresh(1)), index + 1);
  EXPECT_EQ(Stats().withheld() + Stats().withholding_due(), 0U);
  EXPECT_FALSE(EntryOf(index).statement().withheld());
}

TEST_F(WithholdingTest, WithholdStatementAsksForANoticeInForceAboutThatEntry) {
  const auto secret = Secret();
  const auto index = Log(secret);
  const auto other = Log(Fresh(1));
  const auto notice = Log(NoticeAbout(secret.id(), index));
  AwaitWithheld(1);
  const auto size = log_.node().published_size();
  const struct {
    const char* name;
    std::uint64_t index, notice;
    const char* reason;
    ::grpc::StatusCode code;
  } kCases[] = {
      {"no such entry", size, notice, "INDEX_OUT_OF_RANGE", ::grpc::StatusCode::OUT_OF_RANGE},
      {"no such notice", index, size, "REF_NOT_FOUND", ::grpc::StatusCode::FAILED_PRECONDITION},
      {"about another entry", other, notice, "REF_NOT_FOUND", ::grpc::StatusCode::FAILED_PRECONDITION},
      {"about itself", notice, notice, "REF_NOT_FOUND", ::grpc::StatusCode::FAILED_PRECONDITION},
      {"no notice", other, index, "REF_WRONG_KIND", ::grpc::StatusCode::FAILED_PRECONDITION},
      {"genesis", 0, notice, "REF_NOT_FOUND", ::grpc::StatusCode::FAILED_PRECONDITION},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto heard = Withhold(c.index, c.notice);
    EXPECT_EQ(heard.reason, c.reason) << heard.status.error_message();
    EXPECT_EQ(heard.status.error_code(), c.code);
  }
  EXPECT_FALSE(EntryOf(other).statement().withheld());
  bool repeated = false;
  EXPECT_TRUE(Withhold(index, notice, &repeated).ok());
  EXPECT_TRUE(repeated);
}

TEST_F(WithholdingTest, WithholdStatementDoesWhatStorageRefusedBefore) {
  const auto secret = Secret();
  const auto index = Log(secret);
  for (std::uint64_t i = 1; i < 1'000; ++i) log_.storage().Fail(support::Call::kWithhold, support::Fault::kBefore, i);
  const auto notice = Log(NoticeAbout(secret.id(), index));
  while (Stats().withholding_due() == 0) std::this_thread::yield();
  EXPECT_EQ(Withhold(index, notice).reason, "OUTCOME_UNKNOWN");
  EXPECT_FALSE(EntryOf(index).statement().withheld());
  log_.Stop();
  Restart();
  AwaitWithheld(1);
  EXPECT_TRUE(EntryOf(index).statement().withheld());
}

TEST_F(WithholdingTest, StatsTellSizesAndPartsOfTheStore) {
  const auto index = Log(Fresh(1));
  const auto stats = Stats();
  EXPECT_EQ(stats.origin(), support::kSampleOrigin);
  EXPECT_EQ(stats.integrated_size(), index + 1);
  EXPECT_EQ(stats.published_size(), index + 1);
  EXPECT_EQ(stats.mark_size(), index + 1);
  EXPECT_EQ(stats.writes(), "ok");
  EXPECT_EQ(stats.queued(), 0U);
  EXPECT_GT(stats.published_at_ms(), 0);
  EXPECT_GE(stats.uptime_ms(), 0);
  EXPECT_EQ(stats.entries_last_day(), index + 1);
  std::vector<std::string> parts;
  for (const auto& row : stats.storage()) parts.push_back(row.part());
  for (const auto* part : {"database", "database-wal", "mark"})
    EXPECT_NE(std::find(parts.begin(), parts.end(), part), parts.end()) << part;
}

TEST_F(WithholdingTest, TheSocketIsForItsOwnerAndGroupAndTheOnlyWay) {
  struct stat status {};
  ASSERT_EQ(stat(socket_path().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  ASSERT_EQ(stat((log_.directory() + "/run").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0750U);
  const auto tcp = v1::AdminService::NewStub(::grpc::CreateChannel(log_.rpc(), ::grpc::InsecureChannelCredentials()));
  v1::GetStatsResponse response;
  EXPECT_EQ(support::Ask(*tcp, &AdminStub::GetStats, v1::GetStatsRequest(), response).status.error_code(),
            ::grpc::StatusCode::UNIMPLEMENTED);
  const auto socket = v1::LogService::NewStub(::grpc::CreateChannel("unix:" + socket_path(), ::grpc::InsecureChannelCredentials()));
  v1::GetCheckpointResponse checkpoint;
  EXPECT_EQ(support::Ask(*socket, &Stub::GetCheckpoint, v1::GetCheckpointRequest(), checkpoint).status.error_code(),
            ::grpc::StatusCode::UNIMPLEMENTED);
  log_.Stop();
  EXPECT_NE(stat(socket_path().c_str(), &status), 0) << "gone with the server";
  Restart();
}

}  // namespace
}  // namespace trustlog::rpc
