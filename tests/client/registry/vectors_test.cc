// The records and refusals of tests/vectors/tle1-vectors.json (records.md section 11), as far as the kinds of this version allow.
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

#include "client/registry/rules.h"
#include "client/registry/signatures.h"
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

TEST(Vectors, RecordsOfKindsWithRulesAreTakenAndTheOthersAreVoid) {
  const auto ledger = LogOf(29);
  EXPECT_EQ(ledger.registry.size(), 29U);
  const std::vector<Violation> expected = {
      {7, "ALGORITHM_NOT_BUILT_IN", true},  // a batch key, and two promises under it
      {11, "KEY_UNKNOWN", true},           {12, "KEY_UNKNOWN", true}, {13, "KIND_UNKNOWN", true},  // flow-down
      {16, "KIND_UNKNOWN", true},                                                                  // objection
      {17, "KIND_UNKNOWN", true},                                                                  // remediation
      {20, "KIND_UNKNOWN", true},                                                                  // status change
      {21, "KIND_UNKNOWN", true},                                                                  // retraction
      {22, "KIND_UNKNOWN", true},                                                                  // index head
      {23, "KIND_UNKNOWN", true},                                                                  // erasure notice
      {26, "KIND_UNKNOWN", true},                                                                  // key revocation
      {27, "KIND_UNKNOWN", true},                                                                  // withdrawal
      {28, "KIND_UNKNOWN", true},                                                                  // freeze
  };
  EXPECT_TRUE(std::ranges::equal(ledger.registry.violations(), expected));
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
  if (!HasRules(statement->kind)) return "KIND_UNKNOWN";
  if (statement->log_origin != ledger.registry.context().origin) return "WRONG_LOG";   // 16
  auto signatures = VerifySignatures(*envelope, *statement, KeysOf(ledger.registry));  // 17
  if (!signatures.ok()) return WordOf(signatures.status());
  auto entry = attest::Derive(*statement, id, std::move(signatures->signatures));
  if (!entry.ok()) return WordOf(entry.status());
  entry->logged_at_ms = logged_at_ms;
  return WordOf(ledger.registry.Check({ledger.registry.size(), &*entry, &*statement}, ledger.facts));  // 18-27
}

// Refusals that need what this version does not have, and what that is.
const std::map<std::string, std::string, std::less<>>& NotRun() {
  static const std::map<std::string, std::string, std::less<>> rows = {
      {"batch: position of another statement", "batch signatures"},
      {"batch: path one hash short", "batch signatures"},
      {"batch: count changed", "batch signatures"},
      {"batch: plain signature under a batch key", "batch signatures"},
      {"batch: version 2", "batch signatures"},
      {"secretariat below its threshold", "status-change"},
      {"unknown reference", "supplier-flowdown"},
      {"reference of the wrong kind", "supplier-flowdown"},
      {"retraction by another", "retraction"},
      {"retracted twice", "retraction"},
      {"secretariat withdraws an auditor's result", "retraction"},
      {"secretariat withdraws an objection", "retraction"},
      {"authority version skipped", "role-change"},
      {"erasure of an authority record", "erasure-notice"},
      {"index head not newer", "index-head"},
      {"revoked key", "key-revocation"},
      {"engagement by an unaccredited auditor", "key-revocation"},
      {"commitment after withdrawal", "party-withdrawal"},
      {"after freeze", "log-event"},
  };
  return rows;
}

TEST(Vectors, RefusalsHaveTheirReason) {
  std::map<std::uint64_t, Ledger> logs;
  std::size_t run = 0, left_out = 0;
  for (const auto& row : Vectors().at("refusals").as_array()) {
    const auto label = Text(row.at("label"));
    if (NotRun().contains(label)) {
      ++left_out;
      continue;
    }
    SCOPED_TRACE(label);
    const auto size = static_cast<std::uint64_t>(row.at("size").to_number<std::int64_t>());
    if (!logs.contains(size)) logs.emplace(size, LogOf(size));
    const auto envelope = bytes::DecodeBase64(Text(row.at("envelope_b64")));
    ASSERT_TRUE(envelope.has_value());
    EXPECT_EQ(Answer(logs.at(size), *envelope, row.at("logged_at_ms").to_number<std::uint64_t>()), Text(row.at("reason")));
    ++run;
  }
  EXPECT_EQ(left_out, NotRun().size());
  std::cout << "[   NOTE   ] refusal vectors: " << run << " run, " << left_out << " not run, which need:";
  std::map<std::string, int> needs;
  for (const auto& [label, need] : NotRun()) ++needs[need];
  for (const auto& [need, count] : needs) std::cout << " " << need << " (" << count << ")";
  std::cout << "\n";
}

}  // namespace
}  // namespace trustlog::registry
