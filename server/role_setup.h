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

// Admits every envelope at time `now` before anything is created: a refusal is returned as the registry gave it. FailedPrecondition:
// a store, key, mark, policy or configuration exists at its place already, or what an interrupted run left there (the message names
// the files to remove). PermissionDenied: others can write into the directory of the key or of the mark. Missing directories are
// made. An error leaves nothing of what this call made; on success all of it is on the disk, and the settings name absolute paths.
// `now`: Unix time, also the date of inception.
absl::StatusOr<InitResult> InitLog(const InitOptions& options, std::chrono::milliseconds now);

}  // namespace trustlog::server
