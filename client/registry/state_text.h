// What two replays compare: the state of a registry and its verdicts as lines of text (README.md, "State text"), and one digest of a
// log. Two programs that followed the same entries by the same rules print the same. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "client/registry/registry.h"
#include "client/registry/verdict.h"
#include "merkle/hash.h"

namespace trustlog::registry {

// Lines, each with its line feed. `missing`: indices of claims that were followed without their statements and that no notice covers.
std::string StateText(const Registry& registry, std::span<const std::uint64_t> missing);
// One line with its line feed.
std::string VerdictLine(const Question& question, const Answer& answer);

// Verdict lines of all members (ascending by URN) on all principles of the set in force, on the date of the last entry. Not OK: the
// source failed.
absl::StatusOr<std::string> VerdictText(const Registry& registry, const RecordSource& source);
// SHA-256 of the state text and the verdict text.
absl::StatusOr<merkle::Hash> DigestOfLog(const Registry& registry, std::span<const std::uint64_t> missing,
                                         const RecordSource& source);

}  // namespace trustlog::registry
