#include "proto/attest/forms.h"

#include <gtest/gtest.h>

#include <vector>

namespace trustlog::attest {
namespace {

const std::string k63 = std::string(63, 'a');

TEST(FormsTest, UrnsAreRoleWordsOrPartyWordsWithASlug) {
  const struct {
    std::string urn;
    std::optional<UrnRole> role;
  } cases[] = {
      {"urn:tta:root", UrnRole::kRoot},
      {"urn:tta:secretariat", UrnRole::kSecretariat},
      {"urn:tta:operator", UrnRole::kOperator},
      {"urn:tta:member:sap", UrnRole::kMember},
      {"urn:tta:auditor:audit-north", UrnRole::kAuditor},
      {"urn:tta:monitor:0", UrnRole::kMonitor},
      {"urn:tta:observer:" + k63, UrnRole::kObserver},
      {"urn:tta:observer:" + k63 + "a", std::nullopt},
      {"urn:tta:root:x", std::nullopt},
      {"urn:tta:root:", std::nullopt},
      {"urn:tta:member", std::nullopt},
      {"urn:tta:member:", std::nullopt},
      {"urn:tta:member:-a", std::nullopt},
      {"urn:tta:member:a-", std::nullopt},
      {"urn:tta:member:A", std::nullopt},
      {"urn:tta:member:a:b", std::nullopt},
      {"urn:tta:member:a.b", std::nullopt},
      {"urn:tta:member:a ", std::nullopt},
      {"urn:tta:Member:a", std::nullopt},
      {"urn:tta:company:a", std::nullopt},
      {"urn:tta:", std::nullopt},
      {"urn:ttb:root", std::nullopt},
      {"URN:tta:root", std::nullopt},
      {"root", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& test : cases) EXPECT_EQ(RoleOfUrn(test.urn, "urn:tta:"), test.role) << test.urn;
  EXPECT_EQ(RoleOfUrn("root", ""), std::nullopt);
  EXPECT_EQ(RoleOfUrn("urn:tta:root", "urn:t"), std::nullopt);
  EXPECT_EQ(UrnRoleName(UrnRole::kRoot), "root");
  EXPECT_EQ(UrnRoleName(UrnRole::kObserver), "observer");
  EXPECT_FALSE(IsParty(UrnRole::kOperator));
  EXPECT_TRUE(IsParty(UrnRole::kMember));
}

TEST(FormsTest, UrnPrefixEndsAtTheSecondColon) {
  EXPECT_EQ(UrnPrefixOf("urn:tta:member:sap"), "urn:tta:");
  EXPECT_EQ(UrnPrefixOf("urn:tta"), "");
  EXPECT_EQ(UrnPrefixOf("tta:a:b"), "");
  for (const std::string good : {"urn:ab:", "urn:a-:", "urn:0a:", "urn:abcdefghijklmnopqrstuvwxyz012345:"}) {
    EXPECT_TRUE(IsUrnPrefix(good)) << good;
  }
  for (const std::string bad : {"", "urn:", "urn::", "urn:a:", "urn:-a:", "urn:ab", "urn:ab:c",
                                "urn:ab:c:", "urn:AB:", "URN:ab:", "urn:a_b:", "urn:abcdefghijklmnopqrstuvwxyz0123456:"}) {
    EXPECT_FALSE(IsUrnPrefix(bad)) << bad;
  }
}

TEST(FormsTest, EachGrammarTakesItsOwnAndNothingElse) {
  const struct {
    const char* name;
    bool (*is)(std::string_view);
    std::vector<std::string> good, bad;
  } cases[] = {
      {"code",
       IsCode,
       {"a", "0", "a.b", "iec-62443-4-1", "a..b", std::string(40, 'a')},
       {"", "A", "-a", "a-", ".a", "a.", "a_b", "a b", std::string(41, 'a'), std::string("a\0b", 3), "\xC3\xA9"}},
      {"origin",
       IsOrigin,
       {"a", "log.example/2026", "A~_:-/.", std::string(255, 'a')},
       {"", "a b", "a\n", "a?b", "a#", "a%20", "\xC3\xA9", std::string(256, 'a'), std::string("a\0", 2)}},
      {"type base",
       IsTypeBase,
       {"https://a", "https://a.example/attest", "https:///~", "https://" + std::string(192, 'a')},
       {"", "https://", "http://a", "https://a/", "https://a:", "https://a b", "https://" + std::string(193, 'a'), "xhttps://a"}},
      {"language tag", IsLanguageTag, {"en", "pt-BR"}, {"", "e", "eng", "EN", "en-", "en-b", "en-br", "en_BR", "en-BRA", "en-B1"}},
      {"country", IsCountry, {"DE", "ZA"}, {"", "D", "DEU", "de", "D1", "D "}},
      {"LEI",
       IsLei,
       {"5493001KJTIIGC8Y1R12", "00000000000000000000"},
       {"", "5493001KJTIIGC8Y1R1", "5493001KJTIIGC8Y1R123", "5493001KJTIIGC8Y1RAA", "5493001kjtiigc8y1r12",
        "5493001KJTIIGC8Y1-12"}},
  };
  for (const auto& test : cases) {
    for (const auto& text : test.good) EXPECT_TRUE(test.is(text)) << test.name << ": " << text;
    for (const auto& text : test.bad) EXPECT_FALSE(test.is(text)) << test.name << ": " << text;
  }
}

TEST(FormsTest, TimesAreRealDatesOfTheirCentury) {
  const struct {
    const char* text;
    std::optional<std::int64_t> seconds;
  } cases[] = {
      {"2000-01-01T00:00:00Z", kMinTime},
      {"9999-12-31T23:59:59Z", kMaxTime},
      {"2026-11-01T00:00:00Z", 0x6ae68100},  // of the worked example, records.md 3.3
      {"2028-11-01T00:00:00Z", 0x6eaa3980},
      {"2024-02-29T12:34:56Z", 1'709'210'096},
      {"2000-02-29T00:00:00Z", 951'782'400},
      {"1999-12-31T23:59:59Z", std::nullopt},
      {"2023-02-29T00:00:00Z", std::nullopt},
      {"2100-02-29T00:00:00Z", std::nullopt},
      {"2026-04-31T00:00:00Z", std::nullopt},
      {"2026-00-01T00:00:00Z", std::nullopt},
      {"2026-13-01T00:00:00Z", std::nullopt},
      {"2026-01-00T00:00:00Z", std::nullopt},
      {"2026-01-01T24:00:00Z", std::nullopt},
      {"2026-01-01T00:60:00Z", std::nullopt},
      {"2016-12-31T23:59:60Z", std::nullopt},  // leap seconds have no Unix time
      {"2026-01-01T00:00:00z", std::nullopt},
      {"2026-01-01t00:00:00Z", std::nullopt},
      {"2026-01-01 00:00:00Z", std::nullopt},
      {"2026-01-01T00:00:00", std::nullopt},
      {"2026-01-01T00:00:00.0Z", std::nullopt},
      {"2026-01-01T00:00:00+00:00", std::nullopt},
      {" 2026-01-01T00:00:00Z", std::nullopt},
      {"+026-01-01T00:00:00Z", std::nullopt},
      {"2026-1-01T000:00:00Z", std::nullopt},
      {"20260101T000000Z", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(ParseTime(test.text), test.seconds) << test.text;
    if (test.seconds) {
      EXPECT_EQ(FormatTime(*test.seconds), test.text);
    }
  }
  for (std::int64_t seconds = kMinTime; seconds <= kMaxTime; seconds += 86'400 * 97 + 4'321) {
    ASSERT_EQ(ParseTime(FormatTime(seconds)), seconds);
  }
}

}  // namespace
}  // namespace trustlog::attest
