// The server's clocks. Time comes through a parameter so that tests own it (tests/support/fake_clock.h). Thread-safe.
#pragma once

#include <chrono>

#include "server/runtime/mutex.h"

namespace trustlog::runtime {

using Deadline = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  // Unix milliseconds by the wall clock: for entry times only.
  virtual std::chrono::milliseconds WallNow() const = 0;
  // For every time-out.
  virtual Deadline Now() const = 0;
  // As Condition::WaitUntil, by this clock.
  virtual bool WaitUntil(Condition& condition, Mutex& mutex, Deadline deadline) const TRUSTLOG_REQUIRES(mutex) {
    return condition.WaitUntil(mutex, deadline);
  }
};

class RealClock final : public Clock {
 public:
  std::chrono::milliseconds WallNow() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
  Deadline Now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace trustlog::runtime
