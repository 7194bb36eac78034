// Real time-outs, and a wall clock that begins thirty days after the statements of SampleAlliance were issued: no test depends on
// today.
#pragma once

#include <chrono>

#include "server/runtime/clock.h"
#include "tests/support/sample_alliance.h"

namespace trustlog::support {

class SampleClock final : public runtime::Clock {
 public:
  std::chrono::milliseconds WallNow() const override {
    return std::chrono::seconds(kSampleTime + 30 * kSampleDay) +
           std::chrono::duration_cast<std::chrono::milliseconds>(Now() - start_);
  }
  runtime::Deadline Now() const override { return std::chrono::steady_clock::now(); }

 private:
  const runtime::Deadline start_ = std::chrono::steady_clock::now();
};

}  // namespace trustlog::support
