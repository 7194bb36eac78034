// policy new, check, show: whose signatures count.
#include <algorithm>

#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/quorum.h"
#include "client/cli/session.h"
#include "client/cli/statement_draft.h"
#include "client/follow/checkpoint_check.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/bytes/reason.h"

namespace trustlog::cli {
namespace {

constexpr std::size_t kMaxPolicyBytes = 256 * 1024;

// --witness NAME=VKEY@URL.
absl::StatusOr<std::string> WitnessLine(const std::string& text, std::vector<std::string>& names) {
  const std::size_t equals = text.find('=');
  const std::size_t at = text.rfind('@');
  if (equals == std::string::npos || at == std::string::npos || at < equals) {
    return UsageError(fmt::format("--witness {}: not of the form NAME=VKEY@URL", text));
  }
  names.push_back(text.substr(0, equals));
  return fmt::format("witness {} {} {}\n", names.back(), text.substr(equals + 1, at - equals - 1), text.substr(at + 1));
}

absl::StatusOr<ExitCode> New(Session& session, const Arguments& arguments) {
  std::string text = "log " + arguments.Get("vkey");
  if (const auto url = arguments.Find("url")) text += " " + *url;
  text += "\n";
  std::vector<std::string> names;
  for (const auto& witness : arguments.All("witness")) {
    auto line = WitnessLine(witness, names);
    if (!line.ok()) return line.status();
    text += *line;
  }
  const auto threshold = arguments.Number("threshold", names.size() / 2 + 1);
  if (!threshold.ok()) return threshold.status();
  text += names.empty() ? "quorum none\n"
                        : fmt::format("group witnesses-needed {} {}\nquorum witnesses-needed\n", *threshold, fmt::join(names, " "));
  const auto policy = follow::ParsePolicy(text);
  if (!policy.ok()) return policy.status();
  return WriteFileResult(session, arguments, fmt::format("policy of {} witnesses", names.size()), policy->Format());
}

std::vector<std::string> Warnings(const tlog::Policy& policy, const std::vector<std::set<std::string>>& quorums) {
  std::vector<std::string> warnings;
  if (policy.quorum() == "none")
    warnings.push_back("no witness is asked: the operator alone can show you another history than others");
  if (policy.logs().size() != 1)
    warnings.push_back(
        fmt::format("{} log lines: some readers demand that each has signed; keep one a file", policy.logs().size()));
  for (const auto& witness : policy.witnesses()) {
    if (witness.url.empty()) warnings.push_back(fmt::format("witness {} has no URL: a log cannot ask it", witness.name));
  }
  for (const auto& quorum : quorums) {
    if (quorum.size() == 1) warnings.push_back(fmt::format("{} alone is a quorum", *quorum.begin()));
    std::set<std::string> hosts;
    for (const auto& name : quorum) hosts.insert(OperatorOf(policy, name));
    if (quorum.size() > 1 && hosts.size() == 1)
      warnings.push_back(fmt::format("{} are a quorum, and all belong to {}", fmt::join(quorum, " "), *hosts.begin()));
  }
  return warnings;
}

// The policy of FILE, or the one in use.
absl::StatusOr<tlog::Policy> PolicyOf(Session& session, const Arguments& arguments) {
  if (const auto path = arguments.Find("FILE")) {
    const auto text = ReadInput(*path, kMaxPolicyBytes, session.in());
    if (!text.ok()) return text.status();
    return follow::ParsePolicy(*text);
  }
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  return **policy;
}

absl::StatusOr<ExitCode> Check(Session& session, const Arguments& arguments) {
  const auto policy = PolicyOf(session, arguments);
  if (!policy.ok()) return policy.status();
  const auto quorums = MinimalQuorums(*policy);
  const auto warnings = Warnings(*policy, quorums.sets);
  std::string text = fmt::format("policy    log {}, {} witnesses, quorum {}\n", Escape(policy->logs().front().vkey.name()),
                                 policy->witnesses().size(), Escape(policy->quorum()));
  std::vector<std::string> lines;
  for (const auto& quorum : quorums.sets) {
    lines.push_back(fmt::format("{}", fmt::join(quorum, " ")));
    text += fmt::format("quorum    {}\n", Escape(lines.back()));
  }
  if (!quorums.complete) text += fmt::format("          and more: only the first {} are shown\n", quorums.sets.size());
  for (const auto& warning : warnings) text += fmt::format("warning   {}\n", Escape(warning));
  session.output().Result(text, JsonObject()
                                    .Text("origin", policy->logs().front().vkey.name())
                                    .Texts("minimalQuorums", lines)
                                    .Flag("complete", quorums.complete)
                                    .Texts("warnings", warnings));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Show(Session& session, const Arguments& arguments) {
  const auto policy = PolicyOf(session, arguments);
  if (!policy.ok()) return policy.status();
  session.output().Result(policy->Format(), JsonObject().Text("policy", policy->Format()));
  return ExitCode::kOk;
}

}  // namespace

Commands PolicyCommands() {
  const Option file = {"FILE", "", "a policy; default: the one in use"};
  return {{"policy new",
           "write a policy: the log's key, witnesses, how many of them are needed",
           {{"--vkey", "VKEY", "the log's key", Count::kRequired},
            {"--url", "URL", "of the log"},
            {"--witness", "NAME=VKEY@URL", "a witness", Count::kAny},
            {"--threshold", "K", "so many of the witnesses (default: more than half)"},
            {"-o,--output", "FILE", "default: stdout"}},
           New},
          {"policy check", "minimal quorums of a policy, and what is weak about it, offline", {file}, Check},
          {"policy show", "the policy in one form, without comments", {file}, Show}};
}

}  // namespace trustlog::cli
