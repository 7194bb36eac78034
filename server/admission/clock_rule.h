// When a clock may date entries (reliability.md 3.8). The wall clock must not read more than 5 s below the last time of this log
// (its entries', the mark's) and must not have stepped by more than 5 min against the monotonic clock since the rule was made, which
// is the start of the process. Sequencer thread only.
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/status/statusor.h"
#include "server/runtime/clock.h"

namespace trustlog::admission {

class ClockRule final {
 public:
  // Borrows `clock`. `mark_ms`: the last time at which this node signed, Unix milliseconds; 0 for none.
  ClockRule(const runtime::Clock& clock, std::int64_t mark_ms);

  // The time of a batch's entries, Unix milliseconds: now, and never below `last_logged_at_ms`. READ_ONLY: the clock is not to be
  // trusted; nothing is admitted until it reads right again.
  absl::StatusOr<std::uint64_t> EntryTime(std::uint64_t last_logged_at_ms) const;

 private:
  const runtime::Clock& clock_;
  const std::int64_t mark_ms_;
  const std::chrono::milliseconds wall_at_start_;
  const runtime::Deadline monotonic_at_start_;
};

}  // namespace trustlog::admission
