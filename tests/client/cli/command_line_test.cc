#include "client/cli/command_line.h"

#include <cstdlib>
#include <set>

#include "client/cli/commands.h"
#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ExitCode> Nothing(Session&, const Arguments&) { return ExitCode::kOk; }

Commands Sample() {
  return {{"key new",
           "make a key",
           {{"--alg", "ALG", "which"}, {"-o,--output", "FILE", "where", Count::kRequired}, {"--force", "", "really"}},
           Nothing},
          {"key show", "show a key", {{"FILE", "", "which", Count::kRequired}}, Nothing},
          {"submit", "submit", {{"FILE", "", "files", Count::kAtLeastOne}, {"--tag", "T", "tags", Count::kAny}}, Nothing},
          {"show", "show", {{"WHAT", "", "what"}}, Nothing},
          {"compare", "two positionals", {{"A", "", "one", Count::kRequired}, {"B", "", "another", Count::kRequired}}, Nothing},
          {"log init", "pass on", {{"--origin", "O", "name"}}, Nothing, false, true}};
}

absl::StatusOr<ParsedLine> Parse(const Commands& commands, const std::vector<std::string>& words) {
  return ParseCommandLine(commands, words);
}

TEST(CommandLine, FindsCommandsAndTheirArguments) {
  const Commands commands = Sample();
  const auto line =
      Parse(commands, {"--json", "--log", "eu", "key", "new", "--alg=p256", "-o", "k", "--force", "-v", "--policy", "p"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command, &commands[0]);
  EXPECT_EQ(line->arguments.Get("alg"), "p256");
  EXPECT_EQ(line->arguments.Get("output"), "k");
  EXPECT_EQ(line->arguments.Get("log"), "eu");
  EXPECT_EQ(line->arguments.Get("policy"), "p");
  for (const char* flag : {"force", "json", "verbose"}) EXPECT_TRUE(line->arguments.Has(flag)) << flag;
  EXPECT_FALSE(line->arguments.Has("quiet"));
  EXPECT_EQ(line->arguments.Get("absent", "otherwise"), "otherwise");
}

TEST(CommandLine, TakesManyPositionalsAndRepeatedOptions) {
  const Commands commands = Sample();
  const auto line = Parse(commands, {"submit", "a", "--tag", "1", "b", "-", "--tag", "2", "key"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->arguments.All("FILE"), ElementsAre("a", "b", "-", "key"));  // words of other commands are words here
  EXPECT_THAT(line->arguments.All("tag"), ElementsAre("1", "2"));
}

TEST(CommandLine, FillsPositionalsInOrder) {
  const Commands commands = Sample();
  const auto line = Parse(commands, {"compare", "x", "--json", "y"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->arguments.Get("A"), "x");
  EXPECT_EQ(line->arguments.Get("B"), "y");
  EXPECT_FALSE(Parse(commands, {"compare", "x"}).ok());
  EXPECT_FALSE(Parse(commands, {"show"})->arguments.Has("WHAT"));
  EXPECT_EQ(Parse(commands, {"show", "x"})->arguments.Get("WHAT"), "x");
}

TEST(CommandLine, RefusesWhatItDoesNotUnderstand) {
  const Commands commands = Sample();
  struct Case {
    const char* name;
    std::vector<std::string> words;
    const char* says;
  };
  const Case cases[] = {
      {"unknown command", {"frob"}, "\"frob\" is not a command"},
      {"noun alone", {"key"}, "\"key\" needs a verb"},
      {"unknown verb", {"key", "frob"}, "\"key frob\" is not a command"},
      {"unknown option", {"show", "--frob"}, "--frob"},
      {"unknown option first", {"--frob", "show"}, "--frob"},
      {"missing option", {"key", "new"}, "--output is required"},
      {"missing positional", {"key", "show"}, "FILE is required"},
      {"one positional too many", {"key", "show", "a", "b"}, "b"},
      {"option without value", {"key", "new", "-o"}, "--output"},
      {"option twice", {"key", "new", "-o", "a", "-o", "b"}, "--output"},
      {"no file at all", {"submit"}, "FILE"},
  };
  for (const auto& c : cases) {
    const auto line = Parse(commands, c.words);
    ASSERT_FALSE(line.ok()) << c.name;
    EXPECT_EQ(ExitCodeOf(line.status()), ExitCode::kUsage) << c.name;
    EXPECT_THAT(std::string(line.status().message()), HasSubstr(c.says)) << c.name;
    EXPECT_NE(RemedyOf(line.status()), "") << c.name;
  }
}

TEST(CommandLine, PassesWordsThroughUntouched) {
  const Commands commands = Sample();
  const auto line = Parse(commands, {"log", "init", "--origin", "a", "--frob", "--help"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->arguments.rest, ElementsAre("--origin", "a", "--frob", "--help"));
}

TEST(CommandLine, GivesHelpWhereverItIsAskedFor) {
  const Commands commands = Sample();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"--help"}, {"-h"}, {"key", "--help"}, {"key", "new", "--help"}, {"--help", "key", "new"}}) {
    const auto line = Parse(commands, words);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->command, nullptr);
    EXPECT_THAT(line->help, HasSubstr("trustlog"));
  }
}

TEST(Arguments, NumbersAndDurationsAreReadStrictly) {
  struct Case {
    const char* text;
    std::optional<std::int64_t> milliseconds;
  };
  const Case cases[] = {{"250ms", 250},
                        {"90s", 90'000},
                        {"5m", 300'000},
                        {"2h", 7'200'000},
                        {"30d", 2'592'000'000},
                        {"", std::nullopt},
                        {"5", std::nullopt},
                        {"m", std::nullopt},
                        {"-5m", std::nullopt},
                        {"5 m", std::nullopt},
                        {"5M", std::nullopt},
                        {"1.5h", std::nullopt},
                        {"9223372036854775807d", std::nullopt}};
  for (const auto& c : cases) EXPECT_EQ(ParseMilliseconds(c.text), c.milliseconds) << c.text;
  Arguments arguments;
  arguments.Add("good", "17");
  arguments.Add("bad", "17x");
  arguments.Add("negative", "-1");
  EXPECT_EQ(arguments.Number("good", 0).value(), 17U);
  EXPECT_EQ(arguments.Number("absent", 5).value(), 5U);
  EXPECT_FALSE(arguments.Number("bad", 0).ok());
  EXPECT_FALSE(arguments.Number("negative", 0).ok());
}

// All help texts in one file, so that a change of any is seen. Made anew by: TRUSTLOG_WRITE_GOLDEN=1 client_cli_test
// --gtest_filter='*HelpOf*'.
TEST(CommandTable, HelpOfEveryCommandIsTheGoldenOne) {
  std::string text = FormatOverview(AllCommands());
  for (const Command& command : AllCommands()) text += "\n=== " + std::string(command.path) + "\n" + FormatHelp(command);
  const std::string path = std::string(TRUSTLOG_SOURCE_DIR) + "/tests/client/cli/help.golden";
  if (std::getenv("TRUSTLOG_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, golden.str());
}

TEST(CommandTable, IsWellFormed) {
  std::set<std::string_view> paths;
  std::set<std::string> global_names;
  for (const Option& option : GlobalOptions()) global_names.insert(std::string(option.key()));
  for (const Command& command : AllCommands()) {
    EXPECT_TRUE(paths.insert(command.path).second) << command.path;
    EXPECT_NE(command.run, nullptr) << command.path;
    EXPECT_FALSE(command.summary.empty()) << command.path;
    std::set<std::string_view> names;
    for (const Option& option : command.options) {
      EXPECT_TRUE(names.insert(option.key()).second) << command.path << " " << option.name;
      EXPECT_EQ(global_names.count(std::string(option.key())), 0U) << command.path << " " << option.name;
      EXPECT_FALSE(option.help.empty()) << command.path << " " << option.name;
    }
  }
}

TEST(CommandTable, NoCommandIsTakenForItsHelp) {  // every command parses, and a wrong option is refused by it
  for (const Command& command : AllCommands()) {
    if (command.passes_through) continue;
    std::vector<std::string> words;
    std::istringstream path{std::string(command.path)};
    for (std::string word; path >> word;) words.push_back(word);
    words.push_back("--no-such-option");
    EXPECT_EQ(ExitCodeOf(ParseCommandLine(AllCommands(), words).status()), ExitCode::kUsage) << command.path;
  }
}

class BashCompletion : public CliTest {};

TEST_F(BashCompletion, CompletesWordsVerbsAndOptions) {  // K10
  const auto script = Run({"completion", "bash"});
  ASSERT_EQ(script.exit, ExitCode::kOk);
  const std::string path = WriteFile("completion", script.out);
  const auto complete = [&](const std::string& words, int at) {
    const std::string command = "bash -c 'set -eu; . " + path + "; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(at) +
                                "; _trustlog; printf \"%s \" \"${COMPREPLY[@]}\"' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string out;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
    ::pclose(pipe);
    return out;
  };
  EXPECT_EQ(complete("trustlog ver", 1), "verify version ");
  EXPECT_EQ(complete("trustlog checkpoint \"\"", 2), "compare get verify ");
  EXPECT_EQ(complete("trustlog key new --al", 3), "--alg ");
  EXPECT_EQ(complete("trustlog verify --insec", 2), "--insecure-skip-policy ");
  EXPECT_EQ(Run({"completion", "fish"}).exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace trustlog::cli
