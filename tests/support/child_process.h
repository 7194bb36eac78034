// Tests that need a process of their own, to be killed or to read its environment anew: the program runs one of its tests again.
//
//   TEST(Log, Survives) {
//     if (support::IsChild()) { ...; return; }                                    // in the new process
//     EXPECT_EQ(support::RunThisTestInAChild({{"TRUSTLOG_FAILPOINT", "x:exit"}}), 70);
//   }
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trustlog::support {

using Environment = std::vector<std::pair<std::string, std::string>>;

inline constexpr char kChildVariable[] = "TRUSTLOG_TEST_CHILD";

inline bool IsChild() { return std::getenv(kChildVariable) != nullptr; }

// The child's exit code: 0 = the test passed, 1 = it failed (and its output is shown); minus the signal that killed it.
inline int RunThisTestInAChild(const Environment& environment) {
  const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
  const std::string filter = std::string("--gtest_filter=") + test.test_suite_name() + "." + test.name();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(std::tmpfile(), std::fclose);
  if (output == nullptr) return 127;
  const pid_t child = fork();
  if (child == 0) {
    setenv(kChildVariable, "1", 1);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    dup2(fileno(output.get()), STDOUT_FILENO);
    execl("/proc/self/exe", "/proc/self/exe", filter.c_str(), "--gtest_brief=1", static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 127;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) {
    std::rewind(output.get());
    for (int byte = 0; (byte = std::fgetc(output.get())) != EOF;) std::putchar(byte);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace trustlog::support
