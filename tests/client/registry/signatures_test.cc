// Check 17: which key is meant by a signature, and what is said when it does not verify (records.md 2.1).
#include "client/registry/signatures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "proto/bytes/hex.h"
#include "tests/client/registry/ledger.h"

namespace trustlog::registry {
namespace {

using attest::Envelope;
using support::SampleKey;

const support::SampleAlliance& Alliance() {
  static const support::SampleAlliance alliance;
  return alliance;
}
const Registry& WholeLog() {
  static const Ledger ledger = Ledger::Before(Alliance(), "");
  return ledger.registry;
}

KeySource Keys() {
  return {.find = [](const keys::KeyId& id) -> std::optional<keys::PublicKey> {
            const auto info = WholeLog().FindKey(id);
            return info.has_value() ? std::optional(info->key) : std::nullopt;
          },
          .keys_of =
              [](std::string_view issuer) {
                std::vector<keys::PublicKey> keys;
                for (const auto& info : WholeLog().KeysOf(issuer, 8)) keys.push_back(info.key);
                return keys;
              }};
}

std::string HexId(std::string_view key) { return bytes::EncodeHex(SampleKey(key).public_key().id()); }

struct Row {
  std::string name;
  std::string answer;
  std::function<void(Envelope&)> change;
  bool by_candidates = false;
};

void RunRows(const support::SignedRecord& record, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    auto envelope = record.envelope;
    row.change(envelope);
    const auto verified = VerifySignatures(envelope, record.statement, Keys());
    EXPECT_EQ(WordOf(verified.status()), row.answer) << verified.status();
    if (!verified.ok()) continue;
    EXPECT_EQ(verified->signatures, record.entry.signatures);
    EXPECT_EQ(verified->by_candidates, row.by_candidates);
  }
}

TEST(Signatures, OfOneSigner) {
  RunRows(Alliance()["commitment-one-1"],
          {
              {"keyid", "OK", [](Envelope&) {}},
              {"keyid with the name of the hash", "OK", [](Envelope& e) { e.signatures[0].keyid = "sha256:" + HexId("one-1"); }},
              {"no keyid", "OK", [](Envelope& e) { e.signatures[0].keyid = ""; }, true},
              {"a keyid of other making", "OK", [](Envelope& e) { e.signatures[0].keyid = "my key"; }, true},
              {"64 digits of other making", "OK", [](Envelope& e) { e.signatures[0].keyid = std::string(64, 'a'); }, true},
              {"the keyid of another known key", "SIGNATURE_INVALID", [](Envelope& e) { e.signatures[0].keyid = HexId("one-2"); }},
              {"a flipped bit", "SIGNATURE_INVALID", [](Envelope& e) { e.signatures[0].sig[5] ^= 1; }},
              {"63 bytes", "SIGNATURE_ENCODING", [](Envelope& e) { e.signatures[0].sig.pop_back(); }},
              {"another payload", "SIGNATURE_INVALID", [](Envelope& e) { e.payload.back() = ' '; }},
              {"no keyid, a flipped bit", "SIGNATURE_INVALID",
               [](Envelope& e) { e.signatures[0].keyid = "", e.signatures[0].sig[5] ^= 1; }},
              {"no keyid, 63 bytes", "SIGNATURE_INVALID",
               [](Envelope& e) { e.signatures[0].keyid = "", e.signatures[0].sig.pop_back(); }},
              {"digits that name nothing, a flipped bit", "KEY_UNKNOWN",
               [](Envelope& e) { e.signatures[0].keyid = std::string(64, 'a'), e.signatures[0].sig[5] ^= 1; }},
              {"a stranger's keyid and signature", "KEY_UNKNOWN",
               [](Envelope& e) { e = support::SignPayload(e.payload, {"stranger"}); }},
              {"another party's signature without keyid", "SIGNATURE_INVALID",
               [](Envelope& e) { e = support::SignPayload(e.payload, {"two-1"}), e.signatures[0].keyid = ""; }},
          });
}

TEST(Signatures, OfTwoSigners) {
  RunRows(
      Alliance()["engagement"],
      {
          {"both named", "OK", [](Envelope&) {}},
          {"in the other order", "OK", [](Envelope& e) { std::swap(e.signatures[0], e.signatures[1]); }},
          {"one without keyid", "ENVELOPE_MALFORMED", [](Envelope& e) { e.signatures[1].keyid = ""; }},
          {"one names nothing", "KEY_UNKNOWN", [](Envelope& e) { e.signatures[1].keyid = std::string(64, 'a'); }},
          {"one twice", "ENVELOPE_MALFORMED", [](Envelope& e) { e.signatures[1] = e.signatures[0]; }},
          {"one twice, the second time bad", "ENVELOPE_MALFORMED",
           [](Envelope& e) { e.signatures[1] = e.signatures[0], e.signatures[1].sig[5] ^= 1; }},
          {"the first unknown, the second bad", "KEY_UNKNOWN",
           [](Envelope& e) { e.signatures[0].keyid = std::string(64, 'a'), e.signatures[1].sig[5] ^= 1; }},
          {"the first bad, the second unknown", "SIGNATURE_INVALID",
           [](Envelope& e) { e.signatures[1].keyid = std::string(64, 'a'), e.signatures[0].sig[5] ^= 1; }},
          {"keyids exchanged", "SIGNATURE_INVALID", [](Envelope& e) { std::swap(e.signatures[0].keyid, e.signatures[1].keyid); }},
      });
}

TEST(Signatures, FindKeysInTheStatementItself) {
  const KeySource nothing = {.find = [](const keys::KeyId&) { return std::nullopt; },
                             .keys_of = [](std::string_view) { return std::vector<keys::PublicKey>(); }};
  EXPECT_TRUE(VerifySignatures(Alliance()["genesis"].envelope, Alliance()["genesis"].statement, nothing).ok());
  const auto key = Sign(support::KeyStatement("member:one", "new", "\"sign\"", {}));
  EXPECT_TRUE(VerifySignatures(key.envelope, key.statement, nothing).ok());
  EXPECT_EQ(KeysInStatement(Alliance()["genesis"].statement).size(), 7U);
  EXPECT_EQ(KeysInStatement(key.statement).size(), 1U);
  EXPECT_TRUE(KeysInStatement(Alliance()["principles"].statement).empty());
}

TEST(Signatures, OfAWithheldStatement) {
  const auto entry = Alliance()["commitment-one-1"].entry;
  EXPECT_TRUE(VerifyWithheld(entry, Keys()).ok());
  auto changed = entry;
  changed.signatures[0].signature.pop_back();
  EXPECT_EQ(WordOf(VerifyWithheld(changed, Keys())), "SIGNATURE_ENCODING");
  changed = entry;
  changed.signatures[0].signature[5] ^= 1;
  EXPECT_TRUE(VerifyWithheld(changed, Keys()).ok()) << "Ed25519 takes the statement itself";
  changed.signatures[0].key_id = SampleKey("stranger").public_key().id();
  EXPECT_EQ(WordOf(VerifyWithheld(changed, Keys())), "KEY_UNKNOWN");
}

TEST(Signatures, TryNoMoreThanEightCandidates) {
  auto envelope = Alliance()["commitment-one-1"].envelope;
  envelope.signatures[0].keyid = "";
  auto source = Keys();
  std::vector<keys::PublicKey> many;
  for (int i = 0; i < 8; ++i) many.push_back(SampleKey("other-" + std::to_string(i)).public_key());
  many.push_back(SampleKey("one-1").public_key());
  source.keys_of = [&](std::string_view) { return many; };
  EXPECT_EQ(WordOf(VerifySignatures(envelope, Alliance()["commitment-one-1"].statement, source).status()), "SIGNATURE_INVALID");
  many.erase(many.begin());
  EXPECT_TRUE(VerifySignatures(envelope, Alliance()["commitment-one-1"].statement, source).ok());
}

}  // namespace
}  // namespace trustlog::registry
