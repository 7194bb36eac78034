// `statement new` for every kind: the text it writes, and that filling in what stands in <> is all that is due.
#include "client/cli/statement_template.h"

#include <array>
#include <cstdlib>
#include <regex>

#include "client/cli/sign.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using attest::Kind;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "log.example/test";
const std::string kId(64, '1'), kDigest(64, '2');

class StatementTemplateTest : public CliTest {
 protected:
  StatementTemplateTest() {
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string path = Path("k" + std::to_string(i));
      EXPECT_EQ(Run({"key", "new", "-o", path}).exit, ExitCode::kOk);
      keys_[i] = std::string(Run({"key", "show", path + ".pub", "--json"}).json().at("spki").as_string());
    }
  }
  std::string New(Kind kind) {
    const auto made = Run({"statement", "new", std::string(attest::KindName(kind)), "--origin", kOrigin});
    EXPECT_EQ(made.exit, ExitCode::kOk) << made.err;
    return made.out;
  }
  std::array<std::string, 3> keys_;
};

// What a person writes in place of one placeholder, as JSON.
struct Filling {
  std::string placeholder, json;
};

void Fill(std::string& text, std::string_view placeholder, const std::string& json) {
  const std::string quoted = "\"" + std::string(placeholder) + "\"";
  const std::size_t at = text.find(quoted);
  ASSERT_NE(at, std::string::npos) << quoted << " in " << text;
  text.replace(at, quoted.size(), json);
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

struct Row {
  Kind kind;
  std::vector<Filling> fillings;  // in the order of the text
};

std::vector<Row> Rows(const std::array<std::string, 3>& keys) {
  const std::string id = Quoted(kId), digest = Quoted(kDigest), member = Quoted("urn:tta:member:acme"),
                    auditor = Quoted("urn:tta:auditor:north"), time = Quoted("2028-01-01T00:00:00Z"), code = Quoted("some-code");
  const Filling by_member = {"<urn of the issuer>", member}, by_auditor = {"<urn of the issuer>", auditor};
  const std::vector<Filling> document = {{"<name of the document>", "\"d.pdf\""}, {"<SHA-256 of the document>", digest}};
  const auto of_name = [](std::string_view name) {
    return Filling{"<SHA-256 of that name>", Quoted(bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(name))))};
  };
  // The in-toto subject is the issuer: its name, its digest, and the member issuer.
  const auto issued = [&](const std::string& issuer, std::vector<Filling> rest) {
    const Filling name = {"<urn of the issuer>", issuer};
    rest.insert(rest.begin(), {name, of_name(issuer.substr(1, issuer.size() - 2)), name});
    return rest;
  };
  const auto documented = [&](const Filling& issuer, std::vector<Filling> rest) {
    rest.insert(rest.begin(), issuer);
    rest.insert(rest.begin(), document.begin(), document.end());
    return rest;
  };
  std::vector<Filling> three_keys;
  for (const auto& key : keys) three_keys.push_back({"<base64 of a public key>", Quoted(key)});
  auto role_change = three_keys;
  role_change.insert(role_change.begin(), {"<number: one more than the present one>", "2"});
  role_change.push_back({"<code>", code});
  return {
      {Kind::kGenesis, three_keys},
      {Kind::kRoleChange, role_change},
      {Kind::kPrincipleSet, {{"<title>", "\"Title\""}, {"<SHA-256 of the text>", digest}}},
      {Kind::kPartyAdmission, {{"<urn>", member}, {"<name>", "\"Acme\""}, {"<two letters>", "\"DE\""}}},
      {Kind::kKeyRegistration, issued(member, {{"<base64 of the public key>", Quoted(keys[0])}})},
      {Kind::kKeyRevocation, issued(member, {by_member, {"<key id>", id}, {"<retired, lost or compromised>", "\"lost\""}})},
      {Kind::kPartyWithdrawal, issued(member, {{"<code>", code}})},
      {Kind::kStatusChange,
       {{"<urn>", member}, {"<code>", code}, {"<rule>", "\"charter 7.2\""}, {"<digest, or what salt new prints>", digest}}},
      {Kind::kAuditorAccreditation,
       {{"<urn of the auditor>", auditor}, {"<numbers>", "1,2"}, {"<name>", "\"A board\""}, {"<time>", time}}},
      {Kind::kCommitment,
       documented(by_member, {{"<statement id of the principle set>", id}, {"<number>", "3"}, {"<time>", time}})},
      {Kind::kSupplierFlowdown, documented(by_member, {{"<statement id of the commitment>", id},
                                                       {"<number>", "3"},
                                                       {"<title>", "\"Clause 7\""},
                                                       {"<number>", "12"},
                                                       {"<root that disclosure build prints>", digest},
                                                       {"<number: count that it prints>", "9"},
                                                       {"<number: acknowledged, as it prints>", "4"},
                                                       {"<contract, code-of-conduct or terms>", "\"contract\""}})},
      {Kind::kAuditEngagement, issued(auditor, {{"<urn of the member>", member},
                                                {"<numbers>", "1"},
                                                {"<statement ids>", id},
                                                {"<digest, or what salt new prints>", digest},
                                                {"<time>", time}})},
      {Kind::kAuditResult, documented(by_auditor, {{"<statement id>", id},
                                                   {"<urn of the member>", member},
                                                   {"<numbers>", "1"},
                                                   {"<statement ids>", id},
                                                   {"<code>", "\"bsi-c5\""},
                                                   {"<version>", "\"2020\""},
                                                   {"<limited, reasonable or certification>", "\"limited\""},
                                                   {"<code>", code},
                                                   {"<time>", time}})},
      {Kind::kRemediation, issued(member, {{"<statement id of the audit result>", id},
                                           {"<urn of the audited member>", member},
                                           {"<number>", "1"},
                                           {"<of a member planned or claimed, of an auditor closed or reopened>", "\"planned\""}})},
      {Kind::kRetraction, issued(member, {{"<statement id>", id},
                                          {"<urns: exactly the target's subjects>", member},
                                          {"<error, superseded, fraud, legal, cancelled or other>", "\"error\""}})},
      {Kind::kObjection,
       issued(member, {{"<statement id>", id}, {"<urns: exactly the target's subjects>", member}, {"<code>", code}})},
      {Kind::kEvidence, documented(by_member, {by_member})},
      {Kind::kErasureNotice, {{"<statement id>", id}, {"<number: index of that entry>", "7"}, {"<code>", code}}},
      {Kind::kIndexHead,
       {{"<time of entry coversSize - 1>", time},
        {"<base64url of the first 16 bytes of SHA-256(trustlog-index-head/v1 LF u64 coversSize mapRoot)>",
         "\"AAAAAAAAAAAAAAAAAAAAAA\""},
        {"<number>", "256"},
        {"<digest>", digest}}},
      {Kind::kIndexEndorsement,
       {{"<urn of the issuer>", "\"urn:tta:monitor:public\""},
        {"<statement id of the index head>", id},
        {"<equal or different>", "\"equal\""},
        {"<digest>", digest}}},
      {Kind::kLogEvent, {{"<freeze, key-change or note>", "\"freeze\""}}},
  };
}

TEST_F(StatementTemplateTest, EveryKindIsOneRowHere) {
  const auto rows = Rows(keys_);
  ASSERT_EQ(rows.size(), attest::AllKinds().size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].kind, attest::AllKinds()[i]);
}

TEST_F(StatementTemplateTest, FilledInItIsSignedAndParsesAsItsKind) {
  for (const Row& row : Rows(keys_)) {
    SCOPED_TRACE(attest::KindName(row.kind));
    std::string text = New(row.kind);
    const auto empty = Run({"sign", "-", "--key", Path("k0")}, text);
    EXPECT_EQ(empty.exit, ExitCode::kRefused) << empty.out;
    for (const Filling& filling : row.fillings) Fill(text, filling.placeholder, filling.json);
    EXPECT_EQ(text.find('<'), std::string::npos) << text;
    const auto sealed = Run({"sign", "-", "--key", Path("k0")}, text);
    ASSERT_EQ(sealed.exit, ExitCode::kOk) << sealed.err << text;
    const auto envelope = attest::ParseEnvelope(sealed.out);
    ASSERT_TRUE(envelope.ok()) << envelope.status();
    EXPECT_EQ(envelope->payload, text);
    attest::LogContext context = {kOrigin, "https://trustlog.example/attest", "urn:tta:"};
    if (row.kind == Kind::kGenesis) context.type_base = context.urn_prefix = "";
    const auto statement = attest::ParseStatement(envelope->payload, context);
    ASSERT_TRUE(statement.ok()) << statement.status();
    EXPECT_EQ(statement->kind, row.kind);
    // records.md 2.5: genesis and the log's own kinds name the log, other records without a document their issuer
    const auto& subject = statement->subjects.front();
    if (row.kind == Kind::kGenesis || attest::GroupOf(row.kind) == attest::KindGroup::kLog) {
      EXPECT_EQ(subject.name, kOrigin);
    } else if (attest::IsNameSubject(subject)) {
      EXPECT_EQ(subject.name, statement->issuer);
    }
  }
}

TEST_F(StatementTemplateTest, AnIndexHeadIsTheLineOfTheSpecification) {  // records.md 8.4
  const std::string text = New(Kind::kIndexHead);
  EXPECT_EQ(text.find_first_of(" \n"), text.find(" of entry")) << text;  // the first white space is in a placeholder
  const std::string digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(kOrigin)));
  EXPECT_TRUE(text.starts_with(
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"log.example/test","digest":{"sha256":")" + digest +
      R"("}}],"predicateType":"https://trustlog.example/attest/index-head/v1","predicate":{"logOrigin":"log.example/test",)"
      R"("issuer":"urn:tta:operator","issuedAt":"<)"))
      << text;
  EXPECT_TRUE(text.ends_with(R"("coversSize":"<number>","mapRoot":"<digest>","indexFunction":"trustlog-index/1"}})")) << text;
}

TEST_F(StatementTemplateTest, TheSettingNamesAPartyAndNoRole) {
  variables_["TRUSTLOG_ISSUER"] = "urn:tta:member:acme";
  EXPECT_THAT(New(Kind::kStatusChange), HasSubstr(R"("issuer": "urn:tta:secretariat")"));
  EXPECT_THAT(New(Kind::kObjection), HasSubstr(R"("issuer": "urn:tta:member:acme")"));
  const auto given = Run({"statement", "new", "key-revocation", "--issuer", "urn:tta:secretariat", "--origin", kOrigin});
  EXPECT_THAT(given.out, HasSubstr(R"("issuer": "urn:tta:secretariat")"));
}

TEST_F(StatementTemplateTest, WhatAStatementMayAlsoSayIsToldBesideIt) {
  const auto made = Run({"statement", "new", "commitment", "--origin", kOrigin});
  EXPECT_THAT(made.err, HasSubstr("may also have: level, standards"));
  EXPECT_EQ(Run({"statement", "new", "commitment", "--origin", kOrigin, "-q"}).err, "");
  for (const Kind kind : attest::AllKinds()) EXPECT_EQ(OtherMembers(kind).find('<'), std::string_view::npos);
}

// Made anew by: TRUSTLOG_WRITE_GOLDEN=1 client_cli_test --gtest_filter='*TheTextOfEveryKind*'.
TEST_F(StatementTemplateTest, TheTextOfEveryKindIsTheGoldenOne) {
  std::string text;
  const std::regex nonce(R"rx("nonce": "[A-Za-z0-9_-]{22}")rx");
  for (const Kind kind : attest::AllKinds()) {
    text += "=== " + std::string(attest::KindName(kind)) + "\n" +
            std::regex_replace(New(kind), nonce, "\"nonce\": \"(22 characters)\"");
    if (!text.ends_with("\n")) text += "\n";
  }
  const std::string path = std::string(TRUSTLOG_SOURCE_DIR) + "/tests/client/cli/statement_templates.golden";
  if (std::getenv("TRUSTLOG_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  EXPECT_EQ(text, ReadFile(path));
}

}  // namespace
}  // namespace trustlog::cli
