// Every record and refusal of tests/vectors/tle1-vectors.json (records.md section 11) as far as the formats go: what needs the
// registry or a signature check is tested there.
#include "tests/proto/attest/vectors.h"

#include <gtest/gtest.h>

#include <set>

#include "merkle/compact_range.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"
#include "proto/bytes/wire.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

std::vector<EntrySignature> SignaturesOf(const Envelope& envelope) {
  std::vector<EntrySignature> signatures;
  for (const auto& signature : envelope.signatures) {
    signatures.push_back({KeyIdHint(signature.keyid).value(), signature.sig});
  }
  return signatures;
}

TEST(VectorsTest, EveryRecordIsReproducedByteForByte) {
  merkle::CompactRange tree;
  for (const auto& record : Vectors().at("records").as_array()) {
    SCOPED_TRACE(Text(record.at("label")));
    const std::string payload = Text(record.at("statement"));
    const std::string entry_bytes = bytes::DecodeHex(Text(record.at("entry"))).value();
    const Id id = StatementId(payload);
    EXPECT_EQ(bytes::EncodeHex(id), Text(record.at("statement_id")));

    const auto envelope = ParseEnvelope(Text(record.at("envelope")));
    ASSERT_TRUE(envelope.ok()) << envelope.status();
    EXPECT_EQ(envelope->payload, payload);
    const auto statement = ParseStatement(payload, VectorContext(tree.size()));
    ASSERT_TRUE(statement.ok()) << statement.status();
    EXPECT_EQ(statement->log_origin, Text(Vectors().at("origin")));
    EXPECT_EQ(static_cast<std::int64_t>(statement->kind), record.at("kind").as_int64());
    EXPECT_EQ(KindName(statement->kind), Text(record.at("kindName")));
    EXPECT_EQ(PeekKind(payload), statement->kind);
    EXPECT_EQ(FindPersonalData(payload, statement->kind), std::nullopt);

    auto entry = Derive(*statement, id, SignaturesOf(*envelope));
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_EQ(entry->logged_at_ms, 0U);
    entry->logged_at_ms = static_cast<std::uint64_t>(record.at("logged_at_ms").as_int64());
    const auto encoded = EncodeEntry(*entry);
    ASSERT_TRUE(encoded.ok()) << encoded.status();
    EXPECT_EQ(bytes::EncodeHex(bytes::AsBytes(*encoded)), Text(record.at("entry")));
    const auto decoded = DecodeEntry(entry_bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, *entry);

    EXPECT_EQ(FormatEnvelope(payload, entry->signatures), Text(record.at("envelope")));
    const merkle::Hash leaf = merkle::HashLeaf(bytes::AsBytes(*encoded));
    EXPECT_EQ(bytes::EncodeHex(leaf), Text(record.at("leaf_hash")));
    tree.Append(leaf);
    EXPECT_EQ(bytes::EncodeHex(tree.Root()), Text(record.at("root")));
  }
  EXPECT_EQ(tree.size(), 29U);
}

// The answer of checks 1-4 and 7-15.
absl::Status Check(const std::string& envelope_text, std::uint64_t size, Statement& statement) {
  const auto envelope = ParseEnvelope(envelope_text);
  if (!envelope.ok()) return envelope.status();
  auto parsed = ParseStatement(envelope->payload, VectorContext(size));
  if (!parsed.ok()) return parsed.status();
  statement = *std::move(parsed);
  std::vector<std::size_t> sizes;
  for (const auto& signature : envelope->signatures) sizes.push_back(signature.sig.size());
  return CheckDerivedSize(statement, sizes);
}

TEST(VectorsTest, EveryRefusalOfTheseChecksHasItsReasonAndOthersPassThem) {
  const std::set<std::string> ours = {"TOO_LARGE",           "ENVELOPE_MALFORMED", "DUPLICATE_MEMBER", "PAYLOAD_TYPE_UNSUPPORTED",
                                      "STATEMENT_MALFORMED", "KIND_UNKNOWN",       "GENESIS_ORDER",    "SCHEMA_VIOLATION",
                                      "VALIDITY_INVERTED",   "ALGORITHM_MISMATCH"};
  std::size_t refused = 0;
  for (const auto& refusal : Vectors().at("refusals").as_array()) {
    const std::string label = Text(refusal.at("label"));
    SCOPED_TRACE(label);
    const std::string reason = Text(refusal.at("reason"));
    Statement statement;
    const auto status = Check(bytes::DecodeBase64(Text(refusal.at("envelope_b64"))).value(),
                              static_cast<std::uint64_t>(refusal.at("size").as_int64()), statement);
    // A key used twice is found when keys are looked up: check 17.
    const bool is_ours = ours.contains(reason) && label != "one key twice";
    EXPECT_EQ(ReasonWord(status), is_ours ? reason : "OK") << status;
    if (status.ok()) {
      EXPECT_EQ(statement.log_origin != Text(Vectors().at("origin")), reason == "WRONG_LOG");
    }
    refused += is_ours ? 1 : 0;
  }
  EXPECT_EQ(refused, 25U);
}

}  // namespace
}  // namespace trustlog::attest
