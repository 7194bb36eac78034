// Table 3.2 of records.md, a row a kind, and check 15.
#include "proto/attest/derive.h"

#include <gtest/gtest.h>

#include <map>

#include "proto/bytes/wire.h"
#include "tests/proto/attest/samples.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

const std::vector<EntrySignature> kOneSignature = {{{1}, "s"}};

Id Filled(char digit) { return bytes::DecodeHash(std::string(64, digit)).value(); }
keys::KeyId KeyIdOf(std::string_view spki) { return merkle::Sha256(bytes::AsBytes(bytes::DecodeBase64(spki).value())); }

Statement Parsed(Kind kind, const json::object& statement) {
  auto parsed = ParseSample(kind, statement);
  EXPECT_TRUE(parsed.ok()) << KindName(kind) << parsed.status();
  return parsed.ok() ? *std::move(parsed) : Statement{};
}

Entry Derived(Kind kind) {
  auto entry = Derive(Parsed(kind, SampleStatement(kind)), Filled('e'), kOneSignature);
  EXPECT_TRUE(entry.ok()) << KindName(kind) << entry.status();
  return entry.ok() ? *std::move(entry) : Entry{};
}

struct Row {
  std::vector<std::string> subjects;
  std::vector<std::uint8_t> principles;
  std::string code;
  std::vector<Ref> refs;
  std::vector<merkle::Hash> artifacts;  // beside that of the in-toto subject, eights
  bool from = false, until = false;
};

TEST(DeriveTest, EachKindHasTheColumnsOfItsRow) {
  using K = Kind;
  const Id ones = Filled('1'), twos = Filled('2');
  const Ref correction = {Rel::kCorrects, Filled('9')};
  const std::vector<std::string> sap = {"urn:tta:member:sap"};
  const std::map<K, Row> rows = {
      {K::kGenesis, {}},
      {K::kRoleChange, {}},
      {K::kPrincipleSet, {{}, {1, 3}, "", {correction}, {ones, twos}, true}},
      {K::kPartyAdmission, {sap, {}, "member", {}, {}, true}},
      {K::kKeyRegistration, {sap, {}, "ed25519", {}, {KeyIdOf(kSpkiA)}, true, true}},
      {K::kKeyRevocation, {sap, {}, "compromised", {}, {ones}}},
      {K::kPartyWithdrawal, {sap, {}, "leaving", {}, {}, true}},
      {K::kStatusChange, {sap, {}, "suspended", {correction, {Rel::kInput, twos}}, {ones}, true, true}},
      {K::kAuditorAccreditation, {{"urn:tta:auditor:north"}, {1, 3}, "", {correction}, {}, true, true}},
      {K::kCommitment, {sap, {3}, "basic", {correction, {Rel::kPrincipleSet, ones}}, {}, true, true}},
      {K::kSupplierFlowdown, {sap, {3}, "contract", {correction, {Rel::kCommitment, ones}}, {}, true, true}},
      {K::kAuditEngagement,
       {sap, {1, 3}, "declined", {correction, {Rel::kCommitment, ones}, {Rel::kCommitment, twos}}, {}, true, true}},
      {K::kAuditResult,
       {sap,
        {3},
        "conformant",
        {correction, {Rel::kCommitment, twos}, {Rel::kEngagement, ones}, {Rel::kInput, twos}},
        {},
        true,
        true}},
      {K::kRemediation, {sap, {}, "planned", {correction, {Rel::kTarget, ones}, {Rel::kInput, twos}}, {}}},
      {K::kRetraction, {sap, {}, "error", {{Rel::kTarget, ones}}, {}, true}},
      {K::kObjection, {sap, {}, "wrong-fact", {{Rel::kTarget, ones}}, {}}},
      {K::kEvidence, {sap, {3}, "sbom", {correction, {Rel::kTarget, ones}}, {twos}, true, true}},
      {K::kErasureNotice, {{}, {}, "gdpr-17", {{Rel::kTarget, ones}}, {}}},
      {K::kIndexHead, {}},
      {K::kIndexEndorsement, {{}, {}, "equal", {{Rel::kTarget, ones}}, {}}},
      {K::kLogEvent, {{}, {}, "key-change", {}, {}, true}},
  };
  const std::int64_t from = ParseTime("2026-01-01T00:00:00Z").value();
  for (const Kind kind : AllKinds()) {
    SCOPED_TRACE(KindName(kind));
    const Row& row = rows.at(kind);
    const Entry entry = Derived(kind);
    EXPECT_EQ(entry.kind, kind);
    EXPECT_EQ(entry.logged_at_ms, 0U);
    EXPECT_EQ(entry.issuer, SampleIssuer(kind));
    EXPECT_EQ(entry.subjects, row.subjects);
    EXPECT_EQ(entry.principles, row.principles);
    EXPECT_EQ(entry.code, row.code);
    EXPECT_EQ(entry.refs, row.refs);
    std::vector<merkle::Hash> artifacts = row.artifacts;
    artifacts.push_back(Filled('8'));
    std::sort(artifacts.begin(), artifacts.end());
    EXPECT_EQ(entry.artifacts, artifacts);
    EXPECT_EQ(entry.valid_from, row.from ? from : 0);
    const char* const until = kind == K::kAuditEngagement ? "2026-07-01T00:00:00Z" : "2028-01-01T00:00:00Z";
    EXPECT_EQ(entry.valid_until, row.until ? ParseTime(until).value() : 0);
    EXPECT_EQ(entry.statement_id, Filled('e'));
    EXPECT_EQ(entry.signatures, kOneSignature);
  }
}

Entry DerivedWith(Kind kind, const std::vector<std::pair<std::string, std::string>>& edits) {
  json::object statement = SampleStatement(kind);
  for (const auto& edit : edits) edit.second.empty() ? Remove(statement, edit.first) : Set(statement, edit.first, edit.second);
  auto entry = Derive(Parsed(kind, statement), Filled('e'), kOneSignature);
  EXPECT_TRUE(entry.ok()) << entry.status();
  return entry.ok() ? *std::move(entry) : Entry{};
}

TEST(DeriveTest, AbsentMembersGiveNothing) {
  EXPECT_EQ(DerivedWith(Kind::kCommitment, {{"predicate.level", ""}}).code, "");
  EXPECT_EQ(DerivedWith(Kind::kAuditEngagement, {{"predicate.declinedByMember", ""}}).code, "");
  EXPECT_EQ(DerivedWith(Kind::kAuditEngagement, {{"predicate.declinedByMember", "false"}}).code, "");
  EXPECT_EQ(DerivedWith(Kind::kRetraction, {{"predicate.validFrom", ""}}).valid_from, 0);
  EXPECT_EQ(DerivedWith(Kind::kRetraction, {{"predicate.about", "[]"}}).subjects, std::vector<std::string>{});
  EXPECT_EQ(DerivedWith(Kind::kKeyRegistration, {{"predicate.validUntil", ""}}).valid_until, 0);
  EXPECT_EQ(DerivedWith(Kind::kEvidence, {{"predicate.principles", ""}}).principles, std::vector<std::uint8_t>{});
}

TEST(DeriveTest, ListsAreSortedAndEqualElementsMerged) {
  const std::string a(64, 'a'), b(64, 'b');
  const auto subject = [](const std::string& digest) { return R"({"digest":{"sha256":")" + digest + "\"}}"; };
  const Entry entry =
      DerivedWith(Kind::kEvidence, {{"subject", "[" + subject(b) + "," + subject(a) + "," + subject(b) + "]"},
                                    {"predicate.foreignSubjects", R"([{"sha256":")" + b + R"("},{"sha256":")" + a + "\"}]"},
                                    {"predicate.about", R"(["urn:tta:member:b","urn:tta:member:a"])"},
                                    {"predicate.principles", "[5,2,4]"},
                                    {"predicate.supports", R"([")" + b + R"(",")" + a + "\"]"}});
  EXPECT_EQ(entry.artifacts, (std::vector<merkle::Hash>{Filled('a'), Filled('b')}));
  EXPECT_EQ(entry.subjects, (std::vector<std::string>{"urn:tta:member:a", "urn:tta:member:b"}));
  EXPECT_EQ(entry.principles, (std::vector<std::uint8_t>{2, 4, 5}));
  EXPECT_EQ(entry.refs,
            (std::vector<Ref>{{Rel::kCorrects, Filled('9')}, {Rel::kTarget, Filled('a')}, {Rel::kTarget, Filled('b')}}));
}

TEST(DeriveTest, NameSubjectsAndOtherDigestsAreNoArtifacts) {
  const std::string name = "urn:tta:member:sap";
  const std::string digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(name)));
  const Entry entry = DerivedWith(Kind::kObjection, {{"subject", R"([{"name":")" + name + R"(","digest":{"sha256":")" + digest +
                                                                     R"("}},{"name":"x","digest":{"sha512":"00"}}])"}});
  EXPECT_EQ(entry.artifacts, std::vector<merkle::Hash>{});
  // The same digest under another name is a document.
  EXPECT_EQ(DerivedWith(Kind::kObjection, {{"subject[0].digest.sha256", "\"" + digest + "\""}}).artifacts.size(), 1U);
}

TEST(DeriveTest, SignaturesComeInAnyOrderAndLeaveAscending) {
  const Statement statement = Parsed(Kind::kObjection, SampleStatement(Kind::kObjection));
  const auto entry = Derive(statement, Filled('e'), {{{3}, "c"}, {{1}, "a"}, {{2}, "b"}});
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->signatures, (std::vector<EntrySignature>{{{1}, "a"}, {{2}, "b"}, {{3}, "c"}}));
}

// 63 principles with a document each and 16 documents more: 79 artifacts.
TEST(DeriveTest, TooManyArtifactsAreTooLarge) {
  std::string principles = "[", subjects = "[";
  const auto digest = [](int i) { return std::to_string(100 + i) + std::string(61, 'a'); };
  for (int i = 1; i <= 63; ++i) {
    principles += std::string(i == 1 ? "" : ",") + R"({"no":)" + std::to_string(i) + R"(,"title":{"en":"t"},"textSha256":")" +
                  digest(i) + "\"}";
  }
  for (int i = 1; i <= 2; ++i) {
    subjects += std::string(i == 1 ? "" : ",") + R"({"digest":{"sha256":")" + digest(100 + i) + "\"}}";
  }
  json::object statement = SampleStatement(Kind::kPrincipleSet);
  Set(statement, "predicate.principles", principles + "]");
  EXPECT_TRUE(Derive(Parsed(Kind::kPrincipleSet, statement), Filled('e'), kOneSignature).ok());
  Set(statement, "subject", subjects + "]");
  const auto status = Derive(Parsed(Kind::kPrincipleSet, statement), Filled('e'), kOneSignature).status();
  EXPECT_EQ(ReasonWord(status), "TOO_LARGE");
  EXPECT_EQ(bytes::MetadataValue(status, "field"), "artifacts");
  EXPECT_EQ(bytes::MetadataValue(status, "actual"), "65");
}

TEST(DeriveTest, SizeIsKnownBeforeTheKeysAre) {
  const Statement statement = Parsed(Kind::kCommitment, SampleStatement(Kind::kCommitment));
  const std::vector<std::size_t> small(8, 72), large(8, 1'024), nine(9, 64);
  EXPECT_EQ(ReasonWord(CheckDerivedSize(statement, small)), "OK");
  EXPECT_EQ(ReasonWord(CheckDerivedSize(statement, large)), "TOO_LARGE");
  EXPECT_EQ(ReasonWord(CheckDerivedSize(statement, nine)), "TOO_LARGE");
  // The same limit, to the byte, as for real signatures.
  for (std::size_t size = 950; size < 1'000; ++size) {
    std::vector<EntrySignature> signatures;
    for (std::uint8_t i = 0; i < 8; ++i) signatures.push_back({{0xff, i}, std::string(size, 'x')});
    const std::vector<std::size_t> sizes(8, size);
    EXPECT_EQ(CheckDerivedSize(statement, sizes).ok(), Derive(statement, Filled('e'), signatures).ok()) << size;
  }
}

TEST(DeriveTest, AnEntryIsDerivedFromItsStatementIfEveryFieldIs) {
  for (const Kind kind : AllKinds()) {
    const Statement statement = Parsed(kind, SampleStatement(kind));
    Entry entry = Derived(kind);
    entry.logged_at_ms = 1'795'300'000'000;
    EXPECT_EQ(IsDerivedFrom(statement, entry).value(), true) << KindName(kind);
    const auto differs = [&](void (*change)(Entry&)) {
      Entry other = entry;
      change(other);
      return !IsDerivedFrom(statement, other).value();
    };
    EXPECT_TRUE(differs([](Entry& e) { e.kind = e.kind == Kind::kGenesis ? Kind::kLogEvent : Kind::kGenesis; }));
    EXPECT_TRUE(differs([](Entry& e) { e.issuer += "x"; }));
    EXPECT_TRUE(differs([](Entry& e) { e.subjects.push_back("urn:tta:member:zz"); }));
    EXPECT_TRUE(differs([](Entry& e) { e.principles.push_back(63); }));
    EXPECT_TRUE(differs([](Entry& e) { e.code += "x"; }));
    EXPECT_TRUE(differs([](Entry& e) { e.refs.push_back({Rel::kInput, Filled('f')}); }));
    EXPECT_TRUE(differs([](Entry& e) { e.artifacts.push_back(Filled('f')); }));
    EXPECT_TRUE(differs([](Entry& e) { ++e.valid_from; }));
    EXPECT_TRUE(differs([](Entry& e) { ++e.valid_until; }));
  }
}

}  // namespace
}  // namespace trustlog::attest
