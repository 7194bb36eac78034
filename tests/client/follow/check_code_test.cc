#include "client/follow/check_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trustlog::follow {
namespace {

TEST(CheckCode, TableIsThatOfTheProtocolInItsOrder) {  // protocols.md section 4
  const std::pair<const char*, int> expected[] = {
      {"FILE_MALFORMED", 4},        {"OTHER_LOG", 2},           {"POLICY_INVALID", 2}, {"ENTRY_HASH_MISMATCH", 4},
      {"LOG_SIGNATURE_INVALID", 4}, {"COSIGNATURE_INVALID", 4}, {"QUORUM_NOT_MET", 6}, {"CHECKPOINT_STALE", 6},
      {"PROOF_ROOT_MISMATCH", 4},   {"CONSISTENCY_FAILED", 4},  {"FORK_PROVEN", 5},    {"STATEMENT_MISMATCH", 4},
      {"STATEMENT_MISSING", 4},     {"RECORD_VOID", 4},         {"VERDICT_MISMATCH", 4}};
  ASSERT_EQ(AllCheckCodes().size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const CheckCodeInfo& info = AllCheckCodes()[i];
    EXPECT_EQ(info.word, expected[i].first);
    EXPECT_EQ(info.exit_code, expected[i].second) << info.word;
    EXPECT_EQ(static_cast<std::size_t>(info.code), i) << info.word;
    EXPECT_EQ(ParseCheckCode(info.word), info.code);
    EXPECT_FALSE(info.means.empty() || info.remedy.empty()) << info.word;
  }
  EXPECT_EQ(ParseCheckCode("fork_proven"), std::nullopt);
}

TEST(CheckCode, TravelsInAStatus) {
  for (const CheckCodeInfo& info : AllCheckCodes()) {
    const absl::Status status = CheckFailure(info.code, "what happened");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.code(), info.status) << info.word;
    EXPECT_EQ(status.message(), "what happened");
    EXPECT_EQ(CheckCodeOf(status), info.code) << info.word;
  }
  EXPECT_EQ(CheckCodeOf(absl::DataLossError("x")), std::nullopt);
  EXPECT_EQ(CheckCodeOf(absl::OkStatus()), std::nullopt);
}

TEST(CheckCode, FirstInTheOrderOfTheTableDecides) {
  const Check ok{"a", CheckResult::kOk, "", std::nullopt};
  const Check inclusion{"b", CheckResult::kFailed, "", CheckCode::kProofRootMismatch};
  const Check quorum{"c", CheckResult::kFailed, "", CheckCode::kQuorumNotMet};
  EXPECT_EQ(FirstFailure(std::vector<Check>{ok}), std::nullopt);
  EXPECT_EQ(FirstFailure(std::vector<Check>{inclusion, ok, quorum}), CheckCode::kQuorumNotMet);
}

}  // namespace
}  // namespace trustlog::follow
