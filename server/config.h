// The settings of `trustlogd log`: TOML file and environment -> a checked Config (protocols.md section 5). Unknown keys are errors;
// keys of parts that this version does not have are refused with a sentence that says so. Pure but for reading the file; no file or
// port is opened for writing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/admission/quota.h"

namespace trustlog::server {

struct Config {
  struct {
    std::string origin, key, mark, inception, policy_file, contact;
    bool read_only = false;
    bool personal_data_lint = true;
  } log;
  struct {
    std::size_t max = 4'096;
    std::size_t queue = 20'000;
  } batch;
  struct {
    std::chrono::milliseconds interval{1'000};
    std::uint64_t max_unpublished = 100'000;
    bool recheck_signatures = false;  // publish.recheck = "full"
  } publish;
  struct {
    std::string url;
    std::uint64_t min_free = 1ull << 30;
    std::uint64_t tile_cache = 64ull << 20;
  } storage;
  struct {
    std::string policy;
  } witness_client;
  struct {
    std::vector<std::string> listen = {"127.0.0.1:7070"};
    std::string admin_socket;  // "": none
    bool behind_proxy = false;
    bool reflection = true;
    std::size_t max_connections = 1'024;
    std::size_t max_connections_per_address = 32;
  } rpc;
  struct {
    std::vector<std::string> listen = {"127.0.0.1:7080"};
    std::string admin_listen = "127.0.0.1:7072";
    std::string public_url;
    std::size_t max_connections = 1'024;
    std::size_t max_connections_per_address = 128;
    std::chrono::milliseconds drain_wait{2'000};
  } http;
  admission::QuotaOptions quota;
  double queue_share = 0.25;
  struct {
    std::string level = "info";
    std::string format = "auto";
  } telemetry;
};

// One line an error: "file:line:column: key: what is wrong".
using ConfigErrors = std::vector<std::string>;

// `environment`: name -> value, of which TRUSTLOGD_SECTION__KEY win over the file. InvalidArgument: the errors, one a line.
absl::StatusOr<Config> ParseConfig(std::string_view toml, std::string_view file_name,
                                   const std::map<std::string, std::string>& environment);
absl::StatusOr<Config> ReadConfig(const std::string& path);

// The effective settings as TOML; what ParseConfig reads back. Paths of keys are shown, never their content.
std::string FormatConfig(const Config& config);

}  // namespace trustlog::server
