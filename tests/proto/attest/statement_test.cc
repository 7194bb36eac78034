// Checks 7 to 14 of records.md 6.4: the in-toto layer, their order, and the rules that join several members. Single members are in
// schema_test.cc.
#include "proto/attest/statement.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "proto/bytes/wire.h"
#include "tests/proto/attest/samples.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

struct Edit {
  std::string path;
  std::string value;  // JSON; "" removes the member
};

json::object Edited(Kind kind, const std::vector<Edit>& edits) {
  json::object statement = SampleStatement(kind);
  for (const auto& edit : edits) edit.value.empty() ? Remove(statement, edit.path) : Set(statement, edit.path, edit.value);
  return statement;
}

std::string Answer(Kind kind, const std::vector<Edit>& edits) {
  return ReasonWord(ParseSample(kind, Edited(kind, edits)).status());
}

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }
std::string HashOf(std::string_view text) { return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(text))); }

TEST(StatementTest, InTotoLayerIsCheckedAsAWhole) {
  const std::string digest = R"({"sha256":")" + std::string(64, 'a') + "\"}";
  std::string many = "[";
  for (int i = 0; i < 16; ++i) many += R"({"digest":)" + digest + "},";
  const std::string sixteen = many.substr(0, many.size() - 1) + "]";
  const std::string seventeen = many + R"({"digest":)" + digest + "}]";
  std::string nine = "{";
  for (int i = 0; i < 9; ++i) nine += std::string(i == 0 ? "" : ",") + "\"d" + std::to_string(i) + "\":\"x\"";
  const struct {
    const char* name;
    std::vector<Edit> edits;
    const char* answer;
  } cases[] = {
      {"as it is", {}, "OK"},
      {"unknown member", {{"extra", "{\"a\":[null]}"}}, "OK"},
      {"unknown member of a subject", {{"subject[0].uri", "1"}}, "OK"},
      {"no name", {{"subject[0].name", ""}}, "OK"},
      {"empty name", {{"subject[0].name", "\"\""}}, "OK"},
      {"name of 200 bytes", {{"subject[0].name", Quoted(std::string(200, 'n'))}}, "OK"},
      {"another digest beside", {{"subject[0].digest.sha512", "\"whatever\""}}, "OK"},
      {"sixteen subjects", {{"subject", sixteen}}, "OK"},
      {"no _type", {{"_type", ""}}, "STATEMENT_MALFORMED"},
      {"_type v0.1", {{"_type", "\"https://in-toto.io/Statement/v0.1\""}}, "STATEMENT_MALFORMED"},
      {"_type null", {{"_type", "null"}}, "STATEMENT_MALFORMED"},
      {"no predicateType", {{"predicateType", ""}}, "STATEMENT_MALFORMED"},
      {"predicateType a number", {{"predicateType", "16"}}, "STATEMENT_MALFORMED"},
      {"no predicate", {{"predicate", ""}}, "STATEMENT_MALFORMED"},
      {"predicate an array", {{"predicate", "[]"}}, "STATEMENT_MALFORMED"},
      {"predicate null", {{"predicate", "null"}}, "STATEMENT_MALFORMED"},
      {"no subject", {{"subject", ""}}, "STATEMENT_MALFORMED"},
      {"subject empty", {{"subject", "[]"}}, "STATEMENT_MALFORMED"},
      {"subject an object", {{"subject", R"({"digest":)" + digest + "}"}}, "STATEMENT_MALFORMED"},
      {"seventeen subjects", {{"subject", seventeen}}, "STATEMENT_MALFORMED"},
      {"a subject is null", {{"subject", "[null]"}}, "STATEMENT_MALFORMED"},
      {"no digest", {{"subject[0].digest", ""}}, "STATEMENT_MALFORMED"},
      {"digest empty", {{"subject[0].digest", "{}"}}, "STATEMENT_MALFORMED"},
      {"nine digests", {{"subject[0].digest", nine + "}"}}, "STATEMENT_MALFORMED"},
      {"digest a string", {{"subject[0].digest", "\"x\""}}, "STATEMENT_MALFORMED"},
      {"digest value a number", {{"subject[0].digest.sha512", "1"}}, "STATEMENT_MALFORMED"},
      {"digest value null", {{"subject[0].digest.sha512", "null"}}, "STATEMENT_MALFORMED"},
      {"sha256 of 63 digits", {{"subject[0].digest.sha256", Quoted(std::string(63, 'a'))}}, "STATEMENT_MALFORMED"},
      {"sha256 in capitals", {{"subject[0].digest.sha256", Quoted(std::string(64, 'A'))}}, "STATEMENT_MALFORMED"},
      {"sha256 with a prefix", {{"subject[0].digest.sha256", Quoted("sha256:" + std::string(64, 'a'))}}, "STATEMENT_MALFORMED"},
      {"name of 201 bytes", {{"subject[0].name", Quoted(std::string(201, 'n'))}}, "STATEMENT_MALFORMED"},
      {"name null", {{"subject[0].name", "null"}}, "STATEMENT_MALFORMED"},
  };
  for (const auto& test : cases) EXPECT_EQ(Answer(Kind::kCommitment, test.edits), test.answer) << test.name;
  for (const std::string other : {"[]", "null", "\"x\"", "1"}) {
    EXPECT_EQ(ReasonWord(ParseStatement(other, ContextFor(Kind::kCommitment)).status()), "STATEMENT_MALFORMED") << other;
  }
}

TEST(StatementTest, EightDigestsAreTaken) {
  std::string eight = "{";
  for (int i = 0; i < 7; ++i) eight += "\"d" + std::to_string(i) + "\":\"x\",";
  EXPECT_EQ(Answer(Kind::kCommitment, {{"subject[0].digest", eight + R"("sha256":")" + std::string(64, 'a') + "\"}"}}), "OK");
}

TEST(StatementTest, TheFirstCheckThatFailsGivesTheReason) {
  const Edit inverted = {"predicate.validUntil", "\"2025-01-01T00:00:00Z\""};
  const Edit mismatch = {"predicate.key.alg", "\"ecdsa-p256-sha256-der\""};
  const Edit violation = {"predicate.nonce", "\"short\""};
  const Edit late_violation = {"predicate.custody", "\"pocket\""};
  const Edit unknown_kind = {"predicateType", "\"https://trustlog.example/attest/key-registration/v2\""};
  const Edit genesis = {"predicateType", "\"https://trustlog.example/attest/genesis/v1\""};
  const Edit no_subject = {"subject", "[]"};
  const struct {
    const char* name;
    std::vector<Edit> edits;
    const char* answer;
  } cases[] = {
      {"14", {inverted}, "VALIDITY_INVERTED"},
      {"13 before 14", {mismatch, inverted}, "ALGORITHM_MISMATCH"},
      {"12 before 13", {violation, mismatch, inverted}, "SCHEMA_VIOLATION"},
      {"12 as a whole before 13", {late_violation, mismatch}, "SCHEMA_VIOLATION"},
      {"11 before 12", {genesis, violation}, "GENESIS_ORDER"},
      {"10 before 12", {unknown_kind, violation}, "KIND_UNKNOWN"},
      {"9 before 10", {no_subject, unknown_kind}, "STATEMENT_MALFORMED"},
  };
  for (const auto& test : cases) EXPECT_EQ(Answer(Kind::kKeyRegistration, test.edits), test.answer) << test.name;
  // Also where the violation stands behind the key that does not fit.
  EXPECT_EQ(
      Answer(Kind::kGenesis, {{"predicate.authority.root.keys[0].alg", "\"ecdsa-p256-sha256-der\""}, {"predicate.rules", "\"x\""}}),
      "SCHEMA_VIOLATION");

  const LogContext context = ContextFor(Kind::kKeyRegistration);
  EXPECT_EQ(ReasonWord(ParseStatement(R"({"a":1,"a":1})", context).status()), "DUPLICATE_MEMBER");       // 8 before 9
  EXPECT_EQ(ReasonWord(ParseStatement(R"({"a":1,"a":1.5})", context).status()), "STATEMENT_MALFORMED");  // 7 before 8
  EXPECT_EQ(ReasonWord(ParseStatement(std::string(32'769, ' '), context).status()), "TOO_LARGE");
}

TEST(StatementTest, GenesisStandsExactlyAtTheBeginning) {
  const LogContext empty = ContextFor(Kind::kGenesis), running = ContextFor(Kind::kCommitment);
  const std::string genesis = json::serialize(SampleStatement(Kind::kGenesis));
  EXPECT_EQ(ReasonWord(ParseStatement(genesis, empty).status()), "OK");
  EXPECT_EQ(ReasonWord(ParseStatement(genesis, running).status()), "GENESIS_ORDER");
  for (const Kind kind : AllKinds()) {
    if (kind == Kind::kGenesis) continue;
    EXPECT_EQ(ReasonWord(ParseStatement(json::serialize(SampleStatement(kind)), empty).status()), "GENESIS_ORDER")
        << KindName(kind);
  }
  EXPECT_EQ(Answer(Kind::kGenesis, {{"predicateType", "\"https://other.example/genesis/v1\""}}), "SCHEMA_VIOLATION");
  EXPECT_EQ(Answer(Kind::kGenesis, {{"predicateType", "\"https://other.example/genesis/v1\""},
                                    {"predicate.typeBase", "\"https://other.example\""}}),
            "OK");
  EXPECT_EQ(Answer(Kind::kGenesis, {{"predicateType", "\"genesis/v1\""}}), "KIND_UNKNOWN");
  // Another type base in a log that has its own: no kind, not even for a second genesis.
  LogContext other = running;
  other.type_base = "https://other.example";
  EXPECT_EQ(ReasonWord(ParseStatement(genesis, other).status()), "KIND_UNKNOWN");
}

TEST(StatementTest, GenesisIsReadWithTheUrnPrefixThatItBrings) {
  EXPECT_EQ(Answer(Kind::kGenesis, {{"predicate.urnPrefix", "\"urn:new-one:\""}, {"predicate.issuer", "\"urn:new-one:root\""}}),
            "OK");
  EXPECT_EQ(Answer(Kind::kGenesis, {{"predicate.urnPrefix", "\"urn:new-one:\""}}), "SCHEMA_VIOLATION");
  EXPECT_EQ(Answer(Kind::kGenesis, {{"predicate.urnPrefix", "7"}}), "SCHEMA_VIOLATION");
}

TEST(StatementTest, EachKindHasItsIssuers) {
  using K = Kind;
  const std::string parties = "member auditor monitor observer ";
  const std::map<K, std::string> allowed = {
      {K::kGenesis, "root "},
      {K::kRoleChange, "root "},
      {K::kPrincipleSet, "secretariat "},
      {K::kPartyAdmission, "secretariat "},
      {K::kKeyRegistration, parties},
      {K::kKeyRevocation, "secretariat " + parties},
      {K::kPartyWithdrawal, parties},
      {K::kStatusChange, "secretariat "},
      {K::kAuditorAccreditation, "secretariat "},
      {K::kCommitment, "member "},
      {K::kSupplierFlowdown, "member "},
      {K::kAuditEngagement, "auditor "},
      {K::kAuditResult, "auditor "},
      {K::kRemediation, "member auditor "},
      {K::kRetraction, "secretariat " + parties},
      {K::kObjection, parties},
      {K::kEvidence, "secretariat " + parties},
      {K::kErasureNotice, "operator "},
      {K::kIndexHead, "operator "},
      {K::kIndexEndorsement, "monitor "},
      {K::kLogEvent, "operator "},
  };
  for (const Kind kind : AllKinds()) {
    for (const std::string role : {"root", "secretariat", "operator", "member", "auditor", "monitor", "observer"}) {
      const bool is_party = parties.find(role) != std::string::npos;
      const std::string issuer = Quoted("urn:tta:" + role + (is_party ? ":x" : ""));
      std::vector<Edit> edits = {{"predicate.issuer", issuer}};
      if (kind == K::kKeyRevocation && role != "secretariat") edits.push_back({"predicate.party", issuer});
      if (kind == K::kRemediation && role == "auditor") edits.push_back({"predicate.state", "\"closed\""});
      const bool is_allowed = allowed.at(kind).find(role + " ") != std::string::npos;
      EXPECT_EQ(Answer(kind, edits), is_allowed ? "OK" : "SCHEMA_VIOLATION") << KindName(kind) << " by " << role;
    }
  }
}

TEST(StatementTest, MembersThatDependOnEachOther) {
  const auto key = [](std::string_view spki, std::string_view alg) {
    return R"({"spki":")" + std::string(spki) + R"(","alg":")" + std::string(alg) + "\"}";
  };
  std::string batch_role = R"({"keys":[)" + key(kSpkiB, "ed25519-batch") + R"(],"threshold":1})";
  std::string two_keys = R"({"keys":[)" + key(kSpkiA, "ed25519") + "," + key(kSpkiA, "ed25519") + R"(],"threshold":1})";
  std::string same_as_batch = R"({"keys":[)" + key(kSpkiA, "ed25519-batch") + R"(],"threshold":1})";
  std::string nine_keys = R"({"keys":[)";
  for (int i = 0; i < 9; ++i) nine_keys += (i == 0 ? "" : ",") + key(kSpkiA, "ed25519");
  nine_keys += R"(],"threshold":1})";
  const std::string batch_operator =
      R"({"keys":[)" + key("MCowBQYDK2VwAyEA9l4JMQW0IzRxKiHrEAx1EyTveos00URc2HRpGtz49Nk=", "ed25519-batch") + R"(],"threshold":1})";
  const struct {
    const char* name;
    Kind kind;
    std::vector<Edit> edits;
    const char* answer;
    const char* path;
  } cases[] = {
      {"root with a batch key",
       Kind::kGenesis,
       {{"predicate.authority.secretariat", batch_role}},
       "SCHEMA_VIOLATION",
       "predicate.authority.secretariat.keys[0].alg"},
      {"operator with a batch key", Kind::kGenesis, {{"predicate.authority.operator", batch_operator}}, "OK", ""},
      {"a key twice in a role",
       Kind::kRoleChange,
       {{"predicate.authority.root", two_keys}},
       "SCHEMA_VIOLATION",
       "predicate.authority.root.keys[1].spki"},
      {"a key in two roles",
       Kind::kRoleChange,
       {{"predicate.authority.operator", same_as_batch}},
       "SCHEMA_VIOLATION",
       "predicate.authority.operator.keys[0].spki"},
      {"nine keys",
       Kind::kRoleChange,
       {{"predicate.authority.root", nine_keys}},
       "SCHEMA_VIOLATION",
       "predicate.authority.root.keys"},
      {"threshold above the keys",
       Kind::kRoleChange,
       {{"predicate.authority.root.threshold", "2"}},
       "SCHEMA_VIOLATION",
       "predicate.authority.root.threshold"},
      {"SPKI of another algorithm in a role",
       Kind::kGenesis,
       {{"predicate.authority.root.keys[0].alg", "\"ecdsa-p384-sha384-der\""}},
       "ALGORITHM_MISMATCH",
       ""},
      {"a point that is none",
       Kind::kKeyRegistration,
       {{"predicate.key.spki", "\"MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""}},
       "ALGORITHM_MISMATCH",
       ""},
      {"SPKI empty", Kind::kKeyRegistration, {{"predicate.key.spki", "\"\""}}, "ALGORITHM_MISMATCH", ""},
      {"batch key of a party", Kind::kKeyRegistration, {{"predicate.key.alg", "\"ed25519-batch\""}}, "OK", ""},
      {"principle number twice",
       Kind::kPrincipleSet,
       {{"predicate.principles[1].no", "1"}},
       "SCHEMA_VIOLATION",
       "predicate.principles[1].no"},
      {"role of another word",
       Kind::kPartyAdmission,
       {{"predicate.party", "\"urn:tta:observer:sap\""}},
       "SCHEMA_VIOLATION",
       "predicate.role"},
      {"role and party of another word",
       Kind::kPartyAdmission,
       {{"predicate.party", "\"urn:tta:observer:sap\""}, {"predicate.role", "\"observer\""}},
       "OK",
       ""},
      {"party of a foreign revocation",
       Kind::kKeyRevocation,
       {{"predicate.party", "\"urn:tta:member:other\""}},
       "SCHEMA_VIOLATION",
       "predicate.party"},
      {"the secretariat revokes anybody's",
       Kind::kKeyRevocation,
       {{"predicate.party", "\"urn:tta:member:other\""}, {"predicate.issuer", "\"urn:tta:secretariat\""}},
       "OK",
       ""},
      {"invalidSince with lost",
       Kind::kKeyRevocation,
       {{"predicate.reason", "\"lost\""}},
       "SCHEMA_VIOLATION",
       "predicate.invalidSince"},
      {"lost", Kind::kKeyRevocation, {{"predicate.reason", "\"lost\""}, {"predicate.invalidSince", ""}}, "OK", ""},
      {"a status renews: check 26", Kind::kStatusChange, {{"predicate.supersedes.change", "\"renewal\""}}, "OK", ""},
      {"more acknowledged than disclosed",
       Kind::kSupplierFlowdown,
       {{"predicate.disclosureCount", "10"}},
       "SCHEMA_VIOLATION",
       "predicate.acknowledged"},
      {"finding number twice",
       Kind::kAuditResult,
       {{"predicate.findings", R"([{"no":1,"severity":"x","state":"open"},{"no":1,"severity":"x","state":"open"}])"}},
       "SCHEMA_VIOLATION",
       "predicate.findings[1].no"},
      {"member closes a finding", Kind::kRemediation, {{"predicate.state", "\"closed\""}}, "SCHEMA_VIOLATION", "predicate.state"},
      {"auditor plans one",
       Kind::kRemediation,
       {{"predicate.issuer", "\"urn:tta:auditor:x\""}},
       "SCHEMA_VIOLATION",
       "predicate.state"},
      {"key change without vkeys", Kind::kLogEvent, {{"predicate.vkeys", ""}}, "SCHEMA_VIOLATION", "predicate.vkeys"},
      {"freeze without vkeys", Kind::kLogEvent, {{"predicate.vkeys", ""}, {"predicate.event", "\"freeze\""}}, "OK", ""},
      {"nine vkeys",
       Kind::kLogEvent,
       {{"predicate.vkeys", R"(["a","a","a","a","a","a","a","a","a"])"}},
       "SCHEMA_VIOLATION",
       "predicate.vkeys"},
  };
  for (const auto& test : cases) {
    const auto status = ParseSample(test.kind, Edited(test.kind, test.edits)).status();
    EXPECT_EQ(ReasonWord(status), test.answer) << test.name << status;
    EXPECT_EQ(bytes::MetadataValue(status, "path"), test.path) << test.name;
  }
}

TEST(StatementTest, IntervalsMustEndAfterTheyBegin) {
  const std::set<Kind> with_interval = {Kind::kKeyRegistration, Kind::kStatusChange,     Kind::kAuditorAccreditation,
                                        Kind::kCommitment,      Kind::kSupplierFlowdown, Kind::kAuditResult,
                                        Kind::kEvidence};
  for (const Kind kind : AllKinds()) {
    const bool has_both = with_interval.contains(kind);
    json::object statement = SampleStatement(kind);
    EXPECT_EQ(At(statement, "predicate.validUntil") != nullptr, has_both) << KindName(kind);
    if (!has_both) continue;
    EXPECT_EQ(Answer(kind, {{"predicate.validUntil", "\"2026-01-01T00:00:01Z\""}}), "OK") << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"predicate.validUntil", "\"2026-01-01T00:00:00Z\""}}), "VALIDITY_INVERTED") << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"predicate.validUntil", "\"2025-12-31T23:59:59Z\""}}), "VALIDITY_INVERTED") << KindName(kind);
  }
  EXPECT_EQ(Answer(Kind::kAuditEngagement, {{"predicate.resultDueBy", "\"2026-01-01T00:00:00Z\""}}), "VALIDITY_INVERTED");
  EXPECT_EQ(Answer(Kind::kAuditEngagement, {{"predicate.resultDueBy", "\"2026-01-01T00:00:01Z\""}}), "OK");
  // The assessed period is not the validity and is not compared.
  EXPECT_EQ(Answer(Kind::kAuditResult, {{"predicate.period.until", "\"2001-01-01T00:00:00Z\""}}), "OK");
}

TEST(StatementTest, FourKindsNeedADocumentThatIsMoreThanAName) {
  const std::string name = "urn:tta:member:sap";
  const std::string name_subject = R"([{"name":")" + name + R"(","digest":{"sha256":")" + HashOf(name) + "\"}}]";
  const std::string without_sha256 = R"([{"name":"a","digest":{"sha512":"00"}}])";
  const std::string both =
      name_subject.substr(0, name_subject.size() - 1) + R"(,{"digest":{"sha256":")" + std::string(64, '0') + "\"}}]";
  for (const Kind kind : AllKinds()) {
    const bool needs_one =
        kind == Kind::kCommitment || kind == Kind::kSupplierFlowdown || kind == Kind::kAuditResult || kind == Kind::kEvidence;
    const char* const answer = needs_one ? "SCHEMA_VIOLATION" : "OK";
    EXPECT_EQ(Answer(kind, {{"subject", name_subject}}), answer) << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"subject", without_sha256}}), answer) << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"subject", both}}), "OK") << KindName(kind);
  }
}

TEST(StatementTest, AnEmptyNameIsAName) {
  const merkle::Hash of_nothing = merkle::Sha256({});
  EXPECT_TRUE(IsNameSubject({"", of_nothing}));
  EXPECT_FALSE(IsNameSubject({std::nullopt, of_nothing}));  // an empty document
  EXPECT_FALSE(IsNameSubject({"", std::nullopt}));
  EXPECT_FALSE(IsNameSubject({"x", of_nothing}));
}

TEST(StatementTest, SupersedesAndSummaryCountOnlyWhereTheyAreMembers) {
  const std::set<int> superseding = {2, 7, 8, 16, 17, 18, 19, 20, 23};
  for (const Kind kind : AllKinds()) {
    const int number = static_cast<int>(kind);
    const auto parsed = ParseSample(kind, SampleStatement(kind));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->supersedes.has_value(), superseding.contains(number)) << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"predicate.supersedes", "7"}}), superseding.contains(number) ? "SCHEMA_VIOLATION" : "OK")
        << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"predicate.summary", "7"}}), number >= 16 && number <= 23 ? "SCHEMA_VIOLATION" : "OK")
        << KindName(kind);
    EXPECT_EQ(Answer(kind, {{"predicate.unknownMember", "[null,{\"x\":-1}]"}}), "OK") << KindName(kind);
  }
  const auto renewal = ParseSample(Kind::kCommitment, Edited(Kind::kCommitment, {{"predicate.supersedes.change", "\"renewal\""}}));
  ASSERT_TRUE(renewal.ok());
  EXPECT_EQ(renewal->supersedes->change, Rel::kRenews);
}

TEST(StatementTest, WhatWasReadIsWhatTheStructsSay) {
  const auto parsed = ParseSample(Kind::kAuditResult, SampleStatement(Kind::kAuditResult));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->log_origin, "log.example/test");
  EXPECT_EQ(parsed->issuer, "urn:tta:auditor:north");
  EXPECT_EQ(parsed->issued_at, ParseTime("2026-01-01T00:00:00Z"));
  EXPECT_EQ(parsed->supersedes->change, Rel::kCorrects);
  EXPECT_EQ(bytes::EncodeHex(parsed->supersedes->id), std::string(64, '9'));
  ASSERT_EQ(parsed->subjects.size(), 1U);
  EXPECT_EQ(parsed->subjects[0].name, "a.pdf");
  const auto& result = std::get<AuditResult>(parsed->predicate);
  EXPECT_EQ(bytes::EncodeHex(result.engagement), std::string(64, '1'));
  EXPECT_EQ(result.schemes, std::vector<std::string>{"iec-62443-4-1"});
  EXPECT_EQ(result.outcome, "conformant");
  EXPECT_EQ(result.principles, std::vector<std::uint8_t>{3});
  EXPECT_EQ(result.valid_until, ParseTime("2028-01-01T00:00:00Z"));
  EXPECT_EQ(result.inputs.size(), 1U);

  const auto genesis = ParseSample(Kind::kGenesis, SampleStatement(Kind::kGenesis));
  ASSERT_TRUE(genesis.ok()) << genesis.status();
  const auto& authority = std::get<Genesis>(genesis->predicate).authority;
  EXPECT_EQ(authority.version, 1);
  ASSERT_EQ(authority.operators.keys.size(), 1U);
  EXPECT_EQ(authority.operators.keys[0].key.algorithm(), keys::Algorithm::kEcdsaP256Sha256Der);
  EXPECT_EQ(authority.root.threshold, 1);
}

TEST(StatementTest, PeekKindReadsForeignLogsToo) {
  EXPECT_EQ(PeekKind(json::serialize(
                Edited(Kind::kEvidence, {{"predicateType", "\"https://else.example/x/evidence/v1\""}, {"predicate", "{}"}}))),
            Kind::kEvidence);
  EXPECT_EQ(PeekKind(json::serialize(Edited(Kind::kEvidence, {{"predicateType", "\"https://slsa.dev/provenance/v1\""}}))),
            std::nullopt);
  EXPECT_EQ(PeekKind(json::serialize(Edited(Kind::kEvidence, {{"_type", "\"x\""}}))), std::nullopt);
  EXPECT_EQ(PeekKind("{"), std::nullopt);
  EXPECT_EQ(PeekKind(""), std::nullopt);
}

}  // namespace
}  // namespace trustlog::attest
