// The role `log` as a process: signals, systemd, and the exit codes of each way to end (protocols.md T2, T3, T5). What runs is
// log_node.h.
#pragma once

#include <functional>

#include "proto/bytes/exit_code.h"
#include "server/config.h"
#include "server/log_node.h"

namespace trustlog::server {

// Exit codes of protocols.md K3 that a role ends with.
inline constexpr int kExitOk = static_cast<int>(bytes::ExitCode::kOk);
inline constexpr int kExitOther = static_cast<int>(bytes::ExitCode::kOther);
inline constexpr int kExitConfiguration = static_cast<int>(bytes::ExitCode::kUsage);
inline constexpr int kExitMisbehaviour = static_cast<int>(bytes::ExitCode::kMisbehaviourProven);

// Runs until SIGTERM or SIGINT, or a fatal error; the exit code. `ready`: called once when reads and writes are served.
int RunLog(const Config& config, const std::function<void(const Addresses&)>& ready);

}  // namespace trustlog::server
