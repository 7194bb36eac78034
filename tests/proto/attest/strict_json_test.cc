#include "proto/attest/strict_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

constexpr JsonLimits kLimits = {.max_bytes = 100'000};

std::string Answer(std::string_view text, const JsonLimits& limits = kLimits) {
  return ReasonWord(ParseStrictJson(text, limits, bytes::Reason::kStatementMalformed).status());
}

std::string Repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}
std::string Nested(std::size_t depth, std::string_view inner = "") { return Repeat("[", depth).append(inner) + Repeat("]", depth); }
std::string Members(std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  return text + "}";
}
std::string Elements(std::size_t count) { return "[0" + Repeat(",0", count - 1) + "]"; }
std::string Quoted(std::size_t size, std::string_view piece = "a") { return "\"" + Repeat(piece, size) + "\""; }

TEST(StrictJsonTest, TakesEverythingThatRfc8259AndTheLimitsAllow) {
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"null", "null"},
      {"booleans", "[true,false]"},
      {"white space everywhere", " \t\r\n{ \"a\" :\n[ 1 , 2 ]\r} \n"},
      {"empty object", "{}"},
      {"empty array", "[]"},
      {"empty string and name", R"({"":""})"},
      {"zero", "0"},
      {"negative", "-1"},
      {"2^53 - 1", "9007199254740991"},
      {"-(2^53 - 1)", "-9007199254740991"},
      {"all escapes", R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")"},
      {"raw UTF-8 of two, three and four bytes", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\""},
      {"DEL and U+FEFF inside a string", "\"\x7F\xEF\xBB\xBF\""},
      {"depth 32", Nested(32)},
      {"depth 32, a scalar inside", Nested(32, "1")},
      {"256 members", Members(256)},
      {"1,024 elements", Elements(1'024)},
      {"string of 4,096 bytes", Quoted(4'096)},
      {"string of 4,096 bytes after decoding", Quoted(2'048, "\\u00e9")},
      {"name of 4,096 bytes", "{" + Quoted(4'096) + ":0}"},
      {"one name in two objects", R"([{"a":1},{"a":{"a":2}}])"},
      {"names that differ in case", R"({"a":1,"A":2})"},
      {"names that differ in normalisation", "{\"\xC3\xA9\":1,\"e\xCC\x81\":2}"},
  };
  for (const auto& test : cases) EXPECT_EQ(Answer(test.text), "OK") << test.name;
}

TEST(StrictJsonTest, RefusesEverythingElse) {
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"nothing", ""},
      {"white space only", " \n"},
      {"cut short", R"({"a":1)"},
      {"cut in a number", "-"},
      {"cut in a string", "\"a"},
      {"trailing comma in an array", "[1,]"},
      {"trailing comma in an object", R"({"a":1,})"},
      {"two values", "1 2"},
      {"bytes after the end", "{}x"},
      {"NUL after the end", std::string("{}\0", 3)},
      {"vertical tab as white space", "\v{}"},
      {"comment", "/* */{}"},
      {"line comment", "{}//"},
      {"single quotes", "{'a':1}"},
      {"unquoted name", "{a:1}"},
      {"NaN", "NaN"},
      {"Infinity", "-Infinity"},
      {"capital literal", "True"},
      {"byte order mark", "\xEF\xBB\xBF{}"},
      {"UTF-16", std::string("\xFF\xFE{\0}\0", 6)},
      {"fraction", "1.5"},
      {"fraction of zero", "1.0"},
      {"exponent", "1e3"},
      {"exponent of zero", "0E0"},
      {"exponent that keeps it whole", "[10e-1]"},
      {"minus zero", "-0"},
      {"minus zero in an array", "[-0]"},
      {"leading zero", "01"},
      {"leading plus", "+1"},
      {"no digit before the point", ".5"},
      {"hexadecimal", "0x10"},
      {"2^53", "9007199254740992"},
      {"-2^53", "-9007199254740992"},
      {"2^63", "9223372036854775808"},
      {"-2^63", "-9223372036854775808"},
      {"2^64", "18446744073709551616"},
      {"400 digits", Repeat("9", 400)},
      {"U+0000 escaped", R"("\u0000")"},
      {"U+0000 escaped in a name", R"({"a\u0000b":1})"},
      {"U+0000 raw", std::string("\"\0\"", 3)},
      {"control character raw", "\"\x1F\""},
      {"line feed in a string", "\"\n\""},
      {"unknown escape", R"("\x41")"},
      {"short escape", R"("\u00")"},
      {"lone high surrogate", R"("\ud800")"},
      {"lone low surrogate", R"("\udc00")"},
      {"high surrogate twice", R"("\ud800\ud800")"},
      {"high surrogate before a letter", R"("\ud800a")"},
      {"lone surrogate in a name", R"({"\udfff":1})"},
      {"surrogate in UTF-8", "\"\xED\xA0\x80\""},
      {"overlong NUL", "\"\xC0\x80\""},
      {"overlong slash", "\"\xC0\xAF\""},
      {"overlong three bytes", "\"\xE0\x80\xAF\""},
      {"lone continuation", "\"\x80\""},
      {"cut sequence", "\"\xE2\x82\""},
      {"above U+10FFFF", "\"\xF4\x90\x80\x80\""},
      {"Latin-1", "\"\xE9\""},
      {"depth 33", Nested(33)},
      {"depth 33 through objects", Repeat(R"({"a":)", 33) + "1" + Repeat("}", 33)},
      {"depth 50,000", Repeat("[", 50'000)},
      {"257 members", Members(257)},
      {"1,025 elements", Elements(1'025)},
      {"string of 4,097 bytes", Quoted(4'097)},
      {"string of 4,097 bytes by escapes", "\"" + Repeat("\\u00e9", 2'048) + "a\""},
      {"name of 4,097 bytes", "{" + Quoted(4'097) + ":0}"},
  };
  for (const auto& test : cases) EXPECT_EQ(Answer(test.text), "STATEMENT_MALFORMED") << test.name;
}

TEST(StrictJsonTest, EqualNamesAreToldOnlyOfATextThatIsWellFormedOtherwise) {
  const struct {
    const char* name;
    const char* text;
    const char* answer;
  } cases[] = {
      {"plain", R"({"a":1,"a":1})", "DUPLICATE_MEMBER"},
      {"not neighbours", R"({"a":1,"b":2,"a":3})", "DUPLICATE_MEMBER"},
      {"one escaped", R"({"a":1,"\u0061":2})", "DUPLICATE_MEMBER"},
      {"empty names", R"({"":1,"":2})", "DUPLICATE_MEMBER"},
      {"deep inside", R"([{"b":[{"a":1,"a":{}}]}])", "DUPLICATE_MEMBER"},
      {"inside the first of two equals", R"({"a":{"b":1,"b":2},"c":0})", "DUPLICATE_MEMBER"},
      {"after an inner object", R"({"a":{"x":1},"a":2})", "DUPLICATE_MEMBER"},
      {"then a syntax error", R"({"a":1,"a":2)", "STATEMENT_MALFORMED"},
      {"then a fraction", R"({"a":1,"a":2.5})", "STATEMENT_MALFORMED"},
      {"then bytes after the end", R"({"a":1,"a":2}x)", "STATEMENT_MALFORMED"},
      {"then U+0000", R"({"a":1,"a":"\u0000"})", "STATEMENT_MALFORMED"},
  };
  for (const auto& test : cases) EXPECT_EQ(Answer(test.text), test.answer) << test.name;
  // Equal names count as members: 257 of them are too many.
  EXPECT_EQ(Answer("{" + Repeat("\"a\":0,", 256) + "\"a\":0}"), "STATEMENT_MALFORMED");
  EXPECT_EQ(Answer("{" + Repeat("\"a\":0,", 255) + "\"a\":0}"), "DUPLICATE_MEMBER");
}

TEST(StrictJsonTest, SizeIsLookedAtFirst) {
  const auto status = ParseStrictJson("[1.5]", {.max_bytes = 4}, bytes::Reason::kStatementMalformed).status();
  EXPECT_EQ(ReasonWord(status), "TOO_LARGE");
  EXPECT_EQ(bytes::MetadataValue(status, "limit"), "4");
  EXPECT_EQ(bytes::MetadataValue(status, "actual"), "5");
  EXPECT_EQ(Answer("[1]", {.max_bytes = 3}), "OK");
}

TEST(StrictJsonTest, EachLimitIsTheCallersAndMalformedIsTheCallersWord) {
  EXPECT_EQ(Answer("[[]]", {.max_bytes = 100, .max_depth = 1}), "STATEMENT_MALFORMED");
  EXPECT_EQ(Answer("[]", {.max_bytes = 100, .max_depth = 1}), "OK");
  EXPECT_EQ(Answer(R"({"a":1,"b":2})", {.max_bytes = 100, .max_members = 1}), "STATEMENT_MALFORMED");
  EXPECT_EQ(Answer("[1,2]", {.max_bytes = 100, .max_elements = 1}), "STATEMENT_MALFORMED");
  EXPECT_EQ(Answer(R"("ab")", {.max_bytes = 100, .max_string = 1}), "STATEMENT_MALFORMED");
  EXPECT_EQ(Answer(Quoted(50'000), {.max_bytes = 100'000, .max_string = 100'000}), "OK");
  EXPECT_EQ(ReasonWord(ParseStrictJson("{", kLimits, bytes::Reason::kEnvelopeMalformed).status()), "ENVELOPE_MALFORMED");
}

TEST(StrictJsonTest, GivesTheValueWithDecodedStringsAndSignedIntegers) {
  const std::string long_text(3'000, 'x');
  const auto value = ParseStrictJson(R"({"a":[1,-2,{"\u00e9":"\uD83D\uDE00\n"}],"b":true,"c":null,"d":")" + long_text + "\"}",
                                     kLimits, bytes::Reason::kStatementMalformed);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->at("a").at(0).as_int64(), 1);
  EXPECT_EQ(value->at("a").at(1).as_int64(), -2);
  EXPECT_EQ(value->at("a").at(2).at("\xC3\xA9").as_string(), "\xF0\x9F\x98\x80\n");
  EXPECT_TRUE(value->at("b").as_bool());
  EXPECT_TRUE(value->at("c").is_null());
  EXPECT_EQ(value->at("d").as_string(), long_text);
}

TEST(StrictJsonTest, EveryPrefixOfAStatementIsRefused) {
  const std::string text = Text(Vectors().at("records").as_array()[9].at("statement"));
  EXPECT_EQ(Answer(text), "OK");
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(Answer(text.substr(0, size)), "STATEMENT_MALFORMED") << size;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 0x80);  // no longer UTF-8
    EXPECT_EQ(Answer(changed), "STATEMENT_MALFORMED") << at;
  }
}

// Few names are compared each with each, many are sorted.
TEST(StrictJsonTest, FindsEqualNamesInAnObjectOfAnySize) {
  for (std::size_t count = 2; count <= 20; ++count) {
    EXPECT_EQ(Answer(Members(count)), "OK") << count;
    for (std::size_t again = 0; again < count; ++again) {
      const std::string equal = Members(count).replace(Members(count).size() - 1, 1, ",\"" + std::to_string(again) + "\":0}");
      EXPECT_EQ(Answer(equal), "DUPLICATE_MEMBER") << equal;
      EXPECT_EQ(Answer("{\"x\":" + equal + ",\"y\":1}"), "DUPLICATE_MEMBER") << equal;
    }
    EXPECT_EQ(Answer("{\"0\":" + Members(count) + ",\"1\":" + Members(count) + "}"), "OK") << "names of other objects";
  }
}

}  // namespace
}  // namespace trustlog::attest
