#include "merkle/compact_range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <random>

#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

using support::ReferenceNode;
using support::ReferenceTree;

TEST(CompactRange, GrowsLikeTheReferenceTree) {
  const ReferenceTree tree(300);
  CompactRange range;
  for (std::uint64_t size = 0;; ++size) {
    ASSERT_EQ(range.size(), size);
    ASSERT_EQ(range.hashes().size(), std::popcount(size));
    ASSERT_EQ(range.Head(), tree.Head(size));
    const auto again = CompactRange::FromHashes(size, range.hashes());
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ(*again, range);
    if (size == tree.size()) break;
    range.Append(tree.leaves(size, size + 1)[0]);
  }
}

TEST(CompactRange, TakesLeavesInAnyCutOfBatches) {
  const ReferenceTree tree(1300);  // several times what is hashed at once
  std::mt19937 random(1);
  for (int run = 0; run < 300; ++run) {
    CompactRange range;
    while (range.size() < tree.size()) {
      const std::uint64_t most = tree.size() - range.size();
      const std::uint64_t count = std::min<std::uint64_t>(most, random() % (random() % 3 == 0 ? 1300 : 20));
      range.Append(tree.leaves(range.size(), range.size() + count));
      ASSERT_EQ(range.hashes().size(), std::popcount(range.size()));
    }
    ASSERT_EQ(range.Head(), tree.Head(tree.size())) << "run " << run;
  }
  CompactRange grown;
  for (std::uint64_t begin = 0; begin <= 130; ++begin) {
    for (std::uint64_t end = begin; end <= 130; ++end) {
      auto range = grown;
      range.Append(tree.leaves(begin, end));
      ASSERT_EQ(range.Head(), tree.Head(end)) << begin << " to " << end;
    }
    grown.Append(tree.leaves(begin, begin + 1)[0]);
  }
}

TEST(CompactRange, HoldsTheLargestSubtreeFirst) {
  const ReferenceTree tree(7);
  CompactRange range;
  for (const auto& leaf : tree.leaves(0, 7)) range.Append(leaf);
  EXPECT_EQ(range.hashes()[0], support::ReferenceRoot(tree.leaves(0, 4)));
  EXPECT_EQ(range.hashes()[1], support::ReferenceRoot(tree.leaves(4, 6)));
  EXPECT_EQ(range.hashes()[2], tree.leaves(6, 7)[0]);
}

TEST(CompactRange, RefusesAWrongNumberOfHashes) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{6}, std::numeric_limits<std::uint64_t>::max()}) {
    const auto right = static_cast<std::size_t>(std::popcount(size));
    EXPECT_TRUE(CompactRange::FromHashes(size, std::vector<Hash>(right)).has_value()) << size;
    EXPECT_FALSE(CompactRange::FromHashes(size, std::vector<Hash>(right + 1)).has_value()) << size;
    if (right > 0) {
      EXPECT_FALSE(CompactRange::FromHashes(size, std::vector<Hash>(right - 1)).has_value()) << size;
    }
  }
}

TEST(CompactRange, CarriesThroughSixtyThreeLevels) {
  const Hash leaf = support::ReferenceLeaf("x");
  auto range = *CompactRange::FromHashes((std::uint64_t{1} << 63) - 1, std::vector<Hash>(63, leaf));
  range.Append(leaf);
  Hash expected = leaf;
  for (int i = 0; i < 63; ++i) expected = ReferenceNode(leaf, expected);
  EXPECT_EQ(range.size(), std::uint64_t{1} << 63);
  EXPECT_EQ(range.Root(), expected);
}

TEST(CompactRange, CarriesABatchThroughTheLevelsAboveIt) {
  const ReferenceTree tree(512);
  const Hash node = support::ReferenceLeaf("x");
  auto range = *CompactRange::FromHashes((std::uint64_t{1} << 63) - 256, std::vector<Hash>(55, node));
  auto one_by_one = range;
  range.Append(tree.leaves(0, 512));  // 256 to the top, 256 beyond
  for (const auto& leaf : tree.leaves(0, 512)) one_by_one.Append(leaf);
  Hash expected = tree.Head(256).root;
  for (int i = 0; i < 55; ++i) expected = ReferenceNode(node, expected);
  ASSERT_EQ(range.hashes().size(), 2U);
  EXPECT_EQ(range.hashes()[0], expected);
  EXPECT_EQ(range.hashes()[1], support::ReferenceRoot(tree.leaves(256, 512)));
  EXPECT_EQ(range, one_by_one);
}

}  // namespace
}  // namespace trustlog::merkle
