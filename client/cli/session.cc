#include "client/cli/session.h"

#include <sys/stat.h>

#include "client/cli/files.h"
#include "client/net/http_fetcher.h"
#include "client/rpc/log_client.h"
#include "fmt/format.h"
#include "proto/keys/key.h"

namespace trustlog::cli {
namespace {

constexpr std::size_t kMaxPolicyBytes = 256 * 1024;
constexpr std::int64_t kDefaultTimeoutMs = 10'000;

bool IsFile(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// A policy whose only key nobody has: every check that needs a signature fails under it.
absl::StatusOr<tlog::Policy> NobodysPolicy() {
  const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519);
  if (!key.ok()) return key.status();
  const auto vkey = tlog::VerifierKey::Make("nobody.invalid", tlog::kTypeEd25519, key->public_key());
  if (!vkey.ok()) return vkey.status();
  return tlog::Policy::Parse(fmt::format("log {}\nquorum none\n", vkey->ToString()));
}

}  // namespace

Session::Session(const Environment& environment, Settings settings, const Arguments& flags, OutputStyle style)
    : environment_(environment),
      settings_(std::move(settings)),
      output_(environment.out, environment.err, style),
      skips_policy_(flags.Has("insecure-skip-policy")),
      keeps_state_(!flags.Has("no-state") && !flags.Has("insecure-skip-policy")) {}

std::string Session::policy_name() const { return BaseName(settings_.Get("policy")); }

absl::StatusOr<const tlog::Policy*> Session::Policy() {
  if (policy_) return &*policy_;
  if (skips_policy_) {
    auto nobody = NobodysPolicy();
    if (!nobody.ok()) return nobody.status();
    policy_ = *std::move(nobody);
    return &*policy_;
  }
  const std::string name = settings_.Get("policy");
  if (name.empty()) {
    return UsageError(
        "no policy is set: nothing says whose signatures count",
        "give --policy FILE or NAME, or set it for the log in the settings; --insecure-skip-policy verifies no signature at all");
  }
  std::string path = name;
  if (name.find('/') == std::string::npos && !IsFile(name)) {
    path.clear();
    for (const auto& directory : settings_.policy_directories()) {
      for (const std::string& candidate : {directory + "/" + name, directory + "/" + name + ".policy"}) {
        if (path.empty() && IsFile(candidate)) path = candidate;
      }
    }
  }
  if (path.empty() || !IsFile(path)) {
    return UsageError(fmt::format("there is no policy \"{}\" (from {})", name, settings_.Find("policy")->origin),
                      fmt::format("it is a file, or the name of one in {}", settings_.policy_directories().front()));
  }
  const auto text = ReadInput(path, kMaxPolicyBytes, environment_.in);
  if (!text.ok()) return text.status();
  auto policy = follow::ParsePolicy(*text);
  if (!policy.ok()) return policy.status();
  policy_ = *std::move(policy);
  return &*policy_;
}

absl::StatusOr<std::string> Session::Origin(const Arguments& arguments) {
  if (const auto origin = arguments.Find("origin")) return *origin;
  if (skips_policy_ || settings_.Find("policy") == nullptr) {
    return UsageError("no origin: which log is the statement for?", "give --origin ORIGIN, or a policy that names the log");
  }
  const auto policy = Policy();
  if (!policy.ok()) return policy.status();
  return (*policy)->logs().front().vkey.name();
}

absl::StatusOr<std::unique_ptr<net::Fetcher>> Session::OpenUrl(const std::string& url) const {
  if (environment_.open_url) return environment_.open_url(url);
  net::HttpOptions options;
  const std::string contact = settings_.Get("contact");
  if (!contact.empty()) options.user_agent += fmt::format(" ({})", contact);
  const auto timeout = TimeoutMs();
  if (!timeout.ok()) return timeout.status();
  options.timeout = std::chrono::milliseconds(*timeout);
  auto fetcher = net::HttpFetcher::Create(url, options);
  if (!fetcher.ok()) return UsageError(std::string(fetcher.status().message()), "an https URL, or http to this machine");
  return std::unique_ptr<net::Fetcher>(*std::move(fetcher));
}

absl::StatusOr<std::unique_ptr<net::Fetcher>> Session::OpenLog() const {
  if (!has_url()) return UsageError("no log is set to read from", "give --log NAME or --log URL, or set a default in the settings");
  return OpenUrl(settings_.Get("url"));
}

absl::StatusOr<std::unique_ptr<rpc::LogClient>> Session::Connect(Retries retries) {
  if (!has_grpc())
    return UsageError("no log is set to call", "give --grpc HOST:PORT, or --log NAME of one that has grpc in the settings");
  const auto timeout = TimeoutMs();
  if (!timeout.ok()) return timeout.status();
  rpc::ClientOptions options{.target = settings_.Get("grpc"),
                             .tls = {settings_.Get("tls_ca"), settings_.Get("tls_cert"), settings_.Get("tls_key")}};
  options.timeout = std::chrono::milliseconds(*timeout);
  if (retries == Retries::kTold) options.on_retry = [this](const std::string& what) { output_.Detail(Escape(what)); };
  return rpc::LogClient::Create(std::move(options));
}

absl::StatusOr<std::int64_t> Session::TimeoutMs() const {
  const std::string text = settings_.Get("timeout");
  if (text.empty()) return kDefaultTimeoutMs;
  const auto milliseconds = ParseMilliseconds(text);
  if (!milliseconds || *milliseconds == 0)
    return UsageError(fmt::format("timeout: \"{}\" is not a duration such as 500ms, 10s or 2m", text));
  return *milliseconds;
}

}  // namespace trustlog::cli
