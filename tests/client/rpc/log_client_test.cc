#include "client/rpc/log_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/cli/fake_log_service.h"

namespace trustlog::rpc {
namespace {

using bytes::Reason;
using ::testing::ElementsAre;
using testing::FakeLogService;
using testing::GrpcStatus;
using ::testing::Pair;
using testing::RpcStatus;

class LogClientTest : public ::testing::Test {
 protected:
  // Sleeping only counts.
  std::unique_ptr<LogClient> Connect(std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    auto client =
        LogClient::Create({.target = service_.target(), .timeout = timeout, .sleep = [this](std::chrono::milliseconds pause) {
                             pauses_.push_back(pause.count());
                           }});
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  absl::Status Ask(LogClient& client) {
    v1::GetProofBundleRequest request;
    v1::GetProofBundleResponse response;
    return client.GetProofBundle(request, response);
  }
  FakeLogService service_;
  std::vector<std::int64_t> pauses_;
};

TEST_F(LogClientTest, GivesTheReasonThatTheLogGave) {
  service_.fail = [](int) { return GrpcStatus(RpcStatus(Reason::kThresholdNotMet, "1 of 2")); };
  const auto status = Ask(*Connect());
  EXPECT_EQ(bytes::ReasonOf(status), Reason::kThresholdNotMet);
  EXPECT_EQ(bytes::MessageOf(status), "1 of 2");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(bytes::MetadataOf(status), ElementsAre(Pair("have", "1")));
  EXPECT_EQ(service_.calls(), 1);  // a refusal is not repeated
}

TEST_F(LogClientTest, RetriesWhatMayBeRetriedAndNothingElse) {
  struct Case {
    const char* name;
    ::grpc::Status status;
    int calls;
  };
  const Case cases[] = {
      {"unavailable", {::grpc::StatusCode::UNAVAILABLE, "gone"}, 5},
      {"stopped", GrpcStatus(RpcStatus(Reason::kStopped, "bye")), 5},
      {"outcome unknown", GrpcStatus(RpcStatus(Reason::kOutcomeUnknown, "?")), 5},
      {"not published in time", GrpcStatus(RpcStatus(Reason::kPublishPending, "later")), 5},
      {"pushback with a time", GrpcStatus(RpcStatus(Reason::kPushback, "full", 7)), 5},
      {"pushback without a time", GrpcStatus(RpcStatus(Reason::kPushback, "full")), 1},
      {"refused", GrpcStatus(RpcStatus(Reason::kKeyUnknown, "who")), 1},
      {"a defect", {::grpc::StatusCode::INTERNAL, "oops"}, 1},
  };
  const auto client = Connect();
  for (const auto& c : cases) {
    const int before = service_.calls();
    service_.fail = [&c](int) { return c.status; };
    EXPECT_EQ(static_cast<int>(Ask(*client).code()), static_cast<int>(c.status.error_code())) << c.name;
    EXPECT_EQ(service_.calls() - before, c.calls) << c.name;
  }
}

TEST_F(LogClientTest, ACallThatTheServerBrokeOffMayHaveBeenDoneAndIsRepeated) {
  service_.log().AppendOpaque(1);
  service_.fail = [](int) { return ::grpc::Status(::grpc::StatusCode::CANCELLED, "CANCELLED"); };
  const auto client = Connect();
  EXPECT_TRUE(absl::IsUnavailable(Ask(*client)));
  EXPECT_EQ(service_.calls(), 5);
  service_.fail = [](int call) {
    return call == 6 ? ::grpc::Status(::grpc::StatusCode::CANCELLED, "CANCELLED") : ::grpc::Status::OK;
  };
  EXPECT_TRUE(Ask(*client).ok());
}

TEST_F(LogClientTest, PausesDoubleWithJitterAndObeyTheLog) {
  service_.fail = [](int) { return ::grpc::Status(::grpc::StatusCode::UNAVAILABLE, "gone"); };
  const auto client = Connect();
  Ask(*client).IgnoreError();
  ASSERT_EQ(pauses_.size(), 4U);
  for (std::size_t i = 0; i < pauses_.size(); ++i) {
    EXPECT_GE(pauses_[i], 50 << i);
    EXPECT_LE(pauses_[i], 100 << i);
  }
  pauses_.clear();
  service_.fail = [](int) { return GrpcStatus(RpcStatus(Reason::kPushback, "full", 900)); };
  Ask(*client).IgnoreError();
  EXPECT_THAT(pauses_, ElementsAre(900, 900, 900, 900));
}

TEST_F(LogClientTest, DoesNotWaitBeyondTheDeadline) {
  service_.fail = [](int) { return GrpcStatus(RpcStatus(Reason::kPushback, "full", 900)); };
  const auto status = Ask(*Connect(std::chrono::milliseconds(1000)));
  EXPECT_EQ(bytes::ReasonOf(status), Reason::kPushback);
  EXPECT_EQ(service_.calls(), 1);
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(LogClientTest, ASecondTryCanSucceed) {
  service_.log().AppendOpaque(1);
  service_.fail = [](int call) { return call == 1 ? ::grpc::Status(::grpc::StatusCode::UNAVAILABLE, "gone") : ::grpc::Status::OK; };
  EXPECT_TRUE(Ask(*Connect()).ok());
  EXPECT_EQ(service_.calls(), 2);
}

TEST_F(LogClientTest, ChecksHealth) { EXPECT_TRUE(Connect()->CheckHealth().ok()); }

TEST(FromRpcStatus, BelievesAReasonOnlyOfItsOwnCode) {
  auto status = RpcStatus(Reason::kKeyUnknown, "who", 250);
  EXPECT_EQ(bytes::MetadataValue(FromRpcStatus(status), "retry_ms"), "250");
  status.set_code(static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_FALSE(bytes::ReasonOf(FromRpcStatus(status)).has_value());
  EXPECT_TRUE(absl::IsNotFound(FromRpcStatus(status)));

  google::rpc::ErrorInfo info;
  info.set_domain("elsewhere.example");
  info.set_reason("KEY_UNKNOWN");
  status = RpcStatus(Reason::kKeyUnknown, "who");
  status.clear_details();
  status.add_details()->PackFrom(info);
  EXPECT_FALSE(bytes::ReasonOf(FromRpcStatus(status)).has_value());
  info.set_domain("trustlog");
  info.set_reason("A_REASON_OF_TOMORROW");
  status.clear_details();
  status.add_details()->PackFrom(info);
  EXPECT_EQ(FromRpcStatus(status).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(FromRpcStatus(google::rpc::Status()).ok());
}

TEST(LogClient, RefusesAddressesAndFilesItCannotUse) {
  EXPECT_TRUE(absl::IsInvalidArgument(LogClient::Create({.target = "nowhere"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(LogClient::Create({.target = ""}).status()));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(LogClient::Create({.target = "log.example:1", .tls = {.ca = "/nonexistent.pem"}}).status()));
}

TEST(IsLoopback, IsThisMachineAndNoOther) {
  for (const char* target : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:/x"})
    EXPECT_TRUE(IsLoopback(target)) << target;
  for (const char* target : {"log.example:1", "localhost.example:1", "10.0.0.1:1", "127.example:1", "[::2]:1", "::1"})
    EXPECT_FALSE(IsLoopback(target)) << target;
}

}  // namespace
}  // namespace trustlog::rpc
