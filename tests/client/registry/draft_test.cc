// Batches: any cut of a history gives the same answers and the same state, and what is dropped was never there.
#include "client/registry/draft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/client/registry/ledger.h"

namespace trustlog::registry {
namespace {

using support::SampleAlliance;
using support::SignedRecord;

constexpr std::uint64_t kLoggedAtMs = (support::kSampleTime + 60) * std::uint64_t{1'000};  // of all: T must not depend on the cut

const SampleAlliance& Alliance() {
  static const SampleAlliance alliance;
  return alliance;
}

// Statements that may or may not be taken, depending on what was before them.
std::vector<SignedRecord> Pool() {
  std::vector<SignedRecord> pool;
  for (const auto& [label, record] : Alliance().records()) pool.push_back(record);
  const auto& set = Alliance()["principles"];
  const auto add = [&](const support::SampleStatement& statement) { pool.push_back(Sign(statement)); };
  const auto next_set = Sign(Superseding(support::PrincipleSetStatement("1.1", support::kSampleTime), set, "renewal"));
  pool.push_back(next_set);
  add(Superseding(support::PrincipleSetStatement("1.2", support::kSampleTime), next_set, "correction"));
  add(support::KeyStatement("member:one", "one-3", "\"sign\",\"admin\"", {"one-1"}));
  add(support::KeyStatement("member:one", "one-4", "\"sign\"", {"one-3"}));
  add(support::AdmissionStatement("auditor", "west"));
  add(support::AdmissionStatement("member", "one", "again"));
  add(Superseding(support::AccreditationStatement("south", "two"), Alliance()["accredit-south"], "renewal"));
  for (int principle = 1; principle <= 5; ++principle) {
    auto fresh = support::CommitmentStatement("one", principle, set);
    fresh.variant = 1;
    add(fresh);
    auto by_new_key = support::CommitmentStatement("three", principle, next_set);
    add(by_new_key);
    auto renewed = Superseding(support::CommitmentStatement("one", principle, next_set), Sign(fresh), "renewal");
    renewed.signers = {"one-4"};
    add(renewed);
  }
  add(Superseding(support::ResultStatement(Alliance()["engagement"], "conformant"), Alliance()["result"], "correction"));
  add(Superseding(support::ResultStatement(Alliance()["engagement"], "conformant"), Alliance()["result"], "renewal"));
  return pool;
}

// The alliance's order, disturbed: most records find what they need, some do not.
std::vector<const SignedRecord*> History(const std::vector<SignedRecord>& pool, std::mt19937& random) {
  std::vector<std::pair<double, const SignedRecord*>> placed;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    if (random() % 12 == 0 && i > 0) continue;
    const double shift = random() % 4 == 0 ? static_cast<double>(random() % 40) - 20 : 0;
    placed.emplace_back(i == 0 ? -100 : static_cast<double>(i) + shift, &pool[i]);
  }
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const SignedRecord*> history;
  for (const auto& [place, record] : placed) history.push_back(record);
  return history;
}

struct Outcome {
  std::vector<std::string> answers;
  std::vector<const SignedRecord*> accepted;
  std::string state;
};

// Admits the history in batches that end where `ends_here` says so.
template <typename EndsHere>
Outcome Admit(const std::vector<const SignedRecord*>& history, EndsHere ends_here) {
  Outcome outcome;
  Ledger ledger;
  std::vector<std::pair<std::uint64_t, attest::Entry>> batch;
  auto draft = std::make_unique<Draft>(ledger.registry);
  for (std::size_t i = 0; i < history.size(); ++i) {
    auto entry = history[i]->entry;
    entry.logged_at_ms = kLoggedAtMs;
    const auto index = draft->size();
    outcome.answers.push_back(WordOf(draft->Add({index, &entry, &history[i]->statement}, ledger.facts)));
    if (outcome.answers.back() == "OK") {
      outcome.accepted.push_back(history[i]);
      batch.emplace_back(index, std::move(entry));
    }
    if (!ends_here(i) && i + 1 < history.size()) continue;
    ledger.registry.Absorb(std::move(*draft));
    for (auto& [at, committed] : batch) ledger.facts.Add(at, std::move(committed));
    batch.clear();
    draft = std::make_unique<Draft>(ledger.registry);
  }
  outcome.state = ledger.Bytes();
  return outcome;
}

TEST(Draft, GivesTheSameHistoryInAnyCutOfBatches) {
  const auto pool = Pool();
  std::size_t refused = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto history = History(pool, random);
    const auto one_by_one = Admit(history, [](std::size_t) { return true; });
    const auto all_at_once = Admit(history, [](std::size_t) { return false; });
    const auto at_random = Admit(history, [&](std::size_t) { return random() % 5 == 0; });
    for (const Outcome* other : {&all_at_once, &at_random}) {
      EXPECT_EQ(other->answers, one_by_one.answers);
      EXPECT_EQ(other->state, one_by_one.state);
    }
    // A replay of what was accepted finds nothing to object to and ends in the same state.
    Ledger replay;
    for (const SignedRecord* record : one_by_one.accepted) replay.Take(*record, kLoggedAtMs);
    EXPECT_EQ(replay.Bytes(), one_by_one.state);
    refused += history.size() - one_by_one.accepted.size();
  }
  EXPECT_GT(refused, 300U);  // else the histories prove little
}

TEST(Draft, LeavesNoTraceWhenDropped) {
  const auto pool = Pool();
  auto ledger = Ledger::Before(Alliance(), "key-one-1");
  const auto before = ledger.Bytes();
  const auto key = support::SampleKey("one-1").public_key().id();
  {
    Draft draft(ledger.registry);
    for (const auto& record : pool) {
      auto entry = record.entry;
      entry.logged_at_ms = kLoggedAtMs;
      (void)draft.Add({draft.size(), &entry, &record.statement}, ledger.facts);
    }
    EXPECT_GT(draft.size(), ledger.registry.size() + 10);
    EXPECT_TRUE(draft.FindKey(key).has_value());
    EXPECT_EQ(draft.KeysOf(support::SampleUrn("member:one"), 8).size(), 4U);
    EXPECT_EQ(draft.last_logged_at_ms(), kLoggedAtMs);
    EXPECT_EQ(draft.context().type_base, support::kSampleTypeBase);
    EXPECT_FALSE(draft.frozen());
    EXPECT_FALSE(ledger.registry.FindKey(key).has_value());
  }
  EXPECT_EQ(ledger.Bytes(), before);
}

TEST(Draft, IsUnchangedByWhatItRefuses) {
  const auto ledger = Ledger::Before(Alliance(), "");
  auto with_refusals = ledger, without = ledger;
  auto promise = Sign(support::CommitmentStatement("one", 4, Alliance()["principles"]));
  promise.entry.logged_at_ms = kLoggedAtMs;
  Draft clean(without.registry), tried(with_refusals.registry);
  for (const auto& record : Pool()) {
    auto entry = record.entry;
    entry.logged_at_ms = kLoggedAtMs;
    entry.signatures.front().key_id = support::SampleKey("stranger").public_key().id();
    EXPECT_FALSE(tried.Add({tried.size(), &entry, &record.statement}, ledger.facts).ok());
  }
  for (Draft* draft : {&clean, &tried})
    ASSERT_TRUE(draft->Add({draft->size(), &promise.entry, &promise.statement}, ledger.facts).ok());
  without.registry.Absorb(std::move(clean));
  with_refusals.registry.Absorb(std::move(tried));
  EXPECT_EQ(with_refusals.Bytes(), without.Bytes());
}

TEST(Draft, LetsARecordReferToAnEarlierOneOfItsBatchAndBeSignedByItsKey) {
  const auto ledger = Ledger::Before(Alliance(), "");
  const auto key = Sign(support::KeyStatement("member:one", "fresh", "\"sign\"", {"one-1"}));
  auto statement = support::CommitmentStatement("one", 4, Alliance()["principles"]);
  statement.signers = {"fresh"};
  const auto promise = Sign(statement);
  const auto evidence = Sign(support::EvidenceStatement("one", promise));
  Draft draft(ledger.registry);
  for (const auto* record : {&key, &promise, &evidence}) {
    auto entry = record->entry;
    entry.logged_at_ms = kLoggedAtMs;
    EXPECT_EQ(WordOf(draft.Add({draft.size(), &entry, &record->statement}, ledger.facts)), "OK");
  }
  // Outside of the batch neither is known.
  EXPECT_EQ(WordOf(ledger.Check(promise, support::kSampleTime + 60)), "KEY_UNKNOWN");
  EXPECT_EQ(WordOf(ledger.Check(evidence, support::kSampleTime + 60)), "REF_NOT_FOUND");
}

}  // namespace
}  // namespace trustlog::registry
