// The fixed function (statement, signatures) -> entry of records.md 3.2: whoever holds the statement recomputes every field of its
// entry but logged_at_ms. Pure and thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"

namespace trustlog::attest {

// `signatures` in any order; logged_at_ms is 0 in the result. Check 15: TOO_LARGE where a limit of 3.1 is passed.
absl::StatusOr<Entry> Derive(const Statement& statement, const Id& statement_id, std::vector<EntrySignature> signatures);

// Whether Derive gives `logged`, logged_at_ms left aside; or the refusal that Derive gives.
//   REQUIRES: DecodeEntry gave `logged`.
absl::StatusOr<bool> IsDerivedFrom(const Statement& statement, const Entry& logged);

// Check 15 before the signing keys are known: as Derive, with placeholders for the key ids of signatures of these sizes.
[[nodiscard]] absl::Status CheckDerivedSize(const Statement& statement, std::span<const std::size_t> signature_sizes);

}  // namespace trustlog::attest
