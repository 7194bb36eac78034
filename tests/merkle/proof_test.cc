// Plans, assembled proofs and both verifiers, against the reference tree.
#include "merkle/proof.h"

#include <gtest/gtest.h>

#include <limits>

#include "merkle/compact_range.h"
#include "merkle/verify.h"
#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

using support::ReferenceNode;
using support::ReferenceTree;
using Proof = std::vector<Hash>;

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kAllSizes = 130;
constexpr std::uint64_t kBitSizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 33};

// The order and the widths that ProofPlan::tiles() promises.
void ExpectTilesInOrder(const ProofPlan& plan, std::uint64_t size) {
  const auto tiles = plan.tiles();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    EXPECT_EQ(TileAtSize(tiles[i].level, tiles[i].index, size), tiles[i]);
    if (i > 0) {
      EXPECT_LT(tiles[i - 1], tiles[i]);
    }
  }
}

TEST(PlanInclusion, AssemblesTheReferencePathForEveryLeafOfEverySize) {
  const ReferenceTree tree(kAllSizes);
  for (std::uint64_t size = 0; size <= kAllSizes; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto plan = PlanInclusion(index, size);
      ASSERT_TRUE(plan.has_value());
      ASSERT_EQ(plan->Assemble(tree.Tiles(plan->tiles())), tree.Inclusion(index, size)) << index << " of " << size;
    }
    EXPECT_FALSE(PlanInclusion(size, size).has_value());
    EXPECT_FALSE(PlanInclusion(kMaxSize, size).has_value());
  }
}

TEST(PlanConsistency, AssemblesTheReferenceProofForEveryPairOfSizes) {
  const ReferenceTree tree(kAllSizes);
  for (std::uint64_t new_size = 0; new_size <= kAllSizes; ++new_size) {
    for (std::uint64_t old_size = 1; old_size <= new_size; ++old_size) {
      const auto plan = PlanConsistency(old_size, new_size);
      ASSERT_TRUE(plan.has_value());
      ASSERT_EQ(plan->Assemble(tree.Tiles(plan->tiles())), tree.Consistency(old_size, new_size)) << old_size << " " << new_size;
    }
    EXPECT_FALSE(PlanConsistency(0, new_size).has_value());
    EXPECT_FALSE(PlanConsistency(new_size + 1, new_size).has_value());
  }
}

TEST(PlanRange, ReadsTheCompactRangeOfEverySmallerTree) {
  const ReferenceTree tree(kAllSizes);
  CompactRange range;
  for (std::uint64_t size = 0; size <= kAllSizes; ++size) {
    for (std::uint64_t tree_size = size; tree_size <= kAllSizes; ++tree_size) {
      const auto plan = PlanRange(size, tree_size);
      ASSERT_TRUE(plan.has_value());
      const auto hashes = plan->Assemble(tree.Tiles(plan->tiles()));
      ASSERT_TRUE(hashes.has_value());
      ASSERT_EQ(CompactRange::FromHashes(size, *hashes), range) << size << " of " << tree_size;
    }
    EXPECT_FALSE(PlanRange(size + 1, size).has_value());
    if (size < kAllSizes) range.Append(tree.leaves(size, size + 1)[0]);
  }
}

TEST(ProofPlan, AssemblesAcrossTileBoundaries) {
  constexpr std::uint64_t kSizes[] = {1, 255, 256, 257, 511, 512, 513, 1'000};
  const ReferenceTree tree(1'000);
  for (const auto size : kSizes) {
    for (const auto other : kSizes) {
      if (other > size) continue;
      const auto inclusion = PlanInclusion(other - 1, size);
      ASSERT_EQ(inclusion->Assemble(tree.Tiles(inclusion->tiles())), tree.Inclusion(other - 1, size));
      ExpectTilesInOrder(*inclusion, size);
      const auto consistency = PlanConsistency(other, size);
      ASSERT_EQ(consistency->Assemble(tree.Tiles(consistency->tiles())), tree.Consistency(other, size));
      ExpectTilesInOrder(*consistency, size);
    }
  }
}

TEST(ProofPlan, NamesEachTileOnceAtItsWidthInTheTree) {
  using Ids = std::vector<TileId>;
  const auto ids = [](const std::optional<ProofPlan>& plan) { return Ids(plan->tiles().begin(), plan->tiles().end()); };
  EXPECT_EQ(ids(PlanInclusion(0, 1)), Ids{});
  EXPECT_EQ(ids(PlanInclusion(5, 7)), (Ids{{0, 0, 7}}));
  EXPECT_EQ(ids(PlanInclusion(70'000 - 1, 70'000)), (Ids{{0, 273, 112}, {1, 1, 17}, {2, 0, 1}}));
  EXPECT_EQ(ids(PlanInclusion(3, 70'000)), (Ids{{0, 0, 256}, {0, 273, 112}, {1, 0, 256}, {1, 1, 17}}));
  EXPECT_EQ(ids(PlanConsistency(256, 512)), (Ids{{1, 0, 2}}));
  EXPECT_EQ(ids(PlanConsistency(9, 9)), Ids{});
}

TEST(ProofPlan, RefusesTilesThatItDidNotAskFor) {
  const ReferenceTree tree(600);
  const auto plan = PlanInclusion(3, 600);
  const auto tiles = tree.Tiles(plan->tiles());
  ASSERT_EQ(tiles.size(), 3U);  // leaves 0..255, leaves 512..599, both nodes of level 8
  ASSERT_TRUE(plan->Assemble(tiles).has_value());
  struct Case {
    const char* name;
    void (*break_it)(std::vector<TileData>& tiles);
  };
  const Case cases[] = {
      {"none", [](auto& t) { t.clear(); }},
      {"one missing", [](auto& t) { t.pop_back(); }},
      {"one too many", [](auto& t) { t.push_back(t.back()); }},
      {"order", [](auto& t) { std::swap(t[0], t[1]); }},
      {"level", [](auto& t) { t[0].id.level = 1; }},
      {"index", [](auto& t) { ++t[1].id.index; }},
      {"width in the id only", [](auto& t) { --t[1].id.width; }},
      {"a hash too many", [](auto& t) { t[1].hashes.push_back({}); }},
      {"a hash too few", [](auto& t) { t[1].hashes.pop_back(); }},
      {"no hash", [](auto& t) { t[2].hashes.clear(); }},
      {"wider, id and hashes", [](auto& t) { t[1].hashes.resize(++t[1].id.width); }},
      {"narrower, id and hashes", [](auto& t) { t[1].hashes.resize(--t[1].id.width); }},
  };
  for (const auto& test : cases) {
    auto broken = tiles;
    test.break_it(broken);
    EXPECT_FALSE(plan->Assemble(broken).has_value()) << test.name;
  }
}

// A tree of equal leaves needs no memory: all nodes of a level are equal, so any tile of any size is known.
class UniformTree final {
 public:
  UniformTree() {
    levels_.push_back(support::ReferenceLeaf("same"));
    while (levels_.size() < 64) levels_.push_back(ReferenceNode(levels_.back(), levels_.back()));
  }
  const Hash& leaf() const { return levels_[0]; }
  std::vector<TileData> Tiles(std::span<const TileId> ids) const {
    std::vector<TileData> tiles;
    for (const auto& id : ids) tiles.push_back({id, Proof(id.width, levels_[8 * id.level])});
    return tiles;
  }
  Hash Root(std::uint64_t size) const {
    Proof range;
    for (std::size_t level = 64; level-- > 0;) {
      if ((size >> level & 1) != 0) range.push_back(levels_[level]);
    }
    return CompactRange::FromHashes(size, range)->Root();
  }

 private:
  Proof levels_;
};

TEST(ProofPlan, WorksUpToTheLargestSize) {
  const UniformTree tree;
  const std::uint64_t sizes[] = {1,          70'000,           1ULL << 32, (1ULL << 40) + 12'345, (1ULL << 63) - 1,
                                 1ULL << 63, (1ULL << 63) + 1, kMaxSize};
  for (const auto size : sizes) {
    for (const auto index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      const auto plan = PlanInclusion(index, size);
      ExpectTilesInOrder(*plan, size);
      const auto proof = plan->Assemble(tree.Tiles(plan->tiles()));
      ASSERT_TRUE(proof.has_value());
      EXPECT_EQ(VerifyInclusion(index, size, tree.leaf(), *proof, tree.Root(size)), ProofCheck::kOk) << index << " of " << size;
    }
    for (const auto old_size : sizes) {
      if (old_size > size) continue;
      const auto plan = PlanConsistency(old_size, size);
      ExpectTilesInOrder(*plan, size);
      const auto proof = plan->Assemble(tree.Tiles(plan->tiles()));
      ASSERT_TRUE(proof.has_value());
      EXPECT_EQ(VerifyConsistency(old_size, size, tree.Root(old_size), tree.Root(size), *proof), ProofCheck::kOk)
          << old_size << " " << size;
      const auto range = PlanRange(old_size, size);
      const auto hashes = range->Assemble(tree.Tiles(range->tiles()));
      ASSERT_TRUE(hashes.has_value());
      EXPECT_EQ(CompactRange::FromHashes(old_size, *hashes)->Root(), tree.Root(old_size));
    }
  }
}

// Every way of adding, removing and swapping hashes, and what a verifier must say to it.
struct Mutant {
  Proof proof;
  ProofCheck expected;
};

std::vector<Mutant> MutantsOf(const Proof& proof) {
  std::vector<Mutant> mutants;
  for (std::size_t i = 0; i <= proof.size(); ++i) {
    auto longer = proof;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(i), i < proof.size() ? proof[i] : Hash{});
    mutants.push_back({longer, ProofCheck::kWrongLength});
  }
  for (std::size_t i = 0; i < proof.size(); ++i) {
    auto shorter = proof;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    mutants.push_back({shorter, ProofCheck::kWrongLength});
    for (std::size_t j = 0; j < i; ++j) {
      auto swapped = proof;
      std::swap(swapped[i], swapped[j]);
      mutants.push_back({swapped, ProofCheck::kRootMismatch});
    }
  }
  return mutants;
}

TEST(VerifyInclusion, AcceptsEveryReferencePathAndNoMutant) {
  const ReferenceTree tree(kAllSizes);
  for (std::uint64_t size = 1; size <= kAllSizes; ++size) {
    const auto root = tree.Head(size).root;
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto leaf = tree.leaves(index, index + 1)[0];
      const auto proof = tree.Inclusion(index, size);
      ASSERT_EQ(VerifyInclusion(index, size, leaf, proof, root), ProofCheck::kOk) << index << " of " << size;
      for (const auto& mutant : MutantsOf(proof)) {
        ASSERT_EQ(VerifyInclusion(index, size, leaf, mutant.proof, root), mutant.expected) << index << " of " << size;
      }
      if (size == 1) continue;
      const auto other = (index + 1) % size;
      ASSERT_NE(VerifyInclusion(other, size, leaf, proof, root), ProofCheck::kOk) << "at another index";
      ASSERT_NE(VerifyInclusion(index, size, tree.leaves(other, other + 1)[0], proof, root), ProofCheck::kOk) << "of another leaf";
    }
  }
}

TEST(VerifyConsistency, AcceptsEveryReferenceProofAndNoMutant) {
  const ReferenceTree tree(kAllSizes);
  std::vector<Hash> roots;
  for (std::uint64_t size = 0; size <= kAllSizes; ++size) roots.push_back(tree.Head(size).root);
  for (std::uint64_t new_size = 1; new_size <= kAllSizes; ++new_size) {
    for (std::uint64_t old_size = 1; old_size <= new_size; ++old_size) {
      SCOPED_TRACE(testing::Message() << old_size << " " << new_size);
      const auto proof = tree.Consistency(old_size, new_size);
      ASSERT_EQ(VerifyConsistency(old_size, new_size, roots[old_size], roots[new_size], proof), ProofCheck::kOk);
      for (const auto& mutant : MutantsOf(proof)) {
        ASSERT_EQ(VerifyConsistency(old_size, new_size, roots[old_size], roots[new_size], mutant.proof), mutant.expected);
      }
      ASSERT_EQ(VerifyConsistency(old_size, new_size, roots[old_size - 1], roots[new_size], proof), ProofCheck::kRootMismatch);
      ASSERT_EQ(VerifyConsistency(old_size, new_size, roots[old_size], roots[new_size - 1], proof), ProofCheck::kRootMismatch);
      if (old_size == new_size) continue;
      ASSERT_EQ(VerifyConsistency(old_size, new_size, roots[new_size], roots[old_size], proof), ProofCheck::kRootMismatch);
    }
  }
}

// Calls `check` with each bit of `hash` flipped in turn, and leaves it as it was.
template <class Check>
void WithEachBitFlipped(Hash& hash, const Check& check) {
  for (std::size_t bit = 0; bit < 256; ++bit) {
    hash[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    ASSERT_EQ(check(), ProofCheck::kRootMismatch) << "bit " << bit;
    hash[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
}

TEST(VerifyInclusion, RefusesEveryFlippedBit) {
  const ReferenceTree tree(33);
  for (const auto size : kBitSizes) {
    for (std::uint64_t index = 0; index < size; ++index) {
      auto leaf = tree.leaves(index, index + 1)[0];
      auto root = tree.Head(size).root;
      auto proof = tree.Inclusion(index, size);
      const auto check = [&] { return VerifyInclusion(index, size, leaf, proof, root); };
      WithEachBitFlipped(leaf, check);
      WithEachBitFlipped(root, check);
      for (auto& hash : proof) WithEachBitFlipped(hash, check);
      ASSERT_EQ(check(), ProofCheck::kOk);
    }
  }
}

TEST(VerifyConsistency, RefusesEveryFlippedBit) {
  const ReferenceTree tree(33);
  for (const auto new_size : kBitSizes) {
    for (std::uint64_t old_size = 1; old_size <= new_size; ++old_size) {
      auto old_root = tree.Head(old_size).root;
      auto new_root = tree.Head(new_size).root;
      auto proof = tree.Consistency(old_size, new_size);
      const auto check = [&] { return VerifyConsistency(old_size, new_size, old_root, new_root, proof); };
      WithEachBitFlipped(old_root, check);
      WithEachBitFlipped(new_root, check);
      for (auto& hash : proof) WithEachBitFlipped(hash, check);
      ASSERT_EQ(check(), ProofCheck::kOk);
    }
  }
}

TEST(Verify, SaysOutOfRangeWhereNoProofExists) {
  const Hash hash = {};
  EXPECT_EQ(VerifyInclusion(0, 0, hash, {}, hash), ProofCheck::kOutOfRange);
  EXPECT_EQ(VerifyInclusion(0, 0, hash, {}, EmptyRoot()), ProofCheck::kOutOfRange);
  EXPECT_EQ(VerifyInclusion(5, 5, hash, {}, hash), ProofCheck::kOutOfRange);
  EXPECT_EQ(VerifyInclusion(kMaxSize, kMaxSize, hash, {}, hash), ProofCheck::kOutOfRange);
  EXPECT_EQ(VerifyConsistency(0, 0, EmptyRoot(), EmptyRoot(), {}), ProofCheck::kOutOfRange);
  EXPECT_EQ(VerifyConsistency(0, 5, EmptyRoot(), hash, {}), ProofCheck::kOutOfRange);
  EXPECT_EQ(VerifyConsistency(6, 5, hash, hash, {}), ProofCheck::kOutOfRange);
}

TEST(Verify, SaysWrongLengthAtTheLargestSizes) {
  const Hash hash = {};
  EXPECT_EQ(VerifyInclusion(kMaxSize - 1, kMaxSize, hash, Proof(62), hash), ProofCheck::kWrongLength);
  EXPECT_EQ(VerifyInclusion(0, kMaxSize, hash, Proof(63), hash), ProofCheck::kWrongLength);
  EXPECT_EQ(VerifyInclusion(0, kMaxSize, hash, Proof(64), hash), ProofCheck::kRootMismatch);
  EXPECT_EQ(VerifyInclusion(0, kMaxSize, hash, Proof(65), hash), ProofCheck::kWrongLength);
  EXPECT_EQ(VerifyConsistency(1, kMaxSize, hash, hash, Proof(64)), ProofCheck::kRootMismatch);
  EXPECT_EQ(VerifyConsistency(1, kMaxSize, hash, hash, Proof(65)), ProofCheck::kWrongLength);
  EXPECT_EQ(VerifyConsistency(kMaxSize - 1, kMaxSize, hash, hash, {}), ProofCheck::kWrongLength);
}

}  // namespace
}  // namespace trustlog::merkle
