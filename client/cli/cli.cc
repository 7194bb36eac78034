#include "client/cli/cli.h"

#include <ostream>

#include "client/cli/command_line.h"
#include "client/cli/commands.h"

namespace trustlog::cli {
namespace {

Commands Assemble() {
  Commands all;
  for (const auto make :
       {VerifyCommands,       ShowCommands,  StatusCommands,    FindCommands,      ProofCommands,     CheckpointCommands,
        PolicyCommands,       EvidenceCommands, KeyCommands,    StatementCommands, AuthorityCommands, SignCommands,
        SubmitCommands,       DisclosureCommands, SaltCommands, LogCommands,       FsckCommands,      AdminCommands,
        MonitorCommands,      BenchCommands, IllustrationCommands, HelpCommands}) {
    for (auto& command : make()) all.push_back(std::move(command));
  }
  return all;
}

bool HasWord(std::span<const std::string> words, std::string_view word) {
  for (const auto& given : words) {
    if (given == word) return true;
  }
  return false;
}

absl::StatusOr<OutputStyle> StyleFrom(const Arguments& arguments, const Environment& environment) {
  OutputStyle style{arguments.Has("json"), arguments.Has("quiet"), arguments.Has("verbose"), false};
  const std::string color = arguments.Get("color", "auto");
  if (color != "auto" && color != "always" && color != "never") return UsageError("--color takes auto, always or never");
  const bool allowed = environment.out_is_terminal && !environment.variable("NO_COLOR");
  style.color = !style.json && (color == "always" || (color == "auto" && allowed));
  return style;
}

}  // namespace

const Commands& AllCommands() {
  static const Commands all = Assemble();
  return all;
}

ExitCode RunCli(std::span<const std::string> words, const Environment& environment) {
  // An error before the line is understood follows --json too.
  Output early(environment.out, environment.err, {.json = HasWord(words, "--json")});
  const auto line = ParseCommandLine(AllCommands(), words);
  if (!line.ok()) return early.Error(line.status());
  if (line->command == nullptr) {
    environment.out << line->help;
    return ExitCode::kOk;
  }
  const auto style = StyleFrom(line->arguments, environment);
  if (!style.ok()) return early.Error(style.status());
  auto settings = Settings::Load(line->arguments, environment.variable);
  if (!settings.ok()) return early.Error(settings.status());
  Session session(environment, *std::move(settings), line->arguments, *style);
  const auto exit = line->command->run(session, line->arguments);
  return exit.ok() ? *exit : session.output().Error(exit.status());
}

}  // namespace trustlog::cli
