#include "proto/tlog/bundle.h"

#include <cassert>

#include "proto/bytes/wire.h"

namespace trustlog::tlog {
namespace {

constexpr std::size_t kMaxItemBytes = 65'535;  // what a u16 can say (A15)

bool IsWidth(std::uint16_t width) { return width >= 1 && width <= merkle::kTileWidth; }

}  // namespace

std::optional<std::vector<std::string_view>> ParseBundle(std::string_view bundle, std::uint16_t width) {
  if (!IsWidth(width)) return std::nullopt;
  std::vector<std::string_view> items;
  items.reserve(width);
  bytes::ByteReader reader(bundle);
  for (std::uint16_t i = 0; i < width && reader.ok(); ++i) items.push_back(reader.Lp16());
  if (!reader.AtEnd()) return std::nullopt;
  return items;
}

std::string FormatBundle(std::span<const std::string_view> items) {
  assert(items.size() <= merkle::kTileWidth);
  bytes::ByteWriter bundle;
  for (const auto item : items) {
    assert(item.size() <= kMaxItemBytes);
    bundle.Lp16(item);
  }
  return bundle.Take();
}

std::optional<std::vector<merkle::Hash>> ParseTile(std::string_view tile, std::uint16_t width) {
  if (!IsWidth(width) || tile.size() != width * sizeof(merkle::Hash)) return std::nullopt;
  std::vector<merkle::Hash> hashes;
  hashes.reserve(width);
  bytes::ByteReader reader(tile);
  while (!reader.AtEnd()) hashes.push_back(reader.Hash32());
  return hashes;
}

std::string FormatTile(std::span<const merkle::Hash> hashes) {
  bytes::ByteWriter tile;
  for (const auto& hash : hashes) tile.Hash32(hash);
  return tile.Take();
}

}  // namespace trustlog::tlog
