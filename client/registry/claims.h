// How records and parties stand, for the lists beside a verdict (verdict.h has the verdict): each a pure function of the entries
// below a size, on a date where the word needs one. Thread-safe where the registry and the source are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/registry.h"
#include "client/registry/verdict.h"

namespace trustlog::registry {

// A commitment on a date (7.1); the first that applies.
enum class CommitmentState : std::uint8_t {
  kCorrected,  // dead: a correction took its place
  kRetracted,
  kNotYet,    // it begins later
  kReplaced,  // a later link of its chain has begun
  kLapsed,    // it is over, or its member has left
  kInForce,
};
std::string_view CommitmentStateName(CommitmentState state);  // "IN_FORCE"
std::optional<CommitmentState> ParseCommitmentState(std::string_view name);

// REQUIRES: `commitment` is one, not void and below as_of.size <= registry.size(). Not OK: the source failed.
absl::StatusOr<CommitmentState> StateOfCommitment(const Registry& registry, const RecordSource& source, const Fact& commitment,
                                                  AsOf as_of);

// What later records have made of a claim.
struct Fate {
  std::optional<std::uint64_t> corrected_by, renewed_by;  // at most one of them
  std::optional<std::uint64_t> retracted_by;
  std::int64_t retracted_from = 0;  // Unix seconds, 0 = from the start
  bool tainted = false;             // signed by a key that was compromised then (6.7)
};
// Kinds that have one chain (commitments) do not tell their renewals: those are a state.
//   REQUIRES: size <= registry.size().
Fate FateOf(const Registry& registry, const Fact& claim, std::uint64_t size);

// effect(code, t) of a result, t being its own time: "positive".   REQUIRES: size <= registry.size().
std::string_view EffectOfResult(const Registry& registry, const Fact& result, std::uint64_t size);

// A party on a date.
struct Standing {
  std::string status;                   // code of status(party, date); "": none
  std::string_view effect = "neutral";  // of that status
  std::optional<std::uint64_t> status_index;
  std::optional<std::uint64_t> withdrawn_by;
};
//   REQUIRES: as_of.size <= registry.size().
Standing StandingOf(const Registry& registry, std::string_view party, AsOf as_of);

// The earlier records that let the signers of this one speak: the registration of each key (of a role's key genesis or the role
// change that named it), the admission of its owner, and of a record that needs one the auditor's accreditation. What entitles
// these in turn is asked of them. Ascending; `entry` may be void.
std::vector<std::uint64_t> EntitledBy(const Registry& registry, std::uint64_t index, const attest::Entry& entry);

// What the log says of a party below a size: its admission, the registrations and revocations of its keys, its statuses and
// withdrawals. Of a role: where its keys were named. Ascending.   REQUIRES: size <= registry.size().
std::vector<std::uint64_t> HistoryOf(const Registry& registry, std::string_view urn, std::uint64_t size);

}  // namespace trustlog::registry
