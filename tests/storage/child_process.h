// Work done in a process of its own, for tests in which a process dies.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace trustlog::storage {

inline constexpr int kDiedAsPlanned = 99;

// The exit code of a child that ran `work` (or the negative number of the signal that ended it). `work` must not use gtest's
// macros. REQUIRES: no other thread runs.
template <typename Work>
int ExitCodeOf(const Work& work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int code = work();
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace trustlog::storage
