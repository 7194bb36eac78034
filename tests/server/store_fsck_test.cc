// `trustlogd fsck`: what could not be compared is never called clean. The program itself: trustlogd_test.
#include "server/store_fsck.h"

#include <gtest/gtest.h>

#include "tests/support/running_log.h"

namespace trustlog::server {
namespace {

using support::Call;
using support::Fault;

TEST(StoreFsck, WhatCannotBeReadIsAnError) {
  support::RunningLog log;
  const auto& reader = log.storage().reader();
  const auto sound = CountFindings(reader);
  ASSERT_TRUE(sound.ok()) << sound.status();
  EXPECT_EQ(*sound, 0);
  for (const auto call : {Call::kIntegratedHead, Call::kReadRecords, Call::kReadTiles, Call::kHistoricRoot}) {
    log.storage().Fail(call, Fault::kDataLoss);
    EXPECT_TRUE(absl::IsDataLoss(CountFindings(reader).status())) << static_cast<int>(call);
  }
}

// reliability.md: what is gone must be gone by a notice.
TEST(StoreFsck, AStatementWithoutANoticeIsAFinding) {
  support::RunningLog log;
  const auto claim = log.alliance().IndexOf("evidence"), authority = log.alliance().IndexOf("key-one-1");
  ASSERT_TRUE(log.storage().base().log().Withhold(claim).ok());
  EXPECT_EQ(CountFindings(log.storage().reader()).value(), 1);
  ASSERT_TRUE(log.storage().base().log().Withhold(authority).ok());
  EXPECT_EQ(CountFindings(log.storage().reader()).value(), 2);
}

}  // namespace
}  // namespace trustlog::server
