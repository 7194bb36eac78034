#include "proto/tlog/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

TEST(TakeCodePoint, ReadsTheBordersOfEachLength) {
  struct Case {
    std::string_view name;
    std::string_view text;
    char32_t code_point;
  };
  const Case cases[] = {
      {"first of one byte", std::string_view("\0", 1), 0},
      {"last of one byte", "\x7f", 0x7f},
      {"first of two bytes", "\xc2\x80", 0x80},
      {"last of two bytes", "\xdf\xbf", 0x7ff},
      {"first of three bytes", "\xe0\xa0\x80", 0x800},
      {"before the surrogates", "\xed\x9f\xbf", 0xd7ff},
      {"after the surrogates", "\xee\x80\x80", 0xe000},
      {"last of three bytes", "\xef\xbf\xbf", 0xffff},
      {"first of four bytes", "\xf0\x90\x80\x80", 0x10000},
      {"last of all", "\xf4\x8f\xbf\xbf", 0x10ffff},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string followed = std::string(c.text) + "z";
    std::string_view rest = followed;
    EXPECT_EQ(TakeCodePoint(rest), c.code_point);
    EXPECT_EQ(rest, "z");
  }
}

TEST(TakeCodePoint, RefusesWhatIsNotUtf8) {
  struct Case {
    std::string_view name;
    std::string_view text;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"lone continuation", "\x80"},
      {"overlong slash", "\xc0\xaf"},
      {"overlong of three bytes", "\xe0\x9f\xbf"},
      {"overlong of four bytes", "\xf0\x8f\xbf\xbf"},
      {"first surrogate", "\xed\xa0\x80"},
      {"last surrogate", "\xed\xbf\xbf"},
      {"beyond U+10FFFF", "\xf4\x90\x80\x80"},
      {"lead byte F8", "\xf8\x88\x80\x80\x80"},
      {"lead byte FF", "\xff"},
      {"two bytes, one there", "\xc3"},
      {"four bytes, three there", "\xf0\x9f\x98"},
      {"second byte no continuation", "\xc3("},
      {"third byte no continuation", "\xe2\x80("},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    std::string_view rest = c.text;
    EXPECT_EQ(TakeCodePoint(rest), std::nullopt);
    EXPECT_EQ(rest, c.text);
  }
}

TEST(IsNoteCharacters, A1RefusesEachControlCharacterButTheLineFeed) {
  for (int c = 0; c < 0x80; ++c) {
    const std::string text = std::string("a") + static_cast<char>(c) + "b";
    EXPECT_EQ(IsNoteCharacters(text), c == '\n' || c >= 0x20) << c;
  }
}

TEST(IsUnicodeSpace, IsTheWhiteSpaceProperty) {
  int spaces = 0;
  for (char32_t c = 0; c <= 0x10ffff; ++c) spaces += IsUnicodeSpace(c) ? 1 : 0;
  EXPECT_EQ(spaces, 25);  // PropList.txt of Unicode 15: "Total code points: 25"
  EXPECT_TRUE(IsUnicodeSpace(0x3000));
  EXPECT_FALSE(IsUnicodeSpace(0x200b));
}

TEST(TakeLine, TakesUpToTheLineFeedAndLeavesAnUnendedLine) {
  std::string_view rest = "one\n\nthree";
  EXPECT_EQ(TakeLine(rest), "one");
  EXPECT_EQ(TakeLine(rest), "");
  EXPECT_EQ(TakeLine(rest), std::nullopt);
  EXPECT_EQ(rest, "three");
}

TEST(ParseDecimal, ReadsNumbersUpToTheMaximumInOneSpelling) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(ParseDecimal("0", 0), 0U);
  EXPECT_EQ(ParseDecimal("255", 255), 255U);
  EXPECT_EQ(ParseDecimal("18446744073709551615", kMax), kMax);
  EXPECT_EQ(ParseDecimal("256", 255), std::nullopt);
  EXPECT_EQ(ParseDecimal("1", 0), std::nullopt);
  EXPECT_EQ(ParseDecimal("5", 3), std::nullopt);
  for (const std::string_view text : {"", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "0x1", "1e3", "1.0", "\xd9\xa1",
                                      "18446744073709551616", "18446744073709551620", "99999999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(text, kMax), std::nullopt) << text;
  }
}

TEST(Quote, PrintsNothingButPrintableAscii) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_TRUE(IsPrintableAscii(Quote(all)));
  EXPECT_EQ(Quote("a\"b\\c"), R"("a\x22b\x5cc")");
  EXPECT_EQ(Quote("\xe2\x80\xae\x1b[2J\r"), R"("\xe2\x80\xae\x1b[2J\x0d")");
  EXPECT_EQ(Quote(std::string(257, 'a')), '"' + std::string(256, 'a') + "\"...");
}

}  // namespace
}  // namespace trustlog::tlog
