// Exit codes of trustlog, and of trustlogd where it does the same work (protocols.md K3): absl::Status -> number, in one table.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/follow/check_code.h"

namespace trustlog::cli {

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

// A failed check has the code of its table (check_code.h); a reason that of its status code, PUBLISH_PENDING excepted; a status
// without either is about this program's own inputs, except for what only a network or a server answers.
ExitCode ExitCodeOf(const absl::Status& status);
ExitCode ExitCodeOf(follow::CheckCode code);

// The caller's input is not usable: exit 2. `message`: what is wrong, with the value; `remedy`: what to do.
[[nodiscard]] absl::Status UsageError(std::string_view message, std::string_view remedy = "");
// The remedy of a UsageError; "" where there is none.
std::string RemedyOf(const absl::Status& status);
bool IsUsageError(const absl::Status& status);

}  // namespace trustlog::cli
