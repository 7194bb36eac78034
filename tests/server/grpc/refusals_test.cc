// Bad input over a real channel (records.md 6.4 and 6.8, protocols.md G2, G5, G6, G8): the rows of client/registry's tests and the
// cases of intake_cases.h, each as one call and within a batch, over the log that it wants before it. What is refused has its
// reason, code and details, takes no index and does not hold up what comes after it.
#include <algorithm>
#include <map>
#include <set>

#include "tests/client/registry/order_rows.h"
#include "tests/client/registry/refusal_rows.h"
#include "tests/client/registry/taken_rows.h"
#include "tests/server/grpc/dated_log.h"
#include "tests/server/grpc/intake_cases.h"

namespace trustlog::rpc {
namespace {

using registry::The;

// A log that has been given what its cases want before them.
class Stage final {
 public:
  explicit Stage(const Case& first)
      : log_(support::kSampleOrigin, first.before.empty() ? first.at_ms : first.before.front().at_ms) {
    for (const auto& earlier : first.before) {
      log_.MoveTo(earlier.at_ms);
      const auto size = log_.size();
      const auto answer = log_.Add(earlier.record.envelope);
      EXPECT_EQ(answer.word, earlier.answer) << answer.message;
      if (answer.ok()) {
        EXPECT_EQ(answer.outcome.index(), size);
      }
    }
    log_.MoveTo(first.at_ms);
    now_ = static_cast<std::int64_t>(first.at_ms / 1'000);
  }

  void Expect(const Case& row) {
    SCOPED_TRACE(row.name);
    if (row.answer == "OK") return ExpectTaken(row);
    if (row.answer == "DUPLICATE") return ExpectDuplicate(row);
    const auto size = log_.size();
    ExpectRefused(row, log_.Add(row.envelope));
    EXPECT_EQ(log_.size(), size) << "a refusal takes no index";
    if (size == 0) return ExpectGenesisAfter(row);
    // Within a batch those around it are logged as if it were not there.
    std::vector<attest::Envelope> batch = {Good(), Good()};
    const std::size_t place = row.alone ? 0 : 1;
    batch.insert(batch.begin() + static_cast<std::ptrdiff_t>(place), row.envelope);
    auto answers = log_.AddAll(batch);
    ExpectRefused(row, answers[place]);
    answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(place));
    if (row.answer == "LOG_FROZEN") {
      EXPECT_EQ(answers[0].word, "LOG_FROZEN");
      EXPECT_EQ(log_.Add(The("genesis").envelope).word, "DUPLICATE");
      EXPECT_EQ(log_.size(), size);
      return;
    }
    for (const std::size_t item : {0, 1}) {
      EXPECT_EQ(answers[item].word, "OK") << answers[item].message;
      EXPECT_EQ(answers[item].outcome.index(), size + item);
    }
    EXPECT_EQ(log_.size(), size + 2);
  }

 private:
  static void ExpectRefused(const Case& row, const Answer& answer) {
    ExpectRefusedWith(answer, row.answer);
    if (row.detail.empty()) return;
    const auto& metadata = answer.info.metadata();
    ASSERT_TRUE(metadata.contains(row.detail)) << row.detail;
    EXPECT_EQ(metadata.at(row.detail), row.value);
  }
  void ExpectGenesisAfter(const Case& row) {
    const auto genesis = support::Sign(registry::IssuedAt(support::GenesisStatement(), now_));
    const auto answers = log_.AddAll({row.envelope, genesis.envelope});
    ExpectRefused(row, answers[0]);
    EXPECT_EQ(answers[1].word, "OK") << answers[1].message;
    EXPECT_EQ(answers[1].outcome.index(), 0U);
    EXPECT_EQ(log_.size(), 1U);
  }
  void ExpectTaken(const Case& row) {
    const auto size = log_.size();
    const auto answer = log_.Add(row.envelope);
    ASSERT_EQ(answer.word, "OK") << answer.message;
    EXPECT_EQ(answer.outcome.index(), size);
    EXPECT_EQ(answer.outcome.statement_id(), bytes::EncodeHex(attest::StatementId(row.envelope.payload)));
    EXPECT_EQ(static_cast<std::uint64_t>(answer.outcome.logged_at_ms()), row.at_ms);
    EXPECT_EQ(log_.size(), size + 1);
  }
  void ExpectDuplicate(const Case& row) {
    const auto size = log_.size();
    const auto id = attest::StatementId(row.envelope.payload);
    const auto first =
        std::find_if(row.before.begin(), row.before.end(), [&](const auto& logged) { return logged.record.id() == id; });
    ASSERT_NE(first, row.before.end());
    for (const auto& answer : {log_.Add(row.envelope), log_.AddAll({row.envelope})[0]}) {
      EXPECT_EQ(answer.word, "DUPLICATE") << answer.message;
      EXPECT_EQ(answer.outcome.index(), static_cast<std::uint64_t>(first - row.before.begin()));
    }
    EXPECT_EQ(log_.size(), size);
  }
  // A statement that is right in every state that the rows make, another one each time.
  attest::Envelope Good() {
    auto statement = registry::From(support::EvidenceStatement("two", The("commitment-two-1")), "secretariat");
    statement.signers = {"secretariat-1", "secretariat-2"};
    statement.issued_at = now_;
    statement.variant = ++good_;
    return support::Sign(statement).envelope;
  }

  DatedLog log_;
  std::int64_t now_ = 0;
  std::uint64_t good_ = 0;
};

// Cases that want the same log before them share it.
void RunCases(const std::vector<Case>& cases) {
  std::map<std::string, std::vector<const Case*>> by_stage;
  for (const auto& row : cases) {
    std::string key = std::to_string(row.at_ms) + (row.alone || row.before.empty() ? row.name : "");
    for (const auto& logged : row.before) key += bytes::EncodeHex(logged.record.id());
    by_stage[key].push_back(&row);
  }
  for (const auto& [key, rows] : by_stage) {
    SCOPED_TRACE(rows.front()->name);
    Stage stage(*rows.front());
    for (const Case* row : rows) stage.Expect(*row);
  }
}

TEST(Refusals, OfTheIntake) { RunCases(IntakeCases()); }
TEST(Refusals, OfAnEmptyLog) { RunCases(CasesOf(registry::RefusalsBeforeGenesis(), registry::Ledger())); }
TEST(Refusals, OfTheRules) { RunCases(CasesOf(registry::Refusals())); }
TEST(Refusals, OfTheRulesAfterEvents) { RunCases(CasesOf(registry::RefusalsAfterEvents())); }
TEST(Refusals, GiveTheReasonOfTheEarlierCheck) { RunCases(CasesOf(registry::EarlierChecks())); }

TEST(Refusals, MeetEveryPairOfAdjacentChecks) {
  std::vector<std::string> names;
  for (const auto& row : IntakeCases()) names.push_back(row.name);
  for (const auto& row : registry::EarlierChecks()) names.push_back(row.name);
  for (int check = 1; check < 27; ++check) {
    if (check == 4) continue;  // what is too large to be logged is not logged already
    const auto pair = std::to_string(check) + " before " + std::to_string(check + 1);
    EXPECT_TRUE(std::any_of(names.begin(), names.end(), [&](const auto& name) {
      return name == pair || name.starts_with(pair + ":");
    })) << pair;
  }
}

// Each reason of 6.8 with a case that provokes it. `trustlog help errors/REASON` has the reasons' texts.
const std::map<std::string, std::string>& CaseOfReason() {
  static const std::map<std::string, std::string> cases = {
      {"ENVELOPE_MALFORMED", "2: no signatures"},
      {"PAYLOAD_TYPE_UNSUPPORTED", "3: another type"},
      {"STATEMENT_MALFORMED", "7: no JSON"},
      {"DUPLICATE_MEMBER", "8: equal names"},
      {"SCHEMA_VIOLATION", "12: a member of another type"},
      {"TOO_LARGE", "4: 32,769 bytes of payload"},
      {"ALGORITHM_MISMATCH", "13: a key of another algorithm"},
      {"SIGNATURE_ENCODING", "17: 63 bytes"},
      {"SIGNATURE_INVALID", "17: over other bytes"},
      {"VALIDITY_INVERTED", "14: an end before the beginning"},
      {"VALIDITY_TOO_LONG", "a promise of more than maxCommitmentDays"},
      {"ISSUED_IN_FUTURE", "issued 301 s ahead"},
      {"KEY_UNKNOWN", "signed by a stranger"},
      {"KEY_REVOKED", "a revoked key"},
      {"KEY_EXPIRED", "key past its end"},
      {"KEY_PURPOSE", "a key without sign makes a promise"},
      {"THRESHOLD_NOT_MET", "secretariat below its threshold"},
      {"ISSUER_MISMATCH", "key of another party"},
      {"PARTY_UNKNOWN", "issuer not admitted"},
      {"MEMBER_NOT_ACTIVE", "a promise after withdrawal"},
      {"NOT_ACCREDITED", "auditor without accreditation"},
      {"ACCREDITATION_SCOPE", "principle outside the accreditation"},
      {"NOT_INDEPENDENT", "auditor and member of one group"},
      {"WRONG_LOG", "meant for another log"},
      {"GENESIS_ORDER", "a second genesis"},
      {"LOG_FROZEN", "after a freeze"},
      {"ISSUED_TOO_OLD", "issued a second too long ago"},
      {"REF_NOT_FOUND", "a set that is not logged"},
      {"REF_WRONG_KIND", "a promise on a promise"},
      {"REF_WRONG_PARTY", "an engagement on another's promise"},
      {"REF_RETRACTED", "a flow-down of a retracted promise"},
      {"SUPERSEDES_NOT_HEAD", "a second chain of promises"},
      {"PRINCIPLE_UNKNOWN", "a principle outside the set"},
      {"PRINCIPLE_SET_NOT_CURRENT", "a set that another has replaced"},
      {"PARTY_EXISTS", "a party admitted twice"},
      {"KEY_EXISTS", "a key registered twice"},
      {"VERSION_NOT_NEXT", "an authority version left out"},
      {"INDEX_HEAD_NOT_NEWER", "an index head below the newest"},
      {"KIND_UNKNOWN", "10: an unknown kind"},
      {"PERSONAL_DATA_SUSPECTED", "the lint: a person's address"},
  };
  return cases;
}

// The other reasons of the table in code, and why no statement provokes them.
const std::map<std::string, std::set<std::string>>& ReasonsOfNoStatement() {
  static const std::map<std::string, std::set<std::string>> reasons = {
      {"2.2 names no algorithm that is not built in; another name is a SCHEMA_VIOLATION", {"ALGORITHM_NOT_BUILT_IN"}},
      {"questions alone",
       {"PAGE_TOKEN_INVALID", "ARGUMENT_INVALID", "ENTRY_NOT_FOUND", "MEMBER_NOT_FOUND", "CHECKPOINT_NOT_FOUND",
        "STATEMENT_WITHHELD", "SIZE_NOT_PUBLISHED", "INDEX_OUT_OF_RANGE", "TOO_MANY_STREAMS", "STREAM_AGE"}},
      {"the node's state, whatever is submitted",
       {"QUOTA_EXCEEDED", "PUSHBACK", "LOG_DRAINING", "STOPPED", "READ_ONLY", "OUTCOME_UNKNOWN", "PUBLISH_PENDING", "DEADLINE",
        "CORRUPTION", "INTERNAL"}},
  };
  return reasons;
}

TEST(Refusals, MeetEveryReasonOfTheTable) {
  std::set<std::string> all, expected;
  for (const auto& info : bytes::AllReasons()) all.insert(std::string(info.word));
  for (const auto& [reason, name] : CaseOfReason()) expected.insert(reason);
  for (const auto& [why, reasons] : ReasonsOfNoStatement()) {
    for (const auto& reason : reasons) EXPECT_TRUE(expected.insert(reason).second) << reason;
  }
  EXPECT_EQ(expected, all);
  auto cases = IntakeCases();
  for (const auto* rows : {&registry::Refusals(), &registry::RefusalsAfterEvents()}) {
    for (auto& row : CasesOf(*rows)) cases.push_back(std::move(row));
  }
  std::vector<Case> chosen;
  for (const auto& expected_case : CaseOfReason()) {
    const std::string& name = expected_case.second;
    const auto found = std::find_if(cases.begin(), cases.end(), [&name](const Case& row) { return row.name == name; });
    ASSERT_NE(found, cases.end()) << name;
    EXPECT_EQ(found->answer, expected_case.first) << name;
    chosen.push_back(*found);
  }
  RunCases(chosen);
}

// G8: negative results, objections, retractions and every other kind, whatever they say.
TEST(Taken, EveryKind) { RunCases(CasesOf(registry::EveryKind())); }
TEST(Taken, JustWithinTheRules) { RunCases(CasesOf(registry::JustWithin())); }
TEST(Taken, WhateverTheOutcomeSays) { RunCases(CasesOf(registry::WhateverTheOutcomeSays())); }

}  // namespace
}  // namespace trustlog::rpc
