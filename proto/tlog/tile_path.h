// Tile and bundle paths (C2SP tlog-tiles, A10; records.md 4.1): "tile/<L>/<N>[.p/<W>]", "tile/entries/<N>[.p/<W>]",
// "tile/statements/<N>[.p/<W>]". Strict: one spelling a tile; any other is nullopt. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "merkle/tile.h"

namespace trustlog::tlog {

enum class BundleKind : std::uint8_t { kEntries, kStatements };

// No tree of 2^64 leaves has a tile or bundle beyond; 256 * index does not overflow.
inline constexpr std::uint64_t kMaxTileIndex = (std::uint64_t{1} << 56) - 1;

struct BundleId {
  BundleKind kind = BundleKind::kEntries;
  std::uint64_t index = 0;  // holds entries 256 index ..
  std::uint16_t width = 0;  // 1..256, 256 = full
  friend bool operator==(const BundleId&, const BundleId&) = default;
};

// Without a leading slash.  REQUIRES: level <= 63, index <= kMaxTileIndex, width 1..256.
std::string TilePath(const merkle::TileId& id);
std::string BundlePath(const BundleId& id);
// Levels up to 63 as the specification has them; no tree has a level above merkle::kMaxTileLevel.
std::optional<std::variant<merkle::TileId, BundleId>> ParseTilePath(std::string_view path);

// The bundle `index` as wide as `size` entries fill it; nullopt: empty there.
std::optional<BundleId> BundleAtSize(BundleKind kind, std::uint64_t index, std::uint64_t size);

}  // namespace trustlog::tlog
