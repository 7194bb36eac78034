// One run of the program: settings, output, and what commands ask of the world around them: the policy, the log's reader and its
// gRPC service, this client's memory, the clock. Made by RunCli; single-threaded, but for OpenLog, OpenUrl and a silent Connect.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/cli/settings.h"
#include "client/follow/checkpoint_check.h"
#include "client/net/fetcher.h"
#include "proto/tlog/policy.h"

namespace trustlog::rpc {
class LogClient;
}

namespace trustlog::cli {

// What a process gives to the program; tests bring their own.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false, err_is_terminal = false;
  Variables variable;
  std::function<std::int64_t()> now;                                                                // Unix seconds
  std::function<absl::StatusOr<std::unique_ptr<net::Fetcher>>(const std::string& url)> open_url{};  // empty: over HTTP
};

class Session final {
 public:
  Session(const Environment& environment, Settings settings, const Arguments& flags, OutputStyle style);

  Output& output() { return output_; }
  const Settings& settings() const { return settings_; }
  std::istream& in() const { return environment_.in; }
  std::ostream& err() const { return environment_.err; }
  std::int64_t now() const { return environment_.now(); }

  bool skips_policy() const { return skips_policy_; }
  bool keeps_state() const { return keeps_state_; }
  // The policy by --policy and the settings. A usage error: none is named, or it does not exist; POLICY_INVALID. Under
  // --insecure-skip-policy: one that counts nobody's signature.
  absl::StatusOr<const tlog::Policy*> Policy();
  std::string policy_name() const;  // as it was named

  // The origin that statements are made for: --origin, else the only log of the policy.
  absl::StatusOr<std::string> Origin(const Arguments& arguments);

  // A usage error: no url is set.
  absl::StatusOr<std::unique_ptr<net::Fetcher>> OpenLog() const;
  absl::StatusOr<std::unique_ptr<net::Fetcher>> OpenUrl(const std::string& url) const;
  // A usage error: no grpc is set. With Retries::kSilent the client may be used on any thread; else its retries are told here.
  enum class Retries { kTold, kSilent };
  absl::StatusOr<std::unique_ptr<rpc::LogClient>> Connect(Retries retries = Retries::kTold);
  bool has_grpc() const { return settings_.Find("grpc") != nullptr; }
  bool has_url() const { return settings_.Find("url") != nullptr; }
  absl::StatusOr<std::int64_t> TimeoutMs() const;

 private:
  const Environment& environment_;
  const Settings settings_;
  Output output_;
  const bool skips_policy_, keeps_state_;
  std::optional<tlog::Policy> policy_;
};

}  // namespace trustlog::cli
