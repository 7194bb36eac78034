#include "merkle/whole_tree.h"

#include <gtest/gtest.h>

#include "merkle/verify.h"
#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

TEST(WholeTree, HasTheReferenceRootAndPathsThatLeadToIt) {
  std::vector<Hash> leaves;
  for (std::uint64_t size = 0; size <= 130; ++size) {
    const WholeTree tree(leaves);
    EXPECT_EQ(tree.size(), size);
    EXPECT_EQ(tree.root(), support::ReferenceRoot(leaves)) << size;
    for (std::uint64_t i = 0; i < size; ++i) {
      EXPECT_EQ(VerifyInclusion(i, size, leaves[i], tree.Path(i), tree.root()), ProofCheck::kOk) << i << " of " << size;
      EXPECT_EQ(RootFromInclusion(i, size, leaves[i], tree.Path(i)), tree.root());
      EXPECT_EQ(tree.Path(i), support::ReferencePath(i, leaves));
    }
    leaves.push_back(support::ReferenceLeaf("entry " + std::to_string(size)));
  }
}

TEST(WholeTree, InclusionProofsHaveTheLengthThatIsTold) {
  for (std::uint64_t size = 1; size <= 300; ++size) {
    const WholeTree tree(std::vector<Hash>(size, Hash{1}));
    for (std::uint64_t i = 0; i < size; ++i) ASSERT_EQ(tree.Path(i).size(), InclusionProofLength(i, size)) << i << " of " << size;
  }
  EXPECT_EQ(InclusionProofLength(0, ~std::uint64_t{0}), 64U);
  EXPECT_EQ(InclusionProofLength(~std::uint64_t{0} - 1, ~std::uint64_t{0}), 63U);
}

TEST(WholeTree, RootFromInclusionIsNothingWhereThePathHasNotTheLength) {
  const WholeTree tree(std::vector<Hash>(6));
  auto path = tree.Path(5);
  EXPECT_TRUE(RootFromInclusion(5, 6, {}, path).has_value());
  EXPECT_FALSE(RootFromInclusion(6, 6, {}, path).has_value());
  path.pop_back();
  EXPECT_FALSE(RootFromInclusion(5, 6, {}, path).has_value());
}

}  // namespace
}  // namespace trustlog::merkle
