// Help on a stable code (K4): the reasons of the log (proto/bytes/reason.h), the codes of failed checks (check_code.h), and those
// of this program for what only a caller meets. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace trustlog::cli {

struct Help {
  std::string code, means, remedy;
};

Help HelpFor(const absl::Status& status);
std::optional<Help> HelpForCode(std::string_view code);  // "PROOF_ROOT_MISMATCH"
std::vector<std::string> AllCodes();                     // ascending

}  // namespace trustlog::cli
