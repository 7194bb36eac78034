#include "proto/tlog/tile_path.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

using merkle::TileId;
using Parsed = std::optional<std::variant<TileId, BundleId>>;

TEST(TilePath, A10ReadsAndWritesOneSpellingATile) {
  struct Case {
    std::string_view path;
    TileId id;
  };
  const Case cases[] = {
      {"tile/0/000", {0, 0, 256}},
      {"tile/0/000.p/1", {0, 0, 1}},
      {"tile/0/999.p/255", {0, 999, 255}},
      {"tile/1/x001/000", {1, 1'000, 256}},
      {"tile/2/x001/x234/067", {2, 1'234'067, 256}},  // the example of tlog-tiles
      {"tile/7/x001/x000/000.p/9", {7, 1'000'000, 9}},
      {"tile/63/000", {63, 0, 256}},
      {"tile/0/x072/x057/x594/x037/x927/935", {0, kMaxTileIndex, 256}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.path);
    EXPECT_EQ(TilePath(c.id), c.path);
    EXPECT_EQ(ParseTilePath(c.path), Parsed(c.id));
  }
}

TEST(TilePath, A17StatementsAndEntriesHavePathsOfTheirOwn) {
  struct Case {
    std::string_view path;
    BundleId id;
  };
  const Case cases[] = {
      {"tile/entries/000", {BundleKind::kEntries, 0, 256}},
      {"tile/entries/x001/234.p/17", {BundleKind::kEntries, 1'234, 17}},
      {"tile/statements/000.p/255", {BundleKind::kStatements, 0, 255}},
      {"tile/statements/x001/x234/067", {BundleKind::kStatements, 1'234'067, 256}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.path);
    EXPECT_EQ(BundlePath(c.id), c.path);
    EXPECT_EQ(ParseTilePath(c.path), Parsed(c.id));
  }
}

TEST(ParseTilePath, A10AnyOtherSpellingIsNoTile) {
  const std::string_view paths[] = {
      "", "/", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "tile/0//000", "tiles/0/000",
      "TILE/0/000", "tile/0/000 ", " tile/0/000", "tile/0/000\n", "tile/0/000?x", "tile/0/000#x",
      // level
      "tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/a/000", "tile/256/000",
      "tile/18446744073709551616/000", "tile/Entries/000", "tile/entries", "tile/data/000", "tile/entries/", "tile/0/entries/000",
      // index
      "tile/0/0", "tile/0/00", "tile/0/1", "tile/0/0000", "tile/0/1000", "tile/0/x000/001", "tile/0/x000/x001/000",
      "tile/0/001/000", "tile/0/x001", "tile/0/x001/", "tile/0/x001/x000", "tile/0/x01/000", "tile/0/x0001/000", "tile/0/X001/000",
      "tile/0/x001/00", "tile/0/x001//000", "tile/0/xx001/000", "tile/0/x-01/000", "tile/0/-01", "tile/0/+01", "tile/0/ 01",
      "tile/0/0x1",
      "tile/0/x072/x057/x594/x037/x927/936",                 // 2^56
      "tile/0/x018/x446/x744/x073/x709/x551/615",            // 2^64 - 1
      "tile/0/x018/x446/x744/x073/x709/x551/616",            // 2^64
      "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",  //
      // width
      "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/-1",
      "tile/0/000.p/+1", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/000.P/1", "tile/0/000.p/x", "tile/0/000/p/1",
      "tile/0/.p/1", "tile/8/000.p/0", "tile/0/x001.p/1/000", "tile/entries/000.p/256", "tile/statements/000.p/0",
      "tile/0/000.p/18446744073709551617",
      // other people's tricks
      "tile/0/../0/000", "tile/0/..", "tile/../tile/0/000", "tile/0/%30%30%30", "tile%2f0%2f000", "tile/0/%2e%2e",
      "tile/0/00\xd9\xa0", "tile\\0\\000", "./tile/0/000", "tile/./0/000"};
  for (const auto path : paths) EXPECT_EQ(ParseTilePath(path), std::nullopt) << path;
  EXPECT_EQ(ParseTilePath(std::string_view("tile/0/000\0", 11)), std::nullopt);
  EXPECT_EQ(ParseTilePath(std::string_view("tile/0/0\0000", 10)), std::nullopt);
  std::string deep = "tile/0/";
  for (int i = 0; i < 10'000; ++i) deep += "x001/";
  EXPECT_EQ(ParseTilePath(deep + "001"), std::nullopt);
}

TEST(ParseTilePath, WhatIsReadIsWrittenTheSameWay) {
  for (const std::string path : {"tile/2/x001/x234/067.p/12", "tile/entries/x001/234.p/17", "tile/statements/000"}) {
    ForEachDamage(path, [&](const std::string& damaged) {
      const auto parsed = ParseTilePath(damaged);
      if (!parsed) return;
      const auto* tile = std::get_if<TileId>(&*parsed);
      EXPECT_EQ(tile != nullptr ? TilePath(*tile) : BundlePath(std::get<BundleId>(*parsed)), damaged);
    });
  }
}

TEST(BundleAtSize, A12IsAsWideAsTheTreeFillsIt) {
  using Bundle = std::optional<BundleId>;
  const auto at = [](std::uint64_t index, std::uint64_t size) { return BundleAtSize(BundleKind::kEntries, index, size); };
  const auto is = [](std::uint64_t index, std::uint16_t width) { return Bundle({BundleKind::kEntries, index, width}); };
  EXPECT_EQ(at(0, 0), std::nullopt);
  EXPECT_EQ(at(0, 1), is(0, 1));
  EXPECT_EQ(at(0, 255), is(0, 255));
  EXPECT_EQ(at(0, 256), is(0, 256));
  EXPECT_EQ(at(1, 256), std::nullopt);  // A11: width 0 is never served
  EXPECT_EQ(at(0, 257), is(0, 256));
  EXPECT_EQ(at(1, 257), is(1, 1));
  EXPECT_EQ(at(273, 70'000), is(273, 112));  // the example of tlog-tiles
  EXPECT_EQ(at(274, 70'000), std::nullopt);
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(at(kMaxTileIndex, kMax), is(kMaxTileIndex, 255));
  EXPECT_EQ(at(kMax, kMax), std::nullopt);
  EXPECT_EQ(BundleAtSize(BundleKind::kStatements, 0, 3)->kind, BundleKind::kStatements);
}

TEST(BundleAtSize, CoversEverySmallTreeExactly) {
  for (std::uint64_t size = 0; size <= 1'025; ++size) {
    std::uint64_t covered = 0;
    for (std::uint64_t index = 0; const auto bundle = BundleAtSize(BundleKind::kEntries, index, size); ++index)
      covered += bundle->width;
    EXPECT_EQ(covered, size);
  }
}

}  // namespace
}  // namespace trustlog::tlog
