#include "merkle/tile.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

using support::ReferenceRoot;
using support::ReferenceTree;

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::uint64_t>::max();

TEST(Tile, CountsTheNodesOfATileLevel) {
  struct Case {
    std::uint8_t level;
    std::uint64_t size, nodes;
  };
  for (const auto& [level, size, nodes] :
       {Case{0, 0, 0}, Case{0, 7, 7}, Case{1, 255, 0}, Case{1, 256, 1}, Case{1, 70'000, 273}, Case{2, 70'000, 1},
        Case{7, kMaxSize, 255}, Case{8, kMaxSize, 0}, Case{255, kMaxSize, 0}}) {
    EXPECT_EQ(NodesAtTileLevel(level, size), nodes) << int{level} << " " << size;
  }
}

TEST(Tile, IsAsWideAsTheTreeFillsIt) {
  struct Case {
    const char* name;
    std::uint8_t level;
    std::uint64_t index, size;
    std::uint16_t width;  // 0: no such tile
  };
  const Case cases[] = {
      {"empty tree", 0, 0, 0, 0},
      {"one leaf", 0, 0, 1, 1},
      {"one short of full", 0, 0, 255, 255},
      {"full", 0, 0, 256, 256},
      {"after the full one", 0, 1, 256, 0},
      {"second", 0, 1, 257, 1},
      {"full, not the last", 0, 0, 1'000, 256},
      {"level 1 before its first node", 1, 0, 255, 0},
      {"level 1", 1, 0, 70'000, 256},
      {"level 1, last", 1, 1, 70'000, 17},
      {"level 2", 2, 0, 70'000, 1},
      {"largest tree", 7, 0, kMaxSize, 255},
      {"largest tree, last leaf tile", 0, kMaxSize / 256, kMaxSize, 255},
      {"index beyond every tree", 0, kMaxSize, kMaxSize, 0},
      {"level beyond every tree", 8, 0, kMaxSize, 0},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto tile = TileAtSize(test.level, test.index, test.size);
    ASSERT_EQ(tile.has_value(), test.width != 0);
    if (tile) {
      EXPECT_EQ(*tile, (TileId{test.level, test.index, test.width}));
    }
  }
}

TEST(Tile, ComputesEveryNodeItHoldsAndNoOther) {
  const ReferenceTree tree(600);
  for (const TileId id : {TileId{0, 0, 256}, TileId{0, 1, 256}, TileId{0, 2, 88}, TileId{0, 2, 1}}) {
    const auto tile = tree.Tile(id);
    for (std::uint8_t level = 0; level <= 9; ++level) {
      for (std::uint64_t index = 0; index < 600; ++index) {
        const std::uint64_t begin = index << level, end = (index + 1) << level;
        const bool held = level <= 8 && begin >= 256 * id.index && end <= 256 * id.index + id.width;
        const auto node = NodeInTile(tile, {level, index});
        ASSERT_EQ(node.has_value(), held) << "tile " << id.index << " node " << int{level} << " " << index;
        if (held) {
          ASSERT_EQ(*node, ReferenceRoot(tree.leaves(begin, end)));
        }
      }
    }
  }
}

TEST(Tile, ComputesNodesOfHigherTileLevels) {
  const ReferenceTree row(6);  // stands for nodes 256 .. 261 of level 16
  TileData tile = {{2, 1, 6}, {row.leaves(0, 6).begin(), row.leaves(0, 6).end()}};
  EXPECT_EQ(NodeInTile(tile, {16, 257}), row.leaves(1, 2)[0]);
  EXPECT_EQ(NodeInTile(tile, {18, 64}), ReferenceRoot(row.leaves(0, 4)));
  EXPECT_EQ(NodeInTile(tile, {17, 130}), ReferenceRoot(row.leaves(4, 6)));
  EXPECT_EQ(NodeInTile(tile, {17, 131}), std::nullopt) << "not filled yet";
  EXPECT_EQ(NodeInTile(tile, {15, 512}), std::nullopt) << "below the tile";
  EXPECT_EQ(NodeInTile(tile, {25, 0}), std::nullopt) << "above the tile";
  EXPECT_EQ(NodeInTile(tile, {16, 0}), std::nullopt) << "another tile";
}

TEST(Tile, RefusesATileWhoseHashesDoNotFitItsWidth) {
  const ReferenceTree tree(257);
  auto tile = tree.Tile({0, 0, 4});
  tile.hashes.pop_back();
  EXPECT_EQ(NodeInTile(tile, {0, 0}), std::nullopt);
  const auto leaves = tree.leaves(0, 257);
  EXPECT_EQ(NodeInTile({{0, 0, 257}, {leaves.begin(), leaves.end()}}, {0, 0}), std::nullopt) << "wider than any tile";
  EXPECT_EQ(NodeInTile({{0, 0, 0}, {}}, {0, 0}), std::nullopt);
  EXPECT_EQ(NodeInTile({{7, 0, 256}, {256, Hash{}}}, {64, 0}), std::nullopt) << "no node has level 64";
  EXPECT_EQ(NodeInTile({{255, 0, 1}, {Hash{}}}, {255, 0}), std::nullopt) << "no tile has level 255";
}

}  // namespace
}  // namespace trustlog::merkle
