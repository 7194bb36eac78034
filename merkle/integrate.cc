// The new tree, level by level from the leaves up. At each level stands one row of neighbouring nodes: those that are new,
// and before them, where pairing needs it, the one old node they join. That is the last old subtree of this level: it stands
// alone (has no sibling yet) exactly when bit `level` of the old size is set, and then the old compact range holds it.
//
//   old size 3 (011), new size 8:         level 3               *                   * = new
//                                         level 2         *           *             o = old, taken into the row
//                                         level 1      o     *     *     *          . = old, not needed
//                                         level 0     . .   o *   * *   * *
//
// Every row starts at an even index, so hashing its pairs in one batch gives all new nodes of the next level. A row that ends
// at an odd index leaves its last node alone: bit `level` of the new size is set, and the node is one of the subtrees whose
// fold is the new root. Rows of levels 0, 8, 16, ... are cut into tiles; the others live only as long as the loop's turn.
#include "merkle/integrate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "merkle/compact_range.h"

namespace trustlog::merkle {
namespace {

const TileData* TileOfLevel(std::span<const TileData> edge, unsigned tile_level) {
  for (const auto& tile : edge) {
    if (tile.id.level == tile_level) return &tile;
  }
  return nullptr;
}

// Adds the tiles that hold nodes [begin, begin + nodes.size()) of tile level `level`, the first one whole with its old prefix.
void AddTiles(std::uint8_t level, std::uint64_t begin, std::span<const Hash> nodes, std::span<const TileData> edge,
              std::vector<TileData>& tiles) {
  while (!nodes.empty()) {
    TileData tile;
    const std::size_t old_width = begin % kTileWidth;
    if (old_width != 0) tile.hashes = TileOfLevel(edge, level)->hashes;  // a partial last tile is in the edge
    const auto added = nodes.first(std::min<std::size_t>(nodes.size(), kTileWidth - old_width));
    tile.hashes.insert(tile.hashes.end(), added.begin(), added.end());
    tile.id = {level, begin / kTileWidth, static_cast<std::uint16_t>(tile.hashes.size())};
    tiles.push_back(std::move(tile));
    begin += added.size();
    nodes = nodes.subspan(added.size());
  }
}

}  // namespace

std::vector<TileId> EdgeTiles(std::uint64_t size) {
  std::vector<TileId> edge;
  for (std::uint8_t level = 0; level <= kMaxTileLevel; ++level) {
    const std::uint64_t nodes = NodesAtTileLevel(level, size);
    const auto width = static_cast<std::uint16_t>(nodes % kTileWidth);
    if (width != 0) edge.push_back({level, nodes / kTileWidth, width});
  }
  return edge;
}

std::optional<std::vector<Hash>> EdgeRange(std::uint64_t size, std::span<const TileData> edge) {
  const auto expected = EdgeTiles(size);
  if (!std::ranges::equal(edge, expected, {}, &TileData::id)) return std::nullopt;
  std::vector<Hash> range;
  for (unsigned level = kMaxNodeLevel + 1; level-- > 0;) {
    if ((size >> level & 1) == 0) continue;
    // A set bit `level` makes the width of its tile level non-zero, so that tile is in the edge.
    const auto root = NodeInTile(*TileOfLevel(edge, level / kTileHeight), {static_cast<std::uint8_t>(level), (size >> level) - 1});
    if (!root) return std::nullopt;
    range.push_back(*root);
  }
  return range;
}

std::optional<Growth> Integrate(const TreeHead& old, std::span<const TileData> edge, std::span<const Hash> leaves) {
  const auto range = EdgeRange(old.size, edge);
  if (!range || CompactRange::FromHashes(old.size, *range)->Root() != old.root) return std::nullopt;
  if (leaves.size() > std::numeric_limits<std::uint64_t>::max() - old.size) return std::nullopt;

  Growth growth;
  growth.head.size = old.size + leaves.size();
  auto joined = range->rbegin();  // old subtrees, smallest first
  std::optional<Hash> root;
  std::vector<Hash> row;
  row.reserve(leaves.size() + 1);
  row.assign(leaves.begin(), leaves.end());
  for (unsigned level = 0; level <= kMaxNodeLevel && growth.head.size >> level != 0; ++level) {
    const std::uint64_t old_nodes = old.size >> level;
    if (level % kTileHeight == 0) AddTiles(static_cast<std::uint8_t>(level / kTileHeight), old_nodes, row, edge, growth.tiles);
    if ((old_nodes & 1) != 0) row.insert(row.begin(), *joined++);
    if ((growth.head.size >> level & 1) != 0) root = root ? HashNode(row.back(), *root) : row.back();
    row.resize(row.size() / 2 * 2);
    HashNodes(row, {row.data(), row.size() / 2});
    row.resize(row.size() / 2);
  }
  growth.head.root = root.value_or(EmptyRoot());
  return growth;
}

}  // namespace trustlog::merkle
