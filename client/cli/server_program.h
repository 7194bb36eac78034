// Work on key, mark and database files is done by trustlogd (K12): it is started with the same words, its output and exit code are
// passed through.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/exit_code.h"

namespace trustlog::cli {

// From the directory of this program, else from PATH. A usage error that names the package: it is not there. The child's standard
// streams are this process's.
absl::StatusOr<ExitCode> RunServerProgram(const std::vector<std::string>& words);

}  // namespace trustlog::cli
