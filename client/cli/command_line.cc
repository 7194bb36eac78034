#include "client/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <list>
#include <set>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace trustlog::cli {
namespace {

constexpr Option kGlobals[] = {
    {"--log", "NAME|URL", "which log: a name of the settings, or its base URL", Count::kOptional},
    {"--grpc", "HOST:PORT", "where that log takes calls", Count::kOptional},
    {"--policy", "FILE|NAME", "whose signatures count", Count::kOptional},
    {"--insecure-skip-policy", "", "verify nobody's signature: the result is UNVERIFIED, exit 6", Count::kOptional},
    {"--json", "", "one JSON object for programs; lists: one a line", Count::kOptional},
    {"-q,--quiet", "", "results only, no talk", Count::kOptional},
    {"-v,--verbose", "", "more talk: full hashes, retries", Count::kOptional},
    {"--color", "WHEN", "auto, always or never", Count::kOptional},
    {"--timeout", "D", "time for a call with its retries (default 10s)", Count::kOptional},
    {"--config", "FILE", "settings from this file alone", Count::kOptional},
    {"--no-state", "", "neither read nor keep this client's memory of the log", Count::kOptional},
    {"--yes", "", "answer yes to questions", Count::kOptional},
    {"--no-input", "", "never ask", Count::kOptional},
    {"-h,--help", "", "this text", Count::kOptional},
};

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> words;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(' '), path.size());
    words.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return words;
}

// "-o,--output" -> {"-o", "--output"}.
std::vector<std::string> SpellingsOf(const Option& option) {
  const std::size_t comma = option.name.find(',');
  if (comma == std::string_view::npos) return {std::string(option.name)};
  return {std::string(option.name.substr(0, comma)), std::string(option.name.substr(comma + 1))};
}

const Option* FindGlobal(std::string_view word) {
  const std::string name(word.substr(0, word.find('=')));
  for (const Option& option : kGlobals) {
    const auto spellings = SpellingsOf(option);
    if (std::find(spellings.begin(), spellings.end(), name) != spellings.end()) return &option;
  }
  return nullptr;
}

// How many of the leading words are global options with their values.
std::size_t CountLeadingGlobals(std::span<const std::string> words) {
  std::size_t at = 0;
  while (at < words.size() && words[at].starts_with("-")) {
    const Option* option = FindGlobal(words[at]);
    if (option == nullptr) break;
    at += option->is_flag() || words[at].find('=') != std::string::npos ? 1 : 2;
  }
  return std::min(at, words.size());
}

// The command with the longest path that `words` begin with.
const Command* FindCommand(const Commands& commands, std::span<const std::string> words) {
  const Command* best = nullptr;
  for (const Command& command : commands) {
    const auto path = SplitPath(command.path);
    if (path.size() > words.size() || !std::equal(path.begin(), path.end(), words.begin())) continue;
    if (best == nullptr || command.path.size() > best->path.size()) best = &command;
  }
  return best;
}

bool IsNoun(const Commands& commands, std::string_view word) {
  return std::any_of(commands.begin(), commands.end(),
                     [word](const Command& c) { return c.path.starts_with(std::string(word) + " "); });
}

absl::Status UnknownCommand(const Commands& commands, std::span<const std::string> words) {
  if (IsNoun(commands, words[0])) {
    const std::string given = words.size() > 1 ? fmt::format("\"{} {}\" is not a command", words[0], words[1])
                                               : fmt::format("\"{}\" needs a verb", words[0]);
    return UsageError(given, fmt::format("trustlog {} --help lists what there is", words[0]));
  }
  return UsageError(fmt::format("\"{}\" is not a command", words[0]), "trustlog --help lists what there is");
}

std::string FormatNoun(const Commands& commands, std::string_view noun) {
  std::string text;
  for (const Command& command : commands) {
    if (!command.hidden && command.path.starts_with(std::string(noun) + " "))
      text += fmt::format("  trustlog {:<24}{}\n", command.path, command.summary);
  }
  return text;
}

// One option of the parser, and where its values wait.
struct Bound {
  const Option* option;
  std::vector<std::string> values;
  bool flag = false;
};

void Bind(CLI::App& app, Bound& bound) {
  const Option& option = *bound.option;
  if (option.is_flag()) {
    app.add_flag(std::string(option.name), bound.flag);
    return;
  }
  const bool many = option.count == Count::kAny || option.count == Count::kAtLeastOne;
  const bool needed = option.count == Count::kRequired || option.count == Count::kAtLeastOne;
  const bool takes_more = option.is_positional() && many;
  auto* added = app.add_option(std::string(option.name), bound.values);
  added->expected(1, takes_more ? CLI::detail::expected_max_vector_size : 1);
  added->allow_extra_args(takes_more);
  if (!option.is_positional()) added->multi_option_policy(many ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
  if (needed) added->required();
}

absl::Status ParseOptions(const Command& command, std::vector<std::string> words, Arguments& arguments) {
  CLI::App app;
  app.set_help_flag();
  std::list<Bound> all;
  for (const Option& option : command.options) all.push_back({&option, {}});
  for (const Option& option : kGlobals) all.push_back({&option, {}});
  for (Bound& bound : all) Bind(app, bound);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {  // CLI11's way to end a parse
    return UsageError(error.what(), fmt::format("trustlog {} --help", command.path));
  }
  for (Bound& bound : all) {
    if (bound.flag) arguments.Add(bound.option->key(), "");
    for (auto& value : bound.values) arguments.Add(bound.option->key(), std::move(value));
  }
  return absl::OkStatus();
}

bool AsksForHelp(std::span<const std::string> words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) { return word == "--help" || word == "-h"; });
}

std::string FormatOption(const Option& option) {
  std::string spelling =
      option.is_positional() ? std::string(option.name) : fmt::format("{}", fmt::join(SpellingsOf(option), ", "));
  if (!option.is_positional() && !option.is_flag()) spelling += fmt::format(" {}", option.value);
  return fmt::format("  {:<28}{}{}\n", spelling, option.help,
                     option.count == Count::kAny && !option.is_positional() ? " (may be repeated)" : "");
}

std::string FormatUsage(const Command& command) {
  std::string usage = fmt::format("trustlog {}", command.path);
  for (const Option& option : command.options) {
    const auto spellings = SpellingsOf(option);
    std::string word = option.is_positional() ? spellings.back() : spellings.front();
    if (!option.is_positional() && !option.is_flag()) word += fmt::format(" {}", option.value);
    switch (option.count) {
      case Count::kRequired:
        break;
      case Count::kOptional:
        word = fmt::format("[{}]", word);
        break;
      case Count::kAny:
        word = fmt::format("[{}]...", word);
        break;
      case Count::kAtLeastOne:
        word += "...";
        break;
    }
    usage += " " + word;
  }
  return usage;
}

}  // namespace

std::span<const Option> GlobalOptions() { return kGlobals; }

absl::StatusOr<ParsedLine> ParseCommandLine(const Commands& commands, std::span<const std::string> words) {
  const std::size_t leading = CountLeadingGlobals(words);
  const auto rest = words.subspan(leading);
  if (rest.empty()) return ParsedLine{nullptr, {}, FormatOverview(commands)};
  const Command* command = FindCommand(commands, rest);
  if (command == nullptr) {
    const bool noun_help = IsNoun(commands, rest[0]) && AsksForHelp(rest);
    if (noun_help) return ParsedLine{nullptr, {}, FormatNoun(commands, rest[0])};
    if (rest[0].starts_with("-"))
      return UsageError(fmt::format("\"{}\" is not an option of every command", rest[0]), "give it after the command's words");
    return UnknownCommand(commands, rest);
  }
  ParsedLine line{command, {}, ""};
  const auto own = rest.subspan(SplitPath(command->path).size());
  if (command->passes_through) {
    line.arguments.rest.assign(own.begin(), own.end());
    return line;
  }
  if (AsksForHelp(own) || AsksForHelp(words.first(leading))) return ParsedLine{nullptr, {}, FormatHelp(*command)};
  std::vector<std::string> all(own.begin(), own.end());
  all.insert(all.begin(), words.begin(), words.begin() + static_cast<std::ptrdiff_t>(leading));
  if (auto status = ParseOptions(*command, std::move(all), line.arguments); !status.ok()) return status;
  return line;
}

std::string FormatHelp(const Command& command) {
  std::string text = fmt::format("{}\n\n  {}\n", command.summary, FormatUsage(command));
  if (!command.options.empty()) text += "\n";
  for (const Option& option : command.options) text += FormatOption(option);
  if (command.passes_through) return text + "\nEvery word is passed on to trustlogd, which does the work.\n";
  return text + "\nOptions of every command: trustlog --help\n";
}

std::string FormatOverview(const Commands& commands) {
  std::string text = "trustlog: submit to a transparency log, and check what it says\n\n";
  for (const Command& command : commands) {
    if (!command.hidden) text += fmt::format("  {:<20}{}\n", command.path, command.summary);
  }
  text += "\nOptions of every command\n";
  for (const Option& option : kGlobals) text += FormatOption(option);
  return text +
         "\nExit codes: 0 ok, 1 other, 2 usage, 3 not found, 4 verification failed, 5 log misbehaviour proven, 6 quorum or "
         "freshness not\n"
         "met, 7 unavailable (a retry is safe), 8 not authorised, 9 refused by rule or limit, 10 status not good.\n";
}

std::string FormatBashCompletion(const Commands& commands) {
  std::set<std::string> first;
  std::map<std::string, std::set<std::string>> second;
  std::string cases;
  const auto options_of = [](const Command& command) {
    std::vector<std::string> names;
    for (const Option& option : command.options) {
      if (!option.is_positional()) names.push_back(SpellingsOf(option).back());
    }
    for (const Option& option : kGlobals) names.push_back(SpellingsOf(option).back());
    return names;
  };
  for (const Command& command : commands) {
    if (command.hidden) continue;
    const auto path = SplitPath(command.path);
    first.insert(path[0]);
    if (path.size() > 1) second[path[0]].insert(path[1]);
    cases += fmt::format("    \"{}\") options=\"{}\" ;;\n", command.path, fmt::join(options_of(command), " "));
  }
  std::string verbs;
  for (const auto& noun : second) verbs += fmt::format("    \"{}\") words=\"{}\" ;;\n", noun.first, fmt::join(noun.second, " "));
  return fmt::format(
      "# bash completion of trustlog; made by `trustlog completion bash`\n"
      "_trustlog() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" path=\"${{COMP_WORDS[1]}}\" words=\"\" options=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$current\")\n"
      "    return\n"
      "  fi\n"
      "  case \"$path\" in\n{}  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$words\" ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "    return\n"
      "  fi\n"
      "  [ -n \"$words\" ] && path=\"$path ${{COMP_WORDS[2]}}\"\n"
      "  case \"$path\" in\n{}  esac\n"
      "  case \"$current\" in\n"
      "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\") ;;\n"
      "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
      "  esac\n"
      "}}\n"
      "complete -F _trustlog trustlog\n",
      fmt::join(first, " "), verbs, cases);
}

}  // namespace trustlog::cli
