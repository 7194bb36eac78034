#include "server/admission/quota.h"

#include <gtest/gtest.h>

#include "proto/bytes/reason.h"
#include "tests/support/fake_clock.h"

namespace trustlog::admission {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Bucket(const absl::Status& status) { return status.ok() ? "taken" : bytes::MetadataValue(status, "bucket"); }

TEST(Quota, ABurstThenTheRate) {
  support::FakeClock clock;
  Quota quota({.issuer = {.statements_per_second = 10, .burst = 20, .bytes_per_day = 0}, .by_issuer = {}}, clock);
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 20, 1)), "taken");
  const auto refused = quota.TakeSubmission("a", 5, 1);
  EXPECT_EQ(bytes::ReasonOf(refused), bytes::Reason::kQuotaExceeded);
  EXPECT_EQ(Bucket(refused), "statements_per_second");
  EXPECT_EQ(bytes::MetadataValue(refused, "limit"), "10");
  EXPECT_EQ(bytes::MetadataValue(refused, "retry_ms"), "500");
  EXPECT_EQ(Bucket(quota.TakeSubmission("b", 20, 1)), "taken") << "each issuer has his own";
  clock.Advance(milliseconds(499));
  EXPECT_NE(Bucket(quota.TakeSubmission("a", 5, 1)), "taken");
  clock.Advance(milliseconds(1));
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 5, 1)), "taken") << "after the retry time that was told, though asked in between";
  clock.Advance(seconds(1'000));
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 20, 1)), "taken");
  EXPECT_NE(Bucket(quota.TakeSubmission("a", 1, 1)), "taken") << "never more than the burst";
}

TEST(Quota, ARefusalByOneBucketTakesFromNone) {
  support::FakeClock clock;
  Quota quota({.issuer = {.statements_per_second = 1, .burst = 10, .bytes_per_day = 1'000}, .by_issuer = {}}, clock);
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 1, 600)), "taken");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Bucket(quota.TakeSubmission("a", 5, 600)), "bytes_per_day");
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 9, 400)), "taken") << "the statements are all there still";
}

TEST(Quota, WhatIsLargerThanTheBucketPassesWhenItIsFullAndLeavesADebt) {
  support::FakeClock clock;
  Quota quota({.issuer = {.statements_per_second = 10, .burst = 20, .bytes_per_day = 0}, .by_issuer = {}}, clock);
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 50, 1)), "taken");
  const auto refused = quota.TakeSubmission("a", 1, 1);
  EXPECT_EQ(bytes::MetadataValue(refused, "retry_ms"), "3100");
  clock.Advance(milliseconds(3'100));
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 1, 1)), "taken");
}

TEST(Quota, OverridesAndZeroMeansNoLimit) {
  support::FakeClock clock;
  Quota quota({.issuer = {.statements_per_second = 1, .burst = 1, .bytes_per_day = 10},
               .by_issuer = {{"large", {.statements_per_second = 0, .burst = 0, .bytes_per_day = 0}}},
               .proofs_per_second_per_address = 0,
               .failed_signatures_per_second_per_address = 0},
              clock);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Bucket(quota.TakeSubmission("large", 1'000, 1e9)), "taken");
    EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.1", 1'000)), "taken");
    quota.AddFailedSignature("10.0.0.1");
    EXPECT_EQ(Bucket(quota.CheckFailedSignatures("10.0.0.1")), "taken");
  }
  EXPECT_EQ(Bucket(quota.TakeSubmission("small", 1, 1)), "taken");
  EXPECT_NE(Bucket(quota.TakeSubmission("small", 1, 1)), "taken");
}

TEST(Quota, ProofsAreCountedByAddress) {
  support::FakeClock clock;
  Quota quota({.issuer = {}, .by_issuer = {}, .proofs_per_second_per_address = 20}, clock);
  EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.1", 20)), "taken");
  EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.1", 1)), "proofs_per_second_per_address");
  EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.2", 20)), "taken");
  clock.Advance(milliseconds(50));
  EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.1", 1)), "taken");
}

TEST(Quota, AnAddressWhoseSignaturesFailIsHeldOff) {
  support::FakeClock clock;
  Quota quota({.issuer = {}, .by_issuer = {}, .failed_signatures_per_second_per_address = 5}, clock);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Bucket(quota.CheckFailedSignatures("10.0.0.1")), "taken") << i;
    quota.AddFailedSignature("10.0.0.1");
  }
  EXPECT_EQ(Bucket(quota.CheckFailedSignatures("10.0.0.1")), "failed_signatures_per_second_per_address");
  EXPECT_EQ(Bucket(quota.CheckFailedSignatures("10.0.0.2")), "taken");
  for (int i = 0; i < 5; ++i) quota.AddFailedSignature("10.0.0.1");  // those that were under way
  clock.Advance(milliseconds(1'199));
  EXPECT_NE(Bucket(quota.CheckFailedSignatures("10.0.0.1")), "taken");
  clock.Advance(milliseconds(1));
  EXPECT_EQ(Bucket(quota.CheckFailedSignatures("10.0.0.1")), "taken");
}

TEST(Quota, FailedSignaturesOweOneSecondAtMost) {
  support::FakeClock clock;
  Quota quota({.issuer = {}, .by_issuer = {}, .failed_signatures_per_second_per_address = 5}, clock);
  for (int i = 0; i < 1'000; ++i) quota.AddFailedSignature("10.0.0.1");
  clock.Advance(milliseconds(1'200));
  EXPECT_EQ(Bucket(quota.CheckFailedSignatures("10.0.0.1")), "taken");
}

TEST(Quota, WhatIsGivenBackCanBeTakenAgain) {
  support::FakeClock clock;
  Quota quota({.issuer = {.statements_per_second = 1, .burst = 10, .bytes_per_day = 1'000}, .by_issuer = {}}, clock);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Bucket(quota.TakeSubmission("a", 10, 1'000)), "taken") << i;
    quota.GiveBackSubmission("a", 10, 1'000);
  }
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 10, 1'000)), "taken");
  EXPECT_NE(Bucket(quota.TakeSubmission("a", 1, 1)), "taken");
}

TEST(Quota, ARequestWithoutProofsIsNotRefusedForADebtOfProofs) {
  support::FakeClock clock;
  Quota quota({.issuer = {}, .by_issuer = {}, .proofs_per_second_per_address = 20}, clock);
  EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.1", 1'000)), "taken");
  EXPECT_EQ(Bucket(quota.TakeProof("10.0.0.1", 0)), "taken");
  EXPECT_NE(Bucket(quota.TakeProof("10.0.0.1", 1)), "taken");
}

TEST(Quota, NobodyIsAnAddressWithoutAQuota) {
  support::FakeClock clock;
  Quota quota({.issuer = {}, .by_issuer = {}, .proofs_per_second_per_address = 1, .failed_signatures_per_second_per_address = 1}, clock);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Bucket(quota.TakeProof("", 1)), "taken");
    quota.AddFailedSignature("");
    EXPECT_EQ(Bucket(quota.CheckFailedSignatures("")), "taken");
  }
}

TEST(Quota, StrangersWithManyAddressesDoNotMakeAnIssuersDebtForgotten) {
  support::FakeClock clock;
  Quota quota({.issuer = {.statements_per_second = 0.001, .burst = 1, .bytes_per_day = 0}, .by_issuer = {}, .proofs_per_second_per_address = 1},
              clock);
  EXPECT_EQ(Bucket(quota.TakeSubmission("a", 1, 1)), "taken");
  for (int i = 0; i < 70'000; ++i) EXPECT_EQ(Bucket(quota.TakeProof(std::to_string(i), 1)), "taken");
  EXPECT_NE(Bucket(quota.TakeSubmission("a", 1, 1)), "taken");
}

// At the limit those go first that have been idle; who is busy keeps his debt.
TEST(Quota, IdleAddressesAreForgottenFirst) {
  support::FakeClock clock;
  Quota quota({.issuer = {}, .by_issuer = {}, .proofs_per_second_per_address = 1}, clock);
  for (int i = 0; i < 65'000; ++i) EXPECT_EQ(Bucket(quota.TakeProof(std::to_string(i), 1)), "taken");
  clock.Advance(std::chrono::minutes(2));
  EXPECT_EQ(Bucket(quota.TakeProof("busy", 1'000)), "taken");
  for (int i = 0; i < 2'000; ++i) EXPECT_EQ(Bucket(quota.TakeProof("new " + std::to_string(i), 1)), "taken");
  EXPECT_NE(Bucket(quota.TakeProof("busy", 1)), "taken");
}

}  // namespace
}  // namespace trustlog::admission
