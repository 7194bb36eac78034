// What needs no order: records.md 6.4, checks 1-4 and 6-17, and the lint.
#include "server/admission/validator.h"

#include <algorithm>

#include "tests/server/admission/rig.h"

namespace trustlog::admission {
namespace {

using support::SampleStatement;
using ValidatorTest = AdmissionTest;

// An entry has its signatures ascending by key id, the sample in the order in which they were made.
attest::Entry AsLogged(attest::Entry entry) {
  std::sort(entry.signatures.begin(), entry.signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  return entry;
}

TEST_F(ValidatorTest, IdentifiesAnEnvelopeByItsPayload) {
  const auto& record = alliance_["genesis"];
  EXPECT_EQ(*validator_->Identify(record.envelope), record.id());
  auto other_signature = record.envelope;
  other_signature.signatures.pop_back();
  EXPECT_EQ(*validator_->Identify(other_signature), record.id()) << "identity is the statement";
}

TEST_F(ValidatorTest, RefusesEnvelopesOfAnotherForm) {
  const struct {
    const char* name;
    void (*change)(attest::Envelope&);
    const char* reason;
  } kCases[] = {
      {"no payload", [](attest::Envelope& e) { e.payload.clear(); }, "ENVELOPE_MALFORMED"},
      {"a large payload", [](attest::Envelope& e) { e.payload.resize(attest::kMaxPayloadBytes + 1); }, "TOO_LARGE"},
      {"another type", [](attest::Envelope& e) { e.payload_type = "text/plain"; }, "PAYLOAD_TYPE_UNSUPPORTED"},
      {"no signature", [](attest::Envelope& e) { e.signatures.clear(); }, "ENVELOPE_MALFORMED"},
  };
  for (const auto& c : kCases) {
    auto envelope = alliance_["genesis"].envelope;
    c.change(envelope);
    EXPECT_EQ(WordOf(validator_->Identify(envelope).status()), c.reason) << c.name;
  }
}

TEST_F(ValidatorTest, TakesEveryRecordOfTheAllianceAndDerivesItsEntry) {
  Start();
  for (const auto& [label, record] : alliance_.records()) {
    SCOPED_TRACE(label);
    const auto checked = Checked(record.envelope);
    ASSERT_NE(checked, nullptr);
    EXPECT_EQ(checked->entry, AsLogged(record.entry));
    EXPECT_EQ(checked->id(), record.id());
    EXPECT_EQ(checked->companion(), record.envelope.payload);
    EXPECT_EQ(checked->issuer(), record.statement.issuer);
    EXPECT_EQ(checked->refs().size(), record.entry.refs.size());
    EXPECT_EQ(checked->candidates_at, std::nullopt);
    ASSERT_TRUE(Submit({record.envelope})[0].ok());
  }
}

// G6
TEST_F(ValidatorTest, RefusesInTheOrderOfTheChecks) {
  StartWith("");
  const auto set = alliance_["principles"];
  const auto good = support::CommitmentStatement("one", 4, set);
  const auto envelope = [](const SampleStatement& statement) {
    return support::SignPayload(support::PayloadOf(statement), statement.signers);
  };
  auto other_log = good;
  other_log.origin = "log.example/another";
  auto unknown_key = good;
  unknown_key.signers = {"nobody-1"};
  auto two_keys_one_unknown = good;
  two_keys_one_unknown.signers = {"one-1", "nobody-1"};
  auto bad_signature = envelope(good);
  bad_signature.signatures[0].sig[5] = static_cast<char>(bad_signature.signatures[0].sig[5] ^ 1);
  auto short_signature = envelope(good);
  short_signature.signatures[0].sig.resize(63);
  auto key_twice = good;
  key_twice.signers = {"one-1", "one-1"};
  const auto email = support::Replaced(good, "\"exclusions\":[]", "\"exclusions\":[\"jane.doe@example.com\"]");
  const struct {
    const char* name;
    attest::Envelope envelope;
    const char* reason;
  } kCases[] = {
      {"good", envelope(good), "OK"},
      {"no JSON", support::SignPayload("{", {"one-1"}), "STATEMENT_MALFORMED"},
      {"a member twice", support::SignPayload("{\"a\":1,\"a\":2}", {"one-1"}), "DUPLICATE_MEMBER"},
      {"a second genesis", alliance_["genesis"].envelope, "GENESIS_ORDER"},
      {"a principle out of range", envelope(support::Replaced(good, "\"principle\":4", "\"principle\":0")), "SCHEMA_VIOLATION"},
      {"an interval that ends first", envelope(support::Replaced(good, "\"validUntil\":\"2028", "\"validUntil\":\"2025")),
       "VALIDITY_INVERTED"},
      {"another log", envelope(other_log), "WRONG_LOG"},
      {"a key that nobody registered", envelope(unknown_key), "KEY_UNKNOWN"},
      {"the second key unknown", envelope(two_keys_one_unknown), "KEY_UNKNOWN"},
      {"a signature of something else", bad_signature, "SIGNATURE_INVALID"},
      {"a signature too short", short_signature, "SIGNATURE_ENCODING"},
      {"one key twice", envelope(key_twice), "ENVELOPE_MALFORMED"},
      {"an address of a person", envelope(email), "PERSONAL_DATA_SUSPECTED"},
      {"another log, and an unknown key", envelope([&] {
         auto s = other_log;
         s.signers = {"nobody-1"};
         return s;
       }()),
       "WRONG_LOG"},
  };
  for (const auto& c : kCases) {
    const auto checked = validator_->Validate(c.envelope, {});
    EXPECT_EQ(WordOf(checked.status()), c.reason) << c.name << ": " << checked.status();
  }
  const Validator without_lint(*registry_, metrics_, {.personal_data_lint = false});
  EXPECT_TRUE(without_lint.Validate(envelope(email), {}).ok());
}

TEST_F(ValidatorTest, BeforeGenesisTakesNothingElse) {
  EXPECT_EQ(WordOf(validator_->Validate(alliance_["genesis"].envelope, {}).status()), "OK");
  EXPECT_FALSE(validator_->Validate(alliance_["principles"].envelope, {}).ok());
}

TEST_F(ValidatorTest, AFrozenLogTakesNothing) {
  StartWith("principles");
  const LiveRegistry frozen(Frozen(store_->reader().IntegratedHead().value(), registry_->own()));
  const Validator validator(frozen, metrics_, {});
  EXPECT_EQ(WordOf(validator.Validate(alliance_["principles"].envelope, {}).status()), "LOG_FROZEN");
  EXPECT_EQ(WordOf(validator.Validate(support::SignPayload("{", {"one-1"}), {}).status()), "LOG_FROZEN") << "6 comes before 7";
  EXPECT_TRUE(validator.Identify(alliance_["principles"].envelope).ok()) << "a repetition is found by its id all the same";
}

TEST_F(ValidatorTest, AFrozenLogNamesItsSuccessor) {
  StartWith("");
  const auto freeze = support::Sign({.kind = attest::Kind::kLogEvent,
                                     .issuer = support::SampleUrn("operator"),
                                     .members = "\"event\":\"freeze\",\"validFrom\":\"2026-11-01T09:00:00Z\","
                                                "\"successor\":{\"origin\":\"log.example/next\",\"vkey\":\"v\"}",
                                     .document = {},
                                     .signers = {"operator-1"}});
  EXPECT_EQ(Told(Submit({freeze.envelope})), (std::vector<std::string>{std::to_string(alliance_.size())}));
  const auto status = validator_->Validate(support::SignPayload("{", {"one-1"}), {}).status();
  EXPECT_EQ(WordOf(status), "LOG_FROZEN");
  EXPECT_EQ(bytes::MetadataValue(status, "successor"), "log.example/next");
}

TEST_F(ValidatorTest, KeysOfEarlierStatementsOfTheRequestAreKnown) {
  StartWith("key-one-1");
  const auto registration = Checked(alliance_["key-one-1"].envelope);
  const auto& later = alliance_["commitment-one-1"].envelope;
  EXPECT_EQ(WordOf(validator_->Validate(later, {}).status()), "KEY_UNKNOWN");
  EXPECT_TRUE(validator_->Validate(later, registry::KeysInStatement(registration->statement)).ok());
}

TEST_F(ValidatorTest, ASignatureWithoutAKeyIdIsMatchedAgainstTheIssuersKeys) {
  StartWith("commitment-one-1");
  auto envelope = alliance_["commitment-one-1"].envelope;
  envelope.signatures[0].keyid.clear();
  const auto checked = Checked(envelope);
  ASSERT_NE(checked, nullptr);
  EXPECT_EQ(checked->entry.signatures[0].key_id, support::SampleKey("one-1").public_key().id());
  EXPECT_EQ(checked->candidates_at, registry_->own().key_set_version());
}

}  // namespace
}  // namespace trustlog::admission
