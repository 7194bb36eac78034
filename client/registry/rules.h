// The rules of records.md section 6 for every kind: one table (rules.cc), one function a rule, in the order of checks of 6.4. Pure
// and thread-safe. Internal to client/registry.
//
// A further kind is a row of that table, its relations (references.cc) and its transition (transitions.h).
#pragma once

#include "absl/status/status.h"
#include "client/registry/registry.h"
#include "proto/attest/kind.h"

namespace trustlog::registry {

struct Case;

// Whether some statement could derive to such an entry. Asked of claims whose statement is withheld, so that the rules may rely on
// it.
bool IsDerivable(const attest::Entry& entry);

// Check 6 alone.
[[nodiscard]] absl::Status CheckNotFrozen(const State& state);
// Checks 6, 11 and 16: those before the signatures that depend on the log. A refusal.
[[nodiscard]] absl::Status CheckBeforeSignatures(const State& state, const Record& record);
// Checks 17 (KEY_UNKNOWN alone) to 27. A refusal.   REQUIRES: CheckBeforeSignatures is OK.
[[nodiscard]] absl::Status CheckFromSignatures(const Case& record);
// Both, with the facts they ask for. A refusal, or the FactSource's failure; INTERNAL: not the next record.
[[nodiscard]] absl::Status CheckRecord(const State& state, const Record& record, const FactSource& facts);
// What the record changes.   REQUIRES: both are OK.
void Accept(State& state, const Record& record);

}  // namespace trustlog::registry
