#include "client/cli/bench.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cmath>
#include <thread>
#include <utility>

#include "client/cli/help_table.h"

namespace trustlog::cli {
namespace {

using Clock = std::chrono::steady_clock;

class Client final {
 public:
  Client(const BenchPlan& plan, unsigned number, const Clock::time_point& begin, std::atomic<bool>& stop)
      : plan_(plan), number_(number), begin_(begin), stop_(stop) {}

  // `all_made` is arrived at once; afterwards `begin` is set.
  template <typename Barrier>
  BenchResult Run(const std::function<absl::StatusOr<BenchCall>(unsigned)>& make, Barrier& all_made) {
    const auto call = make(number_);
    if (!call.ok()) stop_ = true;
    all_made.arrive_and_wait();
    if (!call.ok()) return Fail(call.status());
    for (std::uint64_t turn = 0; !stop_; ++turn) {
      if (auto status = call->prepare(); !status.ok()) return Fail(status);
      const auto due = DueAt(turn);
      if (due >= begin_ + plan_.duration) break;
      std::this_thread::sleep_until(due);
      if (!Turn(*call, due)) break;
    }
    return std::move(result_);
  }

 private:
  Clock::time_point DueAt(std::uint64_t turn) const {
    if (plan_.rate <= 0) return Clock::now();
    const double position = static_cast<double>(turn) * plan_.clients + number_;
    return begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(position / plan_.rate));
  }

  bool Turn(const BenchCall& call, Clock::time_point due) {
    const auto sent = call.send();
    const auto answered = Clock::now();
    ++result_.calls;
    if (!sent.ok()) {
      ++result_.refusals[HelpFor(sent).code];
      return true;
    }
    result_.latencies_ms.push_back(std::chrono::duration<double, std::milli>(answered - due).count());
    const auto items = call.verify();
    if (!items.ok()) {
      stop_ = true;
      result_.failed = items.status();
      return false;
    }
    result_.items += *items;
    return true;
  }

  BenchResult Fail(const absl::Status& status) {
    stop_ = true;
    result_.failed = status;
    return std::move(result_);
  }

  const BenchPlan& plan_;
  const unsigned number_;
  const Clock::time_point& begin_;
  std::atomic<bool>& stop_;
  BenchResult result_;
};

}  // namespace

BenchResult RunBench(const BenchPlan& plan, const std::function<absl::StatusOr<BenchCall>(unsigned client)>& make) {
  std::atomic<bool> stop = false;
  Clock::time_point begin;
  std::barrier all_made(plan.clients, [&begin]() noexcept { begin = Clock::now(); });
  std::vector<BenchResult> results(plan.clients);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < plan.clients; ++i) {
    threads.emplace_back([&, i] { results[i] = Client(plan, i, begin, stop).Run(make, all_made); });
  }
  for (auto& thread : threads) thread.join();
  BenchResult all;
  all.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  for (const auto& result : results) {
    all.calls += result.calls;
    all.items += result.items;
    for (const auto& refusal : result.refusals) all.refusals[refusal.first] += refusal.second;
    all.latencies_ms.insert(all.latencies_ms.end(), result.latencies_ms.begin(), result.latencies_ms.end());
    all.failed.Update(result.failed);
  }
  std::sort(all.latencies_ms.begin(), all.latencies_ms.end());
  return all;
}

double Percentile(const std::vector<double>& ascending, double share) {
  if (ascending.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(ascending.size())));
  return ascending[std::min(ascending.size() - 1, rank == 0 ? 0 : rank - 1)];
}

}  // namespace trustlog::cli
