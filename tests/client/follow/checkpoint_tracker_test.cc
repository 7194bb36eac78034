#include "client/follow/checkpoint_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/map_fetcher.h"
#include "tests/support/synthetic_log.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::follow {
namespace {

using ::testing::HasSubstr;
using testing::MapFetcher;
using testing::SyntheticLog;

constexpr std::int64_t kNow = SyntheticLog::kTime + 60;

class CheckpointTrackerTest : public ::testing::Test {
 protected:
  CheckpointTrackerTest() { log_.AppendOpaque(700); }

  CheckpointTracker Open() const { return CheckpointTracker::Open(root_.path(), policy_).value(); }
  absl::StatusOr<Tracked> Show(const SyntheticLog& log, std::uint64_t size) const {
    MapFetcher fetcher(log.Publish(size));
    return Open().Update(fetcher, kNow);
  }
  std::uint64_t SavedSize() const { return Open().Saved().value()->checkpoint.head.size; }
  std::vector<std::string> EvidenceFiles() const {
    std::vector<std::string> files;
    for (const auto& file : std::filesystem::directory_iterator(Open().state().path() + "/evidence")) {
      std::ostringstream text;
      text << std::ifstream(file.path()).rdbuf();
      files.push_back(text.str());
    }
    return files;
  }
  // 400 entries in common with log_, then others.
  SyntheticLog Fork() const {
    SyntheticLog fork;
    fork.AppendOpaque(400);
    fork.Append("another history", "");
    fork.AppendOpaque(500);
    return fork;
  }

  support::TemporaryDirectory root_;
  SyntheticLog log_;
  tlog::Policy policy_ = log_.Policy();
};

TEST_F(CheckpointTrackerTest, MovesForwardOnlyAndOnlyAfterProof) {  // E10
  EXPECT_FALSE(Open().Saved()->has_value());
  struct Step {
    std::uint64_t shown;
    Movement movement;
    std::uint64_t saved;
  };
  const Step steps[] = {{0, Movement::kFirst, 0},  {0, Movement::kSame, 0},      {10, Movement::kMoved, 10},
                        {10, Movement::kSame, 10}, {300, Movement::kMoved, 300}, {700, Movement::kMoved, 700}};
  for (const Step& step : steps) {
    const auto tracked = Show(log_, step.shown);
    ASSERT_TRUE(tracked.ok()) << step.shown << tracked.status();
    EXPECT_EQ(tracked->movement, step.movement) << step.shown;
    EXPECT_EQ(tracked->newest.checkpoint.head, log_.Head(step.saved));
    EXPECT_EQ(SavedSize(), step.saved);
  }
}

TEST_F(CheckpointTrackerTest, AnOlderCheckpointStaysOldAndIsProvedAPrefix) {
  ASSERT_TRUE(Show(log_, 700).ok());
  MapFetcher fetcher(log_.Publish(700));
  fetcher.files["checkpoint"] = log_.Checkpoint(300);
  const auto tracked = Open().Update(fetcher, kNow);
  ASSERT_TRUE(tracked.ok()) << tracked.status();
  EXPECT_EQ(tracked->movement, Movement::kOlder);
  EXPECT_EQ(tracked->shown.checkpoint.head.size, 300U);
  EXPECT_EQ(tracked->newest.checkpoint.head.size, 700U);
  EXPECT_EQ(SavedSize(), 700U);
}

TEST_F(CheckpointTrackerTest, ARolledBackLogWithoutTheTilesIsNotBelieved) {
  ASSERT_TRUE(Show(log_, 700).ok());
  const auto tracked = Show(log_, 300);
  EXPECT_EQ(CheckCodeOf(tracked.status()), CheckCode::kConsistencyFailed) << tracked.status();
  EXPECT_EQ(SavedSize(), 700U);
  EXPECT_TRUE(EvidenceFiles().empty());
}

TEST_F(CheckpointTrackerTest, AForkLeavesEvidenceBeforeItIsTold) {  // E11
  struct Case {
    const char* name;
    std::uint64_t saved, shown;
  };
  for (const Case& c : {Case{"equal size", 700, 700}, Case{"larger", 500, 700}, Case{"first tile grown", 401, 402}}) {
    const support::TemporaryDirectory root;
    auto tracker = CheckpointTracker::Open(root.path(), policy_).value();
    MapFetcher honest(log_.Publish(c.saved)), lying(Fork().Publish(c.shown));
    ASSERT_TRUE(tracker.Update(honest, kNow).ok());
    const absl::Status status = tracker.Update(lying, kNow).status();
    ASSERT_EQ(CheckCodeOf(status), CheckCode::kForkProven) << c.name << status;
    const std::string path = std::string(status.message()).substr(status.message().find("Evidence: ") + 10);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const auto evidence = ParseEvidence(text.str());
    ASSERT_TRUE(evidence.ok()) << c.name << evidence.status();
    EXPECT_TRUE(VerifyEvidence(*evidence).ok()) << c.name;
    EXPECT_EQ(tracker.Saved().value()->checkpoint.head, log_.Head(c.saved)) << c.name;
  }
}

TEST_F(CheckpointTrackerTest, AnOlderForkIsProvenWhereTheLogStillServesTheSavedTree) {
  ASSERT_TRUE(Show(log_, 700).ok());
  MapFetcher fetcher(log_.Publish(700));
  fetcher.files["checkpoint"] = Fork().Checkpoint(500);
  EXPECT_EQ(CheckCodeOf(Open().Update(fetcher, kNow).status()), CheckCode::kForkProven);
  EXPECT_EQ(EvidenceFiles().size(), 1U);
}

TEST_F(CheckpointTrackerTest, TilesThatLieProveNothing) {
  ASSERT_TRUE(Show(log_, 300).ok());
  MapFetcher fetcher(log_.Publish(700));
  for (auto& [path, body] : fetcher.files) {
    if (path.starts_with("tile/0/002")) body[0] = static_cast<char>(body[0] ^ 1);
  }
  EXPECT_EQ(CheckCodeOf(Open().Update(fetcher, kNow).status()), CheckCode::kProofRootMismatch);
  EXPECT_EQ(SavedSize(), 300U);
  EXPECT_TRUE(EvidenceFiles().empty());
}

TEST_F(CheckpointTrackerTest, RefusesACheckpointThatThePolicyRefuses) {
  MapFetcher fetcher(log_.Publish());
  const std::pair<std::string, CheckCode> cases[] = {
      {"nonsense", CheckCode::kFileMalformed},
      {std::string(70'000, 'x'), CheckCode::kFileMalformed},
      {SyntheticLog("TEST-log.example/other").Checkpoint(0), CheckCode::kOtherLog},
      {SyntheticLog(log_.origin(), 7).Checkpoint(0), CheckCode::kLogSignatureInvalid},
      {log_.Checkpoint(700, SyntheticLog::kTime, 1), CheckCode::kQuorumNotMet},
  };
  for (const auto& [note, code] : cases) {
    fetcher.files["checkpoint"] = note;
    EXPECT_EQ(CheckCodeOf(Open().Update(fetcher, kNow).status()), code) << note.substr(0, 40);
  }
  fetcher.files["checkpoint"] = log_.Checkpoint(700);
  EXPECT_EQ(CheckCodeOf(Open().Update(fetcher, kNow, 10).status()), CheckCode::kCheckpointStale);
  fetcher.files.erase("checkpoint");
  EXPECT_TRUE(absl::IsNotFound(Open().Update(fetcher, kNow).status()));
  EXPECT_FALSE(Open().Saved()->has_value());
}

TEST_F(CheckpointTrackerTest, TellsADamagedMemoryFromThatOfAnotherLog) {  // E9
  const auto tracker = Open();
  ASSERT_TRUE(tracker.state().Write("checkpoint", "rubbish").ok());
  EXPECT_EQ(CheckCodeOf(tracker.Saved().status()), CheckCode::kFileMalformed);
  ASSERT_TRUE(tracker.state().Write("checkpoint", SyntheticLog("TEST-log.example/other").Checkpoint(0)).ok());
  EXPECT_EQ(CheckCodeOf(tracker.Saved().status()), CheckCode::kOtherLog);
  EXPECT_THAT(std::string(tracker.Saved().status().message()), HasSubstr("your saved checkpoint is for another log"));
  EXPECT_EQ(CheckCodeOf(Show(log_, 10).status()), CheckCode::kOtherLog);
}

TEST_F(CheckpointTrackerTest, NeedsAPolicyWithOneLog) {
  const auto policy =
      tlog::Policy::Parse("log " + log_.Vkey() + "\nlog " + SyntheticLog("TEST-b.example", 2).Vkey() + "\nquorum none\n");
  EXPECT_EQ(CheckCodeOf(CheckpointTracker::Open(root_.path(), *policy).status()), CheckCode::kPolicyInvalid);
}

TEST_F(CheckpointTrackerTest, AnotherProcessThatIsFasterIsComparedWith) {  // K7
  ASSERT_TRUE(Show(log_, 10).ok());
  struct Case {
    const char* name;
    std::uint64_t meanwhile;
    Movement movement;
    std::uint64_t saved;
  };
  for (const Case& c : {Case{"it got less far", 200, Movement::kMoved, 300}, Case{"it got further", 600, Movement::kOlder, 600}}) {
    const support::TemporaryDirectory root;
    std::filesystem::copy(root_.path(), root.path(), std::filesystem::copy_options::recursive);
    auto tracker = CheckpointTracker::Open(root.path(), policy_).value();
    MapFetcher fetcher(log_.Publish(300)), faster(log_.Publish(c.meanwhile));
    fetcher.files.merge(log_.Publish(c.meanwhile));
    bool done = false;
    fetcher.before = [&](const std::string& path) {
      if (path == "checkpoint" || std::exchange(done, true)) return;
      ASSERT_TRUE(tracker.Update(faster, kNow).ok());  // while our proof is being read
    };
    const auto tracked = CheckpointTracker::Open(root.path(), policy_)->Update(fetcher, kNow);
    ASSERT_TRUE(tracked.ok()) << c.name << tracked.status();
    EXPECT_EQ(tracked->movement, c.movement) << c.name;
    EXPECT_EQ(tracker.Saved().value()->checkpoint.head.size, c.saved) << c.name;
  }
}

TEST_F(CheckpointTrackerTest, ManyAtOnceEndAtTheLargest) {
  testing::Files all;  // the partial tiles of every size, as a log serves them (A12)
  for (std::uint64_t size = 1; size <= 40; ++size) all.merge(log_.Publish(size));
  std::vector<std::thread> threads;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    threads.emplace_back([this, &all, i] {
      for (std::uint64_t size = i; size <= 40; size += 4) {
        MapFetcher fetcher(all);
        fetcher.files["checkpoint"] = log_.Checkpoint(size);
        const auto tracked = Open().Update(fetcher, kNow);
        EXPECT_TRUE(tracked.ok()) << tracked.status();
        EXPECT_GE(SavedSize(), size);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(SavedSize(), 40U);
}

}  // namespace
}  // namespace trustlog::follow
