// Validation: everything about a submission that needs no order (records.md 6.4, checks 1-4, 6-17), on many threads at once. What
// comes out is well-formed and its signatures are verified; whether its keys may sign it is decided in order (registry_admitter.h).
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/registry.h"
#include "client/registry/signatures.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"
#include "server/admission/live_registry.h"
#include "server/log/admitter.h"
#include "server/metrics/metrics.h"

namespace trustlog::admission {

// A submission after validation. Immutable.
class CheckedStatement final : public log::Submission {
 public:
  CheckedStatement(attest::Envelope submitted, attest::Statement parsed, attest::Entry derived,
                   std::optional<std::uint64_t> candidates_at_in);

  const storage::Id& id() const override { return entry.statement_id; }
  std::span<const storage::Id> refs() const override { return refs_; }
  std::size_t bytes() const override { return envelope.payload.size() + 512; }
  const std::string& companion() const override { return envelope.payload; }
  const std::string& issuer() const override { return entry.issuer; }

  const attest::Envelope envelope;
  const attest::Statement statement;
  const attest::Entry entry;  // logged_at_ms is 0
  // Its signature was matched by trying the issuer's keys, as they were at this Registry::key_set_version().
  const std::optional<std::uint64_t> candidates_at;

 private:
  std::vector<storage::Id> refs_;
};

class Validator final {
 public:
  struct Options {
    bool personal_data_lint = true;  // records.md section 9, point 5
  };
  // Borrows all.
  Validator(const LiveRegistry& registry, metrics::Metrics& metrics, Options options);

  // The statement id, after checks 1-4. Refusals: as attest::CheckEnvelope.
  absl::StatusOr<storage::Id> Identify(const attest::Envelope& envelope) const;

  // Checks 6-17 of an envelope that Identify took and that is not logged yet, then the lint. `earlier`: keys that earlier
  // statements of the same request carry.
  absl::StatusOr<std::unique_ptr<CheckedStatement>> Validate(attest::Envelope envelope,
                                                             const std::vector<keys::PublicKey>& earlier) const;

 private:
  const LiveRegistry& registry_;
  metrics::Metrics& metrics_;
  const Options options_;
};

}  // namespace trustlog::admission
