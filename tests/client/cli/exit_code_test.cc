#include "client/cli/exit_code.h"

#include <gtest/gtest.h>

#include "client/cli/help_table.h"
#include "proto/bytes/reason.h"

namespace trustlog::cli {
namespace {

using bytes::Reason;
using bytes::Refuse;

TEST(ExitCode, IsWhatTheTableSays) {  // K3, one row each
  struct Case {
    const char* name;
    absl::Status status;
    int exit;
  };
  const Case cases[] = {
      {"ok", absl::OkStatus(), 0},
      {"internal", Refuse(Reason::kInternal, ""), 1},
      {"corruption", Refuse(Reason::kCorruption, ""), 1},
      {"anything unexpected", absl::UnknownError(""), 1},
      {"output that was lost", NotWritten("no"), 1},
      {"usage", UsageError("no"), 2},
      {"an input that cannot be used", absl::InvalidArgumentError(""), 2},
      {"a setting that cannot be used", absl::FailedPreconditionError(""), 2},
      {"another log", follow::CheckFailure(follow::CheckCode::kOtherLog, ""), 2},
      {"not found by the log", Refuse(Reason::kEntryNotFound, ""), 3},
      {"not found over HTTP", absl::NotFoundError(""), 3},
      {"beyond the published size", Refuse(Reason::kSizeNotPublished, ""), 3},
      {"beyond the head", absl::OutOfRangeError(""), 3},
      {"a failed check", follow::CheckFailure(follow::CheckCode::kProofRootMismatch, ""), 4},
      {"a comparison that failed", Mismatch("no"), 4},
      {"a fork", follow::CheckFailure(follow::CheckCode::kForkProven, ""), 5},
      {"no quorum", follow::CheckFailure(follow::CheckCode::kQuorumNotMet, ""), 6},
      {"stale", follow::CheckFailure(follow::CheckCode::kCheckpointStale, ""), 6},
      {"not published in time", Refuse(Reason::kPublishPending, ""), 6},
      {"time-out", Refuse(Reason::kDeadline, ""), 7},
      {"time-out of the network", absl::DeadlineExceededError(""), 7},
      {"pushback", Refuse(Reason::kPushback, ""), 7},
      {"quota", Refuse(Reason::kQuotaExceeded, ""), 7},
      {"stopped", Refuse(Reason::kStopped, ""), 7},
      {"nobody answers", absl::UnavailableError(""), 7},
      {"not authorised", Refuse(Reason::kKeyUnknown, ""), 8},
      {"a file of somebody else", absl::PermissionDeniedError(""), 8},
      {"refused by schema", Refuse(Reason::kSchemaViolation, ""), 9},
      {"refused by rule", Refuse(Reason::kRefNotFound, ""), 9},
      {"a kind that it does not take", Refuse(Reason::kKindUnknown, ""), 9},
  };
  for (const auto& c : cases) EXPECT_EQ(static_cast<int>(ExitCodeOf(c.status)), c.exit) << c.name;
}

TEST(ExitCode, OfEveryFailedCheckIsThatOfItsTable) {
  for (const auto& info : follow::AllCheckCodes()) {
    EXPECT_EQ(static_cast<int>(ExitCodeOf(follow::CheckFailure(info.code, ""))), info.exit_code) << info.word;
  }
}

TEST(UsageErrorStatus, CarriesItsRemedy) {
  EXPECT_EQ(RemedyOf(UsageError("what", "do this")), "do this");
  EXPECT_EQ(RemedyOf(UsageError("what")), "");
  EXPECT_EQ(RemedyOf(NotWritten("what", "do this")), "do this");
  EXPECT_FALSE(IsUsageError(absl::InvalidArgumentError("what")));
}

TEST(HelpTable, HasEveryCodeThatAnErrorCanShow) {  // K4
  const absl::Status statuses[] = {UsageError(""),
                                   NotWritten(""),
                                   absl::InvalidArgumentError(""),
                                   absl::FailedPreconditionError(""),
                                   absl::NotFoundError(""),
                                   absl::OutOfRangeError(""),
                                   absl::UnavailableError(""),
                                   absl::DeadlineExceededError(""),
                                   absl::PermissionDeniedError(""),
                                   absl::UnimplementedError(""),
                                   absl::InternalError(""),
                                   Refuse(Reason::kKeyUnknown, ""),
                                   follow::CheckFailure(follow::CheckCode::kQuorumNotMet, "")};
  for (const auto& status : statuses) {
    const Help help = HelpFor(status);
    const auto by_code = HelpForCode(help.code);
    ASSERT_TRUE(by_code.has_value()) << help.code;
    EXPECT_EQ(by_code->means, help.means) << help.code;
    EXPECT_FALSE(help.remedy.empty()) << help.code;
  }
  for (const auto& code : AllCodes()) EXPECT_TRUE(HelpForCode(code).has_value()) << code;
  EXPECT_FALSE(HelpForCode("NO_SUCH_CODE").has_value());
}

}  // namespace
}  // namespace trustlog::cli
