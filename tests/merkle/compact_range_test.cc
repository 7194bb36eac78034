#include "merkle/compact_range.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

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

}  // namespace
}  // namespace trustlog::merkle
