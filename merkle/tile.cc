#include "merkle/tile.h"

#include <algorithm>
#include <array>

namespace trustlog::merkle {

std::uint64_t NodesAtTileLevel(std::uint8_t level, std::uint64_t size) {
  return level > kMaxTileLevel ? 0 : size >> (kTileHeight * level);
}

std::optional<TileId> TileAtSize(std::uint8_t level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t nodes = NodesAtTileLevel(level, size);
  const std::uint64_t full_tiles = nodes / kTileWidth;
  const auto rest = static_cast<std::uint16_t>(nodes % kTileWidth);
  if (index < full_tiles) return TileId{level, index, kTileWidth};
  if (index == full_tiles && rest != 0) return TileId{level, index, rest};
  return std::nullopt;
}

std::optional<Hash> NodeInTile(const TileData& tile, NodeId node) {
  const unsigned bottom = kTileHeight * tile.id.level;
  if (node.level > kMaxNodeLevel || node.level < bottom || node.level > bottom + kTileHeight) return std::nullopt;
  if (tile.hashes.size() != tile.id.width || tile.id.width > kTileWidth) return std::nullopt;

  // Below the node lie 2^height hashes of this tile's row; a tile's row has room for `places` such nodes.
  const unsigned height = node.level - bottom;
  const unsigned places = 1U << (kTileHeight - height);
  if (node.index / places != tile.id.index) return std::nullopt;
  const std::size_t begin = static_cast<std::size_t>(node.index % places) << height;
  std::size_t count = std::size_t{1} << height;
  if (begin + count > tile.hashes.size()) return std::nullopt;
  if (height == 0) return tile.hashes[begin];

  std::array<Hash, kTileWidth / 2> row;
  HashNodes({&tile.hashes[begin], count}, {row.data(), count / 2});
  for (count /= 2; count > 1; count /= 2) HashNodes({row.data(), count}, {row.data(), count / 2});
  return row[0];
}

}  // namespace trustlog::merkle
