// Page tokens of the registry: what no list gave is refused.
#include "server/api/registry_page.h"

#include <gtest/gtest.h>

#include <limits>

#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"

namespace trustlog::api {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kDate = 1'793'523'600;

TEST(RegistryPage, IsReadBackAsItWasWritten) {
  const RegistryPage pages[] = {{0, 0, 1, 0, {}}, {7, 5, 5, kDate, {1, 2}}, {kMax, kMax, kMax, attest::kMaxTime, {255}}};
  for (const auto& page : pages) {
    const auto text = FormatRegistryPage(page);
    EXPECT_EQ(ParseRegistryPage(text), page) << text;
    for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(ParseRegistryPage(text.substr(0, size)), std::nullopt) << size;
    for (const char* more : {"A", "=", "AAAA"}) EXPECT_EQ(ParseRegistryPage(text + more), std::nullopt);
  }
}

TEST(RegistryPage, OneThatNoListMadeIsRefused) {
  const auto raw = [](std::uint64_t index, std::uint64_t size, std::int64_t date) {
    bytes::ByteWriter writer;
    writer.U64(0).U64(index).U64(size).I64(date).Raw(std::string(16, 'q'));
    return bytes::EncodeBase64Url(bytes::AsBytes(writer.data()));
  };
  ASSERT_NE(ParseRegistryPage(raw(1, 2, kDate)), std::nullopt);
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"beyond the size", raw(3, 2, kDate)},
      {"empty tree", raw(0, 0, kDate)},
      {"before the first date", raw(0, 1, attest::kMinTime - 1)},
      {"after the last date", raw(0, 1, attest::kMaxTime + 1)},
      {"a negative date", raw(0, 1, -1)},
      {"text", "not a token"},
      {"empty", ""},
      {"standard alphabet", std::string(75, '/')},
  };
  for (const auto& c : cases) EXPECT_EQ(ParseRegistryPage(c.text), std::nullopt) << c.name;
}

TEST(QueryOf, TellsQueriesApart) {
  const auto base = QueryOf("List").Add("a").Add("b").hash();
  EXPECT_EQ(QueryOf("List").Add("a").Add("b").hash(), base);
  EXPECT_NE(QueryOf("List").Add("ab").Add("").hash(), base);
  EXPECT_NE(QueryOf("List").Add("b").Add("a").hash(), base);
  EXPECT_NE(QueryOf("Lists").Add("a").Add("b").hash(), base);
  EXPECT_NE(QueryOf("List").Add("a").Add("b").Add(std::uint64_t{0}).hash(), base);
}

}  // namespace
}  // namespace trustlog::api
