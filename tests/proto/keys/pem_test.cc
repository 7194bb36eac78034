#include "proto/keys/pem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trustlog::keys {
namespace {

using std::string_literals::operator""s;
using ::testing::Optional;

constexpr char kExample[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA/jkOzTfUxc9BuumsoO4qUAmMVzCedcOMblCDoAvPrWY=\n"
    "-----END PUBLIC KEY-----\n";

TEST(Pem, AnExampleComesBack) {
  const auto der = DecodePem(kPublicKeyLabel, kExample);
  ASSERT_TRUE(der);
  EXPECT_EQ(der->size(), 44U);
  EXPECT_EQ(EncodePem(kPublicKeyLabel, *der), kExample);
}

TEST(Pem, EverySizeComesBackInLinesOf64) {
  for (std::size_t size = 1; size < 200; ++size) {
    const std::string der(size, static_cast<char>(size));
    const auto text = EncodePem(kPrivateKeyLabel, der);
    EXPECT_THAT(DecodePem(kPrivateKeyLabel, text), Optional(der)) << size;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
      EXPECT_LE(text.find('\n', begin) - begin, 64U);
  }
}

TEST(Pem, TheLastLineFeedMayBeMissing) {
  const std::string text(kExample);
  EXPECT_EQ(DecodePem(kPublicKeyLabel, text.substr(0, text.size() - 1)), DecodePem(kPublicKeyLabel, text));
}

TEST(Pem, RefusesEveryOtherForm) {
  const std::string begin = "-----BEGIN PUBLIC KEY-----\n";
  const std::string end = "-----END PUBLIC KEY-----\n";
  const std::string line(64, 'A');
  ASSERT_TRUE(DecodePem(kPublicKeyLabel, begin + line + "\nAAAA\n" + end));
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"nothing", ""},
      {"begin alone", begin},
      {"end alone", end},
      {"begin and end in one", "-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----\n"},
      {"another label", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
      {"two labels", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
      {"encrypted", "-----BEGIN ENCRYPTED PUBLIC KEY-----\nAAAA\n-----END ENCRYPTED PUBLIC KEY-----\n"},
      {"carriage returns", "-----BEGIN PUBLIC KEY-----\r\nAAAA\r\n-----END PUBLIC KEY-----\r\n"},
      {"text before", "key:\n" + begin + "AAAA\n" + end},
      {"byte order mark", "\xef\xbb\xbf" + begin + "AAAA\n" + end},
      {"text behind", begin + "AAAA\n" + end + "x"},
      {"empty line behind", begin + "AAAA\n" + end + "\n"},
      {"two keys", begin + "AAAA\n" + end + begin + "AAAA\n" + end},
      {"header", begin + "Proc-Type: 4,ENCRYPTED\n\nAAAA\n" + end},
      {"empty line", begin + "\nAAAA\n" + end},
      {"no line feed before the end", begin + "AAAA" + end},
      {"short line that is not the last", begin + "AAAA\nAAAA\n" + end},
      {"line of 68", begin + line + "AAAA\n" + end},
      {"line of 63 before another", begin + line.substr(1) + "\nA\n" + end},
      {"space at a line's end", begin + "AAAA \n" + end},
      {"indented", begin + " AAAA\n" + end},
      {"padding missing", begin + "AA\n" + end},
      {"unused bits set", begin + "AB==\n" + end},
      {"URL-safe digits", begin + "-_-_\n" + end},
      {"NUL", begin + "AAA\0\n"s + end},
  };
  for (const auto& c : cases) EXPECT_FALSE(DecodePem(kPublicKeyLabel, c.text)) << c.name;
}

TEST(Pem, EveryPrefixIsRefused) {
  const std::string text(kExample);
  for (std::size_t size = 0; size < text.size() - 1; ++size) EXPECT_FALSE(DecodePem(kPublicKeyLabel, text.substr(0, size))) << size;
}

}  // namespace
}  // namespace trustlog::keys
