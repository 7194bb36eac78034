#include "client/follow/status_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "client/follow/replay.h"
#include "client/registry/entitlement.h"
#include "client/registry/memory_facts.h"
#include "tests/support/sample_records.h"
#include "tests/support/served_batch.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::follow {
namespace {

using registry::Completeness;
using registry::StatusBundle;
using registry::Verdict;
using testing::SyntheticLog;

constexpr std::int64_t kNow = SyntheticLog::kTime + 60;
constexpr std::int64_t kDecember = 1'796'083'200;  // 2026-12-01T00:00:00Z
const std::string kMember = "urn:tta:member:example-one";

// The log of the vectors, replayed.
class StatusBundleTest : public ::testing::Test {
 protected:
  StatusBundleTest() : log_(testing::kVectorOrigin), replay_(testing::kVectorOrigin, workers_), policy_(log_.Policy()) {
    for (const auto& [entry, statement] : testing::VectorRecords()) {
      log_.Append(entry, statement);
      facts_.Add(log_.size() - 1, *attest::DecodeEntry(entry));
    }
    const auto step = replay_.Follow(testing::BatchOf(log_, 0, log_.size(), replay_.registry().context(), workers_));
    EXPECT_TRUE(step.stopped.ok());
    EXPECT_TRUE(replay_.registry().violations().empty());
  }

  // `size`: of the question; the proofs are of the whole log.
  StatusBundle Make(std::uint8_t principle, std::int64_t date, std::uint64_t size, Completeness completeness = Completeness::kNone,
                    const std::string& member = kMember) const {
    StatusBundle bundle;
    bundle.origin = log_.origin();
    bundle.question = {member, principle, {size, date}};
    bundle.answer = registry::Evaluate(replay_.registry(), facts_, bundle.question).value();
    bundle.completeness = completeness;
    if (completeness == Completeness::kPrefix) {
      for (std::uint64_t i = 0; i < size; ++i) bundle.records.push_back({i, log_.entry(i), log_.statement(i), ""});
      bundle.checkpoint = log_.Checkpoint(size);
      return bundle;
    }
    const auto indices = registry::RecordsForVerdict(replay_.registry(), facts_, bundle.question, bundle.answer).value();
    for (const auto i : indices) bundle.records.push_back({i, log_.entry(i), log_.statement(i), log_.TlogProof(i, log_.size())});
    return bundle;
  }
  StatusReport Verify(const StatusBundle& bundle) const { return VerifyStatusBundle(bundle, {.policy = &policy_, .now = kNow}); }

  SyntheticLog log_;
  Workers workers_;
  Replay replay_;
  registry::MemoryFacts facts_;
  tlog::Policy policy_;
};

std::string Lines(const StatusReport& report) {
  std::string lines;
  for (const auto& check : report.checks) lines += check.name + ": " + check.detail + "\n";
  return lines;
}

TEST_F(StatusBundleTest, EveryQuestionIsAnsweredFromItsFileAlone) {
  std::map<Verdict, int> verdicts;
  for (const auto completeness : {Completeness::kNone, Completeness::kPrefix}) {
    for (std::uint64_t size = 1; size <= log_.size(); ++size) {
      for (std::uint8_t principle = 1; principle <= 5; ++principle) {
        for (const auto date : {kDecember, kDecember + 10 * 86'400, kDecember + 800 * 86'400}) {
          const auto bundle = Make(principle, date, size, completeness);
          const auto file = registry::FormatStatusBundle(bundle);
          const auto parsed = ParseStatusBundle(file);
          ASSERT_TRUE(parsed.ok()) << parsed.status();
          EXPECT_EQ(*parsed, bundle);
          const auto report = Verify(*parsed);
          EXPECT_FALSE(report.failure.has_value()) << size << " " << int{principle} << "\n" << Lines(report);
          ++verdicts[bundle.answer.verdict];
        }
      }
    }
  }
  for (const auto verdict : {Verdict::kNone, Verdict::kSelfAttested, Verdict::kAuditedQualified, Verdict::kNegative,
                             Verdict::kLapsed, Verdict::kSuspended, Verdict::kDisputed}) {
    EXPECT_GT(verdicts[verdict], 0) << VerdictName(verdict);
  }
}

TEST_F(StatusBundleTest, OfAMemberThatIsNotThereTheAnswerIsNone) {
  const auto bundle = Make(3, kDecember, 20, Completeness::kNone, "urn:tta:member:nobody");
  EXPECT_EQ(bundle.answer.verdict, Verdict::kNone);
  EXPECT_FALSE(Verify(bundle).failure.has_value());
}

TEST_F(StatusBundleTest, SaysWhatIsNotExcluded) {
  const auto partial = Verify(Make(3, kDecember, 19)), whole = Verify(Make(3, kDecember, 19, Completeness::kPrefix));
  EXPECT_EQ(partial.checks.back().detail, "later or contrary records are not excluded");
  EXPECT_EQ(partial.checks.back().result, CheckResult::kSkipped);
  EXPECT_EQ(whole.checks.back().result, CheckResult::kOk);
}

TEST_F(StatusBundleTest, AClaimWithoutItsStatementCountsAndIsNamed) {
  auto bundle = Make(3, kDecember, 19);
  bool is_withheld = false;
  for (auto& record : bundle.records) {
    if (!attest::IsWithholdable(attest::DecodeEntry(record.entry)->kind)) continue;
    record.statement.reset();
    is_withheld = true;
  }
  ASSERT_TRUE(is_withheld);
  const auto report = Verify(bundle);
  EXPECT_FALSE(report.failure.has_value()) << Lines(report);
  EXPECT_THAT(Lines(report), ::testing::HasSubstr("not in the file: theirs are not checked"));
}

TEST_F(StatusBundleTest, EachLieIsFound) {
  struct Lie {
    const char* name;
    std::function<void(StatusBundle&)> tell;
    CheckCode code;
  };
  const auto result = [](StatusBundle& b) -> registry::StatusRecord& {
    return *std::find_if(b.records.begin(), b.records.end(),
                         [](const auto& r) { return attest::DecodeEntry(r.entry)->kind == attest::Kind::kAuditResult; });
  };
  const Lie lies[] = {
      {"a better verdict", [](StatusBundle& b) { b.answer.verdict = Verdict::kAudited; }, CheckCode::kVerdictMismatch},
      {"a deciding record less", [](StatusBundle& b) { b.answer.deciding.pop_back(); }, CheckCode::kVerdictMismatch},
      {"a note more",
       [](StatusBundle& b) {
         b.answer.notes.push_back({3, registry::Part::kObjection});
       },
       CheckCode::kVerdictMismatch},
      {"another date", [](StatusBundle& b) { b.question.as_of.date += 900 * 86'400; }, CheckCode::kVerdictMismatch},
      {"another principle", [](StatusBundle& b) { b.question.principle = 4; }, CheckCode::kVerdictMismatch},
      {"another member", [](StatusBundle& b) { b.question.member = "urn:tta:member:example-two"; }, CheckCode::kVerdictMismatch},
      {"the deciding result left out",
       [](StatusBundle& b) { std::erase_if(b.records, [](const auto& r) { return r.index == 18; }); }, CheckCode::kVerdictMismatch},
      {"the result left out that it corrects", [&](StatusBundle& b) { std::erase(b.records, result(b)); }, CheckCode::kRecordVoid},
      {"genesis left out", [](StatusBundle& b) { b.records.erase(b.records.begin()); }, CheckCode::kRecordVoid},
      {"another log", [](StatusBundle& b) { b.origin = "log.example/other"; }, CheckCode::kOtherLog},
      {"a record of another index", [&](StatusBundle& b) { ++result(b).index; }, CheckCode::kFileMalformed},
      {"another entry", [&](StatusBundle& b) { result(b).entry = b.records.front().entry; }, CheckCode::kProofRootMismatch},
      {"another statement", [&](StatusBundle& b) { result(b).statement = b.records.front().statement; },
       CheckCode::kStatementMismatch},
      {"an authority record without its statement", [](StatusBundle& b) { b.records.front().statement.reset(); },
       CheckCode::kRecordVoid},
      {"a size beyond the checkpoint", [](StatusBundle& b) { b.question.as_of.size = 30; }, CheckCode::kProofRootMismatch},
      {"two checkpoints",
       [this](StatusBundle& b) { b.records.back().proof = log_.TlogProof(b.records.back().index, log_.size() - 1); },
       CheckCode::kFileMalformed},
  };
  for (const auto& lie : lies) {
    auto bundle = Make(3, kDecember, 19);
    ASSERT_EQ(bundle.answer.verdict, Verdict::kAuditedQualified);
    ASSERT_FALSE(Verify(bundle).failure.has_value());
    lie.tell(bundle);
    const auto report = Verify(bundle);
    EXPECT_EQ(report.failure, lie.code) << lie.name << "\n" << Lines(report);
  }
  auto prefix = Make(3, kDecember, 19, Completeness::kPrefix);
  prefix.records[9].entry = prefix.records[10].entry;
  EXPECT_EQ(Verify(prefix).failure, CheckCode::kProofRootMismatch);
  prefix = Make(3, kDecember, 19, Completeness::kPrefix);
  prefix.checkpoint = log_.Checkpoint(20);
  EXPECT_EQ(Verify(prefix).failure, CheckCode::kProofRootMismatch);
}

// `good` with a bit flipped, a byte replaced, some erased or one inserted.
std::string Changed(const std::string& good, std::mt19937_64& random) {
  std::string text = good;
  const auto at = random() % text.size();
  switch (random() % 4) {
    case 0:
      text[at] = static_cast<char>(text[at] ^ 1 << random() % 8);
      break;
    case 1:
      text[at] = good[random() % good.size()];
      break;
    case 2:
      text.erase(at, 1 + random() % 4);
      break;
    default:
      text.insert(at, 1, good[random() % good.size()]);
  }
  return text;
}

TEST_F(StatusBundleTest, OtherFilesAreMalformed) {
  const auto good = registry::FormatStatusBundle(Make(3, kDecember, 19));
  const auto with = [&](std::string_view from, std::string_view to) {
    auto text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::string cases[] = {
      "",
      "{}",
      "[]",
      "null",
      good + good,
      good.substr(0, good.size() / 2),
      with("trustlog-status-bundle/1", "trustlog-status-bundle/2"),
      with("trustlog-verdict/1", "trustlog-verdict/2"),
      with("\"schema\"", "\"more\":1,\"schema\""),
      with("\"schema\"", "\"schema\":\"x\",\"schema\""),
      with("\"AUDITED_QUALIFIED\"", "\"SPLENDID\""),
      with("\"role\":\"commitment\"", "\"role\":\"promise\""),
      with("\"principle\":3", "\"principle\":0"),
      with("\"principle\":3", "\"principle\":64"),
      with("\"principle\":3", "\"principle\":3.0"),
      with("\"size\":19", "\"size\":0"),
      with("\"size\":19", "\"size\":1"),  // records at and beyond it
      with("\"date\":\"2026-12-01T00:00:00Z\"", "\"date\":\"2026-12-01\""),
      with("{\"mode\":\"none\"}", "{\"mode\":\"index\"}"),
      with("{\"mode\":\"none\"}", "{\"mode\":\"prefix\"}"),
      with("\"records\":[", "\"records\":[{},"),
      with("\"deciding\":[", "\"deciding\":[{\"index\":18,\"role\":\"result\"},"),
      with("\"index\":0,", "\"index\":9007199254740992,"),
  };
  for (const auto& text : cases)
    EXPECT_EQ(CheckCodeOf(ParseStatusBundle(text).status()), CheckCode::kFileMalformed) << text.substr(0, 80);
}

// A changed file is refused, or says the same of the same question. At each of 100,000 seeded changes the answer that a file gives when
// it verifies must be the true one.
TEST_F(StatusBundleTest, NoChangedByteGivesAnotherAnswer) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kChanges = 2'000;
#else
  constexpr int kChanges = 100'000;
#endif
  const std::string files[] = {registry::FormatStatusBundle(Make(3, kDecember, 16)),
                               registry::FormatStatusBundle(Make(3, kDecember, 19)),
                               registry::FormatStatusBundle(Make(3, kDecember, 21))};
  std::atomic<int> verified = 0, wrong = 0;
  const auto change_some = [&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < kChanges / 2; ++i) {
      const auto& good = files[random() % std::size(files)];
      const auto parsed = ParseStatusBundle(Changed(good, random));
      if (!parsed.ok() || Verify(*parsed).failure.has_value()) continue;
      ++verified;
      // What counts: the question as it is asked in the file has that answer in the log.
      const auto truth = registry::Evaluate(replay_.registry(), facts_, parsed->question);
      if (!truth.ok() || truth->verdict != parsed->answer.verdict || truth->deciding != parsed->answer.deciding) ++wrong;
    }
  };
  std::thread other(change_some, 20'261'201);
  change_some(20'261'202);
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(verified, 0) << "a second of the date changes nothing that counts";
}

}  // namespace
}  // namespace trustlog::follow
