// Check 12, member by member: one row for each member of each kind in records.md 5.1-5.4. From a row follow its absence, null,
// every wrong type and the values named; a last test proves that no member of the samples is without a row.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "proto/attest/strict_json.h"
#include "tests/proto/attest/samples.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

struct Values {
  std::vector<std::string> good, bad;            // JSON texts
  std::function<std::string(std::size_t)> make;  // the i-th of as many different good ones as a list needs
};

std::string Quoted(std::string text) { return "\"" + text + "\""; }

Values Hash() {
  return {{Quoted(std::string(64, '0')), Quoted(std::string(64, 'f'))},
          {Quoted(std::string(63, '1')), Quoted(std::string(65, '1')), Quoted(std::string(64, 'F')),
           Quoted("sha256:" + std::string(64, '1')), Quoted(std::string(64, 'g')), "\"\""},
          [](std::size_t i) { return Quoted(std::to_string(100 + i) + std::string(61, 'a')); }};
}
Values Time() {
  return {{Quoted("2027-12-31T23:59:59Z")},
          {Quoted("2026-02-30T00:00:00Z"), Quoted("1999-12-31T23:59:59Z"), Quoted("2026-01-01T00:00:60Z"), Quoted("2026-01-01"),
           "\"\"", Quoted("2026-01-01T00:00:00+00:00"), "1767225600"},
          nullptr};
}
Values Code() {
  return {{"\"a\"", Quoted("a.b-c"), Quoted(std::string(40, '9'))},
          {"\"\"", "\"A\"", "\"-a\"", "\"a-\"", "\"a_b\"", "\"a b\"", Quoted(std::string(41, 'a'))},
          [](std::size_t i) { return Quoted("c" + std::to_string(i)); }};
}
Values Urn() {
  return {{"\"urn:tta:root\"", "\"urn:tta:observer:x-1\""},
          {"\"\"", "\"urn:tta:member:\"", "\"urn:other:member:sap\"", "\"urn:tta:member:SAP\"", "\"urn:tta:company:sap\"",
           "\"sap\"", Quoted("urn:tta:member:" + std::string(64, 'a'))},
          [](std::size_t i) { return Quoted("urn:tta:member:m" + std::to_string(i)); }};
}
Values Str(std::size_t max) {
  return {{"\"a\"", Quoted(std::string(max, 'x')), Quoted(" \\u00e9\\u007f")},
          {"\"\"", Quoted(std::string(max + 1, 'x')), Quoted(std::string(max - 1, 'x') + "\\u00e9"), "\"a\\nb\"", "\"\\u001f\""},
          [](std::size_t) { return std::string("\"same\""); }};
}
Values Int(std::int64_t min, std::int64_t max) {
  Values values{{std::to_string(min), std::to_string(max)}, {std::to_string(min - 1)}, nullptr};
  if (max < kMaxJsonInteger) values.bad.push_back(std::to_string(max + 1));
  values.make = [min](std::size_t i) { return std::to_string(min + static_cast<std::int64_t>(i)); };
  return values;
}
Values OneOf(const std::vector<std::string>& words) {
  Values values{{}, {"\"\"", "\"other-word\""}, [words](std::size_t i) { return Quoted(words[i % words.size()]); }};
  for (const auto& word : words) values.good.push_back(Quoted(word));
  for (const auto& word : words) values.bad.push_back(Quoted(word + "x"));
  return values;
}
Values LocalText() {
  std::string nine = "{";
  for (char c = 'a'; c < 'j'; ++c) nine += std::string(c == 'a' ? "" : ",") + "\"x" + c + "\":\"t\"";
  return {{R"({"de":"t"})", R"({"en-GB":"t","en":"t"})", R"({"en":")" + std::string(2'000, 'x') + "\"}"},
          {"{}", nine + "}", R"({"EN":"t"})", R"({"en-gb":"t"})", R"({"en":""})", R"({"en":1})", R"({"en":null})",
           R"({"en":"a\nb"})", R"({"en":")" + std::string(2'001, 'x') + "\"}"},
          nullptr};
}
Values Bool() { return {{"true", "false"}, {}, nullptr}; }
Values Object() { return {{}, {}, nullptr}; }  // its members have rows of their own

std::string ListText(const Values& element, std::size_t count) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + element.make(i);
  return text + "]";
}
enum class Equal { kRefused, kAllowed };
Values List(const Values& element, std::size_t min, std::size_t max, Equal equal = Equal::kRefused) {
  Values values{{ListText(element, min), ListText(element, max)}, {ListText(element, max + 1), "[null]", "[[]]"}, nullptr};
  if (min > 0) values.bad.push_back(ListText(element, min - 1));
  const std::string two = "[" + element.make(0) + "," + element.make(0) + "]";
  if (max > 1) (equal == Equal::kRefused ? values.bad : values.good).push_back(two);
  for (const auto& bad : element.bad) values.bad.push_back("[" + bad + "]");
  return values;
}
// Of objects; `@` in `element` becomes the position plus one.
Values Objects(const std::string& element, std::size_t min, std::size_t max) {
  Values values;
  values.make = [element](std::size_t i) {
    std::string text = element;
    if (const auto at = text.find('@'); at != std::string::npos) text.replace(at, 1, std::to_string(i + 1));
    return text;
  };
  return List(values, min, max, element.find('@') == std::string::npos ? Equal::kAllowed : Equal::kRefused);
}

// Eight of the longest would not fit into a payload.
Values Vkeys() {
  Values short_ones;
  short_ones.make = [](std::size_t) { return std::string("\"same\""); };
  Values values = List(short_ones, 0, 8, Equal::kAllowed);
  for (const auto& good : Str(4'000).good) values.good.push_back("[" + good + "]");
  for (const auto& bad : Str(4'000).bad) values.bad.push_back("[" + bad + "]");
  return values;
}

enum class Needed { kYes, kNo };
constexpr auto y = Needed::kYes, n = Needed::kNo;

struct Row {
  Kind kind;
  std::string path;  // below predicate
  Needed needed;
  Values values;
};

const std::string kHash = Quoted(std::string(64, 'b'));
const std::string kStandard = R"({"scheme":"x","version":"1"})";

std::vector<Row> AuthorityRows(Kind kind) {
  const auto key_values = [](std::string_view spki, std::string_view alg) {
    return std::pair(
        Values{{Quoted(std::string(spki))}, {"\"\\u0001\"", "\"A\"", "\"AA=\"", "\"AA\"", "\"-_==\"", "\"AAAA\\n\""}, nullptr},
        Values{{Quoted(std::string(alg))}, {"\"\"", "\"ED25519\"", "\"ml-dsa-44\"", "\"rsa\""}, nullptr});
  };
  std::vector<Row> rows = {
      {kind, "authority", y, Object()},
      {kind, "authority.version", y,
       kind == Kind::kGenesis ? Values{{"1"}, {"0", "2", "-1"}, nullptr} : Values{{"0", "2", "-1"}, {}, nullptr}}};
  const std::tuple<std::string, std::string_view, std::string_view> roles[] = {
      {"root", kSpkiA, "ed25519"}, {"secretariat", kSpkiB, "ed25519"}, {"operator", kSpkiP256, "ecdsa-p256-sha256-der"}};
  for (const auto& role : roles) {
    const std::string path = "authority." + std::get<0>(role);
    const auto key = key_values(std::get<1>(role), std::get<2>(role));
    rows.push_back({kind, path, y, Object()});
    rows.push_back({kind, path + ".keys", y, {{}, {"[]", "[null]", "[1]", "[{}]"}, nullptr}});
    rows.push_back({kind, path + ".keys[0].spki", y, key.first});
    rows.push_back({kind, path + ".keys[0].alg", y, key.second});
    rows.push_back({kind, path + ".threshold", y, {{"1"}, {"0", "2", "9"}, nullptr}});
  }
  return rows;
}

std::vector<Row> AllRows() {
  using K = Kind;
  std::vector<Row> rows = AuthorityRows(K::kGenesis);
  for (auto& row : AuthorityRows(K::kRoleChange)) rows.push_back(std::move(row));
  const std::vector<Row> more = {
      // 5.1
      {K::kCommitment,
       "logOrigin",
       y,
       {{"\"a\"", Quoted(std::string(255, 'A'))}, {"\"\"", Quoted(std::string(256, 'a')), "\"a b\"", "\"a?b\""}, nullptr}},
      {K::kCommitment,
       "issuer",
       y,
       {{"\"urn:tta:member:x\""}, {"\"\"", "\"urn:other:member:sap\"", "\"urn:tta:root\"", "\"urn:tta:member:\""}, nullptr}},
      {K::kCommitment, "issuedAt", y, Time()},
      {K::kCommitment,
       "nonce",
       y,
       {{Quoted(std::string(22, 'A')), Quoted(std::string(43, 'A')), Quoted("-_" + std::string(20, 'A'))},
        {"\"\"", Quoted(std::string(20, 'A')), Quoted(std::string(21, 'A') + "B"), Quoted(std::string(44, 'A')),
         Quoted(std::string(22, 'A') + "=="), Quoted("+/" + std::string(20, 'A'))},
        nullptr}},
      {K::kCommitment, "supersedes", n, Object()},
      {K::kCommitment, "supersedes.id", y, Hash()},
      {K::kCommitment, "supersedes.change", y, OneOf({"renewal", "correction"})},
      {K::kCommitment, "summary", n, LocalText()},
      // 5.2
      {K::kGenesis,
       "typeBase",
       y,
       {{}, {"\"https://other.example/attest\"", "\"https://trustlog.example/attest/\"", "\"\""}, nullptr}},
      {K::kGenesis, "urnPrefix", y, {{}, {"\"\"", "\"urn:tta\"", "\"urn:a:\"", "\"tta:\"", "\"urn:ttb:\""}, nullptr}},
      {K::kGenesis, "maxStatementAgeDays", y, Int(1, 3'660)},
      {K::kGenesis, "indexFunction", y, OneOf({"trustlog-index/1"})},
      {K::kGenesis, "rules", y, OneOf({"trustlog-rules/1"})},
      {K::kRoleChange, "reason", y, Code()},
      {K::kPrincipleSet, "version", y, Str(40)},
      {K::kPrincipleSet, "principles", y, Objects(R"({"no":@,"title":{"en":"t"},"textSha256":)" + kHash + "}", 1, 63)},
      {K::kPrincipleSet, "principles[0].no", y, Int(1, 63)},
      {K::kPrincipleSet, "principles[0].title", y, LocalText()},
      {K::kPrincipleSet, "principles[0].textSha256", y, Hash()},
      {K::kPrincipleSet, "outcomes", y, Objects(R"({"code":"c","effect":"neutral"})", 1, 64)},
      {K::kPrincipleSet, "outcomes[0].code", y, Code()},
      {K::kPrincipleSet, "outcomes[0].effect", y, OneOf({"positive", "qualified", "neutral", "negative"})},
      {K::kPrincipleSet, "outcomes[0].meaning", n, LocalText()},
      {K::kPrincipleSet, "statuses", y, Objects(R"({"code":"c","effect":"neutral"})", 1, 64)},
      {K::kPrincipleSet, "statuses[0].code", y, Code()},
      {K::kPrincipleSet, "statuses[0].effect", y, OneOf({"neutral", "qualified", "negative", "ended"})},
      {K::kPrincipleSet, "statuses[0].meaning", n, LocalText()},
      {K::kPrincipleSet, "levels", n, List(Code(), 0, 32)},
      {K::kPrincipleSet, "maxCommitmentDays", n, Int(1, 36'600)},
      {K::kPrincipleSet, "maxResultDays", n, Int(1, 36'600)},
      {K::kPrincipleSet, "validFrom", y, Time()},
      {K::kPartyAdmission, "party", y, {{"\"urn:tta:member:x\""}, {"\"\"", "\"sap\"", "\"urn:tta:member:\""}, nullptr}},
      {K::kPartyAdmission, "role", y, {{}, {"\"auditor\"", "\"root\"", "\"\""}, nullptr}},
      {K::kPartyAdmission, "legalName", y, Str(200)},
      {K::kPartyAdmission, "country", y, {{"\"ZA\""}, {"\"\"", "\"de\"", "\"DEU\"", "\"D\""}, nullptr}},
      {K::kPartyAdmission,
       "lei",
       n,
       {{"\"AAAAAAAAAAAAAAAAAA00\""}, {"\"\"", "\"AAAAAAAAAAAAAAAAAAAA\"", "\"529900d6bf99lw9r2e68\""}, nullptr}},
      {K::kPartyAdmission, "group", n, Code()},
      {K::kPartyAdmission, "validFrom", y, Time()},
      {K::kKeyRegistration, "key", y, Object()},
      {K::kKeyRegistration, "key.spki", y, {{Quoted(std::string(kSpkiB))}, {"\"A\"", "\"AA=\"", "\"-_==\""}, nullptr}},
      {K::kKeyRegistration,
       "key.alg",
       y,
       {{"\"ed25519\"", "\"ed25519-batch\""}, {"\"\"", "\"Ed25519\"", "\"ml-dsa-44\""}, nullptr}},
      {K::kKeyRegistration, "purposes", y, List(OneOf({"sign", "admin"}), 1, 2)},
      {K::kKeyRegistration, "validFrom", y, Time()},
      {K::kKeyRegistration, "validUntil", n, Time()},
      {K::kKeyRegistration, "replaces", n, Object()},
      {K::kKeyRegistration, "replaces.keyId", y, Hash()},
      {K::kKeyRegistration, "replaces.overlapUntil", y, Time()},
      {K::kKeyRegistration, "custody", n, OneOf({"hsm", "kms", "software"})},
      {K::kKeyRevocation, "party", y, {{}, {"\"urn:tta:member:other\"", "\"\"", "\"urn:tta:root\""}, nullptr}},
      {K::kKeyRevocation, "keyId", y, Hash()},
      {K::kKeyRevocation, "reason", y, {{"\"compromised\""}, {"\"\"", "\"stolen\""}, nullptr}},
      {K::kKeyRevocation, "invalidSince", n, Int(0, kMaxJsonInteger)},
      {K::kPartyWithdrawal, "validFrom", y, Time()},
      {K::kPartyWithdrawal, "reason", y, Code()},
      {K::kStatusChange, "party", y, Urn()},
      {K::kStatusChange, "status", y, Code()},
      {K::kStatusChange, "validFrom", y, Time()},
      {K::kStatusChange, "validUntil", n, Time()},
      {K::kStatusChange, "ruleRef", y, Str(200)},
      {K::kStatusChange, "decisionSha256", y, Hash()},
      {K::kStatusChange, "appealUntil", n, Time()},
      {K::kStatusChange, "inputs", n, List(Hash(), 0, 16)},
      {K::kStatusChange, "supersedes.change", y, OneOf({"renewal", "correction"})},
      {K::kAuditorAccreditation, "auditor", y, Urn()},
      {K::kAuditorAccreditation, "principles", y, List(Int(1, 63), 1, 63)},
      {K::kAuditorAccreditation, "schemes", y, List(Code(), 0, 64)},
      {K::kAuditorAccreditation, "accreditedBy", y, Str(200)},
      {K::kAuditorAccreditation, "notFor", n, List(Urn(), 0, 64)},
      {K::kAuditorAccreditation, "validFrom", y, Time()},
      {K::kAuditorAccreditation, "validUntil", y, Time()},
      // 5.3
      {K::kCommitment, "principleSet", y, Hash()},
      {K::kCommitment, "principle", y, Int(1, 63)},
      {K::kCommitment, "level", n, Code()},
      {K::kCommitment, "scope", y, Object()},
      {K::kCommitment, "scope.products", n, List(Str(200), 0, 64, Equal::kAllowed)},
      {K::kCommitment, "scope.sites", n, List(Str(200), 0, 64, Equal::kAllowed)},
      {K::kCommitment, "scope.entities", n, List(Str(200), 0, 64, Equal::kAllowed)},
      {K::kCommitment, "scope.regions", n, List(Str(200), 0, 64, Equal::kAllowed)},
      {K::kCommitment, "scope.exclusions", y, List(Str(200), 0, 64, Equal::kAllowed)},
      {K::kCommitment, "standards", n, Objects(kStandard, 0, 64)},
      {K::kCommitment, "standards[0].scheme", y, Code()},
      {K::kCommitment, "standards[0].version", y, Str(40)},
      {K::kCommitment, "standards[0].control", n, Str(80)},
      {K::kCommitment, "standards[0].level", n, Str(40)},
      {K::kCommitment, "measures", n, LocalText()},
      {K::kCommitment, "contact", n, Str(200)},
      {K::kCommitment, "validFrom", y, Time()},
      {K::kCommitment, "validUntil", y, Time()},
      {K::kSupplierFlowdown, "commitment", y, Hash()},
      {K::kSupplierFlowdown, "principle", y, Int(1, 63)},
      {K::kSupplierFlowdown, "requirementTitle", y, Str(200)},
      {K::kSupplierFlowdown, "supplierCount", y, Int(0, 1'000'000'000)},
      {K::kSupplierFlowdown, "tier", y, Int(1, 9)},
      {K::kSupplierFlowdown, "coveredSuppliersPermille", n, Int(0, 1'000)},
      {K::kSupplierFlowdown, "coveredSpendPermille", n, Int(0, 1'000)},
      {K::kSupplierFlowdown, "disclosureRoot", y, Hash()},
      {K::kSupplierFlowdown, "disclosureCount", y, {{"11", "4294967295"}, {"-1", "4294967296"}, nullptr}},
      {K::kSupplierFlowdown, "acknowledged", y, {{"0", "12"}, {"-1", "13", "4294967296"}, nullptr}},
      {K::kSupplierFlowdown, "instrument", y, OneOf({"contract", "code-of-conduct", "terms"})},
      {K::kSupplierFlowdown, "validFrom", y, Time()},
      {K::kSupplierFlowdown, "validUntil", n, Time()},
      {K::kAuditEngagement, "member", y, Urn()},
      {K::kAuditEngagement, "principles", y, List(Int(1, 63), 1, 63)},
      {K::kAuditEngagement, "commitments", y, List(Hash(), 1, 48)},
      {K::kAuditEngagement, "scopeSha256", y, Hash()},
      {K::kAuditEngagement, "startedAt", y, {{"\"2000-01-01T00:00:00Z\""}, Time().bad, nullptr}},
      {K::kAuditEngagement, "resultDueBy", y, Time()},
      {K::kAuditEngagement, "declinedByMember", n, Bool()},
      {K::kAuditResult, "engagement", y, Hash()},
      {K::kAuditResult, "member", y, Urn()},
      {K::kAuditResult, "principles", y, List(Int(1, 63), 1, 63)},
      {K::kAuditResult, "commitments", y, List(Hash(), 1, 48)},
      {K::kAuditResult, "criteria", y, Objects(kStandard, 1, 64)},
      {K::kAuditResult, "criteria[0].scheme", y, Code()},
      {K::kAuditResult, "criteria[0].version", y, Str(40)},
      {K::kAuditResult, "criteria[0].control", n, Str(80)},
      {K::kAuditResult, "criteria[0].level", n, Str(40)},
      {K::kAuditResult, "assurance", y, OneOf({"limited", "reasonable", "certification"})},
      {K::kAuditResult, "outcome", y, Code()},
      {K::kAuditResult, "period", n, Object()},
      {K::kAuditResult, "period.from", y, Time()},
      {K::kAuditResult, "period.until", y, Time()},
      {K::kAuditResult, "performedAt", y, Time()},
      {K::kAuditResult, "validFrom", y, Time()},
      {K::kAuditResult, "validUntil", y, Time()},
      {K::kAuditResult, "findings", y, Objects(R"({"no":@,"severity":"x","state":"open"})", 0, 200)},
      {K::kAuditResult, "findings[0].no", y, Int(1, 9'999)},
      {K::kAuditResult, "findings[0].severity", y, Code()},
      {K::kAuditResult, "findings[0].control", n, Str(80)},
      {K::kAuditResult, "findings[0].state", y, OneOf({"open", "accepted", "closed"})},
      {K::kAuditResult, "findings[0].dueBy", n, Time()},
      {K::kAuditResult, "findings[0].detail", n, Hash()},
      {K::kAuditResult, "inputs", n, List(Hash(), 0, 8)},
      {K::kRemediation, "target", y, Hash()},
      {K::kRemediation, "about", y, List(Urn(), 1, 1)},
      {K::kRemediation, "finding", y, Int(1, 9'999)},
      {K::kRemediation, "state", y, {{"\"planned\"", "\"claimed\""}, {"\"closed\"", "\"reopened\"", "\"\""}, nullptr}},
      {K::kRemediation, "inputs", n, List(Hash(), 0, 8)},
      {K::kRetraction, "target", y, Hash()},
      {K::kRetraction, "about", y, List(Urn(), 0, 8)},
      {K::kRetraction, "reason", y, OneOf({"error", "superseded", "fraud", "legal", "cancelled", "other"})},
      {K::kRetraction, "validFrom", n, Time()},
      {K::kObjection, "target", y, Hash()},
      {K::kObjection, "about", y, List(Urn(), 0, 8)},
      {K::kObjection, "ground", y, Code()},
      {K::kEvidence, "about", y, List(Urn(), 1, 8)},
      {K::kEvidence, "form", y,
       OneOf({"slsa-provenance", "vsa", "sbom", "cvd-policy", "certificate", "scitt-statement", "test-report", "other"})},
      {K::kEvidence, "mediaType", y, Str(100)},
      {K::kEvidence, "principles", n, List(Int(1, 63), 0, 63)},
      {K::kEvidence, "supports", n, List(Hash(), 0, 16)},
      {K::kEvidence, "foreignSubjects", n, Objects("{\"sha256\":" + kHash + "}", 0, 32)},
      {K::kEvidence, "foreignSubjects[0].name", n, Str(200)},
      {K::kEvidence, "foreignSubjects[0].sha256", y, Hash()},
      {K::kEvidence, "checked", n, Object()},
      {K::kEvidence, "checked.by", y, Str(100)},
      {K::kEvidence, "checked.result", y, OneOf({"valid", "invalid", "not-checked"})},
      {K::kEvidence, "validFrom", n, Time()},
      {K::kEvidence, "validUntil", n, Time()},
      // 5.4
      {K::kErasureNotice, "target", y, Hash()},
      {K::kErasureNotice, "index", y, Int(0, kMaxJsonInteger)},
      {K::kErasureNotice, "legalBasis", y, Code()},
      {K::kErasureNotice, "decidedAt", y, Time()},
      {K::kIndexHead, "coversSize", y, Int(1, kMaxJsonInteger)},
      {K::kIndexHead, "mapRoot", y, Hash()},
      {K::kIndexHead, "indexFunction", y, OneOf({"trustlog-index/1"})},
      {K::kIndexEndorsement, "target", y, Hash()},
      {K::kIndexEndorsement, "result", y, OneOf({"equal", "different"})},
      {K::kIndexEndorsement, "mapRoot", y, Hash()},
      {K::kLogEvent, "event", y, OneOf({"freeze", "key-change", "note"})},
      {K::kLogEvent, "validFrom", y, Time()},
      {K::kLogEvent, "vkeys", y, Vkeys()},
      {K::kLogEvent, "successor", n, Object()},
      {K::kLogEvent, "successor.origin", y, Str(255)},
      {K::kLogEvent, "successor.vkey", y, Str(4'000)},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

std::string Describe(const Row& row, std::string_view change) {
  return std::string(KindName(row.kind)) + " " + row.path + ": " + std::string(change.substr(0, 120));
}

void ExpectTaken(const Row& row, const json::object& statement, std::string_view change) {
  const auto parsed = ParseSample(row.kind, statement);
  EXPECT_TRUE(parsed.ok()) << Describe(row, change) << "\n" << parsed.status();
}

void ExpectViolation(const Row& row, const json::object& statement, std::string_view change) {
  const auto status = ParseSample(row.kind, statement).status();
  EXPECT_EQ(ReasonWord(status), "SCHEMA_VIOLATION") << Describe(row, change) << "\n" << status;
  const std::string path = bytes::MetadataValue(status, "path");
  // A genesis whose prefix is another is first met at its issuer.
  if (row.path != "urnPrefix") {
    EXPECT_TRUE(path.starts_with("predicate." + row.path)) << Describe(row, change) << "\n" << path;
  }
}

TEST(SchemaTest, EverySampleIsTaken) {
  for (std::size_t i = 0; i < AllKinds().size(); ++i) {
    const Kind kind = AllKinds()[i];
    const auto parsed = ParseSample(kind, SampleStatement(kind));
    ASSERT_TRUE(parsed.ok()) << KindName(kind) << parsed.status();
    EXPECT_EQ(parsed->kind, kind);
    EXPECT_EQ(parsed->predicate.index(), i);  // the variant lists the kinds in their order
  }
}

TEST(SchemaTest, EachMemberIsRequiredOrOptionalAsItsTableSays) {
  for (const auto& row : AllRows()) {
    json::object statement = SampleStatement(row.kind);
    Remove(statement, "predicate." + row.path);
    row.needed == Needed::kYes ? ExpectViolation(row, statement, "absent") : ExpectTaken(row, statement, "absent");
  }
}

TEST(SchemaTest, NoMemberMayBeNullOrOfAnotherType) {
  for (const auto& row : AllRows()) {
    json::object sample = SampleStatement(row.kind);
    const json::kind type = At(sample, "predicate." + row.path)->kind();
    for (const char* const other : {"null", "true", "1", "\"x\"", "[]", "{}"}) {
      if (json::parse(other).kind() == type) continue;
      json::object statement = sample;
      Set(statement, "predicate." + row.path, other);
      ExpectViolation(row, statement, other);
    }
  }
}

TEST(SchemaTest, EachMemberTakesTheValuesOfItsFormAndNoOthers) {
  for (const auto& row : AllRows()) {
    for (const auto& good : row.values.good) {
      json::object statement = SampleStatement(row.kind);
      Set(statement, "predicate." + row.path, good);
      ExpectTaken(row, statement, good);
    }
    for (const auto& bad : row.values.bad) {
      json::object statement = SampleStatement(row.kind);
      Set(statement, "predicate." + row.path, bad);
      ExpectViolation(row, statement, bad);
    }
  }
}

void CollectPaths(const json::value& value, const std::string& path, std::set<std::string>& out) {
  if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string name(member.key());
      if (name == "en") continue;  // a language of a text
      const std::string inner = path.empty() ? name : path + "." + name;
      out.insert(inner);
      CollectPaths(member.value(), inner, out);
    }
  } else if (const auto* const array = value.if_array(); array != nullptr && !array->empty()) {
    CollectPaths(array->front(), path + "[0]", out);
  }
}

TEST(SchemaTest, NoMemberOfASampleIsWithoutARow) {
  const std::set<std::string> common = {"logOrigin",  "issuer",        "issuedAt",          "nonce",
                                        "supersedes", "supersedes.id", "supersedes.change", "summary"};
  for (const Kind kind : AllKinds()) {
    std::set<std::string> members;
    CollectPaths(SampleStatement(kind).at("predicate"), "", members);
    for (const auto& row : AllRows()) {
      if (row.kind == kind) members.erase(row.path);
    }
    for (const auto& path : common) members.erase(path);
    EXPECT_TRUE(members.empty()) << KindName(kind) << " " << *members.begin();
  }
}

}  // namespace
}  // namespace trustlog::attest
