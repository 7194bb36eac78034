// admin stats|withhold against an AdminService on a socket.
#include <grpcpp/grpcpp.h>

#include "tests/client/cli/cli_fixture.h"
#include "tests/client/cli/fake_log_service.h"
#include "trustlog/v1/admin.grpc.pb.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;

class FakeAdmin final : public v1::AdminService::Service {
 public:
  explicit FakeAdmin(const std::string& path) {
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + path, ::grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeAdmin() override { server_->Shutdown(std::chrono::system_clock::now()); }

  ::grpc::Status GetStats(::grpc::ServerContext*, const v1::GetStatsRequest*, v1::GetStatsResponse* response) override {
    *response = stats;
    return ::grpc::Status::OK;
  }
  ::grpc::Status WithholdStatement(::grpc::ServerContext*, const v1::WithholdStatementRequest* request,
                                   v1::WithholdStatementResponse* response) override {
    asked = *request;
    response->set_repeated(repeated);
    return answer;
  }

  v1::GetStatsResponse stats;
  v1::WithholdStatementRequest asked;
  bool repeated = false;
  ::grpc::Status answer;

 private:
  std::unique_ptr<::grpc::Server> server_;
};

class AdminTest : public CliTest {
 protected:
  AdminTest() : admin_(Path("a.sock")) {}
  CliResult Ask(std::vector<std::string> words) {
    words.insert(words.end(), {"--socket", Path("a.sock")});
    return Run(words);
  }
  FakeAdmin admin_;
};

TEST_F(AdminTest, StatsAsTextAndAsOneObject) {
  auto& stats = admin_.stats;
  stats.set_origin("log.example/\x1b[31m");
  stats.set_version("0.1.0");
  stats.set_integrated_size(2'048);
  stats.set_published_size(2'047);
  stats.set_mark_size(2'046);
  stats.set_writes("ok");
  stats.set_queued(3);
  stats.set_unpublished_ms(20);
  stats.set_published_at_ms(1'795'300'000'999);
  stats.set_uptime_ms(3 * 3'600'000 + 12 * 60'000);
  stats.set_withheld(5);
  stats.set_withholding_due(1);
  stats.set_entries_last_day(700);
  auto* part = stats.add_storage();
  part->set_part("database-wal");
  part->set_bytes(4'096);
  const auto text = Ask({"admin", "stats"});
  EXPECT_EQ(text.exit, ExitCode::kOk) << text.err;
  EXPECT_THAT(text.out, HasSubstr("up 3 h 12 min\n"));
  EXPECT_THAT(text.out, HasSubstr("sizes       integrated 2048, published 2047, mark 2046\n"));
  EXPECT_THAT(text.out, HasSubstr("published   2026-11-21T22:26:40Z\n"));
  EXPECT_THAT(text.out, HasSubstr("writes      ok; 3 queued, oldest unpublished 20 ms\n"));
  EXPECT_THAT(text.out, HasSubstr("growth      700 entries within 24 h\n"));
  EXPECT_THAT(text.out, HasSubstr("withheld    5 statements, 1 due\n"));
  EXPECT_THAT(text.out, HasSubstr("storage     database-wal 4096 bytes\n"));
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << "foreign text is escaped";

  const auto json = Ask({"admin", "stats", "--json"}).json();
  EXPECT_EQ(json.at("integratedSize"), "2048");
  EXPECT_EQ(json.at("markSize"), "2046");
  EXPECT_EQ(json.at("publishedAt"), "2026-11-21T22:26:40Z");
  EXPECT_EQ(json.at("storage").at(0).at("bytes"), "4096");
  stats.set_published_at_ms(0);
  EXPECT_TRUE(Ask({"admin", "stats", "--json"}).json().at("publishedAt").is_null());
  EXPECT_THAT(Ask({"admin", "stats"}).out, HasSubstr("published   nothing since the start\n"));
}

TEST_F(AdminTest, WithholdSaysWhatWasDone) {
  const auto text = Ask({"admin", "withhold", "1042", "--notice", "1050"});
  EXPECT_EQ(text.exit, ExitCode::kOk) << text.err;
  EXPECT_EQ(text.out, "WITHHELD  statement 1042 (notice 1050)\n");
  EXPECT_THAT(text.err, HasSubstr("not recalled"));
  EXPECT_EQ(admin_.asked.index(), 1'042U);
  EXPECT_EQ(admin_.asked.notice_index(), 1'050U);
  admin_.repeated = true;
  EXPECT_EQ(Ask({"admin", "withhold", "7", "--notice", "9"}).out, "WITHHELD  statement 7 (notice 9), as it was before\n");
  const auto json = Ask({"admin", "withhold", "7", "--notice", "9", "--json"}).json();
  EXPECT_EQ(json.at("index"), "7");
  EXPECT_EQ(json.at("noticeIndex"), "9");
  EXPECT_EQ(json.at("repeated"), true);
}

TEST_F(AdminTest, RefusalsHaveTheirExitCodes) {  // K3
  const struct {
    bytes::Reason reason;
    ExitCode exit;
  } cases[] = {{bytes::Reason::kRefNotFound, ExitCode::kRefused},
               {bytes::Reason::kRefWrongKind, ExitCode::kRefused},
               {bytes::Reason::kIndexOutOfRange, ExitCode::kNotFound},
               {bytes::Reason::kOutcomeUnknown, ExitCode::kUnavailable},
               {bytes::Reason::kReadOnly, ExitCode::kUnavailable}};
  for (const auto& c : cases) {
    admin_.answer = testing::GrpcStatus(testing::RpcStatus(c.reason, "no"));
    const auto word = std::string(bytes::Describe(c.reason).word);
    const auto text = Ask({"admin", "withhold", "1", "--notice", "2"});
    EXPECT_EQ(text.exit, c.exit) << word;
    EXPECT_EQ(text.out, "") << word;
    EXPECT_THAT(text.err, HasSubstr(word));
    EXPECT_EQ(Ask({"admin", "withhold", "1", "--notice", "2", "--json"}).json().at("error").at("code"), boost::json::string(word));
  }
}

TEST_F(AdminTest, WhereNobodyListensItIsUnavailableAndWordsAreChecked) {
  EXPECT_EQ(Run({"admin", "stats", "--socket", Path("none.sock")}).exit, ExitCode::kUnavailable);
  EXPECT_EQ(Ask({"admin", "withhold", "1"}).exit, ExitCode::kUsage);
  EXPECT_EQ(Ask({"admin", "withhold", "--notice", "1"}).exit, ExitCode::kUsage);
  EXPECT_EQ(Ask({"admin", "withhold", "one", "--notice", "1"}).exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace trustlog::cli
