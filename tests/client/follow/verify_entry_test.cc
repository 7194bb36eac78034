#include "client/follow/verify_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/note.h"
#include "proto/tlog/tlog_proof.h"
#include "tests/support/sample_records.h"

namespace trustlog::follow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SyntheticLog;

constexpr std::int64_t kNow = SyntheticLog::kTime + 60;
constexpr std::uint64_t kIndex = 8;  // the commitment of records.md 3.3

// A log of the worked records, its entry 8, and a client that has seen size 11.
class VerifyEntryTest : public ::testing::Test {
 protected:
  SignedCheckpoint Signed(const SyntheticLog& log, std::uint64_t size) const {
    return OpenCheckpoint(log.Checkpoint(size), {.policy = &policy_, .now = kNow}).value();
  }
  EntryReport Verify(const EntryInput& input, std::optional<std::int64_t> max_age = std::nullopt) const {
    return VerifyEntry(input, {.policy = &policy_, .now = kNow, .max_age = max_age});
  }
  EntryInput Good() const {
    return {.entry = log_.entry(kIndex),
            .tlog_proof = proof_,
            .statement = log_.statement(kIndex),
            .saved = &saved_,
            .consistency = &growth_};
  }

  SyntheticLog log_ = testing::SampleLog(10);  // 20 entries
  tlog::Policy policy_ = log_.Policy();
  std::string proof_ = log_.TlogProof(kIndex, 20);
  SignedCheckpoint saved_ = Signed(log_, 11);
  ConsistencyProof growth_{11, log_.Consistency(11, 20)};
};

std::vector<std::string> NamesOf(const EntryReport& report) {
  std::vector<std::string> names;
  for (const Check& check : report.checks) names.push_back(check.name);
  return names;
}

const Check& Named(const EntryReport& report, std::string_view name) {
  for (const Check& check : report.checks) {
    if (check.name == name) return check;
  }
  ADD_FAILURE() << "no check " << name;
  return report.checks.front();
}

TEST_F(VerifyEntryTest, ListsEveryCheckThatWasDone) {  // E5, E12
  const EntryReport report = Verify(Good(), 3600);
  EXPECT_EQ(report.failure, std::nullopt);
  EXPECT_THAT(NamesOf(report), ElementsAre("entry", "log signature", "witnesses", "freshness", "inclusion", "consistency",
                                           "statement", "signatures"));
  for (const Check& check : report.checks) {
    EXPECT_EQ(check.result, check.name == "signatures" ? CheckResult::kSkipped : CheckResult::kOk)
        << check.name << ": " << check.detail;
    EXPECT_FALSE(check.detail.empty()) << check.name;
  }
  EXPECT_EQ(report.index, kIndex);
  EXPECT_EQ(report.entry->kind, attest::Kind::kCommitment);
  EXPECT_EQ(report.checkpoint->checkpoint.head, log_.Head());
  EXPECT_FALSE(report.evidence.has_value());
}

TEST_F(VerifyEntryTest, SkipsWhatIsNotGivenAndSaysSo) {
  const EntryReport report = Verify({.entry = log_.entry(kIndex), .tlog_proof = proof_});
  EXPECT_EQ(report.failure, std::nullopt);
  EXPECT_THAT(NamesOf(report), ElementsAre("entry", "log signature", "witnesses", "inclusion", "consistency", "statement"));
  EXPECT_EQ(Named(report, "consistency").result, CheckResult::kSkipped);
  EXPECT_EQ(Named(report, "consistency").detail, "no saved checkpoint");
  EXPECT_EQ(Named(report, "statement").result, CheckResult::kSkipped);
  EXPECT_EQ(Named(report, "statement").detail, "not given");
}

TEST_F(VerifyEntryTest, FirstFailureInTheOrderOfE5Decides) {
  const auto sign_head = [this](const merkle::TreeHead& head, int witnesses) {
    return tlog::FormatTlogProof(kIndex, log_.Inclusion(kIndex, 20), log_.SignHead(head, SyntheticLog::kTime, witnesses));
  };
  merkle::TreeHead other_root = log_.Head();
  other_root.root[0] ^= 1;
  std::string bad_log_line = proof_, bad_witness_line = proof_;
  bad_log_line[bad_log_line.find("\xe2\x80\x94 log.example") + 60] ^= 1;
  const std::size_t w1 = bad_witness_line.find("\xe2\x80\x94 w1.example") + 40;
  bad_witness_line[w1] = bad_witness_line[w1] == 'A' ? 'B' : 'A';
  SyntheticLog thief(log_.origin(), 3), stranger("TEST-log.example/other");
  std::string cut_entry = log_.entry(kIndex), flipped_entry = log_.entry(kIndex);
  cut_entry.pop_back();
  flipped_entry[11] = static_cast<char>(flipped_entry[11] ^ 1);  // the time it was logged: still an entry
  const ConsistencyProof no_proof{11, {}}, from_elsewhere{10, log_.Consistency(10, 20)};

  struct Case {
    const char* name;
    std::function<void(EntryInput&)> change;
    std::optional<CheckCode> code;
    std::vector<std::string> failed;
  };
  const Case cases[] = {
      {"nothing", [](EntryInput&) {}, std::nullopt, {}},
      {"no proof file", [](EntryInput& i) { i.tlog_proof = "nonsense"; }, CheckCode::kFileMalformed, {"log signature"}},
      {"cut entry", [&](EntryInput& i) { i.entry = cut_entry; }, CheckCode::kFileMalformed, {"entry", "inclusion"}},
      {"changed entry", [&](EntryInput& i) { i.entry = flipped_entry; }, CheckCode::kProofRootMismatch, {"inclusion"}},
      {"entry of another index",
       [&](EntryInput& i) {
         i.entry = log_.entry(10);
         i.statement.reset();
       },
       CheckCode::kProofRootMismatch,
       {"inclusion"}},
      {"another leaf hash", [](EntryInput& i) { i.leaf_hash = merkle::Hash{}; }, CheckCode::kEntryHashMismatch, {"entry"}},
      {"its leaf hash",
       [this](EntryInput& i) { i.leaf_hash = merkle::HashLeaf(bytes::AsBytes(log_.entry(kIndex))); },
       std::nullopt,
       {}},
      {"bad log line", [&](EntryInput& i) { i.tlog_proof = bad_log_line; }, CheckCode::kLogSignatureInvalid, {"log signature"}},
      {"bad witness line", [&](EntryInput& i) { i.tlog_proof = bad_witness_line; }, CheckCode::kCosignatureInvalid, {"witnesses"}},
      {"one witness",
       [&, text = sign_head(log_.Head(), 1)](EntryInput& i) { i.tlog_proof = text; },
       CheckCode::kQuorumNotMet,
       {"witnesses"}},
      {"another root, no quorum",
       [&, text = sign_head(other_root, 1)](EntryInput& i) {
         i.tlog_proof = text;
         i.saved = nullptr;
       },
       CheckCode::kQuorumNotMet,
       {"witnesses", "inclusion"}},
      {"another root",
       [&, text = sign_head(other_root, 3)](EntryInput& i) {
         i.tlog_proof = text;
         i.saved = nullptr;
       },
       CheckCode::kProofRootMismatch,
       {"inclusion"}},
      {"a proof of growth that fails",
       [&](EntryInput& i) { i.consistency = &no_proof; },
       CheckCode::kConsistencyFailed,
       {"consistency"}},
      {"a proof of growth from elsewhere", [&](EntryInput& i) { i.consistency = &from_elsewhere; }, std::nullopt, {}},
      {"no proof of growth", [](EntryInput& i) { i.consistency = nullptr; }, std::nullopt, {}},
      {"another statement",
       [this](EntryInput& i) { i.statement = log_.statement(10); },
       CheckCode::kStatementMismatch,
       {"statement"}},
      {"withheld", [](EntryInput& i) { i.statement = ""; }, CheckCode::kStatementMissing, {"statement"}},
  };
  for (const Case& c : cases) {
    EntryInput input = Good();
    c.change(input);
    const EntryReport report = Verify(input);
    EXPECT_EQ(report.failure, c.code) << c.name;
    std::vector<std::string> failed;
    for (const Check& check : report.checks) {
      EXPECT_EQ(check.code.has_value(), check.result == CheckResult::kFailed) << c.name << ": " << check.name;
      if (check.result == CheckResult::kFailed) failed.push_back(check.name);
    }
    EXPECT_EQ(failed, c.failed) << c.name;
  }
}

TEST_F(VerifyEntryTest, RefusesAnotherLogAndAnotherKey) {
  SyntheticLog stranger("TEST-log.example/other"), thief(log_.origin(), 3);
  for (auto* other : {&stranger, &thief}) {
    for (std::uint64_t i = 0; i < 20; ++i) other->Append(log_.entry(i), "");
  }
  const std::string strange = stranger.TlogProof(kIndex, 20), stolen = thief.TlogProof(kIndex, 20);
  EXPECT_EQ(Verify({.entry = log_.entry(kIndex), .tlog_proof = strange}).failure, CheckCode::kOtherLog);
  EXPECT_EQ(Verify({.entry = log_.entry(kIndex), .tlog_proof = stolen}).failure, CheckCode::kLogSignatureInvalid);
  EXPECT_EQ(Named(Verify({.entry = log_.entry(kIndex), .tlog_proof = stolen}), "inclusion").result, CheckResult::kOk)
      << "all checks run";
  const tlog::Policy other_policy = stranger.Policy();
  const auto report =
      VerifyEntry({.entry = log_.entry(kIndex), .tlog_proof = strange, .saved = &saved_}, {.policy = &other_policy, .now = kNow});
  EXPECT_EQ(Named(report, "consistency").code, CheckCode::kOtherLog) << "the saved checkpoint is for another log";
}

TEST_F(VerifyEntryTest, SaysWhatTheProofLedToInstead) {
  std::string entry = log_.entry(kIndex);
  entry[11] = static_cast<char>(entry[11] ^ 1);
  const std::string detail = Named(Verify({.entry = entry, .tlog_proof = proof_}), "inclusion").detail;
  EXPECT_THAT(detail, HasSubstr("computed "));
  EXPECT_THAT(detail, HasSubstr("at size 20"));
}

TEST_F(VerifyEntryTest, TellsFreshnessOnlyWhenAsked) {
  EXPECT_EQ(Verify(Good(), 59).failure, CheckCode::kCheckpointStale);
  EXPECT_EQ(Verify(Good(), 60).failure, std::nullopt);
  EXPECT_THAT(NamesOf(Verify(Good())), ::testing::Not(::testing::Contains("freshness")));
}

TEST_F(VerifyEntryTest, AForkComesWithItsEvidence) {  // E11
  SyntheticLog fork = testing::SampleLog(0);
  fork.Append("another history", "");
  fork.AppendOpaque(9);
  const SignedCheckpoint other_20 = Signed(fork, 20), other_15 = Signed(fork, 15);
  const ConsistencyProof growth{15, log_.Consistency(15, 20)};
  struct Case {
    const char* name;
    const SignedCheckpoint* saved;
    const ConsistencyProof* consistency;
  };
  for (const Case& c : {Case{"equal size", &other_20, nullptr}, Case{"the log's own proof leads elsewhere", &other_15, &growth}}) {
    EntryInput input = Good();
    input.saved = c.saved;
    input.consistency = c.consistency;
    const EntryReport report = Verify(input);
    EXPECT_EQ(report.failure, CheckCode::kForkProven) << c.name;
    ASSERT_TRUE(report.evidence.has_value()) << c.name;
    EXPECT_TRUE(VerifyEvidence(*report.evidence).ok()) << c.name << VerifyEvidence(*report.evidence).status();
  }
}

TEST_F(VerifyEntryTest, AccusesNobodyOnAnUnsignedCheckpoint) {
  SyntheticLog thief(log_.origin(), 3);
  thief.AppendOpaque(11);
  const std::string stolen = tlog::FormatTlogProof(kIndex, thief.Inclusion(kIndex, 11), thief.Checkpoint(11));
  const EntryReport report = Verify({.entry = log_.entry(kIndex), .tlog_proof = stolen, .saved = &saved_});
  EXPECT_EQ(report.failure, CheckCode::kLogSignatureInvalid);
  EXPECT_EQ(Named(report, "consistency").result, CheckResult::kSkipped);
  EXPECT_FALSE(report.evidence.has_value());
}

TEST_F(VerifyEntryTest, AnOlderProofIsNotComparedWithANewerMemory) {
  const SignedCheckpoint newer = Signed(log_, 20);
  const std::string older = log_.TlogProof(kIndex, 15);
  const EntryReport report = Verify({.entry = log_.entry(kIndex), .tlog_proof = older, .saved = &newer});
  EXPECT_EQ(report.failure, std::nullopt);
  EXPECT_EQ(Named(report, "consistency").result, CheckResult::kSkipped);
}

TEST_F(VerifyEntryTest, TakesTheStatementInItsEnvelope) {
  const std::string envelope = attest::FormatEnvelope(log_.statement(kIndex), attest::DecodeEntry(log_.entry(kIndex))->signatures);
  EntryInput input = Good();
  input.statement = envelope;
  EXPECT_EQ(Named(Verify(input), "statement").result, CheckResult::kOk) << Named(Verify(input), "statement").detail;
}

TEST_F(VerifyEntryTest, ChecksSignaturesWithKeysThatAreGiven) {
  const auto statement =
      attest::ParseStatement(log_.statement(4), {testing::kVectorOrigin, "https://trustlog.example/attest", "urn:tta:"});
  const keys::PublicKey key = std::get<attest::KeyRegistration>(statement->predicate).key.key;
  EntryInput input = Good();
  input.keys = {&key, 1};
  EXPECT_EQ(Named(Verify(input), "signatures").result, CheckResult::kOk);
  input.statement.reset();
  EXPECT_EQ(Named(Verify(input), "signatures").result, CheckResult::kSkipped);

  attest::Entry forged = attest::DecodeEntry(log_.entry(kIndex)).value();
  forged.signatures[0].signature[5] = static_cast<char>(forged.signatures[0].signature[5] ^ 1);
  const std::string bytes = attest::EncodeEntry(forged).value();
  input = Good();
  input.entry = bytes;
  input.keys = {&key, 1};
  EXPECT_EQ(Named(Verify(input), "signatures").code, CheckCode::kStatementMismatch);
}

}  // namespace
}  // namespace trustlog::follow
