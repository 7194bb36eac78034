// Growing a tree: from the old head, its right edge and new leaf hashes to the new head and every tile that changed.
//
// Pure and thread-safe. About one node hash a leaf, in batches (hash.h), beside the leaf hash that the caller made.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "merkle/tile.h"

namespace trustlog::merkle {

struct Growth {
  TreeHead head;                // the new one
  std::vector<TileData> tiles;  // every tile that changed, whole (prefix included), ascending by (level, index)
};

// The partial tiles of the right edge of a tree of `size` leaves, ascending by level: what Integrate needs. Levels whose
// last tile is full or empty have none. At most 8.
std::vector<TileId> EdgeTiles(std::uint64_t size);

// The compact range that the edge tiles hold: the subtree roots of [0, size).
// nullopt: `edge` is not EdgeTiles(size), or a tile has not as many hashes as its width says.
std::optional<std::vector<Hash>> EdgeRange(std::uint64_t size, std::span<const TileData> edge);

// nullopt: `edge` is not the edge of `old` or does not hash to old.root, or the size would pass 2^64 - 1.
// No leaves: the old head and no tiles.
std::optional<Growth> Integrate(const TreeHead& old, std::span<const TileData> edge, std::span<const Hash> leaves);

}  // namespace trustlog::merkle
