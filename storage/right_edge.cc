#include "storage/right_edge.h"

#include "fmt/format.h"
#include "merkle/compact_range.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::storage {
namespace {

absl::Status Contradiction(std::string_view message) { return bytes::Refuse(bytes::Reason::kCorruption, message); }

// The last tile of `level` as wide as it is, nullopt above the top.
absl::StatusOr<std::optional<merkle::TileData>> LastTile(const LogReader& reader, std::uint8_t level, std::uint64_t size) {
  const std::uint64_t nodes = merkle::NodesAtTileLevel(level, size);
  if (nodes == 0) return std::nullopt;
  const auto id = merkle::TileAtSize(level, (nodes - 1) / merkle::kTileWidth, size);
  auto tiles = reader.ReadTiles({&*id, 1});
  if (!tiles.ok()) return tiles.status();
  return std::move(tiles->front());
}

// The entries of the last bundle hash to the last leaf tile; as long as a last tile is full, its root is the last node of the level
// above.
absl::Status CheckLastTiles(const LogReader& reader, std::uint64_t size) {
  auto tile = LastTile(reader, 0, size);
  if (!tile.ok()) return tile.status();
  const merkle::TileId leaves = (*tile)->id;
  auto records = reader.ReadRecords(leaves.index * merkle::kTileWidth, size);
  if (!records.ok()) return records.status();
  for (std::size_t i = 0; i < records->size(); ++i) {
    if (merkle::HashLeaf(bytes::AsBytes((*records)[i].entry)) != (*tile)->hashes[i]) {
      return Contradiction(fmt::format("entry {} does not hash to its leaf", leaves.index * merkle::kTileWidth + i));
    }
  }
  while ((*tile)->id.width == merkle::kTileWidth && (*tile)->id.level < merkle::kMaxTileLevel) {
    const merkle::TileId full = (*tile)->id;
    const auto level = static_cast<std::uint8_t>(full.level + 1);
    const auto root = merkle::NodeInTile(**tile, {static_cast<std::uint8_t>(level * merkle::kTileHeight), full.index});
    tile = LastTile(reader, level, size);
    if (!tile.ok()) return tile.status();
    if (root != (*tile)->hashes.back())
      return Contradiction(fmt::format("tile {}/{} does not hash to its parent", full.level, full.index));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRightEdge(const LogReader& reader) {
  auto head = reader.IntegratedHead();
  if (!head.ok()) return head.status();
  auto edge = reader.ReadTiles(merkle::EdgeTiles(head->size));
  if (!edge.ok()) return edge.status();
  const auto hashes = merkle::EdgeRange(head->size, *edge);
  const auto range = hashes.has_value() ? merkle::CompactRange::FromHashes(head->size, *hashes) : std::nullopt;
  if (!range.has_value() || range->Root() != head->root) {
    return Contradiction(fmt::format("the right edge does not hash to the head of size {}", head->size));
  }
  return head->size == 0 ? absl::OkStatus() : CheckLastTiles(reader, head->size);
}

}  // namespace trustlog::storage
