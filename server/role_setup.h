// What is done once, with key, mark and database files at hand: `trustlogd init` makes a log (protocols.md T1). Nothing here runs
// beside a log that is in service.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config.h"

namespace trustlog::server {

struct InitOptions {
  std::string origin;
  std::string storage_url;    // "sqlite:PATH"
  std::string key_directory;  // log.key, trustlogd.toml and log.policy are written here
  std::string mark_directory;
  std::vector<std::string> envelopes;  // DSSE JSON: the genesis statement, then what follows it (--dev), in order
  std::string policy_file;             // "" = key_directory/log.policy
};

struct InitResult {
  std::string vkey;
  std::uint64_t size = 0;
  std::string config_path;
};

// Admits every envelope at time `now` before anything is created: a refusal is returned as the registry gave it, and nothing exists
// then. FailedPrecondition: a store, key, mark, policy or configuration exists at its place already. `now`: Unix time, also the
// date of inception.
absl::StatusOr<InitResult> InitLog(const InitOptions& options, std::chrono::milliseconds now);

}  // namespace trustlog::server
