// The submission queue: bounded by entries and bytes, ordered; a batch enters whole or is pushed back whole. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/log/admitter.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"

namespace trustlog::log {

struct Added {
  std::uint64_t index = 0;
  bool duplicate = false;
  std::string entry;  // durable, nothing more
};

// Called once for each item of a batch.
using AddDone = std::function<void(std::size_t item, absl::StatusOr<Added> added)>;

struct QueueItem {
  std::unique_ptr<Submission> submission;
  std::shared_ptr<const AddDone> done;
  std::size_t item = 0;
  runtime::Deadline queued_at{};
};

struct QueueLimits {
  std::size_t entries = 20'000;
  std::size_t bytes = 64u << 20;
  double issuer_share = 0.25;  // of `entries`, for one issuer
};

class Queue final {
 public:
  explicit Queue(QueueLimits limits) : limits_(limits) {}

  // PUSHBACK: nothing was taken. STOPPED: closed.
  [[nodiscard]] absl::Status Push(std::vector<std::unique_ptr<Submission>>& batch, AddDone done, runtime::Deadline now);
  // Up to `max` items in order; waits until there is one, Nudge was called, or it is `until` by `clock`. Empty: one of the last
  // two, or the end (IsDrained).
  std::vector<QueueItem> Take(std::size_t max, const runtime::Clock& clock, runtime::Deadline until = runtime::Deadline::max());
  // Ends one Take, the present or the next, though there is nothing to take.
  void Nudge();
  // Closed, and everything was taken.
  bool IsDrained() const;
  // No more Push; what is queued is still taken.
  void Close();
  std::size_t size() const;

 private:
  const QueueLimits limits_;
  mutable runtime::Mutex mutex_;
  runtime::Condition changed_;
  std::deque<QueueItem> items_ TRUSTLOG_GUARDED_BY(mutex_);
  std::size_t bytes_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::size_t> by_issuer_ TRUSTLOG_GUARDED_BY(mutex_);
  bool closed_ TRUSTLOG_GUARDED_BY(mutex_) = false;
  bool nudged_ TRUSTLOG_GUARDED_BY(mutex_) = false;
};

}  // namespace trustlog::log
