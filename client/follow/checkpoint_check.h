// A checkpoint under a policy: log signature, every known cosignature, quorum, freshness (E1, E5, E13). Pure and thread-safe; time
// is a parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/follow/check_code.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/policy.h"

namespace trustlog::follow {

inline constexpr std::int64_t kMaxClockSkew = 300;  // seconds a cosignature may be ahead (E13)

struct Cosigner {
  std::string name;       // of the policy
  std::int64_t time = 0;  // Unix seconds
};

struct SignedCheckpoint {
  std::string note;  // as it came
  tlog::Checkpoint checkpoint;
  std::string vkey;                 // the log key that signed it, a line of the policy
  std::vector<Cosigner> cosigners;  // counted ones, in the order of the policy
};

struct CheckpointRules {
  const tlog::Policy* policy = nullptr;   // borrowed
  std::int64_t now = 0;                   // Unix seconds
  std::optional<std::int64_t> max_age{};  // seconds; nullopt: freshness is not asked
};

struct CheckpointReport {
  // "log signature" (FILE_MALFORMED, OTHER_LOG, LOG_SIGNATURE_INVALID), "witnesses" (COSIGNATURE_INVALID, QUORUM_NOT_MET) and, if
  // asked, "freshness" (CHECKPOINT_STALE: no quorum among the cosignatures of the last max_age seconds).
  std::vector<Check> checks;
  std::optional<SignedCheckpoint> checkpoint;  // set iff the log's signature is good, whatever the witnesses' checks say
};
CheckpointReport CheckCheckpoint(std::string_view note, const CheckpointRules& rules);

// The checkpoint if every check holds, else CheckFailure of the first.
absl::StatusOr<SignedCheckpoint> OpenCheckpoint(std::string_view note, const CheckpointRules& rules);

// Policy::Parse with POLICY_INVALID as code.
absl::StatusOr<tlog::Policy> ParsePolicy(std::string_view text);

}  // namespace trustlog::follow
