#include "proto/attest/kind.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace trustlog::attest {
namespace {

TEST(KindTest, ListsTheTwentyOneKindsAscendingWithTheirNames) {
  // Section 5 of records.md, by hand.
  const std::pair<int, const char*> table[] = {
      {0, "genesis"},          {1, "role-change"},        {2, "principle-set"},
      {3, "party-admission"},  {4, "key-registration"},   {5, "key-revocation"},
      {6, "party-withdrawal"}, {7, "status-change"},      {8, "auditor-accreditation"},
      {16, "commitment"},      {17, "supplier-flowdown"}, {18, "audit-engagement"},
      {19, "audit-result"},    {20, "remediation"},       {21, "retraction"},
      {22, "objection"},       {23, "evidence"},          {32, "erasure-notice"},
      {33, "index-head"},      {34, "index-endorsement"}, {35, "log-event"},
  };
  ASSERT_EQ(AllKinds().size(), std::size(table));
  for (std::size_t i = 0; i < std::size(table); ++i) {
    const Kind kind = AllKinds()[i];
    EXPECT_EQ(static_cast<int>(kind), table[i].first);
    EXPECT_EQ(KindName(kind), table[i].second);
    EXPECT_EQ(KindFromName(table[i].second), kind);
  }
}

TEST(KindTest, EveryOtherNumberIsNoKind) {
  std::set<std::uint16_t> known;
  for (const Kind kind : AllKinds()) known.insert(static_cast<std::uint16_t>(kind));
  for (unsigned number = 0; number <= 0xffff; ++number) {
    const auto kind = KindFromNumber(static_cast<std::uint16_t>(number));
    ASSERT_EQ(kind.has_value(), known.contains(static_cast<std::uint16_t>(number))) << number;
    if (kind) {
      ASSERT_EQ(static_cast<unsigned>(*kind), number);
    }
  }
}

TEST(KindTest, OnlyClaimsCanBeWithheld) {
  for (const Kind kind : AllKinds()) {
    const int number = static_cast<int>(kind);
    EXPECT_EQ(IsWithholdable(kind), number >= 16 && number <= 31);
    EXPECT_EQ(GroupOf(kind), number < 16 ? KindGroup::kAuthority : number < 32 ? KindGroup::kClaim : KindGroup::kLog);
  }
}

TEST(KindTest, PredicateTypeNamesBaseKindAndVersion) {
  const std::string base = "https://trustlog.example/attest";
  EXPECT_EQ(PredicateType(base, Kind::kCommitment), "https://trustlog.example/attest/commitment/v1");
  for (const Kind kind : AllKinds()) {
    EXPECT_EQ(KindOfPredicateType(PredicateType(base, kind), base), kind);
    EXPECT_EQ(KindOfPredicateType(PredicateType(base + "/x", kind), base), std::nullopt);
    EXPECT_EQ(KindOfPredicateType(PredicateType(base, kind), base + "/x"), std::nullopt);
    EXPECT_EQ(KindOfAnyBase(PredicateType("https://other.example", kind)), kind);
  }
  for (const std::string& other :
       std::vector<std::string>{"", "/", "/v1", base + "/v1", base + "//v1", base + "/commitment", base + "/commitment/v2",
                                base + "/commitment/v1/", base + "/commitment/v10", base + "/Commitment/v1",
                                base + "/commitments/v1", base + "/16/v1", base + "commitment/v1", "commitment/v1"}) {
    EXPECT_EQ(KindOfPredicateType(other, base), std::nullopt) << other;
    EXPECT_EQ(KindFromName(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace trustlog::attest
