// Exit codes of the programs (protocols.md K3): absl::Status -> number, in one table. Thread-safe.
#pragma once

#include "absl/status/status.h"

namespace trustlog::bytes {

enum class ExitCode : int {
  kOk = 0,
  kOther = 1,
  kUsage = 2,  // usage or configuration
  kNotFound = 3,
  kVerificationFailed = 4,
  kMisbehaviourProven = 5,  // an evidence file was written
  kQuorumOrFreshness = 6,
  kUnavailable = 7,  // or time-out: a retry is safe
  kNotAuthorised = 8,
  kRefused = 9,  // by rule or limit
  kStatusNotGood = 10,
};

// A status with a reason (reason.h) has the code of its status code, PUBLISH_PENDING excepted; one without is about the program's
// own inputs, except for what only a network or a server answers.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace trustlog::bytes
