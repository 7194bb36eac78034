// log init (by trustlogd), log describe.
#include <boost/json.hpp>

#include "client/cli/commands.h"
#include "client/cli/server_program.h"
#include "client/cli/session.h"
#include "fmt/format.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/note.h"

namespace trustlog::cli {
namespace {

constexpr char kWellKnown[] = ".well-known/trustlog.json";
constexpr std::size_t kMaxDescription = 256 * 1024;
constexpr std::uint64_t kQueriesPerDay = 86'400;
constexpr attest::JsonLimits kLimits = {.max_bytes = kMaxDescription, .max_string = 65'536};

absl::StatusOr<ExitCode> Init(Session&, const Arguments& arguments) {
  std::vector<std::string> words = {"init"};
  words.insert(words.end(), arguments.rest.begin(), arguments.rest.end());
  return RunServerProgram(words);
}

std::string TextOf(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

struct Description {
  std::string text;  // the server's JSON, unauthenticated
  boost::json::object members;
};

absl::StatusOr<Description> Fetch(net::Fetcher& fetcher) {
  auto text = fetcher.Get(kWellKnown, kMaxDescription);
  if (!text.ok()) return text.status();
  auto value = attest::ParseStrictJson(*text, kLimits, bytes::Reason::kArgumentInvalid);
  if (!value.ok() || !value->is_object()) {
    return follow::CheckFailure(follow::CheckCode::kFileMalformed, fmt::format("{} is not a JSON object", kWellKnown));
  }
  return Description{*std::move(text), value->get_object()};
}

// The key by the policy where there is one; else the server's own word, which the caller is told.
absl::StatusOr<std::string> VkeyOf(Session& session, const Description& description) {
  if (session.settings().Find("policy") != nullptr) {
    const auto policy = session.Policy();
    if (!policy.ok()) return policy.status();
    return (*policy)->logs().front().vkey.ToString();
  }
  const auto* keys = description.members.if_contains("vkeys");
  if (keys == nullptr || !keys->is_array() || keys->get_array().empty() || !keys->get_array()[0].is_string()) {
    return follow::CheckFailure(follow::CheckCode::kFileMalformed, "the log names no key");
  }
  const auto vkey = tlog::VerifierKey::Parse(std::string(keys->get_array()[0].get_string()));
  if (!vkey.ok()) return follow::CheckFailure(follow::CheckCode::kFileMalformed, bytes::MessageOf(vkey.status()));
  session.output().Talk("UNVERIFIED  the key is the server's own word: compare it with one from elsewhere");
  return vkey->ToString();
}

// A21: unknown keywords and empty values are refused by witnesses, so only what is needed.
absl::StatusOr<std::string> LogsV0(Session& session, const Description& description) {
  const auto vkey = VkeyOf(session, description);
  if (!vkey.ok()) return vkey.status();
  const auto parsed = tlog::VerifierKey::Parse(*vkey);
  std::string text = fmt::format("logs/v0\n\nvkey {}\n", *vkey);
  const std::string origin = TextOf(description.members, "origin");
  if (parsed.ok() && !origin.empty() && parsed->name() != origin) text += fmt::format("origin {}\n", origin);
  text += fmt::format("qpd {}\n", kQueriesPerDay);
  const std::string contact = TextOf(description.members, "contact");
  if (!contact.empty()) text += fmt::format("contact {}\n", Escape(contact));
  return text;
}

absl::StatusOr<ExitCode> Describe(Session& session, const Arguments& arguments) {
  const std::string format = arguments.Get("format", "json");
  const auto fetcher = session.OpenLog();
  if (!fetcher.ok()) return fetcher.status();
  if (format == "policy") {
    const auto policy = (*fetcher)->Get("policy", kMaxDescription);
    if (!policy.ok()) return policy.status();
    session.output().Talk(
        "UNVERIFIED  this is the operator's suggestion: compare the keys with those from elsewhere before you use it");
    session.output().Raw(*policy);
    return ExitCode::kOk;
  }
  const auto description = Fetch(**fetcher);
  if (!description.ok()) return description.status();
  if (format == "json") {
    session.output().Raw(description->text);
    return ExitCode::kOk;
  }
  if (format != "logs-v0") return UsageError(fmt::format("--format {}: not one of json, policy, logs-v0", format));
  const auto text = LogsV0(session, *description);
  if (!text.ok()) return text.status();
  session.output().Raw(*text);
  return ExitCode::kOk;
}

}  // namespace

Commands LogCommands() {
  return {{"log init",
           "make a new log (by trustlogd)",
           {{"--origin", "ORIGIN", "name of the log, for ever", Count::kRequired},
            {"--storage", "URL", "sqlite:PATH", Count::kRequired},
            {"--key-dir", "DIR", "of log.key and trustlogd.toml", Count::kRequired},
            {"--mark", "DIR", "of the signer's mark", Count::kRequired},
            {"--genesis", "FILE", "the signed genesis statement", Count::kRequired}},
           Init,
           false,
           true},
          {"log describe",
           "what the log says of itself, unverified",
           {{"--format", "FORMAT", "json (default), policy or logs-v0"}},
           Describe}};
}

}  // namespace trustlog::cli
