// The records and refusals of tests/vectors/tle1-vectors.json (records.md section 11).
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "client/registry/signatures.h"
#include "client/registry/verdict.h"
#include "proto/attest/forms.h"
#include "proto/attest/derive.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/ledger.h"

namespace trustlog::registry {
namespace {

namespace json = boost::json;

std::string Text(const json::value& value) { return std::string(value.as_string()); }

const json::object& Vectors() {
  static const json::value vectors = [] {
    std::ostringstream text;
    text << std::ifstream(TRUSTLOG_SOURCE_DIR "/tests/vectors/tle1-vectors.json", std::ios::binary).rdbuf();
    return json::parse(text.str());
  }();
  return vectors.as_object();
}

KeySource KeysOf(const Registry& registry) {
  return {.find = [&registry](const keys::KeyId& id) -> std::optional<keys::PublicKey> {
            const auto info = registry.FindKey(id);
            return info.has_value() ? std::optional(info->key) : std::nullopt;
          },
          .keys_of =
              [&registry](std::string_view issuer) {
                std::vector<keys::PublicKey> keys;
                for (const auto& info : registry.KeysOf(issuer, 8)) keys.push_back(info.key);
                return keys;
              }};
}

// Record `index` as a monitor finds it.
Replayed Found(const json::object& vector, const Registry& registry) {
  Replayed replayed;
  replayed.index = registry.size();
  replayed.entry = attest::DecodeEntry(*bytes::DecodeHex(Text(vector.at("entry"))));
  const auto payload = Text(vector.at("statement"));
  EXPECT_EQ(attest::StatementId(payload), replayed.entry->statement_id);
  auto statement = attest::ParseStatement(payload, registry.context());
  if (!statement.ok()) {
    replayed.statement = Malformed{statement.status()};
    return replayed;
  }
  attest::Envelope envelope{std::string(attest::kPayloadType), payload, {}};
  for (const auto& signature : replayed.entry->signatures)
    envelope.signatures.push_back({bytes::EncodeHex(signature.key_id), signature.signature});
  replayed.signatures = VerifySignatures(envelope, *statement, KeysOf(registry)).status();
  replayed.statement = *std::move(statement);
  return replayed;
}

// The vectors' log below `size`. What this version does not take is void.
Ledger LogOf(std::uint64_t size) {
  Ledger ledger;
  ledger.registry = Registry(Text(Vectors().at("origin")));
  for (const auto& record : Vectors().at("records").as_array()) {
    if (ledger.registry.size() == size) break;
    ledger.Log(Found(record.as_object(), ledger.registry));
  }
  return ledger;
}

TEST(Vectors, RecordsAreTaken) {
  const auto ledger = LogOf(29);
  EXPECT_EQ(ledger.registry.size(), 29U);
  EXPECT_TRUE(ledger.registry.frozen());
  EXPECT_TRUE(ledger.registry.violations().empty());
}

// What an admission answers: checks 1-27 in their order.
std::string Answer(const Ledger& ledger, std::string_view envelope_json, std::uint64_t logged_at_ms) {
  const auto envelope = attest::ParseEnvelope(envelope_json);  // 1-4
  if (!envelope.ok()) return WordOf(envelope.status());
  const auto id = attest::StatementId(envelope->payload);
  if (ledger.facts.ById(id)->has_value()) return "DUPLICATE";                                   // 5
  if (ledger.registry.frozen()) return "LOG_FROZEN";                                            // 6
  const auto statement = attest::ParseStatement(envelope->payload, ledger.registry.context());  // 7-14
  if (!statement.ok()) return WordOf(statement.status());
  std::vector<std::size_t> sizes;
  for (const auto& signature : envelope->signatures) sizes.push_back(signature.sig.size());
  if (const auto size = attest::CheckDerivedSize(*statement, sizes); !size.ok()) return WordOf(size);  // 15
  if (statement->log_origin != ledger.registry.context().origin) return "WRONG_LOG";   // 16
  auto signatures = VerifySignatures(*envelope, *statement, KeysOf(ledger.registry));  // 17
  if (!signatures.ok()) return WordOf(signatures.status());
  auto entry = attest::Derive(*statement, id, std::move(signatures->signatures));
  if (!entry.ok()) return WordOf(entry.status());
  entry->logged_at_ms = logged_at_ms;
  return WordOf(ledger.registry.Check({ledger.registry.size(), &*entry, &*statement}, ledger.facts));  // 18-27
}

TEST(Vectors, RefusalsHaveTheirReason) {
  std::map<std::uint64_t, Ledger> logs;
  for (const auto& row : Vectors().at("refusals").as_array()) {
    SCOPED_TRACE(Text(row.at("label")));
    const auto size = row.at("size").to_number<std::uint64_t>();
    if (!logs.contains(size)) logs.emplace(size, LogOf(size));
    const auto envelope = bytes::DecodeBase64(Text(row.at("envelope_b64")));
    ASSERT_TRUE(envelope.has_value());
    EXPECT_EQ(Answer(logs.at(size), *envelope, row.at("logged_at_ms").to_number<std::uint64_t>()), Text(row.at("reason")));
  }
}

TEST(Vectors, VerdictsAreThoseOfAnySizeAndDate) {
  const auto ledger = LogOf(29);
  for (const auto& row : Vectors().at("verdicts").as_array()) {
    const Question question = {Text(row.at("member")),
                               row.at("principle").to_number<std::uint8_t>(),
                               {row.at("size").to_number<std::uint64_t>(), attest::ParseTime(Text(row.at("date"))).value()}};
    SCOPED_TRACE(json::serialize(row));
    // Of the whole log as of an earlier size, and of the log as it was then.
    const auto answer = Evaluate(ledger.registry, ledger.facts, question);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(VerdictName(answer->verdict), Text(row.at("verdict")));
    std::vector<Named> deciding;
    for (const auto& named : row.at("deciding").as_array()) {
      deciding.push_back({named.at("index").to_number<std::uint64_t>(), ParsePart(Text(named.at("role"))).value()});
    }
    EXPECT_EQ(answer->deciding, deciding);
    const auto then = LogOf(question.as_of.size);
    EXPECT_EQ(Evaluate(then.registry, then.facts, question).value(), *answer);
  }
}

}  // namespace
}  // namespace trustlog::registry
