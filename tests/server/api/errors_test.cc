#include "server/api/errors.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "proto/bytes/reason.h"

namespace trustlog::api {
namespace {

using bytes::Reason;

template <typename Detail>
std::optional<Detail> Find(const google::rpc::Status& status) {
  Detail detail;
  for (const auto& any : status.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

TEST(Errors, EveryReasonTravelsWithItsWordAndCode) {
  for (const auto& info : bytes::AllReasons()) {
    const auto status = ToRpcStatus(bytes::Refuse(info.reason, "what happened", {{"limit", "5"}, {"actual", "6"}}));
    EXPECT_EQ(status.code(), static_cast<int>(info.code)) << info.word;
    EXPECT_EQ(status.message(), "what happened") << info.word;
    const auto error = Find<google::rpc::ErrorInfo>(status);
    ASSERT_TRUE(error.has_value()) << info.word;
    EXPECT_EQ(error->reason(), info.word);
    EXPECT_EQ(error->domain(), "trustlog");
    EXPECT_EQ(error->metadata().at("limit"), "5");
    EXPECT_EQ(error->metadata().at("actual"), "6");
  }
}

TEST(Errors, OkIsAnEmptyMessage) {
  const auto status = ToRpcStatus(absl::OkStatus());
  EXPECT_EQ(status.code(), 0);
  EXPECT_EQ(status.ByteSizeLong(), 0U);
}

TEST(Errors, ADetailIsThereForEachMetadatumThatHasOne) {
  const auto wrong = ToRpcStatus(bytes::Refuse(Reason::kSchemaViolation, "not a number", {{"path", "/predicate/principle"}}));
  const auto bad = Find<google::rpc::BadRequest>(wrong);
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->field_violations(0).field(), "/predicate/principle");
  EXPECT_EQ(bad->field_violations(0).description(), "not a number");

  const auto argument = ToRpcStatus(bytes::Refuse(Reason::kArgumentInvalid, "no", {{"field", "old_size"}}));
  EXPECT_EQ(Find<google::rpc::BadRequest>(argument)->field_violations(0).field(), "old_size");

  const auto quota =
      ToRpcStatus(bytes::Refuse(Reason::kQuotaExceeded, "used up", {{"bucket", "bytes_per_day"}, {"retry_ms", "2500"}}));
  EXPECT_EQ(Find<google::rpc::QuotaFailure>(quota)->violations(0).subject(), "bytes_per_day");
  const auto retry = Find<google::rpc::RetryInfo>(quota);
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 2);
  EXPECT_EQ(retry->retry_delay().nanos(), 500'000'000);

  const auto plain = ToRpcStatus(bytes::Refuse(Reason::kKeyRevoked, "revoked"));
  EXPECT_EQ(plain.details_size(), 1);
}

TEST(Errors, AStatusWithoutAReasonGetsAGeneralOneAndKeepsItsDetailsToItself) {
  const struct {
    absl::Status status;
    Reason reason;
  } cases[] = {
      {absl::UnavailableError("disk /var/lib/secret is full"), Reason::kStopped},
      {absl::DeadlineExceededError("secret"), Reason::kDeadline},
      {absl::DataLossError("secret"), Reason::kCorruption},
      {absl::UnknownError("secret"), Reason::kInternal},
      {absl::InternalError("secret"), Reason::kInternal},
      {absl::NotFoundError("secret"), Reason::kInternal},
      {absl::AbortedError("secret"), Reason::kInternal},
  };
  for (const auto& c : cases) {
    const auto with = WithReason(c.status);
    EXPECT_EQ(bytes::ReasonOf(with), c.reason) << c.status;
    const auto status = ToRpcStatus(c.status);
    EXPECT_EQ(Find<google::rpc::ErrorInfo>(status)->reason(), bytes::Describe(c.reason).word);
    EXPECT_EQ(status.SerializeAsString().find("secret"), std::string::npos) << c.status;
  }
  const auto refused = bytes::Refuse(Reason::kKeyRevoked, "kept");
  EXPECT_EQ(WithReason(refused), refused);
  EXPECT_EQ(WithReason(absl::OkStatus()), absl::OkStatus());
}

// Past a client's limit of metadata the status itself is lost.
TEST(Errors, LongTextIsCutBetweenCharactersSoThatTheWholeStaysBelow4KiB) {
  std::string accents;
  for (int i = 0; i < 5'000; ++i) accents += "\xc3\xa9";
  for (const auto& info : bytes::AllReasons()) {
    const auto status = ToRpcStatus(
        bytes::Refuse(info.reason, "x" + accents,
                      {{"path", accents}, {"field", accents}, {"bucket", accents}, {"limit", accents}, {"retry_ms", "1"}}));
    EXPECT_LE(status.ByteSizeLong(), 4'096U) << info.word;
    const std::string& message = status.message();
    EXPECT_EQ(message.substr(message.size() - 3), "...");
    EXPECT_EQ(message.size() % 2, 0U) << "x, whole two-byte characters, three dots";
  }
}

TEST(Errors, ARetryTimeThatIsNoNumberIsNone) {
  const auto status = ToRpcStatus(bytes::Refuse(Reason::kPushback, "full", {{"retry_ms", "soon"}}));
  EXPECT_EQ(Find<google::rpc::RetryInfo>(status)->retry_delay().seconds(), 0);
}

}  // namespace
}  // namespace trustlog::api
