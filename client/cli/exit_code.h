// Exit codes of trustlog (protocols.md K3): the table of all programs, and what only this one knows: usage, output that was lost,
// failed checks. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/follow/check_code.h"
#include "proto/bytes/exit_code.h"

namespace trustlog::cli {

using bytes::ExitCode;

// A failed check has the code of its table (check_code.h); everything else as in exit_code.h of proto/bytes.
ExitCode ExitCodeOf(const absl::Status& status);
ExitCode ExitCodeOf(follow::CheckCode code);

// The caller's input is not usable: exit 2. `message`: what is wrong, with the value; `remedy`: what to do.
[[nodiscard]] absl::Status UsageError(std::string_view message, std::string_view remedy = "");
bool IsUsageError(const absl::Status& status);

// The work was done, and what it gave could not be written: exit 1.
[[nodiscard]] absl::Status NotWritten(std::string_view message, std::string_view remedy = "");
bool IsNotWritten(const absl::Status& status);

// Two things that were compared are not the same, or a signature of others is not good: exit 4. What concerns an entry and its
// proof has a code of check_code.h instead.
[[nodiscard]] absl::Status Mismatch(std::string_view message, std::string_view remedy = "");
bool IsMismatch(const absl::Status& status);

// The remedy of any of the three; "" where there is none.
std::string RemedyOf(const absl::Status& status);

}  // namespace trustlog::cli
