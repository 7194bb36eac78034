// A registry with the facts of its records: what a log and its server would hold, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/registry/memory_facts.h"
#include "client/registry/registry.h"
#include "client/registry/snapshot.h"
#include "proto/bytes/reason.h"
#include "tests/support/sample_alliance.h"

namespace trustlog::registry {

// The reason word of a refusal, "OK", or the status itself.
inline std::string WordOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const auto reason = bytes::ReasonOf(status);
  return reason.has_value() ? std::string(bytes::Describe(*reason).word) : status.ToString();
}

struct Ledger {
  struct Logged {
    support::SignedRecord record;
    std::uint64_t at_ms;
    std::string answer;  // of the rules: a reason word where it is void, or OK
  };

  Registry registry{support::kSampleOrigin};
  MemoryFacts facts;
  std::vector<Logged> taken{};  // by Take, in order

  // All records of the alliance before the one with this label; "": all.
  static Ledger Before(const support::SampleAlliance& alliance, std::string_view label) {
    Ledger ledger;
    for (const auto& [name, record] : alliance.records()) {
      if (name == label) break;
      ledger.Take(record, support::SampleAlliance::LoggedAtMs(ledger.registry.size()));
    }
    return ledger;
  }

  absl::Status Check(const support::SignedRecord& record, std::int64_t now) const {
    auto entry = record.entry;
    entry.logged_at_ms = static_cast<std::uint64_t>(now) * 1'000;
    return registry.Check({registry.size(), &entry, &record.statement}, facts);
  }

  Replayed AsReplayed(const support::SignedRecord& record, std::uint64_t logged_at_ms) const {
    auto entry = record.entry;
    entry.logged_at_ms = logged_at_ms;
    return {registry.size(), std::move(entry), record.statement, absl::OkStatus()};
  }

  // Logs a record whatever the rules say: the reason why it is void, or "OK".
  std::string Log(const Replayed& replayed) {
    const auto violations_before = registry.violations().size();
    const auto status = registry.Apply(replayed, facts);
    EXPECT_TRUE(status.ok()) << status;
    if (replayed.entry.ok()) facts.Add(replayed.index, *replayed.entry);
    return registry.violations().size() == violations_before ? "OK" : registry.violations().back().reason;
  }

  // Logs a record that the rules must take, or refuse with this answer.
  void Take(const support::SignedRecord& record, std::uint64_t logged_at_ms, const std::string& answer = "OK") {
    EXPECT_EQ(Log(AsReplayed(record, logged_at_ms)), answer);
    taken.push_back({record, logged_at_ms, answer});
  }

  // The whole state: equal bytes, equal registries.
  std::string Bytes() const { return FormatSnapshot({registry.size(), {}}, registry); }
};

}  // namespace trustlog::registry
