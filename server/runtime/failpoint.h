// Named places where a test build can be made to fail (reliability.md 5.5): TRUSTLOG_FAILPOINT=name:action[:nth], action one of
// exit, error, stop. The variable is read at the first point that the process passes. A release build contains neither the names
// nor the code. Thread-safe.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace trustlog::runtime {

#ifdef TRUSTLOG_FAILPOINTS
// OK, or the error that was asked for; may not return.
absl::Status HitFailpoint(std::string_view name);
#define TRUSTLOG_FAILPOINT(name) ::trustlog::runtime::HitFailpoint(name)
#else
#define TRUSTLOG_FAILPOINT(name) ::absl::OkStatus()
#endif

}  // namespace trustlog::runtime
