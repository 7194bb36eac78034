#include "proto/tlog/bundle.h"

#include <gtest/gtest.h>

#include <string>

namespace trustlog::tlog {
namespace {

using Views = std::vector<std::string_view>;

TEST(Bundle, A15EachEntryHasABigEndianLength) {
  const Views items = {"one", "two"};
  const std::string bundle("\0\3one\0\3two", 10);
  EXPECT_EQ(FormatBundle(items), bundle);
  EXPECT_EQ(ParseBundle(bundle, 2), items);
}

TEST(Bundle, A15TheLargestEntryIs65535Bytes) {
  const std::string large(65'535, 'e');
  const Views items = {large, "", large};
  const auto bundle = FormatBundle(items);
  EXPECT_EQ(bundle.substr(0, 2), "\xff\xff");
  EXPECT_EQ(ParseBundle(bundle, 3), items);
}

// records.md 4.1: one codec reads entries and statements; length 0 is a withheld statement.
TEST(Bundle, A17LengthZeroIsReadAsAnEmptyString) {
  EXPECT_EQ(ParseBundle(std::string("\0\0\0\1s\0\0", 7), 3), (Views{"", "s", ""}));
}

TEST(Bundle, EveryOtherWidthAndEveryPrefixIsRefused) {
  const Views items = {"one", "", "three"};
  const auto bundle = FormatBundle(items);
  for (int width = 0; width <= 0xffff; ++width) {
    EXPECT_EQ(ParseBundle(bundle, static_cast<std::uint16_t>(width)).has_value(), width == 3) << width;
  }
  for (std::size_t size = 0; size < bundle.size(); ++size) EXPECT_EQ(ParseBundle(bundle.substr(0, size), 3), std::nullopt);
  EXPECT_EQ(ParseBundle(bundle + "x", 3), std::nullopt);
  EXPECT_EQ(ParseBundle(std::string("\xff\xff", 2) + "short", 1), std::nullopt);
}

TEST(Bundle, A11WidthZeroAndMoreThan256AreNoBundle) {
  EXPECT_EQ(ParseBundle("", 0), std::nullopt);
  const Views empty(256, "");
  const auto full = FormatBundle(empty);
  EXPECT_EQ(ParseBundle(full, 256), empty);
  EXPECT_EQ(ParseBundle(full + std::string(2, '\0'), 257), std::nullopt);
}

TEST(Bundle, A12APartialIsAPrefixOfTheFullOne) {
  std::vector<std::string> entries;
  for (int i = 0; i < 256; ++i) entries.push_back("entry " + std::to_string(i));
  const Views all(entries.begin(), entries.end());
  const auto full = FormatBundle(all);
  for (std::size_t width = 1; width <= 256; ++width) {
    const auto partial = FormatBundle(std::span(all).first(width));
    EXPECT_TRUE(full.starts_with(partial));
    EXPECT_EQ(ParseBundle(partial, static_cast<std::uint16_t>(width)), Views(all.begin(), all.begin() + static_cast<int>(width)));
  }
}

TEST(Tile, A11AFullTileIs8192Bytes) {
  std::vector<merkle::Hash> hashes(256);
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i].fill(static_cast<std::uint8_t>(i));
  const auto full = FormatTile(hashes);
  EXPECT_EQ(full.size(), 8'192U);
  EXPECT_EQ(ParseTile(full, 256), hashes);
  for (std::uint16_t width = 1; width < 256; ++width) {  // A12
    EXPECT_EQ(ParseTile(std::string_view(full).substr(0, 32U * width), width), std::vector(hashes.begin(), hashes.begin() + width));
  }
}

TEST(Tile, A11AnotherLengthOrWidthIsRefused) {
  const std::string tile(96, 't');
  for (int width = 0; width <= 0xffff; ++width) {
    EXPECT_EQ(ParseTile(tile, static_cast<std::uint16_t>(width)).has_value(), width == 3) << width;
  }
  for (std::size_t size = 0; size < 200; ++size) EXPECT_EQ(ParseTile(std::string(size, 't'), 3).has_value(), size == 96) << size;
  EXPECT_EQ(ParseTile("", 0), std::nullopt);
  EXPECT_EQ(ParseTile(std::string(32 * 257, 't'), 257), std::nullopt);
}

}  // namespace
}  // namespace trustlog::tlog
