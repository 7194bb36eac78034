#include "client/cli/server_program.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "fmt/format.h"

extern char** environ;

namespace trustlog::cli {
namespace {

constexpr char kProgram[] = "trustlogd";

// Programs that were built or installed together stay together.
std::string Beside() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string self(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string beside = self.substr(0, self.rfind('/') + 1) + kProgram;
  return !self.empty() && ::access(beside.c_str(), X_OK) == 0 ? beside : kProgram;
}

}  // namespace

absl::StatusOr<ExitCode> RunServerProgram(const std::vector<std::string>& words) {
  const std::string program = Beside();
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  std::fflush(nullptr);
  const int error = ::posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv.data(), environ);
  if (error == ENOENT) {
    return UsageError("trustlogd is not installed, and this is its work: it touches key, mark or database files",
                      "install the package trustlogd");
  }
  if (error != 0) return absl::UnknownError(fmt::format("cannot start {}: {}", program, std::strerror(error)));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return absl::UnknownError(fmt::format("lost sight of {}: {}", program, std::strerror(errno)));
  }
  return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : ExitCode::kOther;
}

}  // namespace trustlog::cli
