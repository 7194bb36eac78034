#include "client/follow/checkpoint_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/tlog/note.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::follow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SyntheticLog;

constexpr std::int64_t kNow = SyntheticLog::kTime + 60;

class CheckpointCheckTest : public ::testing::Test {
 protected:
  CheckpointCheckTest() { log_.AppendOpaque(5); }

  std::optional<CheckCode> CodeOf(std::string_view note, std::optional<std::int64_t> max_age = std::nullopt) const {
    return CheckCodeOf(OpenCheckpoint(note, {.policy = &policy_, .now = kNow, .max_age = max_age}).status());
  }
  // The note with its signature lines changed.
  template <typename Change>
  std::string Changed(Change change) const {
    auto note = tlog::ParseNote(log_.Checkpoint(5)).value();
    change(note);
    return tlog::FormatNote(note);
  }

  SyntheticLog log_;
  tlog::Policy policy_ = log_.Policy();
};

TEST_F(CheckpointCheckTest, OpensAGoodOneAndNamesWhoSigned) {
  const std::string note = log_.Checkpoint(5);
  const auto opened = OpenCheckpoint(note, {.policy = &policy_, .now = kNow, .max_age = 3600});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->note, note);
  EXPECT_EQ(opened->checkpoint, (tlog::Checkpoint{log_.origin(), log_.Head()}));
  EXPECT_EQ(opened->vkey, log_.Vkey());
  ASSERT_EQ(opened->cosigners.size(), 3U);
  EXPECT_EQ(opened->cosigners[1].name, "w2");
  EXPECT_EQ(opened->cosigners[1].time, SyntheticLog::kTime);
}

TEST_F(CheckpointCheckTest, FailsWithTheCodeOfWhatIsWrong) {  // E1, E5, E13
  const auto flip = [](tlog::NoteSignature& line) { line.signature.back() = static_cast<char>(line.signature.back() ^ 1); };
  SyntheticLog other("TEST-log.example/other"), thief(log_.origin(), 2);
  other.AppendOpaque(5);
  thief.AppendOpaque(5);
  struct Case {
    const char* name;
    std::string note;
    std::optional<CheckCode> code;
  };
  const Case cases[] = {
      {"no note", "hello", CheckCode::kFileMalformed},
      {"extension line (A4)", Changed([](auto& n) { n.text += "extension\n"; }), CheckCode::kFileMalformed},
      {"another log", other.Checkpoint(5), CheckCode::kOtherLog},
      {"another key of that name", thief.Checkpoint(5), CheckCode::kLogSignatureInvalid},
      {"no log signature", Changed([](auto& n) { n.signatures.erase(n.signatures.begin()); }), CheckCode::kLogSignatureInvalid},
      {"bad log signature", Changed([&](auto& n) { flip(n.signatures[0]); }), CheckCode::kLogSignatureInvalid},
      {"bad cosignature beside a quorum", Changed([&](auto& n) { flip(n.signatures[3]); }), CheckCode::kCosignatureInvalid},
      {"cosignature of no known form", Changed([](auto& n) { n.signatures[2].signature.resize(10); }),
       CheckCode::kCosignatureInvalid},
      {"unknown signatures are ignored", Changed([](auto& n) {
         n.signatures.push_back({"stranger.example", 7, "xyz"});
       }),
       std::nullopt},
      {"a second line by one key is not looked at (A8)", Changed([&](auto& n) {
         n.signatures.push_back(n.signatures[1]);
         flip(n.signatures.back());
       }),
       std::nullopt},
      {"two of three", log_.Checkpoint(5, SyntheticLog::kTime, 2), std::nullopt},
      {"one of three", log_.Checkpoint(5, SyntheticLog::kTime, 1), CheckCode::kQuorumNotMet},
      {"nobody", log_.Checkpoint(5, SyntheticLog::kTime, 0), CheckCode::kQuorumNotMet},
      {"ahead within five minutes", log_.Checkpoint(5, kNow + 300), std::nullopt},
      {"ahead of five minutes: not counted", log_.Checkpoint(5, kNow + 301), CheckCode::kQuorumNotMet},
      {"both: the log's signature comes first", Changed([&](auto& n) {
         flip(n.signatures[0]);
         flip(n.signatures[1]);
       }),
       CheckCode::kLogSignatureInvalid},
  };
  for (const Case& c : cases) EXPECT_EQ(CodeOf(c.note), c.code) << c.name;
}

TEST_F(CheckpointCheckTest, FreshnessNeedsAQuorumOfFreshCosignatures) {  // E13
  EXPECT_EQ(CodeOf(log_.Checkpoint(5, kNow - 100), 100), std::nullopt);
  EXPECT_EQ(CodeOf(log_.Checkpoint(5, kNow - 101), 100), CheckCode::kCheckpointStale);
  // One witness is young, two are old: a quorum, but not of young ones.
  auto note = tlog::ParseNote(log_.Checkpoint(5, kNow - 1000)).value();
  note.signatures[1] = tlog::ParseNote(log_.Checkpoint(5, kNow)).value().signatures[1];
  EXPECT_EQ(CodeOf(tlog::FormatNote(note)), std::nullopt);
  EXPECT_EQ(CodeOf(tlog::FormatNote(note), 100), CheckCode::kCheckpointStale);
}

TEST_F(CheckpointCheckTest, ReportsEveryCheckAlsoAfterAFailure) {
  const auto report = CheckCheckpoint(Changed([](auto& n) { n.signatures.erase(n.signatures.begin()); }),
                                      {.policy = &policy_, .now = kNow, .max_age = 10});
  ASSERT_EQ(report.checks.size(), 3U);
  EXPECT_EQ(report.checks[0].result, CheckResult::kFailed);
  EXPECT_EQ(report.checks[1].result, CheckResult::kOk);
  EXPECT_THAT(report.checks[1].detail, HasSubstr("3 of 3, quorum two: w1 w2 w3"));
  EXPECT_EQ(report.checks[2].result, CheckResult::kFailed);
  EXPECT_FALSE(report.checkpoint.has_value());
}

TEST_F(CheckpointCheckTest, KeepsACheckpointThatTheLogSignedThoughWitnessesFail) {
  const auto report = CheckCheckpoint(log_.Checkpoint(5, SyntheticLog::kTime, 0), {.policy = &policy_, .now = kNow});
  ASSERT_TRUE(report.checkpoint.has_value());
  EXPECT_EQ(report.checkpoint->checkpoint.head, log_.Head());
}

TEST(ParsePolicy, CarriesItsCode) {
  EXPECT_EQ(CheckCodeOf(ParsePolicy("nonsense").status()), CheckCode::kPolicyInvalid);
  EXPECT_TRUE(ParsePolicy(SyntheticLog().PolicyText()).ok());
}

}  // namespace
}  // namespace trustlog::follow
