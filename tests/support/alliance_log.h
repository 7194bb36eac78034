// SampleAlliance's records as a log outside of any server, and what a test has logged after them. A value, as SyntheticLog.
#pragma once

#include <cstdint>

#include "proto/attest/entry.h"
#include "tests/support/sample_alliance.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::testing {

class AllianceLog final {
 public:
  AllianceLog() : log(support::kSampleOrigin) {
    for (const auto& labelled : alliance.records()) Append(labelled.record);
  }

  // A second after the one before it, whether the rules take it or not.
  void Append(const support::SignedRecord& record) {
    attest::Entry entry = record.entry;
    entry.logged_at_ms = support::SampleAlliance::LoggedAtMs(log.size());
    log.Append(attest::EncodeEntry(entry).value(), record.envelope.payload);
  }
  // Evidence that the rules take; each number gives another one.
  support::SignedRecord Evidence(std::uint64_t number) const {
    auto statement = support::EvidenceStatement("one", alliance["commitment-one-2"]);
    statement.variant = number;
    return support::Sign(statement);
  }

  support::SampleAlliance alliance;
  SyntheticLog log;
};

}  // namespace trustlog::testing
