// Checks 6-27 of records.md 6.4 as this version has them: each reason, the order of reasons, and what is never refused.
#include "client/registry/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/registry/slots.h"
#include "client/registry/state.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/order_rows.h"
#include "tests/client/registry/refusal_rows.h"
#include "tests/client/registry/taken_rows.h"

namespace trustlog::registry {
namespace {

TEST(Rules, RefuseEachViolationWithItsReason) { RunRows(Refusals()); }

TEST(Rules, RefuseAfterEventsWithTheReason) { RunRows(RefusalsAfterEvents()); }

TEST(Rules, MeetEveryReasonThatThisVersionCanGive) {
  std::set<std::string> met;
  for (const Row& row : Refusals()) met.insert(row.answer);
  for (const Row& row : RefusalsAfterEvents()) met.insert(row.answer);
  const std::set<std::string> expected = {"LOG_FROZEN",          "GENESIS_ORDER",
                                          "KEY_REVOKED",         "MEMBER_NOT_ACTIVE",
                                          "REF_RETRACTED",       "VERSION_NOT_NEXT",
                                          "SCHEMA_VIOLATION",    "INDEX_HEAD_NOT_NEWER",
                                          "WRONG_LOG",           "KEY_UNKNOWN",
                                          "ISSUED_IN_FUTURE",    "ISSUED_TOO_OLD",
                                          "PARTY_UNKNOWN",       "ISSUER_MISMATCH",
                                          "KEY_EXPIRED",         "KEY_PURPOSE",
                                          "THRESHOLD_NOT_MET",   "NOT_ACCREDITED",
                                          "ACCREDITATION_SCOPE", "NOT_INDEPENDENT",
                                          "REF_NOT_FOUND",       "REF_WRONG_KIND",
                                          "REF_WRONG_PARTY",     "PRINCIPLE_UNKNOWN",
                                          "SUPERSEDES_NOT_HEAD", "PARTY_EXISTS",
                                          "KEY_EXISTS",          "PRINCIPLE_SET_NOT_CURRENT",
                                          "VALIDITY_TOO_LONG"};
  EXPECT_EQ(met, expected);
}

TEST(Rules, TakeEveryKindOfRecord) { RunRows(EveryKind()); }

TEST(Rules, TakeWhatIsJustWithinThem) { RunRows(JustWithin()); }

TEST(Rules, NeverRefuseAnOutcomeForWhatItSays) { RunRows(WhateverTheOutcomeSays()); }

TEST(Rules, GiveTheReasonOfTheEarlierCheck) { RunRows(EarlierChecks()); }

TEST(Rules, TakeOnlyGenesisFirst) {
  RunRows({{"genesis", "OK", [](Ledger&) { return The("genesis"); }}}, Ledger());
  RunRows(RefusalsBeforeGenesis(), Ledger());
}

TEST(Rules, EndAReplacedKeyAtTheEarlierOfItsOwnEndAndTheOverlap) {
  const auto replacing = [](std::int64_t overlap_until) {
    return Sign(Replaced(KeyStatement("member:one", "second", "\"sign\"", {"one-1"}), "\"purposes\"",
                         "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("first").public_key().id()) +
                             "\",\"overlapUntil\":" + TimeText(overlap_until) + "},\"purposes\""));
  };
  for (const auto overlap : {kNow - 10, kNow, kNow + 10}) {
    Ledger ledger = WholeLog();
    ledger.Take(Sign(Replaced(KeyStatement("member:one", "first", "\"sign\"", {"one-1"}), "\"purposes\"",
                              "\"validUntil\":" + TimeText(kNow) + ",\"purposes\"")),
                1'000 * kSampleTime + 30'000);
    ledger.Take(replacing(overlap), 1'000 * kSampleTime + 30'000);
    EXPECT_EQ(ledger.registry.FindKey(SampleKey("first").public_key().id())->valid_until, std::min(overlap, kNow));
  }
}

TEST(Rules, RecordWhichAdminKeysAuthoriseAKey) {
  State state;
  state.log.context.origin = kSampleOrigin;
  for (std::uint64_t i = 0; i < Alliance().size(); ++i) {
    const auto& record = Alliance().records()[i].record;
    Accept(state, {i, &record.entry, &record.statement});
  }
  const std::vector<keys::KeyId> by_party = {SampleKey("one-1").public_key().id()};
  struct Case {
    std::vector<std::string> sponsors;
    std::vector<keys::KeyId> authorising;
  };
  const std::vector<Case> cases = {
      {{"one-1"}, by_party},
      {{"secretariat-1", "secretariat-2"}, {}},
      {{"one-1", "secretariat-2"}, by_party},
      {{"one-1", "secretariat-1", "secretariat-2"}, {}},  // the secretariat's threshold comes first (6.3)
  };
  for (const Case& row : cases) {
    const auto record = Sign(KeyStatement("member:one", "new", "\"sign\"", row.sponsors));
    EXPECT_EQ(AuthorisingKeys(state, {Alliance().size(), &record.entry, &record.statement}), row.authorising);
  }
}

// 6.7: a compromised key takes with it what it let in.
TEST(Rules, RevokeWhatACompromisedKeyLetIn) {
  const auto key_of = [](const Ledger& ledger, std::string_view name) {
    return *ledger.registry.FindKey(SampleKey(name).public_key().id());
  };
  Ledger ledger = WholeLog();
  const auto admin = [](std::string_view key, std::vector<std::string> sponsors) {
    return Sign(KeyStatement("member:one", key, "\"admin\",\"sign\"", std::move(sponsors)));
  };
  const auto first = ledger.registry.size();
  ledger.Take(admin("second", {"one-1"}), kSoon);                           // first
  ledger.Take(admin("third", {"second"}), kSoon);                           // first + 1
  ledger.Take(admin("by-two", {"one-1", "third"}), kSoon);                  // first + 2
  ledger.Take(admin("safe", {"secretariat-1", "secretariat-2"}), kSoon);    // first + 3
  ledger.Take(admin("by-safe", {"second", "safe"}), kSoon);                 // first + 4
  const auto at = ledger.registry.size();
  ledger.Take(Sign(KeyRevocation("member:one", "member:one", "one-1", "compromised", {"safe"},
                                 ",\"invalidSince\":" + std::to_string(first))),
              kSoon);
  const auto compromised = [&](std::string_view key, std::uint64_t since) {
    const auto info = key_of(ledger, key);
    return info.compromised() && info.revocations.back().index == at && info.revocations.back().invalid_since == since;
  };
  EXPECT_TRUE(compromised("one-1", first));
  EXPECT_TRUE(compromised("second", first + 1));
  EXPECT_TRUE(compromised("third", first + 2));
  EXPECT_TRUE(compromised("by-two", first + 3));
  EXPECT_FALSE(key_of(ledger, "safe").revoked());
  EXPECT_FALSE(key_of(ledger, "by-safe").revoked());  // one of its sponsors is sound
  EXPECT_FALSE(key_of(ledger, "one-2").revoked());    // let in before
}

TEST(Rules, KnowWhichEntriesNoStatementDerivesTo) {
  struct Case {
    std::string name;
    std::string label;
    std::function<void(attest::Entry&)> spoil;
    bool derivable = false;
  };
  const std::vector<Case> cases = {
      {"a promise", "commitment-one-1", [](attest::Entry&) {}, true},
      {"an engagement", "engagement", [](attest::Entry&) {}, true},
      {"a result", "result", [](attest::Entry&) {}, true},
      {"evidence", "evidence", [](attest::Entry&) {}, true},
      {"an authority record", "principles", [](attest::Entry&) {}},
      {"a promise without subject", "commitment-one-1", [](attest::Entry& e) { e.subjects.clear(); }},
      {"a promise about another", "commitment-one-1", [](attest::Entry& e) { e.subjects = {SampleUrn("member:two")}; }},
      {"a promise on two principles", "commitment-one-1",
       [](attest::Entry& e) {
         e.principles = {1, 2};
       }},
      {"a promise without set", "commitment-one-1", [](attest::Entry& e) { e.refs.clear(); }},
      {"a promise without document", "commitment-one-1", [](attest::Entry& e) { e.artifacts.clear(); }},
      {"a promise that supersedes two", "commitment-one-1",
       [](attest::Entry& e) {
         e.refs.insert(e.refs.begin(), {{attest::Rel::kRenews, {}}, {attest::Rel::kCorrects, {}}});
       }},
      {"an engagement with two members", "engagement", [](attest::Entry& e) { e.subjects.push_back(SampleUrn("member:two")); }},
      {"an engagement on nothing", "engagement", [](attest::Entry& e) { e.refs.clear(); }},
      {"a result without engagement", "result",
       [](attest::Entry& e) { std::erase_if(e.refs, [](const attest::Ref& ref) { return ref.rel == attest::Rel::kEngagement; }); }},
      {"evidence about nobody", "evidence", [](attest::Entry& e) { e.subjects.clear(); }},
      {"evidence for an engagement rel", "evidence",
       [](attest::Entry& e) {
         e.refs = {{attest::Rel::kEngagement, {}}};
       }},
  };
  for (const Case& row : cases) {
    auto entry = The(row.label).entry;
    row.spoil(entry);
    EXPECT_EQ(IsDerivable(entry), row.derivable) << row.name;
  }
}

}  // namespace
}  // namespace trustlog::registry
