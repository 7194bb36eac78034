// Tiles: the unit in which tree nodes are stored and served (C2SP tlog-tiles), and the arithmetic between nodes and tiles.
//
// A node (level l, index i) is the root of the perfect subtree over leaves [i * 2^l, (i + 1) * 2^l). A tile (level L, index N)
// holds up to 256 consecutive nodes of level 8 L: nodes 256 N .. 256 N + width - 1. Every node in between is computed from them.
// Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "merkle/hash.h"

namespace trustlog::merkle {

inline constexpr unsigned kTileHeight = 8;
inline constexpr std::uint16_t kTileWidth = 256;
inline constexpr std::uint8_t kMaxTileLevel = 7;  // 2^64 leaves need tile levels 0..7
inline constexpr std::uint8_t kMaxNodeLevel = 63;

struct NodeId {
  std::uint8_t level = 0;  // 0 = leaves, at most 63
  std::uint64_t index = 0;
  friend bool operator==(const NodeId&, const NodeId&) = default;
  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

struct TileId {
  std::uint8_t level = 0;  // tile level: holds nodes of level 8 * level
  std::uint64_t index = 0;
  std::uint16_t width = 0;  // 1..256, 256 = full
  friend bool operator==(const TileId&, const TileId&) = default;
  friend auto operator<=>(const TileId&, const TileId&) = default;
};

// hashes.size() == id.width in every well-formed value.
struct TileData {
  TileId id;
  std::vector<Hash> hashes;
  friend bool operator==(const TileData&, const TileData&) = default;
};

// A committed tree: number of leaves and root. The root of size 0 is EmptyRoot().
struct TreeHead {
  std::uint64_t size = 0;
  Hash root = EmptyRoot();
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// Number of nodes that tile level `level` holds in a tree of `size` leaves: floor(size / 256^level).
std::uint64_t NodesAtTileLevel(std::uint8_t level, std::uint64_t size);

// The tile (level, index) as wide as a tree of `size` leaves fills it; nullopt if it is empty there.
std::optional<TileId> TileAtSize(std::uint8_t level, std::uint64_t index, std::uint64_t size);

// The hash of `node`, computed from `tile`: levels 8 L to 8 L + 8, so a full tile also gives the node that stands for it in the
// tile above. nullopt: the tile does not hold the whole subtree of the node, or has not as many hashes as its width says.
// Cost: a hash for each node between, at most 255.
std::optional<Hash> NodeInTile(const TileData& tile, NodeId node);

}  // namespace trustlog::merkle
