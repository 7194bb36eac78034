// What a log contains, applied record by record: what counts, what is void, and what is remembered of it.
#include "client/registry/registry.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "client/registry/draft.h"
#include "tests/client/registry/ledger.h"

namespace trustlog::registry {
namespace {

using support::SampleAlliance;
using support::SampleKey;
using support::SampleUrn;

const SampleAlliance& Alliance() {
  static const SampleAlliance alliance;
  return alliance;
}

// Facts that cannot be read.
class BrokenFacts final : public FactSource {
 public:
  absl::StatusOr<std::optional<Fact>> ById(const attest::Id&) const override { return absl::UnavailableError("no database"); }
  absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t) const override {
    return absl::UnavailableError("no database");
  }
};

TEST(Registry, TakesTheWholeAlliance) {
  const auto ledger = Ledger::Before(Alliance(), "");
  EXPECT_EQ(ledger.registry.size(), Alliance().size());
  EXPECT_TRUE(ledger.registry.violations().empty());
  EXPECT_EQ(ledger.registry.last_logged_at_ms(), SampleAlliance::LoggedAtMs(Alliance().size() - 1));
  EXPECT_EQ(ledger.registry.max_statement_age_days(), 366);
  EXPECT_EQ(ledger.registry.context().type_base, support::kSampleTypeBase);
  EXPECT_EQ(ledger.registry.context().urn_prefix, support::kSampleUrnPrefix);
  EXPECT_FALSE(ledger.registry.frozen());
}

TEST(Registry, AnswersWhoIsWho) {
  const auto ledger = Ledger::Before(Alliance(), "");
  const auto north = ledger.registry.FindParty(SampleUrn("auditor:north"));
  ASSERT_TRUE(north.has_value());
  EXPECT_EQ(north->role, "auditor");
  EXPECT_EQ(north->group, "north-group");
  EXPECT_EQ(north->admitted_at, Alliance().IndexOf("admit-north"));
  EXPECT_FALSE(ledger.registry.FindParty(SampleUrn("auditor:west")).has_value());
  EXPECT_FALSE(ledger.registry.FindParty(SampleUrn("secretariat")).has_value());  // a role is no party

  std::vector<std::string> urns;
  for (const auto& party : ledger.registry.Parties()) urns.push_back(party.urn);
  EXPECT_EQ(urns, (std::vector<std::string>{SampleUrn("auditor:north"), SampleUrn("auditor:south"), SampleUrn("member:one"),
                                            SampleUrn("member:three"), SampleUrn("member:two"), SampleUrn("monitor:public")}));
}

TEST(Registry, FindsKeysByIdAndByOwner) {
  const auto ledger = Ledger::Before(Alliance(), "");
  const auto first = SampleKey("one-1").public_key(), second = SampleKey("one-2").public_key();
  const auto found = ledger.registry.FindKey(second.id());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->key, second);
  EXPECT_EQ(found->owner, SampleUrn("member:one"));
  EXPECT_TRUE(found->sign);
  EXPECT_FALSE(found->admin);
  EXPECT_EQ(found->registered_at, Alliance().IndexOf("key-one-2"));
  EXPECT_FALSE(found->revoked());
  EXPECT_EQ(ledger.registry.FindKey(SampleKey("root-1").public_key().id())->owner, SampleUrn("root"));
  EXPECT_FALSE(ledger.registry.FindKey(SampleKey("stranger").public_key().id()).has_value());

  const auto keys = ledger.registry.KeysOf(SampleUrn("member:one"), 8);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].key.id(), std::min(first.id(), second.id()));
  EXPECT_EQ(keys[1].key.id(), std::max(first.id(), second.id()));
  EXPECT_EQ(ledger.registry.KeysOf(SampleUrn("member:one"), 1).size(), 1U);
  EXPECT_EQ(ledger.registry.KeysOf(SampleUrn("secretariat"), 8).size(), 3U);
  EXPECT_TRUE(ledger.registry.KeysOf(SampleUrn("member:ghost"), 8).empty());
}

TEST(Registry, CountsChangesOfTheKeySetAndNothingElse) {
  auto ledger = Ledger::Before(Alliance(), "key-one-2");
  const auto before = ledger.registry.key_set_version();
  ledger.Take(Alliance()["key-one-2"], SampleAlliance::LoggedAtMs(ledger.registry.size()));
  const auto after = ledger.registry.key_set_version();
  EXPECT_NE(after, before);
  ledger.Take(Alliance()["accredit-south"], SampleAlliance::LoggedAtMs(ledger.registry.size()));
  EXPECT_EQ(ledger.registry.key_set_version(), after);
}

struct Flaw {
  std::string name;
  std::function<void(Replayed&)> spoil;
  std::string reason;
};

// A promise as the next record after the whole alliance.
Replayed NextPromise(const Ledger& ledger) {
  return ledger.AsReplayed(Sign(support::CommitmentStatement("one", 4, Alliance()["principles"])),
                           SampleAlliance::LoggedAtMs(ledger.registry.size()));
}

TEST(Registry, CallsVoidWhatTheRulesRefuse) {
  const std::vector<Flaw> flaws = {
      {"does not decode", [](Replayed& r) { r.entry = absl::InvalidArgumentError("cut short"); }, "ENTRY_MALFORMED"},
      {"logged before", [](Replayed& r) { r.entry->statement_id = Alliance()["evidence"].id(); }, "DUPLICATE"},
      {"another code than its statement", [](Replayed& r) { r.entry->code = "gold"; }, "DERIVATION"},
      {"another kind than its statement", [](Replayed& r) { r.entry->kind = attest::Kind::kEvidence; }, "DERIVATION"},
      {"another validity than its statement", [](Replayed& r) { ++r.entry->valid_until; }, "DERIVATION"},
      {"an authority record without statement",
       [](Replayed& r) {
         const auto logged_at_ms = r.entry->logged_at_ms;
         r.entry = Alliance()["principles"].entry;
         r.entry->logged_at_ms = logged_at_ms;
         r.entry->statement_id[0] ^= 1;
         r.statement = Withheld{};
       },
       "STATEMENT_MISSING"},
      {"a withheld claim that no statement derives to",
       [](Replayed& r) {
         r.statement = Withheld{};
         r.entry->refs.clear();
       },
       "DERIVATION"},
      {"a statement that the schema refuses",
       [](Replayed& r) { r.statement = Malformed{bytes::Refuse(bytes::Reason::kSchemaViolation, "x")}; }, "SCHEMA_VIOLATION"},
      {"bytes that are not the statement", [](Replayed& r) { r.statement = Malformed{absl::DataLossError("another digest")}; },
       "DERIVATION"},
      {"a bad signature", [](Replayed& r) { r.signatures = bytes::Refuse(bytes::Reason::kSignatureInvalid, "x"); },
       "SIGNATURE_INVALID"},
      {"a signature of unknown form", [](Replayed& r) { r.signatures = bytes::Refuse(bytes::Reason::kSignatureEncoding, "x"); },
       "SIGNATURE_ENCODING"},
      {"a key that is not known at its place",
       [](Replayed& r) { r.entry->signatures.front().key_id = SampleKey("stranger").public_key().id(); }, "KEY_UNKNOWN"},
      {"a key of another party", [](Replayed& r) { r.entry->signatures.front().key_id = SampleKey("two-1").public_key().id(); },
       "ISSUER_MISMATCH"},
  };
  for (const Flaw& flaw : flaws) {
    SCOPED_TRACE(flaw.name);
    auto ledger = Ledger::Before(Alliance(), "");
    const auto size = ledger.registry.size();
    const auto last_logged_at_ms = ledger.registry.last_logged_at_ms();
    auto replayed = NextPromise(ledger);
    flaw.spoil(replayed);
    EXPECT_EQ(ledger.Log(replayed), flaw.reason);
    EXPECT_EQ(ledger.registry.last_logged_at_ms(), replayed.entry.ok() ? replayed.entry->logged_at_ms : last_logged_at_ms);
    EXPECT_EQ(ledger.registry.size(), size + 1);
    EXPECT_TRUE(ledger.registry.IsVoid(size));
    EXPECT_FALSE(ledger.registry.IsVoid(size - 1));
    ASSERT_EQ(ledger.registry.violations().size(), 1U);
    EXPECT_EQ(ledger.registry.violations().front(), (Violation{size, flaw.reason, true}));
    // No effect: the chain of (one, 4) has not begun.
    auto promise = support::CommitmentStatement("one", 4, Alliance()["principles"]);
    promise.variant = 1;
    ledger.Take(Sign(promise), SampleAlliance::LoggedAtMs(size + 1));
  }
}

TEST(Registry, TakesAWithheldClaimForWhatItsEntrySays) {
  auto ledger = Ledger::Before(Alliance(), "");
  auto withheld = NextPromise(ledger);
  withheld.statement = Withheld{};
  EXPECT_EQ(ledger.Log(withheld), "OK");
  auto second = support::CommitmentStatement("one", 4, Alliance()["principles"]);
  second.variant = 1;
  EXPECT_EQ(WordOf(ledger.Check(Sign(second), support::kSampleTime + 60)), "SUPERSEDES_NOT_HEAD");
}

TEST(Registry, DecidesTheSameAfterAnyClaimIsWithheld) {
  auto whole = Ledger::Before(Alliance(), ""), held = Ledger();
  for (const auto& [label, record] : Alliance().records()) {
    auto replayed = held.AsReplayed(record, SampleAlliance::LoggedAtMs(held.registry.size()));
    if (attest::IsWithholdable(record.entry.kind)) replayed.statement = Withheld{};
    EXPECT_EQ(held.Log(replayed), "OK") << label;
  }
  EXPECT_EQ(held.Bytes(), whole.Bytes());
}

TEST(Registry, NotesATimeThatFallsAndTakesTheRecord) {
  auto ledger = Ledger::Before(Alliance(), "");
  auto replayed = NextPromise(ledger);
  replayed.entry->logged_at_ms = ledger.registry.last_logged_at_ms() - 1;
  EXPECT_EQ(ledger.Log(replayed), "TIME_FELL");
  const auto index = replayed.index;
  EXPECT_EQ(ledger.registry.violations().back(), (Violation{index, "TIME_FELL", false}));
  EXPECT_FALSE(ledger.registry.IsVoid(index));
  EXPECT_EQ(ledger.registry.last_logged_at_ms(), replayed.entry->logged_at_ms);
  ledger.Take(Sign(support::EvidenceStatement("one", Sign(support::CommitmentStatement("one", 4, Alliance()["principles"])))),
              SampleAlliance::LoggedAtMs(index + 1));
}

TEST(Registry, NotesBothFaultsOfOneRecord) {
  auto ledger = Ledger::Before(Alliance(), "");
  auto replayed = NextPromise(ledger);
  replayed.entry->logged_at_ms = 0;
  replayed.signatures = bytes::Refuse(bytes::Reason::kSignatureInvalid, "x");
  EXPECT_EQ(ledger.Log(replayed), "SIGNATURE_INVALID");
  EXPECT_EQ(ledger.registry.violations().size(), 2U);
  EXPECT_TRUE(ledger.registry.IsVoid(replayed.index));
}

TEST(Registry, TakesNothingAfterAGenesisThatIsVoid) {
  Ledger ledger;
  auto genesis = ledger.AsReplayed(Alliance()["genesis"], SampleAlliance::LoggedAtMs(0));
  genesis.signatures = bytes::Refuse(bytes::Reason::kSignatureInvalid, "x");
  EXPECT_EQ(ledger.Log(genesis), "SIGNATURE_INVALID");
  EXPECT_EQ(ledger.Log(ledger.AsReplayed(Alliance()["principles"], SampleAlliance::LoggedAtMs(1))), "GENESIS_ORDER");
  auto again = support::GenesisStatement();
  again.variant = 1;
  EXPECT_EQ(ledger.Log(ledger.AsReplayed(Sign(again), SampleAlliance::LoggedAtMs(2))), "GENESIS_ORDER");
}

TEST(Registry, ChangesNothingWhenTheFactsCannotBeRead) {
  auto ledger = Ledger::Before(Alliance(), "");
  const auto before = ledger.Bytes();
  const BrokenFacts broken;
  EXPECT_EQ(ledger.registry.Apply(NextPromise(ledger), broken).code(), absl::StatusCode::kUnavailable);
  const auto next = NextPromise(ledger);
  const Record record{next.index, &*next.entry, &std::get<attest::Statement>(next.statement)};
  EXPECT_EQ(ledger.registry.Check(record, broken).code(), absl::StatusCode::kUnavailable);
  Draft draft(ledger.registry);
  EXPECT_EQ(draft.Add(record, broken).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(draft.size(), ledger.registry.size());
  EXPECT_EQ(ledger.Bytes(), before);
}

TEST(Registry, RefusesARecordOutOfTurn) {
  auto ledger = Ledger::Before(Alliance(), "");
  auto next = NextPromise(ledger);
  ++next.index;
  const auto before = ledger.Bytes();
  EXPECT_EQ(ledger.registry.Apply(next, ledger.facts).code(), absl::StatusCode::kInternal);
  const Record record{next.index, &*next.entry, &std::get<attest::Statement>(next.statement)};
  EXPECT_EQ(ledger.registry.Check(record, ledger.facts).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ledger.Bytes(), before);
}

TEST(Registry, RefusesToJudgeAnAuthorityRecordWithoutItsStatement) {
  for (const auto* label : {"genesis", "principles", "admit-one", "key-one-1", "accredit-south"}) {
    const auto ledger = Ledger::Before(Alliance(), label);
    const Record record{ledger.registry.size(), &Alliance()[label].entry, nullptr};
    EXPECT_EQ(ledger.registry.Check(record, ledger.facts).code(), absl::StatusCode::kInternal) << label;
  }
}

TEST(Registry, KnowsOnlyRecordsBelowTheOneAtHand) {
  // A source that knows the whole log: a later record is no reference yet, and the record itself no duplicate.
  Ledger ledger;
  for (const auto& [label, record] : Alliance().records()) ledger.facts.Add(Alliance().IndexOf(label), record.entry);
  for (const auto& [label, record] : Alliance().records()) {
    EXPECT_EQ(ledger.Log(ledger.AsReplayed(record, SampleAlliance::LoggedAtMs(ledger.registry.size()))), "OK") << label;
  }
  auto early = Ledger::Before(Alliance(), "commitment-one-1");
  early.facts.Add(1'000, Sign(support::CommitmentStatement("one", 4, Alliance()["principles"])).entry);
  const auto refers =
      Sign(support::EvidenceStatement("one", Sign(support::CommitmentStatement("one", 4, Alliance()["principles"]))));
  EXPECT_EQ(WordOf(early.Check(refers, support::kSampleTime + 60)), "REF_NOT_FOUND");
}

TEST(Registry, CopiesAreIndependent) {
  auto ledger = Ledger::Before(Alliance(), "result");
  auto copy = ledger;
  const auto before = ledger.Bytes();
  copy.Take(Alliance()["result"], SampleAlliance::LoggedAtMs(copy.registry.size()));
  EXPECT_EQ(ledger.Bytes(), before);
  EXPECT_NE(copy.Bytes(), before);
}

TEST(MemoryFacts, KeepTheFirstRecordOfAnId) {
  MemoryFacts facts;
  facts.Add(3, Alliance()["evidence"].entry);
  facts.Add(9, Alliance()["evidence"].entry);
  const auto found = facts.ById(Alliance()["evidence"].id());
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->index, 3U);
  EXPECT_EQ(*(*found)->entry, Alliance()["evidence"].entry);
  EXPECT_FALSE(facts.ById(Alliance()["result"].id())->has_value());
}

}  // namespace
}  // namespace trustlog::registry
