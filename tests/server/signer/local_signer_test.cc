#include "server/signer/local_signer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "merkle/verify.h"
#include "proto/tlog/checkpoint.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_clock.h"
#include "tests/support/reference_tree.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::signer {
namespace {

constexpr char kOrigin[] = "TEST-log.example/signer";

keys::PrivateKey LogKey(char fill = 7) {
  const std::string pkcs8 =
      std::string("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16) + std::string(32, fill);
  return *keys::PrivateKey::FromPkcs8(pkcs8);
}

std::array<std::uint8_t, 32> StoreId(std::uint8_t fill = 9) {
  std::array<std::uint8_t, 32> id;
  id.fill(fill);
  return id;
}

std::string Entry(std::uint64_t index) { return "entry " + std::to_string(index); }

merkle::CompactRange RangeOf(std::uint64_t size) {
  merkle::CompactRange range;
  for (std::uint64_t i = 0; i < size; ++i) range.Append(support::ReferenceLeaf(Entry(i)));
  return range;
}

std::vector<merkle::Hash> LeavesOf(std::uint64_t size) {
  std::vector<merkle::Hash> leaves;
  for (std::uint64_t i = 0; i < size; ++i) leaves.push_back(support::ReferenceLeaf(Entry(i)));
  return leaves;
}

std::string SignedBy(const keys::PrivateKey& key, const std::string& origin, const merkle::TreeHead& head) {
  const auto text = tlog::FormatCheckpoint({origin, head});
  return tlog::FormatNote({text, {*tlog::SignNote(text, origin, key)}});
}

class LocalSignerTest : public ::testing::Test {
 protected:
  LocalSignerTest() {
    Mark first;
    first.origin = kOrigin;
    first.key_id = LogKey().public_key().id();
    first.store_id = StoreId();
    EXPECT_TRUE(MarkFile::Create(directory(), first).ok());
  }
  std::string directory() const { return temporary_.path() + "/mark"; }
  absl::StatusOr<std::unique_ptr<LocalSigner>> Open() {
    return LocalSigner::Open(directory(), kOrigin, StoreId(), LogKey(), clock_);
  }
  Mark OnDisk() const {
    std::ostringstream text;
    text << std::ifstream(directory() + "/mark", std::ios::binary).rdbuf();
    const auto both = text.str();
    const auto a = ParseSlot(std::string_view(both).substr(0, kSlotBytes)),
               b = ParseSlot(std::string_view(both).substr(kSlotBytes));
    if (!b.ok()) return *a;
    if (!a.ok()) return *b;
    return a->sequence > b->sequence ? *a : *b;
  }

  const support::TemporaryDirectory temporary_;
  support::FakeClock clock_;
};

absl::Status FeedUpTo(Signer& signer, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::string> entries;
  for (auto i = begin; i < end; ++i) entries.push_back(Entry(i));
  const std::vector<std::string_view> views(entries.begin(), entries.end());
  return signer.Feed(begin, views);
}

TEST_F(LocalSignerTest, RefusesAForeignMark) {
  const struct {
    const char* name;
    std::string origin;
    std::uint8_t store;
    char key;
  } kCases[] = {{"origin", "TEST-log.example/other", 9, 7}, {"store", kOrigin, 8, 7}, {"log key", kOrigin, 9, 6}};
  for (const auto& c : kCases) {
    const auto signer = LocalSigner::Open(directory(), c.origin, StoreId(c.store), LogKey(c.key), clock_);
    EXPECT_TRUE(absl::IsNotFound(signer.status())) << c.name;
    EXPECT_NE(std::string(signer.status().message()).find(c.name), std::string::npos) << signer.status();
  }
}

TEST_F(LocalSignerTest, RefusesAKeyThatIsNotEd25519) {
  auto key = keys::PrivateKey::Generate(keys::Algorithm::kEcdsaP256Sha256Der);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(LocalSigner::Open(directory(), kOrigin, StoreId(), *std::move(key), clock_).status()));
}

TEST_F(LocalSignerTest, RefusesASecondOpener) {
  const auto first = Open();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(Open().status()));
}

TEST_F(LocalSignerTest, SignsExactlyTheMarkGrownByWhatItWasFed) {
  auto signer = Open();
  ASSERT_TRUE(signer.ok()) << signer.status();
  ASSERT_TRUE(FeedUpTo(**signer, 0, 5).ok());
  ASSERT_TRUE(FeedUpTo(**signer, 5, 7).ok());
  const merkle::TreeHead head{7, support::ReferenceRoot(LeavesOf(7))};
  auto other_root = head;
  other_root.root[0] ^= 1;
  for (const auto& wrong : {merkle::TreeHead{6, support::ReferenceRoot(LeavesOf(6))},
                            merkle::TreeHead{8, support::ReferenceRoot(LeavesOf(8))}, merkle::TreeHead{}, other_root}) {
    EXPECT_TRUE(absl::IsFailedPrecondition((*signer)->Sign(wrong).status())) << wrong.size;
    EXPECT_EQ(OnDisk().range.size(), 0U) << "a refused head moves no mark";
  }
  const auto note = (*signer)->Sign(head);
  ASSERT_TRUE(note.ok()) << note.status();
  const auto vkey = tlog::VerifierKey::Parse((*signer)->vkey());
  ASSERT_TRUE(vkey.ok());
  const auto opened = tlog::OpenNote(*note, {&*vkey, 1});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*tlog::ParseCheckpoint(opened->text), (tlog::Checkpoint{kOrigin, head}));
  EXPECT_EQ(OnDisk().range.Head(), head);
  EXPECT_EQ((*signer)->Mark(), head);
}

TEST_F(LocalSignerTest, SignsTheSameHeadAgainWithoutANewMarkAlsoAfterARestart) {
  std::string first;
  {
    auto signer = Open();
    ASSERT_TRUE(signer.ok()) << signer.status();
    ASSERT_TRUE(FeedUpTo(**signer, 0, 3).ok());
    first = (*signer)->Sign(RangeOf(3).Head()).value();
    EXPECT_EQ(*(*signer)->Sign(RangeOf(3).Head()), first);
    EXPECT_EQ(OnDisk().sequence, 1U);
  }
  auto signer = Open();
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(*(*signer)->Sign(RangeOf(3).Head()), first);
  EXPECT_EQ(OnDisk().sequence, 1U);
}

// A6
TEST_F(LocalSignerTest, NeverSignsASmallerSizeOrAnotherRootAtItsMark) {
  auto signer = Open();
  ASSERT_TRUE(signer.ok()) << signer.status();
  ASSERT_TRUE(FeedUpTo(**signer, 0, 4).ok());
  ASSERT_TRUE((*signer)->Sign(RangeOf(4).Head()).ok());
  auto other = RangeOf(4).Head();
  other.root[31] ^= 1;
  EXPECT_TRUE(absl::IsFailedPrecondition((*signer)->Sign(RangeOf(3).Head()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition((*signer)->Sign(other).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(FeedUpTo(**signer, 0, 4))) << "nothing below the mark is fed again";
  EXPECT_TRUE(absl::IsInvalidArgument(FeedUpTo(**signer, 5, 6))) << "a gap";
}

TEST_F(LocalSignerTest, FeedingFromTheMarkForgetsWhatAnEndedTickLeft) {
  auto signer = Open();
  ASSERT_TRUE(signer.ok()) << signer.status();
  const std::string_view foreign = "an entry of an ended tick";
  ASSERT_TRUE((*signer)->Feed(0, {&foreign, 1}).ok());
  ASSERT_TRUE(FeedUpTo(**signer, 0, 2).ok());
  EXPECT_TRUE((*signer)->Sign(RangeOf(2).Head()).ok());
  ASSERT_TRUE((*signer)->Feed(2, {&foreign, 1}).ok());
  ASSERT_TRUE((*signer)->Feed(2, {}).ok());
  EXPECT_TRUE((*signer)->Sign(RangeOf(2).Head()).ok());
}

TEST_F(LocalSignerTest, TheMarksTimeNeverFalls) {
  auto signer = Open();
  ASSERT_TRUE(signer.ok()) << signer.status();
  const auto first = clock_.WallNow();
  for (std::uint64_t size = 1; size <= 3; ++size) {
    ASSERT_TRUE(FeedUpTo(**signer, size - 1, size).ok());
    ASSERT_TRUE((*signer)->Sign(RangeOf(size).Head()).ok());
    EXPECT_EQ(OnDisk().last_time_ms, first.count() + (size == 3 ? 1'000 : 0));
    clock_.SetWall(first + std::chrono::milliseconds(size == 1 ? -5'000 : 1'000));
  }
}

class FollowTest : public LocalSignerTest {
 protected:
  // A signer whose mark is at size 3.
  void SetUp() override {
    signer_ = Open().value();
    ASSERT_TRUE(FeedUpTo(*signer_, 0, 3).ok());
    ASSERT_TRUE(signer_->Sign(RangeOf(3).Head()).ok());
  }
  static std::vector<merkle::Hash> Proof(std::uint64_t old_size, std::uint64_t new_size) {
    return support::ReferenceSubproof(old_size, LeavesOf(new_size), true);
  }
  std::unique_ptr<LocalSigner> signer_;
};

TEST_F(FollowTest, MovesTheMarkAlongAProvenCheckpointOfOurs) {
  ASSERT_TRUE(signer_->Follow(SignedBy(LogKey(), kOrigin, RangeOf(7).Head()), Proof(3, 7), RangeOf(7)).ok());
  EXPECT_EQ(OnDisk().range, RangeOf(7));
  EXPECT_TRUE(absl::IsFailedPrecondition(signer_->Sign(RangeOf(3).Head()).status()));
  ASSERT_TRUE(FeedUpTo(*signer_, 7, 9).ok());
  EXPECT_TRUE(signer_->Sign(RangeOf(9).Head()).ok());
}

TEST_F(FollowTest, RefusesWhatIsNotOursNotLargerOrNotProven) {
  auto fork = RangeOf(6);
  fork.Append(support::ReferenceLeaf("another entry"));
  auto bad_proof = Proof(3, 7);
  bad_proof.back()[0] ^= 1;
  const struct {
    const char* name;
    std::string note;
    std::vector<merkle::Hash> proof;
    merkle::CompactRange range;
  } kCases[] = {
      {"no note", "nonsense", Proof(3, 7), RangeOf(7)},
      {"another key", SignedBy(LogKey(6), kOrigin, RangeOf(7).Head()), Proof(3, 7), RangeOf(7)},
      {"another origin", SignedBy(LogKey(), "TEST-log.example/other", RangeOf(7).Head()), Proof(3, 7), RangeOf(7)},
      {"a smaller size", SignedBy(LogKey(), kOrigin, RangeOf(2).Head()), {}, RangeOf(2)},
      {"no proof", SignedBy(LogKey(), kOrigin, RangeOf(7).Head()), {}, RangeOf(7)},
      {"a wrong proof", SignedBy(LogKey(), kOrigin, RangeOf(7).Head()), bad_proof, RangeOf(7)},
      {"a proof for another root", SignedBy(LogKey(), kOrigin, fork.Head()), Proof(3, 7), fork},
      {"another range", SignedBy(LogKey(), kOrigin, RangeOf(7).Head()), Proof(3, 7), fork},
  };
  for (const auto& c : kCases) {
    EXPECT_TRUE(absl::IsFailedPrecondition(signer_->Follow(c.note, c.proof, c.range))) << c.name;
    EXPECT_EQ(OnDisk().range, RangeOf(3)) << c.name;
  }
}

TEST_F(FollowTest, TakesTheFirstCheckpointOnAnEmptyMark) {
  signer_.reset();
  const support::TemporaryDirectory fresh;
  Mark first;
  first.origin = kOrigin;
  first.key_id = LogKey().public_key().id();
  first.store_id = StoreId();
  ASSERT_TRUE(MarkFile::Create(fresh.path() + "/mark", first).ok());
  auto signer = LocalSigner::Open(fresh.path() + "/mark", kOrigin, StoreId(), LogKey(), clock_);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_TRUE((*signer)->Follow(SignedBy(LogKey(), kOrigin, RangeOf(4).Head()), {}, RangeOf(4)).ok());
  EXPECT_EQ((*signer)->Mark(), RangeOf(4).Head());
}

// The mark is on disk before a signature exists, and after a step that may have failed there is never one.
TEST_F(LocalSignerTest, AfterAMarkThatMayNotBeWrittenNothingIsSigned) {
#ifndef TRUSTLOG_FAILPOINTS
  GTEST_SKIP() << "built without TRUSTLOG_FAILPOINTS";
#endif
  if (!support::IsChild()) {
    for (const char* point : {"mark.before_write:error", "mark.after_sync:error"}) {
      EXPECT_EQ(support::RunThisTestInAChild({{"TRUSTLOG_FAILPOINT", point}}), 0) << point;
    }
    return;
  }
  auto signer = Open();
  ASSERT_TRUE(signer.ok()) << signer.status();
  ASSERT_TRUE(FeedUpTo(**signer, 0, 2).ok());
  EXPECT_TRUE(absl::IsUnknown((*signer)->Sign(RangeOf(2).Head()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition((*signer)->Sign(RangeOf(2).Head()).status()));
  ASSERT_TRUE(FeedUpTo(**signer, (*signer)->Mark().size, 2).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition((*signer)->Sign(RangeOf(2).Head()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition((*signer)->Follow(SignedBy(LogKey(), kOrigin, RangeOf(4).Head()), {}, RangeOf(4))));
}

}  // namespace
}  // namespace trustlog::signer
