#include "proto/bytes/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/bytes/wire.h"

namespace trustlog::bytes {
namespace {

using std::string_literals::operator""s;
using ::testing::Optional;

constexpr char kEveryAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=";

// RFC 4648 section 10.
TEST(Base64, EncodesTheVectorsOfTheRfc) {
  const struct {
    std::string data, padded, bare;
  } cases[] = {{"", "", ""},
               {"f", "Zg==", "Zg"},
               {"fo", "Zm8=", "Zm8"},
               {"foo", "Zm9v", "Zm9v"},
               {"foob", "Zm9vYg==", "Zm9vYg"},
               {"fooba", "Zm9vYmE=", "Zm9vYmE"},
               {"foobar", "Zm9vYmFy", "Zm9vYmFy"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.data);
    EXPECT_EQ(EncodeBase64(c.data), c.padded);
    EXPECT_EQ(EncodeBase64Url(AsBytes(c.data)), c.bare);
    EXPECT_THAT(DecodeBase64(c.padded), Optional(c.data));
    EXPECT_THAT(DecodeBase64Url(c.bare), Optional(c.data));
    EXPECT_THAT(DecodeBase64Any(c.padded), Optional(c.data));
    EXPECT_THAT(DecodeBase64Any(c.bare), Optional(c.data));
  }
}

TEST(Base64, UsesTheAlphabetOfEachSection) {
  const std::string data = "\xfb\xff\xbf";
  EXPECT_EQ(EncodeBase64(data), "+/+/");
  EXPECT_EQ(EncodeBase64Url(AsBytes(data)), "-_-_");
  EXPECT_THAT(DecodeBase64("+/+/"), Optional(data));
  EXPECT_THAT(DecodeBase64Url("-_-_"), Optional(data));
  EXPECT_THAT(DecodeBase64Any("+/+/"), Optional(data));
  EXPECT_THAT(DecodeBase64Any("-_-_"), Optional(data));
  EXPECT_FALSE(DecodeBase64("-_-_"));
  EXPECT_FALSE(DecodeBase64Url("+/+/"));
}

TEST(Base64, EveryByteAtEveryPlaceComesBack) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size <= 6; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string data(size, '\x5a');
        data[at] = static_cast<char>(byte);
        EXPECT_THAT(DecodeBase64(EncodeBase64(data)), Optional(data));
        EXPECT_THAT(DecodeBase64Url(EncodeBase64Url(AsBytes(data))), Optional(data));
        EXPECT_THAT(DecodeBase64Any(EncodeBase64Url(AsBytes(data))), Optional(data));
      }
    }
  }
}

struct Refusal {
  const char* name;
  std::string text;
  bool strict, url, any;  // whether DecodeBase64, DecodeBase64Url, DecodeBase64Any accept it
};

TEST(Base64, EachDecoderTakesItsOwnFormOnly) {
  const Refusal cases[] = {
      {"lone digit", "Z", false, false, false},
      {"lone digit after a group", "Zm9vY", false, false, false},
      {"lone digit padded", "Z===", false, false, false},
      {"lone zero digit", "A", false, false, false},
      {"lone zero digit after a group", "Zm9vA", false, false, false},
      {"lone zero digit padded", "A===", false, false, false},
      {"padding missing", "Zg", false, true, true},
      {"padding half", "Zg=", false, false, false},
      {"padding whole", "Zg==", true, false, true},
      {"padding too long", "Zg===", false, false, false},
      {"padding a group too long", "Zm9v====", false, false, false},
      {"padding alone", "====", false, false, false},
      {"one sign of padding alone", "=", false, false, false},
      {"padding inside", "Zg==Zg==", false, false, false},
      {"padding after a full group", "Zm9v=", false, false, false},
      {"unused bits of two digits set", "Zh==", false, false, false},
      {"unused bits of two bare digits set", "Zh", false, false, false},
      {"unused bits of three digits set", "Zm9=", false, false, false},
      {"unused bits of three bare digits set", "Zm9", false, false, false},
      {"alphabets mixed", "+_+_", false, false, false},
      {"alphabets mixed far apart", "+AAAAAAAAAAAAAA_", false, false, false},
      {"space", "Zm 9", false, false, false},
      {"line feed at the end", "Zm9v\n", false, false, false},
      {"line feed inside", "Zm\n9v", false, false, false},
      {"NUL", "Zm9\0"s, false, false, false},
      {"high byte", "Zm9\xff", false, false, false},
      {"digit with its high bit set", "Zm9\xf6", false, false, false},
      {"comma", "Zm9,", false, false, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(DecodeBase64(c.text).has_value(), c.strict);
    EXPECT_EQ(DecodeBase64Url(c.text).has_value(), c.url);
    EXPECT_EQ(DecodeBase64Any(c.text).has_value(), c.any);
  }
}

TEST(Base64, EveryTextOfThreeSignsThatDecodesEncodesBackToItself) {
  for (const char a : kEveryAlphabet) {
    for (const char b : kEveryAlphabet) {
      for (const char c : kEveryAlphabet) {
        const std::string text = {a, b, c};
        if (const auto data = DecodeBase64Url(text)) {
          EXPECT_EQ(EncodeBase64Url(AsBytes(*data)), text);
        }
        const std::string padded = text + "=";
        if (const auto data = DecodeBase64(padded)) {
          EXPECT_EQ(EncodeBase64(*data), padded);
        }
      }
    }
  }
}

}  // namespace
}  // namespace trustlog::bytes
