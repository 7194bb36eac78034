#include "client/follow/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "proto/attest/dsse.h"
#include "tests/support/alliance_log.h"
#include "tests/support/served_batch.h"

namespace trustlog::follow {
namespace {

using testing::AllianceLog;
using testing::SyntheticLog;

// Whose context a batch is decoded for.
enum class Ahead { kNo, kYes, kWrong };

struct Outcome {
  std::vector<Finding> findings;
  std::vector<std::uint64_t> indices, unserved;
  merkle::Hash digest{};
  absl::StatusCode stopped{};
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome FollowInBatches(const SyntheticLog& log, std::uint64_t length, Ahead ahead) {
  Workers workers(2);
  Replay replay(log.origin(), workers);
  attest::LogContext before = replay.registry().context();  // of the last batch but one, as it is for a reader that is ahead
  Outcome outcome;
  while (replay.size() < log.size()) {
    const auto context = ahead == Ahead::kNo    ? replay.registry().context()
                         : ahead == Ahead::kYes ? before
                                                : attest::LogContext{log.origin(), "https://other.example/x", "urn:other:"};
    before = replay.registry().context();
    auto batch = testing::BatchOf(log, replay.size(), std::min(log.size(), replay.size() + length), context, workers);
    const auto step = replay.Follow(std::move(batch));
    outcome.findings.insert(outcome.findings.end(), step.findings.begin(), step.findings.end());
    for (const auto& item : step.items) {
      outcome.indices.push_back(item.index);
      EXPECT_EQ(item.bytes, log.entry(item.index));
      EXPECT_EQ(item.entry == nullptr, !attest::DecodeEntry(item.bytes).ok());
    }
    for (const auto& claim : step.unserved) outcome.unserved.push_back(claim.index);
    outcome.stopped = step.stopped.code();
    if (!step.stopped.ok()) break;
  }
  outcome.digest = replay.Digest().value();
  return outcome;
}

// Everything that does not fit and does not stop a replay.
AllianceLog OddLog() {
  AllianceLog log;
  log.Append(log.Evidence(1));
  log.Append(log.Evidence(1));  // again
  log.log.Append("not an entry", "");
  const auto withheld = log.log.size();
  log.Append(log.Evidence(2));
  log.log.set_statement(withheld, "");
  log.Append(log.Evidence(3));
  log.log.set_statement(withheld + 1, log.Evidence(4).envelope.payload);  // another's
  auto other = log.Evidence(5);
  other.entry.code = "vsa";  // not what the statement says
  log.Append(other);
  auto unsigned_one = log.Evidence(6);
  unsigned_one.entry.signatures[0].signature[3] ^= 1;
  log.Append(unsigned_one);
  auto elsewhere = support::EvidenceStatement("one", log.alliance["commitment-one-2"]);
  elsewhere.origin = "log.example/elsewhere";
  log.Append(support::Sign(elsewhere));
  for (std::uint64_t i = 7; i < 80; ++i) log.Append(log.Evidence(i));
  return log;
}

TEST(Replay, FindsTheSameHoweverItIsCutAndDecodedAhead) {
  const AllianceLog log = OddLog();
  const Outcome whole = FollowInBatches(log.log, log.log.size(), Ahead::kNo);
  EXPECT_EQ(whole.indices.size(), log.log.size());
  std::vector<std::string> codes;
  for (const Finding& finding : whole.findings) codes.push_back(finding.code);
  EXPECT_THAT(codes, ::testing::ElementsAre("DUPLICATE", "ENTRY_MALFORMED", "STATEMENT_MISMATCH", "DERIVATION", "SIGNATURE_INVALID",
                                            "WRONG_LOG"));
  EXPECT_EQ(whole.unserved, std::vector<std::uint64_t>{log.alliance.size() + 3});
  for (const std::uint64_t length : {1, 2, 3, 7, 24, 64}) {
    for (const Ahead ahead : {Ahead::kNo, Ahead::kYes, Ahead::kWrong}) {
      EXPECT_EQ(FollowInBatches(log.log, length, ahead), whole) << length << " at a time, ahead " << static_cast<int>(ahead);
    }
  }
}

TEST(Replay, StopsAtAnAuthorityRecordWithoutItsStatement) {
  AllianceLog log;
  log.log.set_statement(9, "");
  for (const std::uint64_t length : {1, 4, 23}) {
    const Outcome outcome = FollowInBatches(log.log, length, Ahead::kYes);
    EXPECT_EQ(outcome.indices.size(), 9U);
    EXPECT_NE(outcome.stopped, absl::StatusCode::kOk);
    ASSERT_EQ(outcome.findings.size(), 1U);
    EXPECT_EQ(outcome.findings[0].code, "STATEMENT_MISSING");
  }
}

TEST(Replay, GoesOnWithTheFactsOfEntriesItDidNotFollow) {
  const AllianceLog log = OddLog();
  Workers workers;
  Replay first(log.log.origin(), workers);
  const std::uint64_t half = log.alliance.size() + 1;
  first.Follow(testing::BatchOf(log.log, 0, half, first.registry().context(), workers));
  Replay second(registry::Registry(first.registry()), workers);
  const auto served = testing::ServedBy(log.log, &SyntheticLog::entry, 0, half);
  second.AddFacts(0, served.items);
  const auto of = [&](Replay& replay) {
    return replay.Follow(testing::BatchOf(log.log, half, log.log.size(), replay.registry().context(), workers)).findings;
  };
  const auto expected = of(first);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(expected[0].code, "DUPLICATE");
  EXPECT_EQ(of(second), expected);
}

}  // namespace
}  // namespace trustlog::follow
