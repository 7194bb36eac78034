// A listening unix socket whose file is the only right to connect: mode 0660 in a directory that others cannot enter.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace trustlog::runtime {

// Absolute, and short enough for the kernel (107 bytes).
bool IsSocketPath(const std::string& path);

// A non-blocking, close-on-exec listener. The last directory of `path` is made with mode 0750 where it is missing. A socket that
// nobody listens on, which a process that was killed leaves behind, is replaced. FailedPrecondition: no such path, the directory
// gives others a right or lets its group write, there is something else, or somebody listens.
absl::StatusOr<int> ListenOnSocket(const std::string& path);

}  // namespace trustlog::runtime
