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

}  // namespace
}  // namespace trustlog::server
