// The intake lint over a real channel (records.md section 9, point 5): local, switchable, and never in the way of who retracts or
// objects.
#include "tests/server/grpc/rpc_fixture.h"

namespace trustlog::rpc {
namespace {

constexpr char kAddress[] = "jane.doe@example.com";

class LintTest : public RpcTest {
 protected:
  explicit LintTest(support::RunningLog::Options options = {}) : RpcTest(std::move(options)) {}

  static support::SampleStatement With(support::SampleStatement statement, const std::string& name, const std::string& json) {
    statement.members += ",\"" + name + "\":" + json;
    return statement;
  }
  support::SampleStatement Evidence(std::uint64_t variant) const {
    auto statement = support::EvidenceStatement("one", The("commitment-one-2"));
    statement.variant = variant;
    return statement;
  }
  // By member one, about its commitment on principle `number` (1..3).
  support::SampleStatement About(attest::Kind kind, int number, const std::string& more) const {
    return {.kind = kind,
            .issuer = support::SampleUrn("member:one"),
            .members = "\"target\":\"" + bytes::EncodeHex(The("commitment-one-" + std::to_string(number)).id()) +
                       "\",\"about\":[\"urn:tta:member:one\"]," + more,
            .document = {},
            .signers = {"one-1"}};
  }
  std::string Answer(const support::SampleStatement& statement) {
    v1::AddStatementResponse response;
    const auto heard = Add(support::Sign(statement).envelope, response);
    return heard.ok() ? "OK" : heard.reason + " " + heard.info.metadata().at("path");
  }
};

TEST_F(LintTest, AnAddressIsRefusedWhereverAStringHoldsOne) {
  const std::string quoted = std::string("\"") + kAddress + "\"";
  const struct {
    const char* name;
    support::SampleStatement statement;
    const char* answer;
  } cases[] = {
      {"summary", With(Evidence(1), "summary", "{\"en\":\"ask " + std::string(kAddress) + " about it\"}"),
       "PERSONAL_DATA_SUSPECTED predicate.summary.en"},
      {"unknown member", With(Evidence(2), "author", quoted), "PERSONAL_DATA_SUSPECTED predicate.author"},
      {"deep in one", With(Evidence(3), "x", "[[{\"y\":" + quoted + "}]]"), "PERSONAL_DATA_SUSPECTED predicate.x[0][0].y"},
      {"name of a member", With(Evidence(4), kAddress, "1"), "PERSONAL_DATA_SUSPECTED predicate"},
      {"escaped", With(Evidence(5), "x", "\"jane\\u0040example.com\""), "PERSONAL_DATA_SUSPECTED predicate.x"},
      {"document",
       [&] {
         auto statement = Evidence(6);
         statement.document = std::string(kAddress) + ".pdf";
         return statement;
       }(),
       "PERSONAL_DATA_SUSPECTED subject[0].name"},
      {"a role's address elsewhere", With(Evidence(7), "summary", "{\"en\":\"security@example.com\"}"),
       "PERSONAL_DATA_SUSPECTED predicate.summary.en"},
      {"a person as contact", With(support::CommitmentStatement("one", 4, The("principles")), "contact", quoted),
       "PERSONAL_DATA_SUSPECTED predicate.contact"},
      {"no address: nothing before the sign", With(Evidence(8), "x", "\"@example.com\""), "OK"},
      {"no address: no domain", With(Evidence(9), "x", "\"jane@localhost\""), "OK"},
      {"no address: a number", With(Evidence(10), "x", "\"libfoo@1.2\""), "OK"},
  };
  for (const auto& c : cases) EXPECT_EQ(Answer(c.statement), c.answer) << c.name;
}

TEST_F(LintTest, AContactMayBeEachRole) {
  const struct {
    const char* word;
    const char* member;
    int principle;
  } cases[] = {{"trust", "two", 2},     {"security", "two", 3},  {"compliance", "two", 4}, {"info", "two", 5},
               {"contact", "three", 1}, {"privacy", "three", 2}, {"psirt", "three", 3}};
  for (const auto& c : cases) {
    const auto commitment = support::CommitmentStatement(c.member, c.principle, The("principles"));
    EXPECT_EQ(Answer(With(commitment, "contact", "\"" + std::string(c.word) + "@example.com\"")), "OK") << c.word;
  }
}

TEST_F(LintTest, NobodyIsKeptFromObjectingOrRetracting) {
  const std::string summary = ",\"summary\":{\"en\":\"" + std::string(kAddress) + "\"}";
  EXPECT_EQ(Answer(About(attest::Kind::kObjection, 1, "\"ground\":\"facts\"" + summary)), "OK");
  EXPECT_EQ(Answer(About(attest::Kind::kRetraction, 3, "\"reason\":\"error\"" + summary)), "OK");
}

class LintOffTest : public LintTest {
 protected:
  LintOffTest() : LintTest({.configure = [](server::Config& config) { config.log.personal_data_lint = false; }, .node = {}}) {}
};

TEST_F(LintOffTest, ItIsOffWhereTheOperatorSaysSo) {
  EXPECT_EQ(Answer(With(Evidence(1), "summary", "{\"en\":\"" + std::string(kAddress) + "\"}")), "OK");
}

}  // namespace
}  // namespace trustlog::rpc
