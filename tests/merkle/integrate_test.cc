#include "merkle/integrate.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

#include "merkle/compact_range.h"
#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

using support::ReferenceTree;

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::uint64_t>::max();

// Every tile that differs between the two sizes, in the order that Integrate promises.
std::vector<TileId> ChangedTiles(std::uint64_t old_size, std::uint64_t new_size) {
  std::vector<TileId> changed;
  for (std::uint8_t level = 0; level <= kMaxTileLevel; ++level) {
    for (std::uint64_t index = NodesAtTileLevel(level, old_size) / 256;; ++index) {
      const auto tile = TileAtSize(level, index, new_size);
      if (!tile) break;
      if (tile != TileAtSize(level, index, old_size)) changed.push_back(*tile);
    }
  }
  return changed;
}

TEST(Integrate, GivesTheReferenceTreeForEverySplitOfSmallSizes) {
  const ReferenceTree tree(130);
  for (std::uint64_t old_size = 0; old_size <= 130; ++old_size) {
    const auto old = tree.Head(old_size);
    const auto edge = tree.Tiles(EdgeTiles(old_size));
    for (std::uint64_t new_size = old_size; new_size <= 130; ++new_size) {
      const auto growth = Integrate(old, edge, tree.leaves(old_size, new_size));
      ASSERT_TRUE(growth.has_value()) << old_size << " -> " << new_size;
      ASSERT_EQ(growth->head, tree.Head(new_size)) << old_size << " -> " << new_size;
      ASSERT_EQ(growth->tiles, tree.Tiles(ChangedTiles(old_size, new_size))) << old_size << " -> " << new_size;
    }
  }
}

TEST(Integrate, GivesTheReferenceTreeAcrossTileBoundaries) {
  constexpr std::uint64_t kSizes[] = {0, 1, 255, 256, 257, 511, 512, 513, 65'535, 65'536, 65'537, 65'536 + 257};
  const ReferenceTree tree(65'536 + 257);
  std::map<std::uint64_t, TreeHead> heads;
  std::map<TileId, TileData> tiles;  // at every width met; the reference computes each once
  const auto reference = [&](const std::vector<TileId>& ids) {
    std::vector<TileData> wanted;
    for (const auto& id : ids) {
      if (!tiles.contains(id)) tiles[id] = tree.Tile(id);
      wanted.push_back(tiles[id]);
    }
    return wanted;
  };
  for (const auto size : kSizes) heads[size] = tree.Head(size);
  for (const auto old_size : kSizes) {
    for (const auto new_size : kSizes) {
      if (new_size < old_size) continue;
      const auto growth = Integrate(heads[old_size], reference(EdgeTiles(old_size)), tree.leaves(old_size, new_size));
      ASSERT_TRUE(growth.has_value()) << old_size << " -> " << new_size;
      ASSERT_EQ(growth->head, heads[new_size]) << old_size << " -> " << new_size;
      ASSERT_TRUE(growth->tiles == reference(ChangedTiles(old_size, new_size))) << old_size << " -> " << new_size;
    }
  }
}

// Sizes that no test can fill: a made-up old tree, known by its edge alone, grown by Integrate and by CompactRange.
TEST(Integrate, AgreesWithCompactRangeAtSizesNobodyCanFill) {
  std::mt19937_64 random(1);
  const auto random_hashes = [&random](std::size_t count) {
    std::vector<Hash> hashes(count);
    for (auto& hash : hashes) {
      for (auto& byte : hash) byte = static_cast<std::uint8_t>(random());
    }
    return hashes;
  };
  for (const std::uint64_t size : {(std::uint64_t{1} << 24) - 3, (std::uint64_t{1} << 40) - 1, (std::uint64_t{1} << 48) - 300,
                                   (std::uint64_t{1} << 63) - 100, (std::uint64_t{1} << 63), kMaxSize - 700, kMaxSize - 5}) {
    SCOPED_TRACE(size);
    std::vector<TileData> edge;
    for (const auto& id : EdgeTiles(size)) edge.push_back({id, random_hashes(id.width)});
    auto range = *CompactRange::FromHashes(size, *EdgeRange(size, edge));

    const auto leaves = random_hashes(std::min<std::uint64_t>(kMaxSize - size, 1 + random() % 700));
    const auto growth = Integrate(range.Head(), edge, leaves);
    for (const auto& leaf : leaves) range.Append(leaf);
    ASSERT_TRUE(growth.has_value());
    EXPECT_EQ(growth->head, range.Head());

    std::map<std::pair<std::uint8_t, std::uint64_t>, TileData> stored;
    for (const auto& tile : edge) stored[{tile.id.level, tile.id.index}] = tile;
    for (const auto& tile : growth->tiles) stored[{tile.id.level, tile.id.index}] = tile;
    std::vector<TileData> new_edge;
    for (const auto& id : EdgeTiles(growth->head.size)) new_edge.push_back(stored[{id.level, id.index}]);
    const auto new_range = EdgeRange(growth->head.size, new_edge);
    ASSERT_TRUE(new_range.has_value());
    EXPECT_TRUE(std::ranges::equal(*new_range, range.hashes()));
  }
}

TEST(Integrate, WithoutLeavesKeepsTheHeadAndChangesNoTile) {
  const ReferenceTree tree(300);
  for (const std::uint64_t size : {0, 1, 256, 300}) {
    const auto growth = Integrate(tree.Head(size), tree.Tiles(EdgeTiles(size)), {});
    ASSERT_TRUE(growth.has_value());
    EXPECT_EQ(growth->head, tree.Head(size));
    EXPECT_TRUE(growth->tiles.empty());
  }
}

TEST(Integrate, RefusesASizeBeyondSixtyFourBits) {
  std::vector<TileData> edge;
  for (const auto& id : EdgeTiles(kMaxSize)) edge.push_back({id, std::vector<Hash>(id.width)});
  const auto head = CompactRange::FromHashes(kMaxSize, *EdgeRange(kMaxSize, edge))->Head();
  EXPECT_TRUE(Integrate(head, edge, {}).has_value());
  EXPECT_FALSE(Integrate(head, edge, std::vector<Hash>(1)).has_value());
}

TEST(Integrate, RefusesAnEdgeThatIsNotThatOfTheOldHead) {
  constexpr std::uint64_t kSize = 256 * 3 + 5;  // edge: 5 leaves, 3 nodes of level 8
  const ReferenceTree tree(kSize + 1);
  const auto head = tree.Head(kSize);
  const auto edge = tree.Tiles(EdgeTiles(kSize));
  const auto leaf = tree.leaves(kSize, kSize + 1);
  ASSERT_EQ(edge.size(), 2U);
  ASSERT_TRUE(Integrate(head, edge, leaf).has_value());

  struct Case {
    const char* name;
    void (*break_it)(TreeHead& head, std::vector<TileData>& edge);
  };
  const Case cases[] = {
      {"another root", [](TreeHead& h, auto&) { h.root[31] ^= 1; }},
      {"size one less", [](TreeHead& h, auto&) { --h.size; }},
      {"size one more", [](TreeHead& h, auto&) { ++h.size; }},
      {"size 0 with its own root", [](TreeHead& h, auto&) { h = TreeHead{}; }},
      {"no edge", [](TreeHead&, auto& e) { e.clear(); }},
      {"a tile missing", [](TreeHead&, auto& e) { e.pop_back(); }},
      {"a tile twice", [](TreeHead&, auto& e) { e.push_back(e.back()); }},
      {"order", [](TreeHead&, auto& e) { std::swap(e[0], e[1]); }},
      {"level", [](TreeHead&, auto& e) { e[1].id.level = 2; }},
      {"index", [](TreeHead&, auto& e) { ++e[0].id.index; }},
      {"width in the id only", [](TreeHead&, auto& e) { ++e[0].id.width; }},
      {"a hash too many", [](TreeHead&, auto& e) { e[0].hashes.push_back({}); }},
      {"a hash too few", [](TreeHead&, auto& e) { e[1].hashes.pop_back(); }},
      {"wider, id and hashes", [](TreeHead&, auto& e) { e[0].hashes.resize(++e[0].id.width); }},
      {"a bit of a leaf", [](TreeHead&, auto& e) { e[0].hashes[2][7] ^= 16; }},
      {"a bit of a node", [](TreeHead&, auto& e) { e[1].hashes[0][0] ^= 128; }},
      {"two hashes swapped", [](TreeHead&, auto& e) { std::swap(e[0].hashes[1], e[0].hashes[2]); }},
  };
  for (const auto& test : cases) {
    auto broken_head = head;
    auto broken_edge = edge;
    test.break_it(broken_head, broken_edge);
    EXPECT_FALSE(Integrate(broken_head, broken_edge, leaf).has_value()) << test.name;
    EXPECT_FALSE(Integrate(broken_head, broken_edge, {}).has_value()) << test.name << ", no leaves";
  }
  EXPECT_FALSE(Integrate({0, Hash{}}, {}, leaf).has_value()) << "the empty tree has a root too";
}

TEST(EdgeTiles, AreThePartialTilesOfTheRightEdge) {
  using Ids = std::vector<TileId>;
  EXPECT_EQ(EdgeTiles(0), Ids{});
  EXPECT_EQ(EdgeTiles(1), (Ids{{0, 0, 1}}));
  EXPECT_EQ(EdgeTiles(256), (Ids{{1, 0, 1}}));
  EXPECT_EQ(EdgeTiles(70'000), (Ids{{0, 273, 112}, {1, 1, 17}, {2, 0, 1}}));
  EXPECT_EQ(EdgeTiles(65'536), (Ids{{2, 0, 1}}));
  EXPECT_EQ(EdgeTiles(kMaxSize).size(), 8U);
}

TEST(EdgeRange, IsTheCompactRangeOfTheTree) {
  const ReferenceTree tree(600);
  CompactRange range;
  for (std::uint64_t size = 0; size <= 600; ++size) {
    const auto hashes = EdgeRange(size, tree.Tiles(EdgeTiles(size)));
    ASSERT_TRUE(hashes.has_value());
    ASSERT_TRUE(std::ranges::equal(*hashes, range.hashes())) << size;
    if (size < 600) range.Append(tree.leaves(size, size + 1)[0]);
  }
}

}  // namespace
}  // namespace trustlog::merkle
