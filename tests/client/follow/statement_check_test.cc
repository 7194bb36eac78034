#include "client/follow/statement_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/follow/check_code.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "tests/support/sample_records.h"

namespace trustlog::follow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const attest::LogContext kContext{
    .origin = testing::kVectorOrigin, .type_base = "https://trustlog.example/attest", .urn_prefix = "urn:tta:"};

TEST(StatementCheck, EveryWorkedRecordGivesItsEntry) {  // E12
  for (const auto& record : testing::VectorRecords()) {
    const auto entry = attest::DecodeEntry(record.entry);
    ASSERT_TRUE(entry.ok()) << entry.status();
    auto context = kContext;
    if (entry->kind == attest::Kind::kGenesis) context.type_base = context.urn_prefix = "";
    EXPECT_TRUE(CheckStatement(*entry, record.statement, context).ok())
        << CheckStatement(*entry, record.statement, context).status();
    // ... also with what the entry and the statement themselves tell of the log
    EXPECT_TRUE(CheckStatement(*entry, record.statement, ContextFor(*entry, record.statement, testing::kVectorOrigin)).ok());
  }
}

TEST(StatementCheck, NamesEveryFieldThatDiffers) {
  const auto record = testing::VectorRecords()[9];
  const attest::Entry good = attest::DecodeEntry(record.entry).value();
  const std::pair<const char*, std::function<void(attest::Entry&)>> cases[] = {
      {"kind", [](auto& e) { e.kind = attest::Kind::kEvidence; }},
      {"issuer", [](auto& e) { e.issuer += "x"; }},
      {"subjects", [](auto& e) { e.subjects.clear(); }},
      {"principles", [](auto& e) { e.principles = {4}; }},
      {"code", [](auto& e) { e.code = "basic"; }},
      {"refs", [](auto& e) { e.refs[0].rel = attest::Rel::kTarget; }},
      {"artifacts", [](auto& e) { e.artifacts[0][0] ^= 1; }},
      {"valid_from", [](auto& e) { ++e.valid_from; }},
      {"valid_until", [](auto& e) { ++e.valid_until; }},
  };
  for (const auto& [field, change] : cases) {
    attest::Entry entry = good;
    change(entry);
    EXPECT_THAT(DifferingFields(entry, good), ElementsAre(field));
    const auto status = CheckStatement(entry, record.statement, kContext).status();
    EXPECT_EQ(CheckCodeOf(status), CheckCode::kStatementMismatch) << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }
  attest::Entry later = good;
  later.logged_at_ms += 1;  // the one field that is not derived
  EXPECT_TRUE(CheckStatement(later, record.statement, kContext).ok());
}

TEST(StatementCheck, RefusesOtherBytesOtherRulesAndOtherLogs) {
  const auto records = testing::VectorRecords();
  const attest::Entry entry = attest::DecodeEntry(records[9].entry).value();
  const auto code = [&entry](std::string_view payload, const attest::LogContext& context) {
    return CheckCodeOf(CheckStatement(entry, payload, context).status());
  };
  EXPECT_EQ(code(records[10].statement, kContext), CheckCode::kStatementMismatch);
  EXPECT_EQ(code(records[9].statement + " ", kContext), CheckCode::kStatementMismatch);
  EXPECT_EQ(code("", kContext), CheckCode::kStatementMismatch);
  auto context = kContext;
  context.origin = "log.example/other";
  EXPECT_EQ(code(records[9].statement, context), CheckCode::kStatementMismatch);
  context = kContext;
  context.type_base = "https://other.example";
  EXPECT_EQ(code(records[9].statement, context), CheckCode::kStatementMismatch);
  // the right id, but no statement at all
  attest::Entry opaque = entry;
  opaque.statement_id = attest::StatementId("not JSON");
  EXPECT_EQ(CheckCodeOf(CheckStatement(opaque, "not JSON", kContext).status()), CheckCode::kStatementMismatch);
}

TEST(StatementCheck, TellsThePrefixFromTheIssuer) {
  const std::pair<const char*, const char*> cases[] = {{"urn:tta:member:acme", "urn:tta:"},
                                                       {"urn:tta:operator", "urn:tta:"},
                                                       {"urn:a:b:secretariat", "urn:a:b:"},
                                                       {"urn:tta:auditor:root", "urn:tta:"},
                                                       {"acme", ""},
                                                       {"", ""}};
  for (const auto& [issuer, prefix] : cases) {
    attest::Entry entry;
    entry.kind = attest::Kind::kEvidence;
    entry.issuer = issuer;
    EXPECT_EQ(ContextFor(entry, "{}", "o").urn_prefix, prefix) << issuer;
  }
}

}  // namespace
}  // namespace trustlog::follow
