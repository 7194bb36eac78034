// Tables of refusals: statements that the whole sample log takes, each spoilt in one place, and the answer that is due.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/registry/draft.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/ledger.h"

namespace trustlog::registry {

using namespace support;  // NOLINT: the vocabulary of these tables

inline constexpr std::int64_t kNow = kSampleTime + 3'600;
inline constexpr std::int64_t kDay = kSampleDay;

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

// Of a kind without rules in this version.
inline SampleStatement Objection() {
  return {.kind = attest::Kind::kObjection,
          .issuer = SampleUrn("member:one"),
          .members = "\"target\":\"" + IdOf("result") + "\",\"about\":[\"urn:tta:member:one\"],\"ground\":\"facts\"",
          .document = {},
          .signers = {"one-1"}};
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

inline void RunRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Ledger ledger = WholeLog();
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
