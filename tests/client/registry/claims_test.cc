// How claims and parties stand beside a verdict: as of any size, on any date.
#include "client/registry/claims.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/client/registry/rule_rows.h"

namespace trustlog::registry {
namespace {

constexpr std::int64_t kTaken = kSampleTime + 3'600;  // when the records below are logged

std::uint64_t TakeNext(Ledger& ledger, const SignedRecord& record) {
  ledger.Take(record, static_cast<std::uint64_t>(kTaken) * 1'000);
  return ledger.registry.size() - 1;
}

Fact FactOf(const Ledger& ledger, const attest::Id& id) { return ledger.facts.ById(id)->value(); }

std::string State(const Ledger& ledger, const attest::Id& id, std::int64_t date, std::uint64_t size = 0) {
  const auto state =
      StateOfCommitment(ledger.registry, ledger.facts, FactOf(ledger, id), {size == 0 ? ledger.registry.size() : size, date});
  return state.ok() ? std::string(CommitmentStateName(*state)) : state.status().ToString();
}

TEST(Claims, CommitmentStateNamesAreReadBack) {
  for (const auto state : {CommitmentState::kCorrected, CommitmentState::kRetracted, CommitmentState::kNotYet,
                           CommitmentState::kReplaced, CommitmentState::kLapsed, CommitmentState::kInForce}) {
    EXPECT_EQ(ParseCommitmentState(CommitmentStateName(state)), state);
  }
  EXPECT_EQ(ParseCommitmentState("in force"), std::nullopt);
}

TEST(Claims, ACommitmentIsInForceBetweenItsDates) {
  const auto& id = The("commitment-one-1").id();
  EXPECT_EQ(State(WholeLog(), id, kSampleTime - 1), "NOT_YET");
  EXPECT_EQ(State(WholeLog(), id, kSampleTime), "IN_FORCE");
  EXPECT_EQ(State(WholeLog(), id, kSampleTime + 730 * kDay - 1), "IN_FORCE");
  EXPECT_EQ(State(WholeLog(), id, kSampleTime + 730 * kDay), "LAPSED");
}

TEST(Claims, ARenewalReplacesFromItsBeginningOn) {
  Ledger ledger = WholeLog();
  const auto before = ledger.registry.size();
  const auto& old = The("commitment-one-1");
  const std::int64_t begins = kSampleTime + 100 * kDay;
  const auto renewed = Sign(Replaced(Renewed(1), TimeText(kSampleTime), TimeText(begins)));
  TakeNext(ledger, renewed);
  EXPECT_EQ(State(ledger, old.id(), begins - 1), "IN_FORCE");
  EXPECT_EQ(State(ledger, renewed.id(), begins - 1), "NOT_YET");
  EXPECT_EQ(State(ledger, old.id(), begins), "REPLACED");
  EXPECT_EQ(State(ledger, renewed.id(), begins), "IN_FORCE");
  EXPECT_EQ(State(ledger, old.id(), begins, before), "IN_FORCE") << "as of a size before the renewal";
  EXPECT_EQ(State(ledger, The("commitment-one-2").id(), begins), "IN_FORCE") << "another principle";
}

TEST(Claims, ACorrectionIsOfEveryDate) {
  Ledger ledger = WholeLog();
  const auto before = ledger.registry.size();
  const auto& old = The("commitment-one-1");
  TakeNext(ledger, Sign(Superseding(CommitmentStatement("one", 1, The("principles")), old, "correction")));
  for (const auto date : {kSampleTime - kDay, kSampleTime, kSampleTime + 10'000 * kDay}) {
    EXPECT_EQ(State(ledger, old.id(), date), "CORRECTED");
  }
  EXPECT_EQ(State(ledger, old.id(), kSampleTime, before), "IN_FORCE");
}

TEST(Claims, ARetractionIsOfItsDate) {
  Ledger ledger = WholeLog();
  const auto& one = The("commitment-one-1");
  const auto& two = The("commitment-one-2");
  TakeNext(ledger, Sign(Retraction("member:one", one.id(), {"one-1"})));
  TakeNext(ledger, Sign(Retraction("member:one", two.id(), {"one-1"}, ",\"validFrom\":" + TimeText(kSampleTime + kDay))));
  EXPECT_EQ(State(ledger, one.id(), kSampleTime - kDay), "RETRACTED") << "as if it had never been valid";
  EXPECT_EQ(State(ledger, two.id(), kSampleTime + kDay - 1), "IN_FORCE");
  EXPECT_EQ(State(ledger, two.id(), kSampleTime + kDay), "RETRACTED");
}

TEST(Claims, AMemberWhoLeftHasNoneInForce) {
  Ledger ledger = WholeLog();
  TakeNext(ledger, Sign(Withdrawal("member:one", "one-1", kSampleTime + kDay)));
  EXPECT_EQ(State(ledger, The("commitment-one-1").id(), kSampleTime), "IN_FORCE");
  EXPECT_EQ(State(ledger, The("commitment-one-1").id(), kSampleTime + kDay), "LAPSED");
  EXPECT_EQ(State(ledger, The("commitment-two-1").id(), kSampleTime + kDay), "IN_FORCE");
}

TEST(Claims, FateTellsWhoCorrectedRenewedRetracted) {
  Ledger ledger = WholeLog();
  const auto size = ledger.registry.size();
  const auto& result = The("result");
  const auto fact = FactOf(ledger, result.id());
  EXPECT_FALSE(FateOf(ledger.registry, fact, size).corrected_by.has_value());
  const auto correction = TakeNext(ledger, Sign(Superseding(Result(), result, "correction")));
  EXPECT_EQ(FateOf(ledger.registry, fact, size + 1).corrected_by, correction);
  EXPECT_EQ(FateOf(ledger.registry, fact, size + 1).renewed_by, std::nullopt);
  EXPECT_EQ(FateOf(ledger.registry, fact, size).corrected_by, std::nullopt) << "not yet at the size before";

  const auto& evidence = The("evidence");
  const auto renewal =
      TakeNext(ledger, Sign(Superseding(Again(EvidenceStatement("one", The("commitment-one-2"))), evidence, "renewal")));
  const auto retraction =
      TakeNext(ledger, Sign(Retraction("member:one", evidence.id(), {"one-1"}, ",\"validFrom\":" + TimeText(kSampleTime))));
  const auto fate = FateOf(ledger.registry, FactOf(ledger, evidence.id()), ledger.registry.size());
  EXPECT_EQ(fate.renewed_by, renewal);
  EXPECT_EQ(fate.corrected_by, std::nullopt);
  EXPECT_EQ(fate.retracted_by, retraction);
  EXPECT_EQ(fate.retracted_from, kSampleTime);
  EXPECT_EQ(FateOf(ledger.registry, FactOf(ledger, evidence.id()), retraction).retracted_by, std::nullopt);
}

TEST(Claims, FateTellsATaint) {
  Ledger ledger = WholeLog();
  const auto fact = FactOf(ledger, The("commitment-one-1").id());
  const auto size = ledger.registry.size();
  TakeNext(ledger, Sign(KeyRevocation("secretariat", "member:one", "one-1", "compromised", {"secretariat-1", "secretariat-2"})));
  EXPECT_TRUE(FateOf(ledger.registry, fact, size + 1).tainted);
  EXPECT_FALSE(FateOf(ledger.registry, fact, size).tainted);
}

TEST(Claims, AnOutcomeHasTheEffectThatItsOwnTimeDeclares) {
  Ledger ledger = WholeLog();
  EXPECT_EQ(EffectOfResult(ledger.registry, FactOf(ledger, The("result").id()), ledger.registry.size()), "negative");
  const auto good = Sign(Result());
  TakeNext(ledger, good);
  EXPECT_EQ(EffectOfResult(ledger.registry, FactOf(ledger, good.id()), ledger.registry.size()), "positive");
  const auto unheard = Sign(ResultStatement(The("engagement"), "splendid"));
  TakeNext(ledger, unheard);
  EXPECT_EQ(EffectOfResult(ledger.registry, FactOf(ledger, unheard.id()), ledger.registry.size()), "negative") << "undeclared";
}

TEST(Claims, APartyStandsAsItsNewestStatusSays) {
  Ledger ledger = WholeLog();
  const auto urn = SampleUrn("member:one");
  EXPECT_EQ(StandingOf(ledger.registry, urn, {ledger.registry.size(), kSampleTime}).effect, "neutral");
  EXPECT_EQ(StandingOf(ledger.registry, urn, {ledger.registry.size(), kSampleTime}).status, "");
  const auto suspension = TakeNext(ledger, Sign(StatusChange("member:one", "suspended", kSampleTime + kDay)));
  const auto withdrawal = TakeNext(ledger, Sign(Withdrawal("member:one", "one-1", kSampleTime + 2 * kDay)));
  const auto at = [&](std::int64_t date, std::uint64_t size) { return StandingOf(ledger.registry, urn, {size, date}); };
  EXPECT_EQ(at(kSampleTime, withdrawal + 1).status, "");
  EXPECT_EQ(at(kSampleTime + kDay, withdrawal + 1).status, "suspended");
  EXPECT_EQ(at(kSampleTime + kDay, withdrawal + 1).effect, "negative");
  EXPECT_EQ(at(kSampleTime + kDay, withdrawal + 1).status_index, suspension);
  EXPECT_EQ(at(kSampleTime + kDay, withdrawal + 1).withdrawn_by, std::nullopt);
  EXPECT_EQ(at(kSampleTime + 2 * kDay, withdrawal + 1).withdrawn_by, withdrawal);
  EXPECT_EQ(at(kSampleTime + 2 * kDay, withdrawal).withdrawn_by, std::nullopt);
  EXPECT_EQ(at(kSampleTime + kDay, suspension).status, "");
}

TEST(Claims, WhatEntitlesASignerIsFoundStepByStep) {
  const auto& registry = WholeLog().registry;
  const auto indices = [](std::initializer_list<std::string_view> labels) {
    std::set<std::uint64_t> found;
    for (const auto label : labels) found.insert(Alliance().IndexOf(label));
    return std::vector<std::uint64_t>(found.begin(), found.end());
  };
  const auto of = [&](std::string_view label) {
    return EntitledBy(registry, Alliance().IndexOf(label), *FactOf(WholeLog(), The(label).id()).entry);
  };
  EXPECT_EQ(of("genesis"), indices({}));
  EXPECT_EQ(of("principles"), indices({"genesis"}));
  EXPECT_EQ(of("admit-one"), indices({"genesis"}));
  EXPECT_EQ(of("key-one-1"), indices({"genesis", "admit-one"}));
  EXPECT_EQ(of("key-one-2"), indices({"admit-one", "key-one-1"}));
  EXPECT_EQ(of("commitment-one-1"), indices({"admit-one", "key-one-1"}));
  EXPECT_EQ(of("engagement"), indices({"admit-one", "key-one-1", "admit-south", "key-south-1", "accredit-south"}));
  EXPECT_EQ(of("result"), indices({"admit-south", "key-south-1", "accredit-south"}));
}

TEST(Claims, APartysHistoryIsWhatTheLogSaysOfIt) {
  Ledger ledger = WholeLog();
  const auto size = ledger.registry.size();
  const auto of = [&](std::string_view urn, std::uint64_t below) { return HistoryOf(ledger.registry, SampleUrn(urn), below); };
  const auto at = [](std::string_view label) { return Alliance().IndexOf(label); };
  using Indices = std::vector<std::uint64_t>;
  EXPECT_EQ(of("member:one", size), (Indices{at("admit-one"), at("key-one-1"), at("key-one-2")}));
  EXPECT_EQ(of("member:one", at("key-one-1")), Indices{at("admit-one")});
  EXPECT_EQ(of("secretariat", size), Indices{0});
  EXPECT_EQ(of("member:nobody", size), Indices());
  const auto status = TakeNext(ledger, Sign(StatusChange("member:one", "suspended")));
  const auto revocation =
      TakeNext(ledger, Sign(KeyRevocation("secretariat", "member:one", "one-2", "lost", {"secretariat-1", "secretariat-2"})));
  const auto withdrawal = TakeNext(ledger, Sign(Withdrawal("member:one", "one-1")));
  EXPECT_EQ(of("member:one", ledger.registry.size()),
            (Indices{at("admit-one"), at("key-one-1"), at("key-one-2"), status, revocation, withdrawal}));
  EXPECT_EQ(of("member:one", revocation), (Indices{at("admit-one"), at("key-one-1"), at("key-one-2"), status}));
}

}  // namespace
}  // namespace trustlog::registry
