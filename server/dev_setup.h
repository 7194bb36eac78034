// `trustlogd log --dev`: a whole throw-away log in one directory, for whoever wants to try. Its origin starts with TEST-, and
// nothing about it is safe to keep.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/config.h"
#include "server/log_node.h"

namespace trustlog::server {

struct Dev {
  Config config;
  std::string directory;  // absolute
  std::string vkey;
  std::string member;  // URN of the admitted member
};

// Takes the log that an earlier run made there; where there is none, makes one in `directory`.new and puts it in place, whole.
// FailedPrecondition: `directory` holds something else. PermissionDenied: it belongs to somebody else, or others may write in it.
absl::StatusOr<Dev> PrepareDev(const std::string& directory);

// The settings of the client tool for this log, as it listens: directory/client.toml, replaced.
[[nodiscard]] absl::Status WriteClientConfig(const Dev& dev, const Addresses& addresses);

// What is printed when it serves: a warning and the commands that use it.
std::string FormatDevBanner(const Dev& dev, const Addresses& addresses);

}  // namespace trustlog::server
