// Who is answered when, apart from any publisher, and what waiting costs the others.
#include "server/log/waiters.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "proto/bytes/reason.h"
#include "tests/support/fake_clock.h"

namespace trustlog::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Answer = absl::StatusOr<std::shared_ptr<const Published>>;

// A FakeClock that counts who goes to sleep by it, and holds up who asks for the time.
class WatchedClock final : public runtime::Clock {
 public:
  milliseconds WallNow() const override { return base_.WallNow(); }
  runtime::Deadline Now() const override {
    if (held_) {
      ++asking_;
      while (held_) std::this_thread::yield();
    }
    return base_.Now();
  }
  bool WaitUntil(runtime::Condition& condition, runtime::Mutex& mutex, runtime::Deadline deadline) const override
      TRUSTLOG_REQUIRES(mutex) {
    ++sleeps_;
    return base_.WaitUntil(condition, mutex, deadline);
  }
  support::FakeClock& base() { return base_; }
  int sleeps() const { return sleeps_; }
  void Hold(bool held) { held_ = held; }
  void AwaitAsking() const {
    while (asking_ == 0) std::this_thread::yield();
  }

 private:
  support::FakeClock base_;
  mutable std::atomic<int> sleeps_{0}, asking_{0};
  std::atomic<bool> held_{false};
};

std::shared_ptr<const Published> Snapshot(std::uint64_t size, const std::string& note = "") {
  return std::make_shared<const Published>(Published{note, {size, {}}, nullptr});
}

class WaitersTest : public ::testing::Test {
 protected:
  std::future<Answer> Wait(std::uint64_t index, runtime::Deadline deadline = runtime::Deadline::max(), Pace pace = Pace::kSoon) {
    auto promise = std::make_shared<std::promise<Answer>>();
    waiters_.Wait(index, pace, deadline, [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  static bool IsWaiting(const std::future<Answer>& answer) { return answer.wait_for(seconds(0)) != std::future_status::ready; }
  static bool IsPending(std::future<Answer>& answer) {
    return bytes::ReasonOf(answer.get().status()) == bytes::Reason::kPublishPending;
  }
  runtime::Deadline In(milliseconds time) { return clock_.base().Now() + time; }

  WatchedClock clock_;
  runtime::WorkerPool answers_{"answers", 2};
  Waiters waiters_{clock_, answers_};
};

TEST_F(WaitersTest, EachIsAnsweredByPublicationOrByHisOwnDeadline) {
  auto late = Wait(0, In(milliseconds(300))), soon = Wait(7, In(milliseconds(100))), soon_too = Wait(7, In(milliseconds(100))),
       covered = Wait(1, In(milliseconds(200))), never = Wait(7);
  waiters_.Publish(Snapshot(2));
  EXPECT_EQ(covered.get().value()->head.size, 2U);
  EXPECT_EQ(late.get().value()->head.size, 2U);
  clock_.base().AwaitSleeper(In(milliseconds(100)));
  clock_.base().Advance(milliseconds(100));
  EXPECT_TRUE(IsPending(soon));
  EXPECT_TRUE(IsPending(soon_too));
  EXPECT_TRUE(IsWaiting(never));
  EXPECT_TRUE(waiters_.hurried());
  waiters_.End(bytes::Refuse(bytes::Reason::kStopped, "the end"));
  EXPECT_EQ(bytes::ReasonOf(never.get().status()), bytes::Reason::kStopped);
  EXPECT_FALSE(waiters_.hurried());
}

TEST_F(WaitersTest, OnlyAnEarlierDeadlineWakesTheExpirer) {
  auto first = Wait(0, In(seconds(10)));
  clock_.base().AwaitSleeper(In(seconds(10)));
  std::vector<std::future<Answer>> later;
  for (int i = 0; i < 2'000; ++i) later.push_back(Wait(0, In(seconds(11))));
  auto earlier = Wait(0, In(seconds(9)));
  clock_.base().AwaitSleeper(In(seconds(9)));
  EXPECT_LT(clock_.sleeps(), 10);
  clock_.base().Advance(seconds(9));
  EXPECT_TRUE(IsPending(earlier));
  clock_.base().AwaitSleeper(In(seconds(1)));
  clock_.base().Advance(seconds(2));
  EXPECT_TRUE(IsPending(first));
  for (auto& answer : later) EXPECT_TRUE(IsPending(answer));
}

TEST_F(WaitersTest, TheNewestIsReadWhileDeadlinesAreLookedAt) {
  waiters_.Publish(Snapshot(1));
  clock_.Hold(true);
  auto waiting = Wait(1, In(seconds(1)));
  clock_.AwaitAsking();
  EXPECT_EQ(waiters_.newest()->head.size, 1U);  // hangs where it shares the waiters' lock
  clock_.Hold(false);
  waiters_.Publish(Snapshot(2));
  EXPECT_TRUE(waiting.get().ok());
}

TEST_F(WaitersTest, AnotherNoteOfTheSameSizeReplacesTheOldOneAndASmallerOneDoesNot) {
  waiters_.Publish(Snapshot(2, "signed"));
  auto beyond = Wait(2);
  waiters_.Publish(Snapshot(2, "signed and cosigned"));
  waiters_.Publish(Snapshot(1, "old"));
  EXPECT_EQ(waiters_.newest()->note, "signed and cosigned");
  EXPECT_EQ(Wait(1).get().value()->note, "signed and cosigned");
  EXPECT_TRUE(IsWaiting(beyond));
  waiters_.Publish(Snapshot(3));
  EXPECT_TRUE(beyond.get().ok());
}

}  // namespace
}  // namespace trustlog::log
