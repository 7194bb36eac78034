// Tables of refusals: statements that the whole sample log takes, each spoilt in one place, and the answer that is due.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/registry/draft.h"
#include "client/registry/transitions.h"
#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/client/registry/ledger.h"

namespace trustlog::registry {

using namespace support;  // NOLINT: the vocabulary of these tables

inline constexpr std::int64_t kNow = kSampleTime + 3'600;
inline constexpr std::int64_t kDay = kSampleDay;
inline constexpr std::uint64_t kSoon = 1'000 * kSampleTime + 30'000;  // after the alliance's records

inline const SampleAlliance& Alliance() {
  static const SampleAlliance alliance;
  return alliance;
}
inline const Ledger& WholeLog() {
  static const Ledger ledger = Ledger::Before(Alliance(), "");
  return ledger;
}
inline const SignedRecord& The(std::string_view label) { return Alliance()[label]; }
inline std::string IdOf(std::string_view label) { return bytes::EncodeHex(The(label).id()); }
inline std::string TimeText(std::int64_t seconds) { return "\"" + attest::FormatTime(seconds) + "\""; }

inline SampleStatement SignedBy(SampleStatement statement, std::vector<std::string> signers) {
  statement.signers = std::move(signers);
  return statement;
}
// Another statement that says the same.
inline SampleStatement Again(SampleStatement statement) {
  statement.variant = 1'000;
  return statement;
}
inline SampleStatement IssuedAt(SampleStatement statement, std::int64_t at) {
  statement.issued_at = at;
  return statement;
}
inline SampleStatement From(SampleStatement statement, std::string_view issuer) {
  statement.issuer = SampleUrn(issuer);
  return statement;
}
inline SampleStatement ToLog(SampleStatement statement, std::string_view origin) {
  statement.origin = origin;
  return statement;
}

// Statements that the whole log takes, to be spoilt one member at a time.
inline SampleStatement Commitment() { return CommitmentStatement("one", 4, The("principles")); }
inline SampleStatement Engagement() { return EngagementStatement("south", "one", "2", {&The("commitment-one-2")}); }
inline SampleStatement Result() { return ResultStatement(The("engagement"), "conformant"); }
inline SampleStatement Evidence() { return EvidenceStatement("one", The("commitment-one-1")); }
inline SampleStatement NewKey() { return KeyStatement("member:one", "new", "\"sign\"", {"one-1"}); }
inline SampleStatement NextSet(std::int64_t valid_from = kSampleTime) {
  return Superseding(PrincipleSetStatement("1.1", valid_from), The("principles"), "renewal");
}
inline SampleStatement Renewed(int principle) {
  const auto& older = The("commitment-one-" + std::to_string(principle));
  return Superseding(CommitmentStatement("one", principle, The("principles")), older, "renewal");
}

inline SampleStatement By(std::string_view issuer, attest::Kind kind, std::string members, std::vector<std::string> signers) {
  return {.kind = kind, .issuer = SampleUrn(issuer), .members = std::move(members), .document = {}, .signers = std::move(signers)};
}
inline SampleStatement Objection(std::string_view label = "result") {
  return By("member:one", attest::Kind::kObjection,
            "\"target\":\"" + IdOf(label) + "\",\"about\":[\"urn:tta:member:one\"],\"ground\":\"facts\"", {"one-1"});
}
// `issuer`: as "auditor:south".
inline SampleStatement Retraction(std::string_view issuer, const attest::Id& target, std::vector<std::string> signers,
                                  std::string_view more = "") {
  return By(issuer, attest::Kind::kRetraction,
            "\"target\":\"" + bytes::EncodeHex(target) + "\",\"about\":[\"urn:tta:member:one\"],\"reason\":\"error\"" + std::string(more),
            std::move(signers));
}
inline SampleStatement Remediation(std::string_view issuer, std::string_view state, std::vector<std::string> signers) {
  return By(issuer, attest::Kind::kRemediation,
            "\"target\":\"" + IdOf("result") + "\",\"about\":[\"urn:tta:member:one\"],\"finding\":1,\"state\":\"" +
                std::string(state) + "\"",
            std::move(signers));
}
inline SampleStatement Flowdown(int principle = 1) {
  auto statement = By("member:one", attest::Kind::kSupplierFlowdown,
                      "\"commitment\":\"" + IdOf("commitment-one-" + std::to_string(principle)) + "\",\"principle\":" +
                          std::to_string(principle) +
                          ",\"requirementTitle\":\"t\",\"supplierCount\":0,\"tier\":1,\"disclosureRoot\":"
                          "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"disclosureCount\":0,"
                          "\"acknowledged\":0,\"instrument\":\"contract\",\"validFrom\":" +
                          TimeText(kSampleTime),
                      {"one-1"});
  statement.document = "requirements";
  return statement;
}
inline SampleStatement StatusChange(std::string_view party, std::string_view code, std::int64_t valid_from = kSampleTime,
                                    std::string_view more = "") {
  return By("secretariat", attest::Kind::kStatusChange,
            "\"party\":\"" + SampleUrn(party) + "\",\"status\":\"" + std::string(code) + "\",\"validFrom\":" +
                TimeText(valid_from) + ",\"ruleRef\":\"4.1\",\"decisionSha256\":\"" + std::string(64, 'd') + "\"" + std::string(more),
            {"secretariat-1", "secretariat-2"});
}
inline SampleStatement Withdrawal(std::string_view party, std::string key, std::int64_t valid_from = kSampleTime) {
  return By(party, attest::Kind::kPartyWithdrawal, "\"validFrom\":" + TimeText(valid_from) + ",\"reason\":\"merged\"",
            {std::move(key)});
}
// more: as ",\"invalidSince\":3".
inline SampleStatement KeyRevocation(std::string_view issuer, std::string_view party, std::string_view key, std::string_view reason,
                                  std::vector<std::string> signers, std::string_view more = "") {
  return By(issuer, attest::Kind::kKeyRevocation,
            "\"party\":\"" + SampleUrn(party) + "\",\"keyId\":\"" + bytes::EncodeHex(SampleKey(key).public_key().id()) +
                "\",\"reason\":\"" + std::string(reason) + "\"" + std::string(more),
            std::move(signers));
}
inline std::string RoleText(const std::vector<std::string>& names, int threshold) {
  std::string keys;
  for (const auto& name : names) {
    keys += (keys.empty() ? "" : ",") + std::string("{\"spki\":\"") +
            bytes::EncodeBase64(bytes::AsBytes(SampleKey(name).public_key().spki())) + "\",\"alg\":\"ed25519\"}";
  }
  return "{\"keys\":[" + keys + "],\"threshold\":" + std::to_string(threshold) + "}";
}
inline SampleStatement RoleChange(int version, const std::vector<std::string>& root, const std::vector<std::string>& secretariat,
                                  std::vector<std::string> signers, int root_threshold = 2) {
  return By("root", attest::Kind::kRoleChange,
            "\"authority\":{\"version\":" + std::to_string(version) + ",\"root\":" + RoleText(root, root_threshold) +
                ",\"secretariat\":" + RoleText(secretariat, 2) + ",\"operator\":" + RoleText({"operator-1"}, 1) +
                "},\"reason\":\"rotation\"",
            std::move(signers));
}
inline const std::vector<std::string> kRoot = {"root-1", "root-2", "root-3"};
inline const std::vector<std::string> kSecretariat = {"secretariat-1", "secretariat-2", "secretariat-3"};
inline SampleStatement Notice(std::string_view label, std::uint64_t index, std::vector<std::string> signers) {
  return By("operator", attest::Kind::kErasureNotice,
            "\"target\":\"" + IdOf(label) + "\",\"index\":" + std::to_string(index) +
                ",\"legalBasis\":\"gdpr-17\",\"decidedAt\":" + TimeText(kSampleTime),
            std::move(signers));
}
inline SampleStatement Notice(std::string_view label) {
  return Notice(label, Alliance().IndexOf(label), {"operator-1", "secretariat-1", "secretariat-2"});
}
inline SampleStatement Freeze() {
  return By("operator", attest::Kind::kLogEvent,
            "\"event\":\"freeze\",\"validFrom\":" + TimeText(kSampleTime) +
                ",\"successor\":{\"origin\":\"log.example/next\",\"vkey\":\"v\"}",
            {"operator-1"});
}
inline SampleStatement Endorsement(const attest::Id& target) {  // by a key that the alliance has not registered
  return By("monitor:public", attest::Kind::kIndexEndorsement,
            "\"target\":\"" + bytes::EncodeHex(target) + "\",\"result\":\"equal\",\"mapRoot\":\"" + std::string(64, '0') + "\"",
            {"public-1"});
}
// The one of 8.4, with its nonce. Wants the entry it covers last to be logged when the alliance's are.
inline SignedRecord IndexHead(std::uint64_t covers, std::string_view nonce = "", std::int64_t late = 0) {
  auto statement = By("operator", attest::Kind::kIndexHead,
                      "\"coversSize\":" + std::to_string(covers) + ",\"mapRoot\":\"" + std::string(64, '0') +
                          "\",\"indexFunction\":\"trustlog-index/1\"",
                      {"operator-1"});
  statement.issued_at = static_cast<std::int64_t>(SampleAlliance::LoggedAtMs(covers - 1) / 1'000) + late;
  auto payload = PayloadOf(statement);
  const auto begin = payload.find("\"nonce\":\"") + 9;
  payload.replace(begin, payload.find('"', begin) - begin, nonce.empty() ? IndexHeadNonce({covers, {}}) : std::string(nonce));
  return SignedOf(payload, statement.signers);
}

struct Row {
  std::string name;
  std::string answer;                         // a reason word, or OK
  std::function<SignedRecord(Ledger&)> make;  // may log further records first
  std::int64_t now = kNow;
  std::string detail{}, value{};  // of the refusal's metadata
};

inline Row Plain(std::string name, std::string answer, const std::function<SampleStatement()>& make, std::int64_t now = kNow,
          std::string detail = "", std::string value = "") {
  return {std::move(name),   std::move(answer), [make](Ledger&) { return Sign(Again(make())); }, now,
          std::move(detail), std::move(value)};
}

inline void RunRows(const std::vector<Row>& rows, const Ledger& before = WholeLog()) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Ledger ledger = before;
    const SignedRecord record = row.make(ledger);
    const auto status = ledger.Check(record, row.now);
    EXPECT_EQ(WordOf(status), row.answer) << status;
    if (!row.detail.empty()) {
      EXPECT_EQ(bytes::MetadataValue(status, row.detail), row.value);
    }
    // What Check says, a draft and a replay say too.
    auto entry = record.entry;
    entry.logged_at_ms = static_cast<std::uint64_t>(row.now) * 1'000;
    Draft draft(ledger.registry);
    EXPECT_EQ(WordOf(draft.Add({ledger.registry.size(), &entry, &record.statement}, ledger.facts)), row.answer);
    EXPECT_EQ(ledger.Log(ledger.AsReplayed(record, entry.logged_at_ms)), row.answer);
  }
}

}  // namespace trustlog::registry
