// Another program as a child of a test: arguments and environment in, its output line by line, its exit code. Whatever waits ends
// after thirty seconds and kills the child. Not thread-safe.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trustlog::support {

class Program final {
 public:
  // Standard output and standard error are one stream. `environment` is added to that of the test.
  Program(const std::string& path, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment = {}) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    std::vector<char*> argv = {const_cast<char*>(path.c_str())};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv(path.c_str(), argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_end_ = ends[0];
  }
  ~Program() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(output_end_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads until the output holds `text`; false: it ended, or was silent for too long.
  bool Await(std::string_view text) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (output_.find(text) == std::string::npos) {
      if (!Read(end)) return false;
    }
    return true;
  }
  void Signal(int number) const { kill(child_, number); }
  // Until it ends: its exit code, or minus the signal that killed it.
  int Wait() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (Read(end)) {
    }
    if (std::chrono::steady_clock::now() >= end) kill(child_, SIGKILL);
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  // What was read so far.
  const std::string& output() const { return output_; }

 private:
  static constexpr std::chrono::seconds kPatience{30};

  bool Read(std::chrono::steady_clock::time_point end) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd event{output_end_, POLLIN, 0};
    if (left.count() <= 0 || poll(&event, 1, static_cast<int>(left.count())) <= 0) return false;
    char chunk[4'096];
    const auto got = read(output_end_, chunk, sizeof chunk);
    if (got <= 0) return false;
    output_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }

  pid_t child_ = -1;
  int output_end_ = -1;
  std::string output_;
};

}  // namespace trustlog::support
