#include "server/admission/clock_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/bytes/reason.h"

namespace trustlog::admission {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kMaxBehindMs = 5'000;
constexpr milliseconds kMaxStep = std::chrono::minutes(5);

absl::Status Untrusted(std::string message) {
  return bytes::Refuse(bytes::Reason::kReadOnly, std::move(message), {{"retry_ms", "5000"}});
}

}  // namespace

ClockRule::ClockRule(const runtime::Clock& clock, std::int64_t mark_ms)
    : clock_(clock), mark_ms_(mark_ms), wall_at_start_(clock.WallNow()), monotonic_at_start_(clock.Now()) {}

absl::StatusOr<std::uint64_t> ClockRule::EntryTime(std::uint64_t last_logged_at_ms) const {
  const auto wall = clock_.WallNow();
  const std::int64_t now_ms = std::max<std::int64_t>(wall.count(), 0);
  const auto entry_ms = static_cast<std::int64_t>(last_logged_at_ms);
  const auto last_ms = std::max(entry_ms, mark_ms_);
  if (now_ms + kMaxBehindMs < last_ms)
    return Untrusted(fmt::format("this node's clock is {} ms behind the log; nothing was written", last_ms - now_ms));
  const auto step =
      (wall - wall_at_start_) - std::chrono::duration_cast<milliseconds>(clock_.Now() - monotonic_at_start_);
  if (step > kMaxStep || step < -kMaxStep) {
    return Untrusted(fmt::format("this node's clock stepped by {} ms since its start; nothing was written. Set it right, or restart the "
                                 "node if it reads right now",
                                 step.count()));
  }
  return static_cast<std::uint64_t>(std::max(now_ms, entry_ms));
}

}  // namespace trustlog::admission
