// `trustlog`: the command line of a transparency log. Everything is in RunCli; here is what only a process has.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "client/cli/cli.h"
#include "client/cli/output.h"
#include "proto/bytes/standard_streams.h"

namespace {

// Ctrl-C while a submission is under way: whether it was logged is then not known (K9). Only what a signal handler may do.
void OnInterrupt(int) {
  constexpr char kWords[] =
      "\ninterrupted: if this was a submission, it may have been logged. Submit the same file again to ask: it is not logged "
      "twice.\n";
  const ssize_t ignored = ::write(STDERR_FILENO, kWords, sizeof kWords - 1);
  static_cast<void>(ignored);
  ::_exit(130);
}

}  // namespace

int main(int argc, char** argv) {
  trustlog::bytes::HoldStandardStreams();
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const trustlog::cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .out_is_terminal = ::isatty(STDOUT_FILENO) != 0,
      .err_is_terminal = ::isatty(STDERR_FILENO) != 0,
      .variable =
          [](const std::string& name) {
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
      .now = [] { return static_cast<std::int64_t>(std::time(nullptr)); },
  };
  auto exit = trustlog::cli::RunCli(words, environment);
  if (const auto lost = trustlog::bytes::LostOutput()) {
    const auto status = trustlog::cli::NotWritten("cannot write to standard output: " + *lost);
    const auto code = trustlog::cli::Output(std::cout, std::cerr, {}).Error(status);
    if (exit == trustlog::cli::ExitCode::kOk) exit = code;
  }
  return static_cast<int>(exit);
}
