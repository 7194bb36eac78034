// The whole program as a function: words in, exit code out (protocols.md section 4). Tests run it in process.
#pragma once

#include <span>
#include <string>

#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace trustlog::cli {

// `words` without the program's name. Does not throw; borrows `environment` for the call.
ExitCode RunCli(std::span<const std::string> words, const Environment& environment);

}  // namespace trustlog::cli
