#include "server/runtime/failpoint.h"

#ifdef TRUSTLOG_FAILPOINTS

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace trustlog::runtime {
namespace {

struct Armed {
  std::string name, action;
  long nth = 1;
};

Armed ReadEnvironment() {
  Armed armed;
  const char* text = std::getenv("TRUSTLOG_FAILPOINT");
  if (text == nullptr) return armed;
  const std::string value = text;
  const auto first = value.find(':');
  const auto second = first == std::string::npos ? first : value.find(':', first + 1);
  armed.name = value.substr(0, first);
  if (first != std::string::npos) armed.action = value.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  if (second != std::string::npos) armed.nth = std::atol(value.c_str() + second + 1);
  return armed;
}

}  // namespace

absl::Status HitFailpoint(std::string_view name) {
  static const Armed armed = ReadEnvironment();
  static std::atomic<long> hits{0};
  if (armed.name != name || ++hits != armed.nth) return absl::OkStatus();
  if (armed.action == "exit") _exit(70);
  if (armed.action == "stop") raise(SIGSTOP);
  if (armed.action == "error") return absl::UnknownError(std::string("failpoint ").append(name));
  return absl::OkStatus();
}

}  // namespace trustlog::runtime

#endif
