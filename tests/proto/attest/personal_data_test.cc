// The intake lint of records.md section 9, point 5.
#include <gtest/gtest.h>

#include "tests/proto/attest/samples.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

std::optional<std::string> Found(Kind kind, std::string_view path, const std::string& text) {
  json::object statement = SampleStatement(kind);
  Set(statement, path, json::serialize(json::string(text)));
  return FindPersonalData(json::serialize(statement), kind);
}

TEST(PersonalDataTest, SamplesHoldNone) {
  for (const Kind kind : AllKinds()) {
    EXPECT_EQ(FindPersonalData(json::serialize(SampleStatement(kind)), kind), std::nullopt) << KindName(kind);
  }
}

TEST(PersonalDataTest, FindsAddressesByTheirForm) {
  const struct {
    const char* text;
    bool is_address;
  } cases[] = {
      {"jane.doe@example.com", true},
      {"write to jane_doe+x@example.com, please", true},
      {"<a@b.c>", true},
      {"trust@example.com", true},  // role words are for `contact` only
      {"a@b@c.d", true},
      {"x@-.y", true},
      {"a@b.c.d", true},
      {"@example.com", false},
      {"a@", false},
      {"a@b", false},
      {"a@.com", false},
      {"a@b.", false},
      {"a@b.7", false},
      {"a @b.c", false},
      {"a@ b.c", false},
      {"no address at all.", false},
      {"", false},
      {"@", false},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(Found(Kind::kCommitment, "predicate.scope.products[0]", test.text).has_value(), test.is_address) << test.text;
  }
}

TEST(PersonalDataTest, NamesThePathOfTheString) {
  const std::string address = "jane@example.com";
  for (const std::string path : {"subject[0].name", "predicate.scope.products[0]", "predicate.measures.en", "predicate.unknown",
                                 "predicate.standards[0].control"}) {
    EXPECT_EQ(Found(Kind::kCommitment, path, address), path);
  }
  EXPECT_EQ(FindPersonalData(R"({"x":{"jane@example.com":1}})", Kind::kCommitment), "x");
}

TEST(PersonalDataTest, ContactMayBeARoleAddress) {
  for (const std::string role : {"trust", "security", "compliance", "info", "contact", "privacy", "psirt"}) {
    EXPECT_EQ(Found(Kind::kCommitment, "predicate.contact", role + "@example.com"), std::nullopt) << role;
  }
  for (const std::string other : {"jane@example.com", "trust.jane@example.com", "jane-trust@example.com", "TRUST@example.com",
                                  "trust@example.com, jane@example.com"}) {
    EXPECT_EQ(Found(Kind::kCommitment, "predicate.contact", other), "predicate.contact") << other;
  }
  EXPECT_EQ(Found(Kind::kCommitment, "predicate.contact", "+49 30 123456"), std::nullopt);
  // The exception is for that one member.
  EXPECT_EQ(FindPersonalData(R"({"contact":"trust@example.com"})", Kind::kCommitment), "contact");
  EXPECT_EQ(FindPersonalData(R"({"predicate":{"contact":["trust@example.com"]}})", Kind::kCommitment), "predicate.contact[0]");
}

TEST(PersonalDataTest, NobodyIsKeptFromRetractingOrObjecting) {
  for (const Kind kind : AllKinds()) {
    const bool is_exempt = kind == Kind::kRetraction || kind == Kind::kObjection;
    EXPECT_EQ(Found(kind, "predicate.summary.en", "jane@example.com").has_value(), !is_exempt) << KindName(kind);
  }
}

}  // namespace
}  // namespace trustlog::attest
