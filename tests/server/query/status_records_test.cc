// What a bundle holds is enough: a replay over its records alone, everything else missing, takes each of them and finds the
// verdict.
#include "server/query/status_records.h"

#include <gtest/gtest.h>

#include <map>

#include "client/registry/memory_facts.h"
#include "tests/client/registry/rule_rows.h"
#include "tests/support/memory_registry.h"

namespace trustlog::query {
namespace {

using namespace registry;  // NOLINT: the vocabulary of rule_rows.h
using support::MemoryRegistry;

std::shared_ptr<const log::Published> Indexed(MemoryRegistry& log) {
  std::promise<std::shared_ptr<const log::Published>> promise;
  log.index().WaitIndexed(log.log().log().published()->head.size, log.log().clock().Now() + std::chrono::seconds(20),
                          [&](auto snapshot) { promise.set_value(snapshot.value()); });
  return promise.get_future().get();
}

// The answer of who holds these records and no others.
registry::Answer Replayed(MemoryRegistry& log, const std::vector<std::uint64_t>& indices, const Question& question) {
  Registry registry(support::kSampleOrigin);
  MemoryFacts facts;
  auto next = indices.begin();
  for (std::uint64_t i = 0; i < question.as_of.size; ++i) {
    registry::Replayed replayed;
    replayed.index = i;
    const bool held = next != indices.end() && *next == i;
    if (held) {
      const auto record = log.log().storage().reader().ReadRecords(i, i + 1).value().front();
      replayed.entry = attest::DecodeEntry(record.entry);
      replayed.statement = attest::ParseStatement(record.companion, registry.context()).value();
      ++next;
    }
    EXPECT_TRUE(registry.Apply(replayed, facts).ok());
    if (!held) continue;
    EXPECT_FALSE(registry.IsVoid(i)) << i << ": " << registry.violations().back().reason;
    facts.Add(i, *replayed.entry);
  }
  return Evaluate(registry, facts, question).value();
}

// For each member, principle, size and some dates.
std::map<Verdict, int> ExpectEnough(MemoryRegistry& log, std::uint64_t smallest) {
  const auto snapshot = Indexed(log);
  std::map<Verdict, int> seen;
  for (std::uint64_t size = smallest; size <= snapshot->head.size; ++size) {
    for (const auto* member : {"member:one", "member:two"}) {
      for (const auto principle : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
        for (const std::int64_t days : {-1, 0, 100, 800}) {
          RecordSource source(log.index(), snapshot, size);
          const Question question = {SampleUrn(member), principle, {size, kSampleTime + 40 * kDay + days * kDay}};
          const auto answer =
              Ask<Answer>(log.log().registry(), source, [&](const Registry& r) { return Evaluate(r, source, question); }).value();
          std::vector<Named> named = answer.deciding;
          named.insert(named.end(), answer.notes.begin(), answer.notes.end());
          const auto indices = RecordsBehind(log.log().registry(), source, named);
          EXPECT_TRUE(indices.ok()) << indices.status();
          if (!indices.ok()) continue;
          const auto replayed = Replayed(log, *indices, question);
          EXPECT_EQ(replayed.verdict, answer.verdict) << member << " " << int{principle} << " size " << size << " day " << days;
          EXPECT_EQ(replayed.deciding, answer.deciding);
          ++seen[answer.verdict];
        }
      }
    }
  }
  return seen;
}

TEST(StatusRecords, OfTheAllianceAreEnough) {
  MemoryRegistry log;
  const auto seen = ExpectEnough(log, 1);
  EXPECT_TRUE(seen.contains(Verdict::kNone) && seen.contains(Verdict::kSelfAttested) && seen.contains(Verdict::kNegative) &&
              seen.contains(Verdict::kLapsed));
}

TEST(StatusRecords, OfALogWithAHistoryAreEnough) {
  MemoryRegistry log;
  const auto first = log.alliance().size();
  const auto rotated = Replaced(KeyStatement("member:one", "one-3", "\"sign\"", {"one-1"}), "\"purposes\"",
                                "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                                    "\",\"overlapUntil\":" + TimeText(kSampleTime + 90 * kDay) + "},\"purposes\"");
  log.Log({Sign(rotated)});
  const auto good = Sign(Superseding(Result(), The("result"), "correction"));
  const auto renewed = Sign(SignedBy(Renewed(1), {"one-3"}));
  log.Log({good, renewed, Sign(NextSet())});
  log.Log({Sign(Objection()), Sign(Engagement())});
  log.Log({Sign(RoleChange(2, kRoot, {"secretariat-2", "secretariat-3", "secretariat-4"}, {"root-1", "root-2"}))});
  auto suspended =
      StatusChange("member:one", "suspended", kSampleTime + 40 * kDay, ",\"validUntil\":" + TimeText(kSampleTime + 50 * kDay));
  suspended.signers = {"secretariat-2", "secretariat-4"};
  auto conditions = StatusChange("auditor:south", "suspended", kSampleTime + 100 * kDay);
  conditions.signers = {"secretariat-3", "secretariat-4"};
  log.Log({Sign(suspended), Sign(conditions)});
  log.Log({Sign(Retraction("member:one", The("commitment-one-3").id(), {"one-1"}))});
  log.Log({Sign(KeyRevocation("member:one", "member:one", "one-3", "compromised", {"one-1"}))});
  log.Log({Sign(Withdrawal("member:two", "two-1", kSampleTime + 60 * kDay))});
  const auto seen = ExpectEnough(log, first);
  for (const auto verdict : {Verdict::kAudited, Verdict::kNegative, Verdict::kLapsed, Verdict::kSuspended, Verdict::kDisputed}) {
    EXPECT_TRUE(seen.contains(verdict)) << VerdictName(verdict);
  }
}

TEST(StatusRecords, AreFewOfMany) {
  MemoryRegistry log;
  std::vector<support::SignedRecord> others;
  for (std::uint64_t i = 0; i < 50; ++i) {
    auto statement = EvidenceStatement("two", The("commitment-two-1"));
    statement.variant = i;
    others.push_back(Sign(statement));
  }
  log.Log(others);
  const auto snapshot = Indexed(log);
  RecordSource source(log.index(), snapshot, snapshot->head.size);
  const std::vector<Named> named = {{Alliance().IndexOf("commitment-one-1"), Part::kCommitment}};
  EXPECT_EQ(RecordsBehind(log.log().registry(), source, named).value(),
            (std::vector<std::uint64_t>{0, Alliance().IndexOf("principles"), Alliance().IndexOf("admit-one"),
                                        Alliance().IndexOf("key-one-1"), Alliance().IndexOf("key-one-2"),
                                        Alliance().IndexOf("commitment-one-1")}));
}

}  // namespace
}  // namespace trustlog::query
