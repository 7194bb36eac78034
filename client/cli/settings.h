// Settings of the client (K6): flags > TRUSTLOG_* > $XDG_CONFIG_HOME/trustlog/config.toml > /etc/trustlog/client.toml, and in a
// file the context of the log before what stands above it. Each value remembers where it came from. Immutable after Load;
// thread-safe.
//
//   default = "eu-prod"
//   [log."eu-prod"]
//   url = "https://log.example/tta-2026/"
//   grpc = "log.example:7070"
//   policy = "eu-1"
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"

namespace trustlog::cli {

using Variables = std::function<std::optional<std::string>(const std::string&)>;

struct Setting {
  std::string value;
  std::string origin;  // "--policy", "TRUSTLOG_POLICY", "/etc/trustlog/client.toml:4", "built in"
};

class Settings final {
 public:
  // Usage errors: a file that is named and absent, one that does not parse, a key that is not one of Names(), a log that no file
  // has.
  static absl::StatusOr<Settings> Load(const Arguments& flags, const Variables& variables);

  // What can be set, in the order of `config show`.
  static std::span<const std::string_view> Names();

  const Setting* Find(std::string_view name) const;  // null: not set anywhere
  std::string Get(std::string_view name) const;      // "" where it is not set
  // Where a policy named NAME may lie, in order.
  const std::vector<std::string>& policy_directories() const { return policy_directories_; }
  const std::string& state_root() const { return state_root_; }  // .../trustlog/logs

 private:
  std::map<std::string, Setting, std::less<>> values_;
  std::vector<std::string> policy_directories_;
  std::string state_root_;
};

}  // namespace trustlog::cli
