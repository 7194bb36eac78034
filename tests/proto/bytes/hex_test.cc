#include "proto/bytes/hex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/bytes/wire.h"

namespace trustlog::bytes {
namespace {

using std::string_literals::operator""s;
using ::testing::Optional;

TEST(Hex, EveryByteComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const auto text = EncodeHex(AsBytes(all));
  EXPECT_EQ(text.substr(0, 6), "000102");
  EXPECT_EQ(text.substr(506), "fdfeff");
  EXPECT_THAT(DecodeHex(text), Optional(all));
}

TEST(Hex, EmptyIsEmpty) {
  EXPECT_EQ(EncodeHex({}), "");
  EXPECT_THAT(DecodeHex(""), Optional(""s));
}

TEST(Hex, RefusesWhatEncodeDoesNotWrite) {
  const struct {
    const char* name;
    std::string text;
  } cases[] = {{"odd length", "abc"},  {"upper case", "AB"},    {"mixed case", "aB"},   {"prefix", "0x12"},
               {"space", "a "},        {"sign before a", "a`"}, {"sign after f", "ag"}, {"sign before 0", "0/"},
               {"sign after 9", "0:"}, {"NUL", "a\0"s},         {"high byte", "a\xe1"}, {"bad first digit", "g0"}};
  for (const auto& c : cases) EXPECT_FALSE(DecodeHex(c.text)) << c.name;
}

TEST(Hex, AHashIsExactly64Digits) {
  const std::string digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const auto hash = DecodeHash(digits);
  ASSERT_TRUE(hash);
  EXPECT_EQ((*hash)[0], 0);
  EXPECT_EQ((*hash)[31], 0x1f);
  EXPECT_EQ(EncodeHex(*hash), digits);
  EXPECT_FALSE(DecodeHash(digits + "00"));
  EXPECT_FALSE(DecodeHash(digits.substr(2)));
  EXPECT_FALSE(DecodeHash(digits.substr(1)));
  EXPECT_FALSE(DecodeHash(""));
  EXPECT_FALSE(DecodeHash(digits.substr(0, 63) + "F"));
}

}  // namespace
}  // namespace trustlog::bytes
