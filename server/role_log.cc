#include "server/role_log.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>

#include "proto/bytes/reason.h"
#include "server/runtime/clock.h"

namespace trustlog::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopTime{10'000};
constexpr milliseconds kLoopTime{250};
constexpr milliseconds kDrainStep{50};
constexpr milliseconds kExtendEvery{10'000};  // what is left of a minute covers a slow moment

timespec ToTimespec(milliseconds time) {
  return {static_cast<time_t>(time.count() / 1'000), static_cast<long>(time.count() % 1'000) * 1'000'000};
}

void BlockSignals(sigset_t& signals) {
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigset_t blocked = signals;
  sigaddset(&blocked, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

// Until it is gone: a signal ends the process at once, and systemd is told that the start goes on. The start may take long (it applies
// every entry that the registry snapshot does not cover) and has promised nothing yet.
class StartWatch final {
 public:
  explicit StartWatch(const sigset_t& signals) : signals_(signals) {
    sigaddset(&signals_, SIGRTMIN);  // ours: the start is over; blocked with the others
    thread_ = std::thread([this] { Run(); });
  }
  ~StartWatch() {
    pthread_kill(thread_.native_handle(), SIGRTMIN);
    thread_.join();
  }
  StartWatch(const StartWatch&) = delete;
  StartWatch& operator=(const StartWatch&) = delete;

 private:
  void Run() const {
    const timespec step = ToTimespec(kExtendEvery);
    while (true) {
      const int number = sigtimedwait(&signals_, nullptr, &step);
      if (number == SIGRTMIN) return;
      if (number > 0) {
        spdlog::info("stopped before it served");
        _exit(kExitOk);
      }
      sd_notify(0, "EXTEND_TIMEOUT_USEC=60000000");
    }
  }

  sigset_t signals_;
  std::thread thread_;
};

// T5. A second signal, now or at any later step, ends the process at once: whatever is on disk then is consistent.
int StopInOrder(LogNode& node, const Config& config, const runtime::Clock& clock, const sigset_t& signals) {
  spdlog::info("stopping: no new writes, the queue is committed and published");
  for (const int number : {SIGTERM, SIGINT}) signal(number, [](int) { _exit(kExitOther); });
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  sd_notify(0, "STOPPING=1");
  node.Drain();
  const auto drained = clock.Now() + config.http.drain_wait;
  const timespec step = ToTimespec(kDrainStep);
  for (; clock.Now() < drained; node.Update()) nanosleep(&step, nullptr);
  if (auto status = node.Stop(clock.Now() + kStopTime); !status.ok()) {
    spdlog::error("the store was not closed in order: {}", bytes::MessageOf(status));
    return kExitOther;
  }
  spdlog::info("stopped");
  return kExitOk;
}

int WaitForTheEnd(LogNode& node, const Config& config, const runtime::Clock& clock, const sigset_t& signals) {
  const timespec step = ToTimespec(kLoopTime);
  while (true) {
    const int signal_number = sigtimedwait(&signals, nullptr, &step);
    if (node.failed()) {
      // T3: one way out. Waiters are told; the next start reads what is true from the disk.
      node.Update();
      node.StopThreads(clock.Now());
      spdlog::critical("exit after a failed durable step");
      spdlog::shutdown();
      _exit(kExitOther);
    }
    if (signal_number > 0) return StopInOrder(node, config, clock, signals);
    node.Update();
    sd_notify(0, "WATCHDOG=1");
  }
}

// A step of the start failed: said, and turned into an exit code.
int Failed(const absl::Status& status, int code) {
  spdlog::critical("{}", bytes::MessageOf(status));
  return code;
}

bool MayPass(const absl::Status& status) { return absl::IsUnknown(status) || absl::IsUnavailable(status); }

}  // namespace

int RunLog(const Config& config, const std::function<void(const Addresses&)>& ready) {
  // Signals are taken by sigtimedwait in this thread; every thread made later inherits the mask.
  sigset_t signals;
  BlockSignals(signals);
  const runtime::RealClock clock;
  LogNode node(config, clock, {});
  std::optional<StartWatch> watch(std::in_place, signals);
  if (auto status = node.Open(); !status.ok()) {
    return Failed(status, absl::IsDataLoss(status) ? kExitMisbehaviour : MayPass(status) ? kExitOther : kExitConfiguration);
  }
  if (auto status = node.Recover(); !status.ok()) {
    const int code = Failed(status, MayPass(status) ? kExitOther : kExitMisbehaviour);
    if (!config.log.read_only) return code;
    spdlog::warn("serving reads only (log.read_only)");
  }
  watch.reset();
  if (auto status = node.Serve(); !status.ok()) return Failed(status, kExitConfiguration);
  if (!config.rpc.behind_proxy) spdlog::info("gRPC is open to this machine alone; networks need an HTTP/2 front (behind_proxy)");
  const auto& addresses = node.addresses();
  spdlog::info("serving {} size {}: gRPC {}, HTTP {}, admin {}", config.log.origin, node.integrated_size(), addresses.rpc,
               addresses.http, addresses.admin);
  sd_notify(0, "READY=1");
  ready(addresses);
  return WaitForTheEnd(node, config, clock, signals);
}

}  // namespace trustlog::server
