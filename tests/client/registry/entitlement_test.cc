#include "client/registry/entitlement.h"

#include <gtest/gtest.h>

#include "tests/client/registry/rule_rows.h"

namespace trustlog::registry {
namespace {

// A replay of the records behind an answer alone takes each of them and gives the answer again.
TEST(Entitlement, TheRecordsBehindAnAnswerAreEnoughForIt) {
  Ledger ledger = WholeLog();
  const auto soon = 1'000 * static_cast<std::uint64_t>(kSampleTime) + 30'000;
  std::vector<Replayed> all;
  for (const auto& [label, record] : Alliance().records()) {
    auto replayed = ledger.AsReplayed(record, SampleAlliance::LoggedAtMs(all.size()));
    replayed.index = all.size();
    all.push_back(std::move(replayed));
  }
  const auto take = [&](const SignedRecord& record) {
    all.push_back(ledger.AsReplayed(record, soon));
    ledger.Take(record, soon);
  };
  // A key that replaces one that has signed nothing, and speaks for what follows.
  take(Sign(Replaced(NewKey(), "\"purposes\"",
                     "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                         "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\"")));
  take(Sign(SignedBy(Renewed(2), {"new"})));
  take(Sign(StatusChange("auditor:south", "suspended")));
  for (std::uint8_t principle = 1; principle <= 5; ++principle) {
    const Question question = {SampleUrn("member:one"), principle, {ledger.registry.size(), kNow}};
    const auto answer = Evaluate(ledger.registry, ledger.facts, question).value();
    const auto indices = RecordsForVerdict(ledger.registry, ledger.facts, question, answer).value();
    Registry alone(kSampleOrigin);
    MemoryFacts facts;
    for (const auto index : indices) {
      alone.SkipTo(index);
      ASSERT_TRUE(alone.Apply(all[index], facts).ok());
      facts.Add(index, *all[index].entry);
    }
    EXPECT_TRUE(alone.violations().empty()) << alone.violations().front().index << " " << alone.violations().front().reason;
    alone.SkipTo(question.as_of.size);
    EXPECT_EQ(Evaluate(alone, facts, question).value(), answer);
  }
}

}  // namespace
}  // namespace trustlog::registry
