#include "server/log/queue.h"

#include <thread>

#include "tests/server/log/rig.h"

namespace trustlog::log {
namespace {

const support::FakeClock clock;

absl::Status Push(Queue& queue, Batch batch) {
  return queue.Push(batch, [](std::size_t, const absl::StatusOr<Added>&) {}, {});
}

std::vector<std::string> TextsOf(const std::vector<QueueItem>& items) {
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(item.submission->companion());
  return texts;
}

Batch Of(const std::string& issuer, std::size_t count, std::size_t bytes = 10) {
  Batch batch;
  for (std::size_t i = 0; i < count; ++i)
    batch.push_back(std::make_unique<TextSubmission>(issuer + std::to_string(i), issuer, bytes));
  return batch;
}

TEST(Queue, KeepsTheOrderAcrossBatchesAndTellsEachItemItsPlace) {
  Queue queue({});
  ASSERT_TRUE(Push(queue, Texts({"a", "b"})).ok());
  ASSERT_TRUE(Push(queue, Texts({"c"})).ok());
  EXPECT_EQ(queue.size(), 3U);
  const auto first = queue.Take(2, clock), second = queue.Take(2, clock);
  EXPECT_EQ(TextsOf(first), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(first[1].item, 1U);
  EXPECT_EQ(TextsOf(second), (std::vector<std::string>{"c"}));
  EXPECT_EQ(second[0].item, 0U);
}

TEST(Queue, PushesBackWholeBatchesAndLeavesThemToTheCaller) {
  const struct {
    const char* name;
    QueueLimits limits;
    const char* limit;
  } kCases[] = {
      {"entries", {.entries = 3, .bytes = 1'000, .issuer_share = 1}, "3"},
      {"bytes", {.entries = 100, .bytes = 35, .issuer_share = 1}, "35"},
      {"one issuer's share", {.entries = 12, .bytes = 1'000, .issuer_share = 0.25}, "3"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    Queue queue(c.limits);
    ASSERT_TRUE(Push(queue, Of("a", 2)).ok());
    auto batch = Of("a", 2);
    const auto status =
        queue.Push(batch, [](std::size_t, const absl::StatusOr<Added>&) { ADD_FAILURE() << "not taken, never called"; }, {});
    EXPECT_EQ(ReasonOf(status), bytes::Reason::kPushback);
    EXPECT_EQ(bytes::MetadataValue(status, "limit"), c.limit);
    EXPECT_FALSE(bytes::MetadataValue(status, "retry_ms").empty());
    EXPECT_NE(batch[0], nullptr);
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_TRUE(Push(queue, Of("a", 1)).ok()) << "exactly the limit is taken";
    EXPECT_FALSE(Push(queue, Of("a", 1)).ok());
    EXPECT_EQ(queue.Take(10, clock).size(), 3U);
    EXPECT_TRUE(queue.Push(batch, [](std::size_t, const absl::StatusOr<Added>&) {}, {}).ok()) << "what was taken counts no more";
  }
}

TEST(Queue, OneIssuersShareIsItsOwn) {
  Queue queue({.entries = 12, .bytes = 1'000, .issuer_share = 0.25});
  ASSERT_TRUE(Push(queue, Of("a", 3)).ok());
  EXPECT_TRUE(Push(queue, Of("b", 3)).ok());
  auto mixed = Of("c", 1);
  mixed.push_back(std::make_unique<TextSubmission>("a9", "a", 10));
  EXPECT_EQ(ReasonOf(Push(queue, std::move(mixed))), bytes::Reason::kPushback);
  EXPECT_EQ(queue.size(), 6U);
}

TEST(Queue, ClosedItTakesNothingMoreButGivesWhatItHas) {
  Queue queue({});
  ASSERT_TRUE(Push(queue, Texts({"a"})).ok());
  queue.Close();
  EXPECT_EQ(ReasonOf(Push(queue, Texts({"b"}))), bytes::Reason::kStopped);
  EXPECT_FALSE(queue.IsDrained());
  EXPECT_EQ(TextsOf(queue.Take(5, clock)), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(queue.Take(5, clock).empty());
  EXPECT_TRUE(queue.IsDrained());
}

TEST(Queue, TakeWaitsForAnItemOrTheEnd) {
  Queue queue({});
  std::vector<std::size_t> taken;
  std::thread taker([&] {
    while (true) {
      taken.push_back(queue.Take(5, clock).size());
      if (taken.back() == 0) return;
    }
  });
  ASSERT_TRUE(Push(queue, Texts({"a"})).ok());
  queue.Close();
  taker.join();
  EXPECT_EQ(taken, (std::vector<std::size_t>{1, 0}));
}

TEST(Queue, ANudgeOrAMomentEndsATakeThoughThereIsNothing) {
  Queue queue({});
  queue.Nudge();
  queue.Nudge();
  EXPECT_TRUE(queue.Take(5, clock).empty());
  EXPECT_TRUE(queue.Take(5, clock, clock.Now()).empty()) << "the moment is now, and the nudge was used up";
  support::FakeClock moved;
  const auto until = moved.Now() + std::chrono::seconds(1);
  std::thread taker([&] { EXPECT_TRUE(queue.Take(5, moved, until).empty()); });
  moved.AwaitSleeper(until);
  moved.Advance(std::chrono::seconds(1));
  taker.join();
  EXPECT_FALSE(queue.IsDrained());
}

}  // namespace
}  // namespace trustlog::log
