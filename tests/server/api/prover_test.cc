// Proofs of the API against the naive tree, at every size and pair of sizes.
#include "server/api/prover.h"

#include <gtest/gtest.h>

#include <numeric>

#include "merkle/hash.h"
#include "proto/bytes/reason.h"
#include "storage/published_reader.h"
#include "tests/storage/sample_log.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/memory_storage.h"
#include "tests/support/reference_tree.h"

namespace trustlog::api {
namespace {

using bytes::Reason;

constexpr std::uint64_t kIntegrated = 300;
constexpr std::uint64_t kPublished = 290;

class ProverTest : public ::testing::Test {
 protected:
  ProverTest() : storage_(support::MakeMemoryStorage()) {
    storage::GrowTo(storage_.log(), kIntegrated, 37);
    for (std::uint64_t i = 0; i < kIntegrated; ++i) tree_.Append(storage::SampleRecord(i).entry);
    const auto head = tree_.Head(kPublished);
    snapshot_ = std::make_shared<const log::Published>(
        log::Published{"note", head, storage::CapReader(storage_.reader(), head, storage::MakeTileCache(0))});
  }
  merkle::Hash Leaf(std::uint64_t index) const { return support::ReferenceLeaf(storage::SampleRecord(index).entry); }

  support::FaultyStorage storage_;
  support::ReferenceTree tree_;
  std::shared_ptr<const log::Published> snapshot_;
};

TEST_F(ProverTest, HeadsAreThoseOfTheTreeAtEverySize) {
  Prover prover(snapshot_);
  EXPECT_EQ(*prover.HeadAt(0), tree_.Head(kPublished));
  for (std::uint64_t size = 1; size <= kPublished; ++size) ASSERT_EQ(*prover.HeadAt(size), tree_.Head(size)) << size;
  for (const std::uint64_t size : {kPublished + 1, kIntegrated, kIntegrated + 1, ~std::uint64_t{0}}) {
    const auto head = prover.HeadAt(size);
    EXPECT_EQ(bytes::ReasonOf(head.status()), Reason::kSizeNotPublished) << size;
    EXPECT_EQ(bytes::MetadataValue(head.status(), "published"), "290");
  }
}

TEST_F(ProverTest, InclusionIsThatOfTheTreeForEveryIndexAtManySizes) {
  for (const std::uint64_t size : {1, 2, 3, 7, 8, 255, 256, 257, 290}) {
    Prover prover(snapshot_);
    const auto head = tree_.Head(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = prover.Inclusion(index, Leaf(index), head);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, tree_.Inclusion(index, size)) << index << " at " << size;
    }
    EXPECT_EQ(bytes::ReasonOf(prover.Inclusion(size, Leaf(0), head).status()), Reason::kIndexOutOfRange);
  }
}

TEST_F(ProverTest, LeafHashIsThatOfTheEntryForEveryIndexAtManySizes) {
  for (const std::uint64_t size : {1, 2, 255, 256, 257, 290}) {
    Prover prover(snapshot_);
    const auto head = tree_.Head(size);
    for (std::uint64_t index = 0; index < size; ++index)
      ASSERT_EQ(*prover.LeafHash(index, head), Leaf(index)) << index << " at " << size;
    for (const auto index : {size, size + 1, ~std::uint64_t{0}})
      EXPECT_EQ(bytes::ReasonOf(prover.LeafHash(index, head).status()), Reason::kIndexOutOfRange);
  }
}

TEST_F(ProverTest, ConsistencyIsThatOfTheTreeForManyPairs) {
  const std::uint64_t sizes[] = {1, 2, 3, 4, 7, 8, 100, 255, 256, 257, 289, 290};
  for (const auto new_size : sizes) {
    Prover prover(snapshot_);
    const auto head = tree_.Head(new_size);
    for (const auto old_size : sizes) {
      if (old_size > new_size) continue;
      const auto proof = prover.Consistency(old_size, head);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_EQ(*proof, old_size == new_size ? std::vector<merkle::Hash>() : tree_.Consistency(old_size, new_size))
          << old_size << " to " << new_size;
    }
  }
  Prover prover(snapshot_);
  EXPECT_EQ(bytes::ReasonOf(prover.Consistency(291, tree_.Head(290)).status()), Reason::kSizeNotPublished);
  EXPECT_EQ(bytes::ReasonOf(prover.Consistency(100, tree_.Head(50)).status()), Reason::kArgumentInvalid);
}

// What does not lead to the root is never given out.
TEST_F(ProverTest, ProofThatDoesNotHoldIsCorruption) {
  Prover prover(snapshot_);
  EXPECT_EQ(bytes::ReasonOf(prover.Inclusion(5, Leaf(6), tree_.Head(kPublished)).status()), Reason::kCorruption);
  auto other = tree_.Head(kPublished);
  other.root[0] ^= 1;
  EXPECT_EQ(bytes::ReasonOf(prover.Inclusion(5, Leaf(5), other).status()), Reason::kCorruption);
  EXPECT_EQ(bytes::ReasonOf(prover.Consistency(5, other).status()), Reason::kCorruption);
}

TEST_F(ProverTest, TilesThatProofsShareAreReadOnce) {
  Prover prover(snapshot_);
  const auto head = tree_.Head(kPublished);
  for (std::uint64_t index = 0; index < kPublished; ++index) ASSERT_TRUE(prover.Inclusion(index, Leaf(index), head).ok());
  const auto after_all = storage_.plan().count(support::Call::kReadTiles);
  EXPECT_LE(after_all, 3U);
}

TEST_F(ProverTest, AFaultOfStorageIsPassedOn) {
  storage_.Fail(support::Call::kReadTiles, support::Fault::kBefore);
  Prover prover(snapshot_);
  EXPECT_TRUE(absl::IsUnavailable(prover.Inclusion(5, Leaf(5), tree_.Head(kPublished)).status()));
  EXPECT_TRUE(prover.Inclusion(5, Leaf(5), tree_.Head(kPublished)).ok()) << "nothing false was kept";
}

}  // namespace
}  // namespace trustlog::api
