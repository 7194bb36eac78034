#include "client/follow/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "merkle/verify.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::follow {
namespace {

using ::testing::HasSubstr;
using testing::SyntheticLog;

SignedCheckpoint Signed(const SyntheticLog& log, std::uint64_t size) {
  return {.note = log.Checkpoint(size), .checkpoint = {log.origin(), log.Head(size)}, .vkey = log.Vkey(), .cosigners = {}};
}

// Two histories with the first three entries in common: `a` goes on to 7, `b` to 13.
class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() {
    a_.AppendOpaque(3);
    b_ = a_;
    a_.Append("a", "");
    a_.AppendOpaque(3);
    b_.Append("b", "");
    b_.AppendOpaque(9);
  }
  Evidence AtOneSize() const { return ForkAtOneSize(Signed(a_, 6), Signed(b_, 6)); }
  Evidence AtTwoSizes() const { return ForkAtTwoSizes(Signed(a_, 7), Signed(b_, 13), b_.Head(7).root, b_.Consistency(7, 13)); }

  SyntheticLog a_, b_;
};

std::optional<CheckCode> CodeOf(const Evidence& evidence) { return CheckCodeOf(VerifyEvidence(evidence).status()); }

TEST_F(EvidenceTest, ProvesAForkAtOneSize) {  // E11
  const auto fork = VerifyEvidence(AtOneSize());
  ASSERT_TRUE(fork.ok()) << fork.status();
  EXPECT_EQ(fork->smaller.head, a_.Head(6));
  EXPECT_EQ(fork->larger.head, b_.Head(6));
  EXPECT_EQ(fork->vkeys, std::vector<std::string>{a_.Vkey()});
  EXPECT_THAT(fork->words, HasSubstr(a_.Vkey()));
  EXPECT_THAT(fork->words, HasSubstr("at size 6"));
}

TEST_F(EvidenceTest, ProvesAForkAtTwoSizesInEitherOrder) {
  Evidence evidence = AtTwoSizes();
  ASSERT_TRUE(VerifyEvidence(evidence).ok()) << VerifyEvidence(evidence).status();
  EXPECT_EQ(VerifyEvidence(evidence)->smaller.head, a_.Head(7));
  EXPECT_THAT(VerifyEvidence(evidence)->words, HasSubstr("at size 13"));
  std::swap(evidence.checkpoints[0], evidence.checkpoints[1]);
  EXPECT_TRUE(VerifyEvidence(evidence).ok());
  EXPECT_EQ(VerifyEvidence(evidence)->smaller.head, a_.Head(7));
}

TEST_F(EvidenceTest, ProvesAForkByTwoKeysOfOneLog) {  // a rotation
  SyntheticLog rotated(a_.origin(), 9);
  rotated.AppendOpaque(6);
  EXPECT_EQ(VerifyEvidence(ForkAtOneSize(Signed(a_, 6), Signed(rotated, 6)))->vkeys.size(), 2U);
}

TEST_F(EvidenceTest, ShowsNothingWithoutAContradiction) {
  struct Case {
    const char* name;
    Evidence evidence;
    CheckCode code;
  };
  std::vector<Case> cases;
  cases.push_back({"the same root", ForkAtOneSize(Signed(a_, 3), Signed(b_, 3)), CheckCode::kConsistencyFailed});
  cases.push_back({"an honest log", ForkAtTwoSizes(Signed(b_, 7), Signed(b_, 13), b_.Head(7).root, b_.Consistency(7, 13)),
                   CheckCode::kConsistencyFailed});
  cases.push_back({"a proof that fails", AtTwoSizes(), CheckCode::kConsistencyFailed});
  cases.back().evidence.proof.front()[0] ^= 1;
  cases.push_back({"an invented root", AtTwoSizes(), CheckCode::kConsistencyFailed});
  (*cases.back().evidence.other_root)[5] ^= 1;
  cases.push_back({"two logs", ForkAtOneSize(Signed(a_, 6), Signed(a_, 6)), CheckCode::kConsistencyFailed});
  SyntheticLog other("TEST-log.example/other");
  other.AppendOpaque(6);
  cases.back().evidence.vkeys.push_back(other.Vkey());
  cases.back().evidence.checkpoints[1] = other.Checkpoint(6);
  cases.push_back({"no proof", AtTwoSizes(), CheckCode::kFileMalformed});
  cases.back().evidence.other_root.reset();
  cases.push_back({"a proof at one size", AtOneSize(), CheckCode::kFileMalformed});
  cases.back().evidence.other_root = merkle::Hash{};
  cases.push_back({"a key that did not sign", AtOneSize(), CheckCode::kLogSignatureInvalid});
  cases.back().evidence.vkeys = {SyntheticLog(a_.origin(), 5).Vkey()};
  cases.push_back({"no vkey", AtOneSize(), CheckCode::kFileMalformed});
  cases.back().evidence.vkeys = {"nonsense"};
  cases.push_back({"no note", AtOneSize(), CheckCode::kFileMalformed});
  cases.back().evidence.checkpoints[1] = "nonsense";
  for (const Case& c : cases) EXPECT_EQ(CodeOf(c.evidence), c.code) << c.name;
}

TEST_F(EvidenceTest, AnyChangedByteOfACheckpointEndsTheProof) {
  for (const int which : {0, 1}) {
    const Evidence good = AtTwoSizes();
    // The text and the log's own line: witnesses' lines prove nothing here and are not looked at.
    const std::size_t end = good.checkpoints[which].find("w1.example") - 4;
    for (std::size_t i = 0; i < end; ++i) {
      Evidence evidence = good;
      evidence.checkpoints[which][i] = static_cast<char>(evidence.checkpoints[which][i] ^ 1);
      EXPECT_FALSE(VerifyEvidence(evidence).ok()) << which << " byte " << i;
    }
  }
}

TEST_F(EvidenceTest, FileGivesTheSameEvidenceBack) {
  for (const Evidence& evidence : {AtOneSize(), AtTwoSizes()}) {
    const std::string text = FormatEvidence(evidence);
    const auto parsed = ParseEvidence(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, evidence);
    EXPECT_EQ(FormatEvidence(*parsed), text);
  }
  EXPECT_THAT(FormatEvidence(AtOneSize()), HasSubstr(R"({"schema":"trustlog-evidence/1","vkeys":[")"));
  EXPECT_THAT(FormatEvidence(AtOneSize()), ::testing::Not(HasSubstr("otherRoot")));
}

TEST_F(EvidenceTest, ReadsNoOtherJson) {
  const std::string good = FormatEvidence(AtTwoSizes());
  const auto replaced = [&good](std::string_view what, std::string_view by) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), by);
  };
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"cut", good.substr(0, good.size() / 2)},
      {"array", "[]"},
      {"other schema", replaced("evidence/1", "evidence/2")},
      {"unknown member", replaced("\"proof\"", "\"extra\":1,\"proof\"")},
      {"twice a member", replaced("\"proof\"", "\"proof\":[],\"proof\"")},
      {"no vkeys", replaced("\"vkeys\"", "\"keys\"")},
      {"root without proof", replaced("\"proof\"", "\"prove\"")},
      {"proof without root", replaced("\"otherRoot\"", "\"root\"")},
      {"one checkpoint", R"({"schema":"trustlog-evidence/1","vkeys":["a"],"checkpoints":["b"]})"},
      {"three checkpoints", R"({"schema":"trustlog-evidence/1","vkeys":["a"],"checkpoints":["b","c","d"]})"},
      {"no vkey at all", R"({"schema":"trustlog-evidence/1","vkeys":[],"checkpoints":["b","c"]})"},
      {"number for a note", R"({"schema":"trustlog-evidence/1","vkeys":["a"],"checkpoints":["b",1]})"},
      {"short root", R"({"schema":"trustlog-evidence/1","vkeys":["a"],"checkpoints":["b","c"],"otherRoot":"AAAA","proof":[]})"},
      {"too large", good + std::string(kMaxEvidenceBytes, ' ')},
  };
  for (const auto& [name, text] : cases) EXPECT_EQ(CheckCodeOf(ParseEvidence(text).status()), CheckCode::kFileMalformed) << name;
}

TEST_F(EvidenceTest, FindsTheOldRootInEveryProofThatHoldsOne) {
  SyntheticLog log;
  log.AppendOpaque(40);
  for (std::uint64_t size = 1; size <= 40; ++size) {
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto proof = old_size == 0 ? std::vector<merkle::Hash>() : log.Consistency(old_size, size);
      const auto root = OldRootOfProof(old_size, size, proof, log.Head(size).root);
      const bool holds_one = old_size != 0 && old_size != size && (old_size & (old_size - 1)) != 0;
      ASSERT_EQ(root.has_value(), holds_one) << old_size << " " << size;
      EXPECT_EQ(root.value_or(log.Head(old_size).root), log.Head(old_size).root);
      EXPECT_EQ(OldRootOfProof(old_size, size, proof, log.Head(old_size).root), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace trustlog::follow
