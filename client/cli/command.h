// What a command is: a row of a table that says its words, its options and the function that runs it. One file a noun makes such
// rows; help, completion and the parser (command_line.h) are made from them. Values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/exit_code.h"

namespace trustlog::cli {

class Session;

enum class Count { kOptional, kRequired, kAny, kAtLeastOne };

struct Option {
  std::string_view name;   // "--key", "-o,--output"; a positional: "FILE"
  std::string_view value;  // "FILE"; "" = a flag; of a positional: not used
  std::string_view help;
  Count count = Count::kOptional;

  bool is_positional() const { return !name.starts_with("-"); }
  bool is_flag() const { return !is_positional() && value.empty(); }
  std::string_view key() const;  // "key", "output", "FILE": its name among the Arguments
};

// The values given on a command line, by Option::key().
class Arguments final {
 public:
  void Add(std::string_view key, std::string value) { values_[std::string(key)].push_back(std::move(value)); }

  bool Has(std::string_view key) const { return values_.find(key) != values_.end(); }
  std::string Get(std::string_view key, std::string_view otherwise = "") const;  // the last one given
  std::optional<std::string> Find(std::string_view key) const;
  std::vector<std::string> All(std::string_view key) const;
  std::vector<std::string> AllBut(std::string_view key) const;  // every value of every other key
  std::vector<std::string> rest;  // of a command that passes its words through

  // Usage errors name the option.
  absl::StatusOr<std::uint64_t> Number(std::string_view key, std::uint64_t otherwise) const;
  absl::StatusOr<std::optional<std::int64_t>> Seconds(std::string_view key) const;  // "90s", "5m", "2h", "30d"; nullopt: not given

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// OK: the exit code, and everything was said. Not OK: the caller says it in four parts and exits with ExitCodeOf.
using Run = absl::StatusOr<ExitCode> (*)(Session& session, const Arguments& arguments);

struct Command {
  std::string_view path;  // "key new"
  std::string_view summary;
  std::vector<Option> options;
  Run run = nullptr;
  bool hidden = false;          // not in the overview
  bool passes_through = false;  // every word after the path goes to another program
};

using Commands = std::vector<Command>;

// "1500ms", "90s", "5m", "2h", "30d".
std::optional<std::int64_t> ParseMilliseconds(std::string_view text);

}  // namespace trustlog::cli
