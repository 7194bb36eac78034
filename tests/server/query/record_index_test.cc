// The index of records follows what is published, whatever happened to it before.
#include "server/query/record_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "client/index/index_keys.h"
#include "proto/bytes/reason.h"
#include "server/query/record_keys.h"
#include "tests/support/gate.h"
#include "tests/support/memory_key_index.h"
#include "tests/support/memory_log.h"

namespace trustlog::query {
namespace {

using bytes::Reason;
using support::MemoryKeyIndex;
using support::MemoryLog;
using Indices = std::vector<std::uint64_t>;

// One index that outlives those who open it, and can be made to fail.
struct Disk {
  MemoryKeyIndex index;
  std::atomic<int> failing_opens{0}, failing_adds{0}, failing_finds{0}, clears{0}, opens{0};
  absl::Status failure = absl::DataLossError("damaged");
};

class OnDisk final : public storage::KeyIndex {
 public:
  explicit OnDisk(Disk& disk) : disk_(disk) {}
  absl::StatusOr<merkle::TreeHead> Indexed() const override { return disk_.index.Indexed(); }
  absl::Status Add(std::uint64_t begin, std::span<const std::vector<std::string>> keys, const merkle::Hash& root) override {
    if (Takes(disk_.failing_adds)) return disk_.failure;
    return disk_.index.Add(begin, keys, root);
  }
  absl::StatusOr<Indices> Find(std::string_view key, std::uint64_t begin, std::uint64_t end, std::size_t limit) const override {
    if (Takes(disk_.failing_finds)) return disk_.failure;
    return disk_.index.Find(key, begin, end, limit);
  }
  absl::Status Clear() override {
    ++disk_.clears;
    return disk_.index.Clear();
  }

 private:
  static bool Takes(std::atomic<int>& left) {
    if (left == 0) return false;
    --left;
    return true;
  }
  Disk& disk_;
};

OpenIndex Opening(Disk& disk) {
  return [&disk]() -> absl::StatusOr<std::unique_ptr<storage::KeyIndex>> {
    ++disk.opens;
    if (disk.failing_opens > 0) {
      --disk.failing_opens;
      return absl::UnavailableError("not now");
    }
    return std::make_unique<OnDisk>(disk);
  };
}

absl::StatusOr<std::shared_ptr<const log::Published>> Wait(RecordIndex& index, const MemoryLog& log, std::uint64_t size,
                                                           std::chrono::milliseconds time = std::chrono::seconds(20)) {
  std::promise<absl::StatusOr<std::shared_ptr<const log::Published>>> promise;
  index.WaitIndexed(size, log.clock().Now() + time, [&](auto answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

// Every key of every record leads to it, and to no other.
void ExpectComplete(const RecordIndex& index, MemoryLog& log, std::uint64_t size) {
  std::map<std::string, Indices> wanted;
  const auto records = log.storage().reader().ReadRecords(0, size).value();
  for (std::uint64_t i = 0; i < size; ++i) {
    for (const auto& key : RecordKeys(*attest::DecodeEntry(records[i].entry))) wanted[key].push_back(i);
  }
  EXPECT_GT(wanted.size(), 50U);
  for (const auto& [key, indices] : wanted) EXPECT_EQ(index.Find(key, 0, size, 1'000).value(), indices) << key;
}

// Submits `count` statements that the log does not have yet, and waits until they are published.
void Grow(MemoryLog& log, int count) {
  static std::uint64_t variant = 0;
  v1::AddStatementsRequest request;
  for (int i = 0; i < count; ++i) {
    auto statement = support::EvidenceStatement("one", log.alliance()["commitment-one-2"]);
    statement.variant = ++variant;
    *request.add_envelopes() = support::ToMessage(support::Sign(statement).envelope);
  }
  v1::AddStatementsResponse response;
  ASSERT_EQ(log.Wait(&api::LogApi::AddStatements, request, response), absl::OkStatus());
}

TEST(RecordKeys, JudgedRecordsHaveOneMore) {
  const support::SampleAlliance alliance;
  const auto has = [&](std::string_view label, const std::string& key) {
    const auto keys = RecordKeys(alliance[label].entry);
    return std::count(keys.begin(), keys.end(), key);
  };
  const auto one = support::SampleUrn("member:one");
  EXPECT_EQ(has("commitment-one-2", JudgedKey(one, 2)), 1);
  EXPECT_EQ(has("engagement", JudgedKey(one, 3)), 1);
  EXPECT_EQ(has("result", JudgedKey(one, 2)), 1);
  EXPECT_EQ(has("evidence", JudgedKey(one, 2)), 0);
  EXPECT_EQ(has("commitment-one-2", index::SubjectPrincipleKey(one, 2)), 1);
}

TEST(RecordIndex, FollowsThePublishedLog) {
  MemoryLog log;
  Disk disk;
  RecordIndex index(log.log(), log.clock(), Opening(disk));
  const auto size = log.alliance().size();
  const auto snapshot = Wait(index, log, size);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->head.size, size);
  ExpectComplete(index, log, size);
  for (int i = 1; i <= 3; ++i) {
    Grow(log, 200);
    ASSERT_TRUE(Wait(index, log, size + 200u * static_cast<unsigned>(i)).ok());
    ExpectComplete(index, log, size + 200u * static_cast<unsigned>(i));
  }
  EXPECT_EQ(index.size(), size + 600);
  EXPECT_EQ(disk.clears, 0);
}

TEST(RecordIndex, GoesOnWhereItStopped) {
  MemoryLog log;
  Disk disk;
  const auto size = log.alliance().size();
  { ASSERT_TRUE(Wait(*std::make_unique<RecordIndex>(log.log(), log.clock(), Opening(disk)), log, size).ok()); }
  Grow(log, 5);
  RecordIndex index(log.log(), log.clock(), Opening(disk));
  ASSERT_TRUE(Wait(index, log, size + 5).ok());
  ExpectComplete(index, log, size + 5);
  EXPECT_EQ(disk.clears, 0);
}

TEST(RecordIndex, AnIndexThatTheTreeDoesNotConfirmIsMadeAnew) {
  const struct {
    const char* name;
    std::size_t records;
    merkle::Hash root;
  } cases[] = {{"another root", 5, {1}}, {"beyond the log", 1'000, {1}}, {"of nothing, with a root", 0, {1}}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    MemoryLog log;
    Disk disk;
    ASSERT_TRUE(disk.index.Add(0, std::vector<std::vector<std::string>>(c.records, {"kind:0"}), c.root).ok());
    RecordIndex index(log.log(), log.clock(), Opening(disk));
    ASSERT_TRUE(Wait(index, log, log.alliance().size()).ok());
    ExpectComplete(index, log, log.alliance().size());
    EXPECT_EQ(disk.clears, 1);
  }
}

TEST(RecordIndex, DamageThatAReaderMeetsIsRepaired) {
  MemoryLog log;
  Disk disk;
  RecordIndex index(log.log(), log.clock(), Opening(disk));
  const auto size = log.alliance().size();
  ASSERT_TRUE(Wait(index, log, size).ok());
  disk.failing_finds = 1;
  EXPECT_EQ(bytes::ReasonOf(index.Find("kind:0", 0, size, 10).status()), Reason::kStopped);
  while (!index.Find("kind:0", 0, size, 10).ok()) std::this_thread::yield();
  while (disk.clears == 0 || !index.Find("kind:0", 0, size, 10).ok()) std::this_thread::yield();
  ExpectComplete(index, log, size);
}

TEST(RecordIndex, QuestionsWaitUntilItFollowed) {
  MemoryLog log;
  Disk disk;
  disk.failing_opens = 1'000'000;
  RecordIndex index(log.log(), log.clock(), Opening(disk));
  const auto late = Wait(index, log, log.alliance().size(), std::chrono::milliseconds(20));
  EXPECT_EQ(bytes::ReasonOf(late.status()), Reason::kDeadline) << late.status();
}

TEST(RecordIndex, StopAnswersWhoWaits) {
  MemoryLog log;
  Disk disk;
  RecordIndex index(log.log(), log.clock(), Opening(disk));
  std::promise<absl::Status> promise;
  index.WaitIndexed(1'000'000, runtime::Deadline::max(), [&](const auto& answer) { promise.set_value(answer.status()); });
  index.Stop();
  EXPECT_EQ(bytes::ReasonOf(promise.get_future().get()), Reason::kStopped);
  EXPECT_EQ(bytes::ReasonOf(Wait(index, log, 1'000'000).status()), Reason::kStopped);
}

TEST(RecordIndex, OutlivesTheLogItFollows) {
  MemoryLog log;
  Disk disk;
  RecordIndex index(log.log(), log.clock(), Opening(disk));
  ASSERT_TRUE(Wait(index, log, log.alliance().size()).ok());
  log.log().Stop(log.clock().Now());
  EXPECT_TRUE(Wait(index, log, 1).ok()) << "what was published is answered";
}

}  // namespace
}  // namespace trustlog::query
