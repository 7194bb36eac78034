#include "proto/tlog/tile_path.h"

#include <algorithm>
#include <vector>

#include "fmt/format.h"
#include "proto/tlog/text.h"

namespace trustlog::tlog {
namespace {

constexpr std::string_view kEntries = "entries";
constexpr std::string_view kStatements = "statements";
constexpr std::uint8_t kMaxPathLevel = 63;
constexpr std::size_t kGroupDigits = 3;

// What stands after the level or kind: N and W.
struct Place {
  std::uint64_t index = 0;
  std::uint16_t width = merkle::kTileWidth;
};

std::string FormatPlace(std::uint64_t index, std::uint16_t width) {
  std::string path = fmt::format("{:03}", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) path = fmt::format("x{:03}/{}", index % 1000, path);
  if (width != merkle::kTileWidth) path += fmt::format(".p/{}", width);
  return path;
}

// Three digits; nullopt: anything else.
std::optional<std::uint64_t> ParseGroup(std::string_view digits) {
  std::uint64_t value = 0;
  if (digits.size() != kGroupDigits) return std::nullopt;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

// "x001/x234/067": all groups but the last begin with 'x', and the first of several is not x000, so that each index has one
// spelling.
std::optional<std::uint64_t> ParseIndex(std::string_view path) {
  if (path.starts_with("x000")) return std::nullopt;
  std::uint64_t index = 0;
  while (true) {
    const bool is_last = !path.starts_with('x');
    const auto digits = is_last ? path : path.substr(1, path.find('/') - 1);
    const auto group = ParseGroup(digits);
    // 1000 index + group <= kMaxTileIndex, without overflow
    if (!group || index > (kMaxTileIndex - *group) / 1000) return std::nullopt;
    index = 1000 * index + *group;
    if (is_last) return index;
    path.remove_prefix(std::min(path.size(), digits.size() + 2));  // an "x123" at the end leaves "", which is no group
  }
}

std::optional<Place> ParsePlace(std::string_view path) {
  Place place;
  const auto suffix = path.find(".p/");
  if (suffix != std::string_view::npos) {
    const auto width = ParseDecimal(path.substr(suffix + 3), merkle::kTileWidth - 1);
    if (!width || *width == 0) return std::nullopt;
    place.width = static_cast<std::uint16_t>(*width);
  }
  const auto index = ParseIndex(path.substr(0, suffix));
  if (!index) return std::nullopt;
  place.index = *index;
  return place;
}

}  // namespace

std::string TilePath(const merkle::TileId& id) { return fmt::format("tile/{}/{}", id.level, FormatPlace(id.index, id.width)); }

std::string BundlePath(const BundleId& id) {
  return fmt::format("tile/{}/{}", id.kind == BundleKind::kEntries ? kEntries : kStatements, FormatPlace(id.index, id.width));
}

std::optional<std::variant<merkle::TileId, BundleId>> ParseTilePath(std::string_view path) {
  constexpr std::string_view kFolder = "tile/";
  if (!path.starts_with(kFolder)) return std::nullopt;
  path.remove_prefix(kFolder.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto head = path.substr(0, slash);
  const auto place = ParsePlace(path.substr(slash + 1));
  if (!place) return std::nullopt;
  if (head == kEntries) return BundleId{BundleKind::kEntries, place->index, place->width};
  if (head == kStatements) return BundleId{BundleKind::kStatements, place->index, place->width};
  const auto level = ParseDecimal(head, kMaxPathLevel);
  if (!level) return std::nullopt;
  return merkle::TileId{static_cast<std::uint8_t>(*level), place->index, place->width};
}

std::optional<BundleId> BundleAtSize(BundleKind kind, std::uint64_t index, std::uint64_t size) {
  const auto full = size / merkle::kTileWidth;
  if (index < full) return BundleId{kind, index, merkle::kTileWidth};
  const auto rest = static_cast<std::uint16_t>(size % merkle::kTileWidth);
  if (index > full || rest == 0) return std::nullopt;
  return BundleId{kind, index, rest};
}

}  // namespace trustlog::tlog
