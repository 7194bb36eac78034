// TLE1, records.md 3.1: every rule of the layout broken once, in memory and in bytes. The bytes of real records are in
// vectors_test.cc.
#include "proto/attest/entry.h"

#include <gtest/gtest.h>

#include <functional>

#include "proto/attest/forms.h"
#include "proto/bytes/wire.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

Entry Sample() {
  Entry entry;
  entry.logged_at_ms = 1'793'523'613'623;
  entry.kind = Kind::kAuditResult;
  entry.issuer = "urn:tta:auditor:north";
  entry.subjects = {"urn:tta:member:a", "urn:tta:member:b"};
  entry.principles = {1, 63};
  entry.code = "conformant";
  entry.refs = {{Rel::kRenews, {9}}, {Rel::kInput, {1}}, {Rel::kInput, {2}}};
  entry.artifacts = {{1}, {2}};
  entry.valid_from = kMinTime;
  entry.valid_until = kMaxTime;
  entry.statement_id = {7};
  entry.signatures = {{{1}, "a"}, {{2}, std::string(1'024, 'b')}};
  return entry;
}

std::string Bytes(const Entry& entry) {
  const auto encoded = EncodeEntry(entry);
  EXPECT_TRUE(encoded.ok()) << encoded.status();
  return encoded.value_or("");
}

std::vector<merkle::Hash> Hashes(std::size_t count) {
  std::vector<merkle::Hash> hashes(count);
  for (std::size_t i = 0; i < count; ++i) hashes[i] = {static_cast<std::uint8_t>(i + 1)};
  return hashes;
}

TEST(EntryTest, EncodeThenDecodeIsIdentity) {
  Entry least;
  least.kind = Kind::kGenesis;
  least.issuer = "urn:tta:root";
  least.signatures = {{{}, "s"}};
  Entry full = Sample();
  full.logged_at_ms = ~std::uint64_t{0};
  full.artifacts = Hashes(64);
  full.refs.clear();
  for (const auto& hash : Hashes(64)) full.refs.push_back({Rel::kCommitment, hash});
  full.principles.clear();
  for (std::uint8_t no = 1; no <= 63; ++no) full.principles.push_back(no);
  full.code = std::string(40, 'x');
  full.subjects.clear();
  for (char c = 'a'; c <= 'h'; ++c) full.subjects.push_back(std::string("urn:tta:member:") + c);
  full.signatures.clear();
  for (std::uint8_t i = 0; i < 8; ++i) full.signatures.push_back({{i}, "s"});
  for (const Entry& entry : {Sample(), least, full}) {
    const auto decoded = DecodeEntry(Bytes(entry));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, entry);
    EXPECT_EQ(Bytes(*decoded), Bytes(entry));
  }
  EXPECT_EQ(LoggedAtSeconds(Sample()), 1'793'523'613);
}

TEST(EntryTest, PassedLimitsAreTooLargeAndNamed) {
  const struct {
    const char* field;
    std::function<void(Entry&)> change;
    const char* limit;
    const char* actual;
  } cases[] = {
      {"issuer", [](Entry& e) { e.issuer = std::string(201, 'x'); }, "200", "201"},
      {"subjects", [](Entry& e) { e.subjects = std::vector<std::string>(9, "urn:tta:root"); }, "8", "9"},
      {"principles", [](Entry& e) { e.principles = std::vector<std::uint8_t>(64, 1); }, "63", "64"},
      {"code", [](Entry& e) { e.code = std::string(41, 'x'); }, "40", "41"},
      {"refs", [](Entry& e) { e.refs = std::vector<Ref>(65); }, "64", "65"},
      {"artifacts", [](Entry& e) { e.artifacts = Hashes(65); }, "64", "65"},
      {"signatures",
       [](Entry& e) {
         e.signatures = std::vector<EntrySignature>(9, EntrySignature{{}, "s"});
       },
       "8", "9"},
      {"signature", [](Entry& e) { e.signatures[0].signature = std::string(1'025, 's'); }, "1024", "1025"},
  };
  for (const auto& test : cases) {
    Entry entry = Sample();
    test.change(entry);
    const auto status = EncodeEntry(entry).status();
    EXPECT_EQ(ReasonWord(status), "TOO_LARGE") << test.field;
    EXPECT_EQ(bytes::MetadataValue(status, "field"), test.field);
    EXPECT_EQ(bytes::MetadataValue(status, "limit"), test.limit);
    EXPECT_EQ(bytes::MetadataValue(status, "actual"), test.actual);
  }
}

TEST(EntryTest, TheWholeIsAtMost8192Bytes) {
  Entry entry = Sample();
  entry.artifacts = Hashes(64);
  entry.signatures.clear();
  for (std::uint8_t i = 0; i < 8; ++i) entry.signatures.push_back({{i}, std::string(600, 's')});
  const std::size_t size = Bytes(entry).size();
  std::size_t missing = kMaxEntryBytes - size;
  for (auto& signature : entry.signatures) {
    const std::size_t more = std::min<std::size_t>(missing, 424);
    signature.signature.append(more, 's');
    missing -= more;
  }
  ASSERT_EQ(missing, 0U);
  EXPECT_EQ(Bytes(entry).size(), kMaxEntryBytes);
  EXPECT_TRUE(DecodeEntry(Bytes(entry)).ok());
  entry.code += "x";
  const auto status = EncodeEntry(entry).status();
  EXPECT_EQ(ReasonWord(status), "TOO_LARGE");
  EXPECT_EQ(bytes::MetadataValue(status, "field"), "entry");
  EXPECT_EQ(bytes::MetadataValue(status, "actual"), "8193");
  EXPECT_EQ(ReasonWord(DecodeEntry(std::string(8'193, 'T')).status()), "ARGUMENT_INVALID");
}

struct Broken {
  const char* name;
  const char* field;
  std::function<void(Entry&)> change;
};

const Broken kBroken[] = {
    {"kind that is none", "kind", [](Entry& e) { e.kind = static_cast<Kind>(9); }},
    {"issuer empty", "issuer", [](Entry& e) { e.issuer = ""; }},
    {"issuer no URN", "issuer", [](Entry& e) { e.issuer = "someone"; }},
    {"subject no URN", "subjects", [](Entry& e) { e.subjects[0] = "urn:tta:member:"; }},
    {"subjects descending", "subjects", [](Entry& e) { std::swap(e.subjects[0], e.subjects[1]); }},
    {"subject twice", "subjects", [](Entry& e) { e.subjects[1] = e.subjects[0]; }},
    {"principle 0", "principles", [](Entry& e) { e.principles[0] = 0; }},
    {"principle 64", "principles", [](Entry& e) { e.principles[1] = 64; }},
    {"principles descending", "principles",
     [](Entry& e) {
       e.principles = {3, 2};
     }},
    {"principle twice", "principles",
     [](Entry& e) {
       e.principles = {3, 3};
     }},
    {"code of another form", "code", [](Entry& e) { e.code = "Conformant"; }},
    {"code a blank", "code", [](Entry& e) { e.code = " "; }},
    {"rel 0", "refs", [](Entry& e) { e.refs[0].rel = static_cast<Rel>(0); }},
    {"rel 8", "refs", [](Entry& e) { e.refs[2].rel = static_cast<Rel>(8); }},
    {"refs descending by rel", "refs", [](Entry& e) { std::swap(e.refs[0], e.refs[1]); }},
    {"refs descending by id", "refs", [](Entry& e) { std::swap(e.refs[1], e.refs[2]); }},
    {"ref twice", "refs", [](Entry& e) { e.refs[2] = e.refs[1]; }},
    {"artifacts descending", "artifacts", [](Entry& e) { std::swap(e.artifacts[0], e.artifacts[1]); }},
    {"artifact twice", "artifacts", [](Entry& e) { e.artifacts[1] = e.artifacts[0]; }},
    {"valid_from before 2000", "valid_from", [](Entry& e) { e.valid_from = kMinTime - 1; }},
    {"valid_from negative", "valid_from", [](Entry& e) { e.valid_from = -1; }},
    {"valid_from after 9999", "valid_from", [](Entry& e) { e.valid_from = kMaxTime + 1; }},
    {"valid_until before 2000", "valid_until", [](Entry& e) { e.valid_until = 1; }},
    {"valid_until after 9999", "valid_until", [](Entry& e) { e.valid_until = kMaxTime + 1; }},
    {"no signature", "signatures", [](Entry& e) { e.signatures.clear(); }},
    {"empty signature", "signatures", [](Entry& e) { e.signatures[0].signature = ""; }},
    {"signatures descending", "signatures", [](Entry& e) { std::swap(e.signatures[0], e.signatures[1]); }},
    {"key twice", "signatures", [](Entry& e) { e.signatures[1].key_id = e.signatures[0].key_id; }},
};

// The layout of 3.1 once more, by hand and without any check.
std::string Raw(const Entry& entry) {
  bytes::ByteWriter out;
  out.Raw("TLE1").U64(entry.logged_at_ms).U16(static_cast<std::uint16_t>(entry.kind)).U8(1).Lp8(entry.issuer);
  out.U8(static_cast<std::uint8_t>(entry.subjects.size()));
  for (const auto& urn : entry.subjects) out.Lp8(urn);
  out.U8(static_cast<std::uint8_t>(entry.principles.size()));
  for (const auto no : entry.principles) out.U8(no);
  out.Lp8(entry.code).U8(static_cast<std::uint8_t>(entry.refs.size()));
  for (const auto& ref : entry.refs) out.U8(static_cast<std::uint8_t>(ref.rel)).Hash32(ref.id);
  out.U8(static_cast<std::uint8_t>(entry.artifacts.size()));
  for (const auto& hash : entry.artifacts) out.Hash32(hash);
  out.I64(entry.valid_from).I64(entry.valid_until).Hash32(entry.statement_id);
  out.U8(static_cast<std::uint8_t>(entry.signatures.size()));
  for (const auto& signature : entry.signatures) out.Hash32(signature.key_id).Lp16(signature.signature);
  return out.Take();
}

TEST(EntryTest, EachRuleIsCheckedInBothDirections) {
  ASSERT_EQ(Raw(Sample()), Bytes(Sample()));
  for (const auto& test : kBroken) {
    Entry entry = Sample();
    test.change(entry);
    const auto encoded = EncodeEntry(entry).status();
    EXPECT_EQ(ReasonWord(encoded), "INTERNAL") << test.name;
    EXPECT_EQ(bytes::MetadataValue(encoded, "field"), test.field) << test.name;
    const auto decoded = DecodeEntry(Raw(entry)).status();
    const bool is_kind = std::string_view(test.field) == "kind";
    EXPECT_EQ(ReasonWord(decoded), is_kind ? "KIND_UNKNOWN" : "ARGUMENT_INVALID") << test.name;
    if (!is_kind) {
      EXPECT_EQ(bytes::MetadataValue(decoded, "field"), test.field) << test.name;
    }
  }
}

TEST(EntryTest, LimitsHoldForBytesToo) {
  const std::pair<const char*, std::function<void(Entry&)>> cases[] = {
      {"code", [](Entry& e) { e.code = std::string(41, 'x'); }},
      {"principles", [](Entry& e) { e.principles = std::vector<std::uint8_t>(64, 1); }},
      {"refs", [](Entry& e) { e.refs = std::vector<Ref>(65); }},
      {"artifacts", [](Entry& e) { e.artifacts = Hashes(65); }},
      {"subjects",
       [](Entry& e) {
         for (char c = 'c'; c < 'j'; ++c) e.subjects.push_back(std::string("urn:tta:member:") + c);
       }},
      {"signatures",
       [](Entry& e) {
         e.signatures = std::vector<EntrySignature>(9, EntrySignature{{}, "s"});
       }},
      {"signature", [](Entry& e) { e.signatures[0].signature = std::string(1'025, 's'); }},
  };
  for (const auto& test : cases) {
    Entry entry = Sample();
    test.second(entry);
    const auto status = DecodeEntry(Raw(entry)).status();
    EXPECT_EQ(ReasonWord(status), "ARGUMENT_INVALID") << test.first;
    EXPECT_EQ(bytes::MetadataValue(status, "field"), test.first);
  }
}

TEST(EntryTest, HeaderBytesHaveOneValue) {
  const std::string good = Bytes(Sample());
  const struct {
    const char* name;
    std::size_t at;
    char value;
    const char* reason;
  } cases[] = {
      {"magic", 3, '2', "ARGUMENT_INVALID"},     {"lower case magic", 0, 't', "ARGUMENT_INVALID"},
      {"kind 9", 13, 9, "KIND_UNKNOWN"},         {"kind 0x0113", 12, 1, "KIND_UNKNOWN"},
      {"envelope 0", 14, 0, "ARGUMENT_INVALID"}, {"envelope 2", 14, 2, "ARGUMENT_INVALID"},
  };
  for (const auto& test : cases) {
    std::string changed = good;
    changed[test.at] = test.value;
    EXPECT_EQ(ReasonWord(DecodeEntry(changed).status()), test.reason) << test.name;
  }
}

TEST(EntryTest, EveryPrefixAndEveryAddedByteIsRefused) {
  const std::string good = Bytes(Sample());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(ReasonWord(DecodeEntry(good.substr(0, size)).status()), "ARGUMENT_INVALID") << size;
  }
  for (const char more : {'\0', 'x'}) EXPECT_EQ(ReasonWord(DecodeEntry(good + more).status()), "ARGUMENT_INVALID");
  EXPECT_EQ(ReasonWord(DecodeEntry(good + good).status()), "ARGUMENT_INVALID");
}

TEST(EntryTest, EveryChangedByteIsRefusedOrAnotherEntryOfThoseBytes) {
  const std::string good = Bytes(Sample());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ (1U << bit));
      const auto entry = DecodeEntry(changed);
      if (!entry.ok()) continue;
      EXPECT_FALSE(*entry == Sample()) << at;
      EXPECT_EQ(Bytes(*entry), changed) << at;
    }
  }
}

}  // namespace
}  // namespace trustlog::attest
