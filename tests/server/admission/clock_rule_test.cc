// When a clock may date entries: behind the log, behind the mark, stepped against the monotonic clock (reliability.md 3.8).
#include "server/admission/clock_rule.h"

#include <gtest/gtest.h>

#include "proto/bytes/reason.h"
#include "tests/support/fake_clock.h"

namespace trustlog::admission {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t kStart = 1'793'523'600'000;

bool Refuses(const ClockRule& rule, std::int64_t last_ms) {
  const auto time = rule.EntryTime(static_cast<std::uint64_t>(last_ms));
  if (time.ok()) return false;
  EXPECT_EQ(bytes::ReasonOf(time.status()), bytes::Reason::kReadOnly) << time.status();
  return true;
}

TEST(ClockRule, IsNowAndNeverBelowTheLastEntry) {
  const support::FakeClock clock{milliseconds(kStart)};
  const ClockRule rule(clock, 0);
  EXPECT_EQ(*rule.EntryTime(0), static_cast<std::uint64_t>(kStart));
  EXPECT_EQ(*rule.EntryTime(kStart - 1), static_cast<std::uint64_t>(kStart));
  EXPECT_EQ(*rule.EntryTime(kStart + 5'000), static_cast<std::uint64_t>(kStart + 5'000));
  EXPECT_TRUE(Refuses(rule, kStart + 5'001));
}

TEST(ClockRule, TheMarkCountsAsTheLastTimeButDatesNothing) {
  const support::FakeClock clock{milliseconds(kStart)};
  EXPECT_EQ(*ClockRule(clock, kStart + 5'000).EntryTime(kStart - 7), static_cast<std::uint64_t>(kStart));
  EXPECT_TRUE(Refuses(ClockRule(clock, kStart + 5'001), kStart - 7));
}

TEST(ClockRule, AStepOfMoreThanFiveMinutesEitherWayIsRefusedUntilItIsRightAgain) {
  support::FakeClock clock{milliseconds(kStart)};
  const ClockRule rule(clock, 0);
  clock.Advance(hours(24 * 400));  // both clocks: no step, however long ago the start was
  EXPECT_FALSE(Refuses(rule, 0));
  const auto right = clock.WallNow();
  for (const auto step : {milliseconds(minutes(5)), -milliseconds(minutes(5))}) {
    clock.SetWall(right + step);
    EXPECT_FALSE(Refuses(rule, 0)) << step.count();
    clock.SetWall(right + step + (step.count() > 0 ? milliseconds(1) : milliseconds(-1)));
    EXPECT_TRUE(Refuses(rule, 0)) << step.count();
    clock.SetWall(right);
    EXPECT_FALSE(Refuses(rule, 0));
  }
  clock.SetWall(right + hours(24 * 3'650));
  EXPECT_TRUE(Refuses(rule, 0));
}

TEST(ClockRule, AClockBeforeTheEpochIsNoTime) {
  const support::FakeClock clock{milliseconds(-1)};
  EXPECT_EQ(*ClockRule(clock, 0).EntryTime(0), 0U);
  EXPECT_TRUE(Refuses(ClockRule(clock, 0), kStart));
}

}  // namespace
}  // namespace trustlog::admission
