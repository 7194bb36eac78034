// Words -> command and arguments, and the texts that are made from the command tables: help and completion. The only file that
// knows CLI11. Pure and thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"

namespace trustlog::cli {

// Flags of every command, also before its words: `trustlog --json verify ...`.
std::span<const Option> GlobalOptions();

struct ParsedLine {
  const Command* command = nullptr;  // null: `help` is all that was asked for
  Arguments arguments;
  std::string help;
};

// A usage error says what was not understood. "--help" anywhere, "help WORDS" and no words at all give help.
absl::StatusOr<ParsedLine> ParseCommandLine(const Commands& commands, std::span<const std::string> words);

std::string FormatHelp(const Command& command);
std::string FormatOverview(const Commands& commands);
// A bash script that completes words and options.
std::string FormatBashCompletion(const Commands& commands);

}  // namespace trustlog::cli
