// A clock that stands still until a test moves it. Whoever waits by it (Clock::WaitUntil) wakes when it passes his deadline, and a
// test can wait until somebody waits: no test sleeps. Thread-safe.
//
//   FakeClock clock;
//   clock.AwaitSleeper(clock.Now() + 1s);      // until some thread waits for exactly that moment
//   clock.Advance(1s);                         // wakes it
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"

namespace trustlog::support {

class FakeClock final : public runtime::Clock {
 public:
  explicit FakeClock(std::chrono::milliseconds wall = std::chrono::seconds(1'793'523'600)) : wall_(wall) {}  // 2026-11-01T09:00:00Z

  std::chrono::milliseconds WallNow() const override {
    const runtime::MutexLock lock(mutex_);
    return wall_;
  }
  runtime::Deadline Now() const override {
    const runtime::MutexLock lock(mutex_);
    return now_;
  }

  bool WaitUntil(runtime::Condition& condition, runtime::Mutex& mutex, runtime::Deadline deadline) const override
      TRUSTLOG_REQUIRES(mutex) {
    {
      const runtime::MutexLock lock(mutex_);
      if (now_ >= deadline) return false;
      sleepers_.push_back({&condition, &mutex, deadline});
      slept_.NotifyAll();
    }
    condition.Wait(mutex);
    const runtime::MutexLock lock(mutex_);
    sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), Sleeper{&condition, &mutex, deadline}));
    return now_ < deadline;
  }

  // Both clocks.
  void Advance(std::chrono::milliseconds by) {
    std::vector<Sleeper> sleepers;
    {
      const runtime::MutexLock lock(mutex_);
      now_ += by;
      wall_ += by;
      sleepers = sleepers_;
    }
    for (const auto& sleeper : sleepers) {
      // Its mutex: from the moment it is listed until it really waits, the sleeper holds it.
      const runtime::MutexLock lock(*sleeper.mutex);
      sleeper.condition->NotifyAll();
    }
  }
  // The wall clock alone, which may go back.
  void SetWall(std::chrono::milliseconds wall) {
    const runtime::MutexLock lock(mutex_);
    wall_ = wall;
  }
  void AwaitSleeper(runtime::Deadline deadline) const {
    const runtime::MutexLock lock(mutex_);
    while (std::none_of(sleepers_.begin(), sleepers_.end(), [&](const Sleeper& sleeper) { return sleeper.deadline == deadline; }))
      slept_.Wait(mutex_);
  }

 private:
  struct Sleeper {
    runtime::Condition* condition;
    runtime::Mutex* mutex;
    runtime::Deadline deadline;
    friend bool operator==(const Sleeper&, const Sleeper&) = default;
  };

  mutable runtime::Mutex mutex_;
  mutable runtime::Condition slept_;
  mutable std::vector<Sleeper> sleepers_ TRUSTLOG_GUARDED_BY(mutex_);
  runtime::Deadline now_ TRUSTLOG_GUARDED_BY(mutex_) = runtime::Deadline(std::chrono::hours(1));
  std::chrono::milliseconds wall_ TRUSTLOG_GUARDED_BY(mutex_);
};

}  // namespace trustlog::support
