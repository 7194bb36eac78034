// What a record may refer to (records.md 6.5): check 24 as a table of relations, check 25 over the chains. Internal to
// client/registry. Pure.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/registry/case.h"

namespace trustlog::registry {

// The record with the facts that its rules ask for. Not OK: the source failed.
absl::StatusOr<Case> FindCase(const State& state, const Record& record, const FactSource& facts);

// Check 24. REF_NOT_FOUND{id}, REF_WRONG_KIND{id}, REF_WRONG_PARTY{id}, PRINCIPLE_UNKNOWN, REF_RETRACTED{id}.
[[nodiscard]] absl::Status CheckReferences(const Case& record);

// The record that this one supersedes; null: none.
const attest::Ref* SupersededBy(const attest::Entry& entry);

// Check 25. `chain`: of the kinds that have one chain (5.2, 5.3), where this record belongs. SUPERSEDES_NOT_HEAD{head}. O(chain)
// when refused.
[[nodiscard]] absl::Status CheckSupersedes(const Case& record, const std::optional<ChainKey>& chain);

}  // namespace trustlog::registry
