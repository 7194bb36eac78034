// Submissions as the rows of client/registry's tests make them, and those that intake refuses before the rules of the registry are
// asked: checks 1-17 of records.md 6.4.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "proto/attest/dsse.h"
#include "tests/client/registry/rule_rows.h"

namespace trustlog::rpc {

struct Case {
  std::string name;
  std::string answer;                            // OK, DUPLICATE or a reason word
  std::vector<registry::Ledger::Logged> before;  // what the log is given first, and when
  std::uint64_t at_ms = 0;
  attest::Envelope envelope;
  std::string detail, value;  // of the refusal's metadata; "": whatever it has
  bool alone = false;         // its answer depends on the log's size, or changes the log
};

inline Case CaseOf(const registry::Row& row, registry::Ledger log = registry::WholeLog()) {
  const auto record = row.make(log);
  const bool alone = row.answer == "OK" || record.entry.kind == attest::Kind::kIndexHead;
  return {row.name,  row.answer, std::move(log.taken), 1'000 * static_cast<std::uint64_t>(row.now), record.envelope, row.detail,
          row.value, alone};
}

inline std::vector<Case> CasesOf(const std::vector<registry::Row>& rows, const registry::Ledger& log = registry::WholeLog()) {
  std::vector<Case> cases;
  for (const auto& row : rows) cases.push_back(CaseOf(row, log));
  return cases;
}

// `text` with the first `from` replaced, or ends the test.
inline std::string Changed(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no '" << from << "' in " << text;
    return text;
  }
  return text.replace(at, from.size(), to);
}

// The numbers of a name are those of 6.4; "8 before 9": it breaks both.
inline std::vector<Case> IntakeCases() {
  using namespace registry;  // NOLINT: the vocabulary of its rows
  using attest::Envelope;
  const auto log_before = [](bool frozen) {
    Ledger log = WholeLog();
    if (frozen) log.Take(Sign(Freeze()), kSoon);
    return log.taken;
  };
  const auto before = log_before(false), frozen = log_before(true);
  const auto good = Sign(Again(Evidence())).envelope;
  const auto with = [&](const std::function<void(Envelope&)>& change) {
    auto envelope = good;
    change(envelope);
    return envelope;
  };
  const auto payload = [](const SampleStatement& statement, std::string_view from, std::string_view to) {
    return SignPayload(Changed(PayloadOf(statement), from, to), statement.signers);
  };
  const auto raw = [](const SampleStatement& statement) { return SignPayload(PayloadOf(statement), statement.signers); };
  const auto forged = [](Envelope envelope) {
    envelope.signatures.front().sig[9] ^= 1;
    return envelope;
  };
  const auto key_id = [](std::string_view name) { return bytes::EncodeHex(SampleKey(name).public_key().id()); };
  // As if signed by eight keys with the largest signatures: too much for an entry.
  const auto crowded = [](Envelope envelope) {
    envelope.signatures.clear();
    for (int i = 0; i < 8; ++i)
      envelope.signatures.push_back({std::string(64, static_cast<char>('0' + i)), std::string(1'024, 's')});
    return envelope;
  };
  const std::string other_algorithm = "\"alg\":\"ecdsa-p256-sha256-der\"", until = attest::FormatTime(kSampleTime + 730 * kDay),
                    sooner = attest::FormatTime(kSampleTime - 1), purposes = "\"purposes\":[\"sign\"]";
  const auto inverted = Replaced(Commitment(), until, sooner);
  const auto key = [&](std::string_view more) {
    return Replaced(NewKey(), "\"alg\":\"ed25519\"", other_algorithm + std::string(more));
  };
  const auto genesis = Again(GenesisStatement());

  const struct {
    std::string name, answer;
    Envelope envelope;
    std::string detail{}, value{};
    bool on_frozen = false;
  } rows[] = {
      {"1 before 2: 65,537 bytes and nine signatures", "TOO_LARGE", with([&](Envelope& e) {
         e.signatures.assign(9, {std::string(7'282, 'k'), "s"});
       }),
       "limit", "65536"},
      {"1: a keyid that fills the envelope and one byte more", "TOO_LARGE", with([&](Envelope& e) {
         e.signatures[0].keyid.assign(65'537 - e.payload.size() - e.payload_type.size() - e.signatures[0].sig.size(), 'k');
       }),
       "actual", "65537"},
      {"2 before 3: no signatures and another type", "ENVELOPE_MALFORMED", {"text/plain", good.payload, {}}},
      {"2: nothing", "ENVELOPE_MALFORMED", {std::string(attest::kPayloadType), "", {}}},
      {"2: no signatures", "ENVELOPE_MALFORMED", with([](Envelope& e) { e.signatures.clear(); })},
      {"2: nine signatures", "ENVELOPE_MALFORMED", with([](Envelope& e) { e.signatures.assign(9, e.signatures[0]); })},
      {"2: an empty signature", "ENVELOPE_MALFORMED", with([](Envelope& e) { e.signatures[0].sig.clear(); })},
      {"2: a signature of 1,025 bytes", "ENVELOPE_MALFORMED", with([](Envelope& e) { e.signatures[0].sig.assign(1'025, 's'); })},
      {"2: two signatures and a keyid of another form", "ENVELOPE_MALFORMED", with([](Envelope& e) {
         e.signatures.push_back({"one", e.signatures[0].sig});
       })},
      {"3 before 4: another type and 32,769 bytes", "PAYLOAD_TYPE_UNSUPPORTED", with([](Envelope& e) {
         e.payload_type = "text/plain";
         e.payload.assign(attest::kMaxPayloadBytes + 1, ' ');
       })},
      {"3: another type", "PAYLOAD_TYPE_UNSUPPORTED", with([](Envelope& e) { e.payload_type += "x"; })},
      {"3: no type", "PAYLOAD_TYPE_UNSUPPORTED", with([](Envelope& e) { e.payload_type.clear(); })},
      {"4: 32,769 bytes of payload", "TOO_LARGE", with([](Envelope& e) { e.payload.assign(attest::kMaxPayloadBytes + 1, ' '); }),
       "actual", "32769"},
      {"4: no payload", "ENVELOPE_MALFORMED", with([](Envelope& e) { e.payload.clear(); })},
      {"5 before 6: a known statement and a frozen log", "DUPLICATE", The("result").envelope, "", "", true},
      {"5: a known statement with a forged signature", "DUPLICATE", forged(The("result").envelope)},
      {"5: a known statement signed by a stranger", "DUPLICATE", SignPayload(The("result").envelope.payload, {"stranger"})},
      {"6 before 7: a frozen log and no JSON", "LOG_FROZEN", SignPayload("{", {"one-1"}), "successor", "log.example/next", true},
      {"7 before 8: equal names, then no JSON", "STATEMENT_MALFORMED", SignPayload("{\"a\":1,\"a\":1,}", {"one-1"})},
      {"7: no JSON", "STATEMENT_MALFORMED", SignPayload(good.payload + "x", {"one-1"})},
      {"8 before 9: equal names and no in-toto", "DUPLICATE_MEMBER", SignPayload("{\"a\":1,\"a\":1}", {"one-1"})},
      {"8: equal names", "DUPLICATE_MEMBER", payload(Evidence(), "\"form\":", "\"form\":\"sbom\",\"form\":")},
      {"9 before 10: no subject and an unknown kind", "STATEMENT_MALFORMED",
       SignPayload(Changed(Changed(good.payload, "\"subject\":[{", "\"subjects\":[{"), "/evidence/v1", "/rumour/v1"), {"one-1"})},
      {"9: no subject", "STATEMENT_MALFORMED", payload(Evidence(), "\"subject\":[{", "\"subjects\":[{")},
      {"10 before 11: a second genesis of another type base", "KIND_UNKNOWN",
       payload(genesis, kSampleTypeBase + std::string("/genesis"), "https://other.example/genesis")},
      {"10: an unknown kind", "KIND_UNKNOWN", payload(Evidence(), "/evidence/v1", "/rumour/v1")},
      {"10: another version", "KIND_UNKNOWN", payload(Evidence(), "/evidence/v1", "/evidence/v2")},
      {"11 before 12: a second genesis without its limit of age", "GENESIS_ORDER",
       payload(genesis, "\"maxStatementAgeDays\"", "\"x\"")},
      {"12 before 13: a key of another algorithm and no purposes", "SCHEMA_VIOLATION", raw(Replaced(key(""), purposes, "\"x\":1")),
       "path", "predicate.purposes"},
      {"12: a member of another type", "SCHEMA_VIOLATION", payload(Evidence(), "\"application/json\"", "7"), "path",
       "predicate.mediaType"},
      {"12: an algorithm of a later version", "SCHEMA_VIOLATION", raw(Replaced(NewKey(), "\"ed25519\"", "\"ml-dsa-44\"")), "path",
       "predicate.key.alg"},
      {"13 before 14: a key of another algorithm and its end before its beginning", "ALGORITHM_MISMATCH",
       raw(Replaced(key(""), purposes, purposes + ",\"validUntil\":" + TimeText(kSampleTime - 3'000 * kDay)))},
      {"13: a key of another algorithm", "ALGORITHM_MISMATCH", raw(key(""))},
      {"14 before 15: an end before the beginning and too large an entry", "VALIDITY_INVERTED", crowded(raw(inverted))},
      {"14: an end before the beginning", "VALIDITY_INVERTED", raw(inverted)},
      {"15 before 16: too large an entry and another log", "TOO_LARGE", crowded(raw(ToLog(Commitment(), "log.example/other"))),
       "limit", "8192"},
      {"15: too large an entry", "TOO_LARGE", crowded(raw(Commitment()))},
      {"16 before 17: another log and forged", "WRONG_LOG", forged(raw(ToLog(Commitment(), "log.example/other"))), "origin",
       kSampleOrigin},
      {"17 before 18: forged and issued ahead", "SIGNATURE_INVALID", forged(raw(IssuedAt(Commitment(), kNow + 301)))},
      {"17: a key nobody knows", "KEY_UNKNOWN", SignPayload(good.payload, {"stranger"})},
      {"17: a key nobody knows before its form", "KEY_UNKNOWN", with([&](Envelope& e) {
         e.signatures = {{key_id("stranger"), "s"}};
       })},
      {"17: a key twice", "ENVELOPE_MALFORMED", with([](Envelope& e) { e.signatures.push_back(e.signatures[0]); })},
      {"17: a key twice before the form", "ENVELOPE_MALFORMED", with([](Envelope& e) {
         e.signatures.push_back({e.signatures[0].keyid, "s"});
       })},
      {"17: 63 bytes", "SIGNATURE_ENCODING", with([](Envelope& e) { e.signatures[0].sig.pop_back(); })},
      {"17: over other bytes", "SIGNATURE_INVALID", forged(good)},
      {"17: over the payload instead of its PAE", "SIGNATURE_INVALID",
       with([](Envelope& e) { e.signatures[0].sig = *SampleKey("one-1").Sign(e.payload); })},
      {"17: no keyid and a stranger's signature", "SIGNATURE_INVALID", with([&](Envelope& e) {
         e.signatures = SignPayload(e.payload, {"stranger"}).signatures;
         e.signatures[0].keyid.clear();
       })},
      {"17: the first signature before the second", "SIGNATURE_INVALID", with([&](Envelope& e) {
         e.signatures = SignPayload(e.payload, {"one-1", "stranger"}).signatures;
         e.signatures[0].sig[9] ^= 1;
       })},
      {"the lint: a person's address", "PERSONAL_DATA_SUSPECTED",
       payload(Evidence(), "\"application/json\"", "\"erika.mustermann@example.org\""), "path", "predicate.mediaType"},
  };
  std::vector<Case> cases;
  for (const auto& row : rows)
    cases.push_back({row.name, row.answer, row.on_frozen ? frozen : before, 1'000 * static_cast<std::uint64_t>(kNow), row.envelope,
                     row.detail, row.value});
  return cases;
}

}  // namespace trustlog::rpc
