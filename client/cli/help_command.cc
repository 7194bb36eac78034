// help, completion, version, config show.
#include "client/cli/command_line.h"
#include "client/cli/commands.h"
#include "client/cli/help_table.h"
#include "client/cli/session.h"
#include "fmt/format.h"

namespace trustlog::cli {
namespace {

constexpr std::string_view kVersion = "0.1.0";

absl::StatusOr<ExitCode> HelpOn(Session& session, const Arguments& arguments) {
  std::string words;
  for (const auto& word : arguments.All("WORDS")) words += (words.empty() ? "" : " ") + word;
  if (words.empty()) {
    session.output().Raw(FormatOverview(AllCommands()));
    return ExitCode::kOk;
  }
  if (words == "errors") {
    for (const auto& code : AllCodes()) session.output().Raw(code + "\n");
    return ExitCode::kOk;
  }
  if (words.starts_with("errors/")) {
    const std::string code = words.substr(7);
    const auto help = HelpForCode(code);
    if (!help) return UsageError(fmt::format("there is no code {}", code), "trustlog help errors lists them");
    session.output().Result(fmt::format("{}\n  means   {}\n  do      {}\n", help->code, help->means, help->remedy),
                            JsonObject().Text("code", help->code).Text("means", help->means).Text("do", help->remedy));
    return ExitCode::kOk;
  }
  for (const Command& command : AllCommands()) {
    if (command.path != words) continue;
    session.output().Raw(FormatHelp(command));
    return ExitCode::kOk;
  }
  return UsageError(fmt::format("there is no help on \"{}\"", words), "trustlog --help lists what there is");
}

absl::StatusOr<ExitCode> Completion(Session& session, const Arguments& arguments) {
  if (arguments.Get("SHELL") != "bash")
    return UsageError(fmt::format("completion for \"{}\" is not built in", arguments.Get("SHELL")), "trustlog completion bash");
  session.output().Raw(FormatBashCompletion(AllCommands()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Version(Session& session, const Arguments&) {
  session.output().Result(fmt::format("trustlog {}\n", kVersion), JsonObject().Text("version", kVersion));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ShowConfig(Session& session, const Arguments& arguments) {
  std::string text;
  std::vector<JsonObject> list;
  for (const auto name : Settings::Names()) {
    const Setting* setting = session.settings().Find(name);
    if (setting == nullptr) continue;
    text += fmt::format("{:<12}{}{}\n", name, Escape(setting->value),
                        arguments.Has("origin") ? "   (" + Escape(setting->origin) + ")" : "");
    list.push_back(JsonObject().Text("name", name).Text("value", setting->value).Text("origin", setting->origin));
  }
  text += fmt::format("{:<12}{}\n", "state", Escape(session.settings().state_root()));
  session.output().Result(text, JsonObject().Objects("settings", list).Text("state", session.settings().state_root()));
  return ExitCode::kOk;
}

}  // namespace

Commands HelpCommands() {
  return {{"config show", "the settings in force", {{"--origin", "", "and where each came from"}}, ShowConfig},
          {"completion", "a completion script for a shell", {{"SHELL", "", "bash", Count::kRequired}}, Completion},
          {"help",
           "help on a command, or on an error: help errors/REASON",
           {{"WORDS", "", "a command's words, errors, or errors/REASON", Count::kAny}},
           HelpOn},
          {"version", "the version of this program", {}, Version}};
}

}  // namespace trustlog::cli
