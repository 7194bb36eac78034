// Log: all that a front end may call. Joins queue, sequencer, publisher and waiters, and owns their threads. Thread-safe.
//
//   Log log(parts, options);              // borrows the parts
//   auto status = log.Start();            // guard, recovery. FailedPrecondition: rolled back; reads may be served, writes not
//   log.Add(std::move(batch), done);      // done: durable
//   log.WaitPublished(index, pace, deadline, done);
//   log.Stop(deadline);                   // orderly: commit the queue, publish, end the threads
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/log/admitter.h"
#include "server/log/publisher.h"
#include "server/log/queue.h"
#include "server/log/sequencer.h"
#include "server/log/waiters.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "server/runtime/worker_pool.h"
#include "server/signer/signer.h"
#include "storage/open_storage.h"

namespace trustlog::log {

struct LogParts {  // all borrowed; they outlive the Log
  storage::Storage& store;
  signer::Signer& signer;
  Admitter& admitter;
  const Recheck& recheck;
  const runtime::Clock& clock;
  metrics::Metrics& metrics;
};

struct LogOptions {
  QueueLimits queue;
  std::size_t max_batch = 4'096;  // entries a commit
  std::chrono::milliseconds publish_interval{1'000};
  std::uint64_t max_unpublished = 100'000;  // integrated but not published; then PUSHBACK
  std::uint64_t min_free_bytes = 0;         // below: READ_ONLY; writes resume above twice this
  std::size_t tile_cache_bytes = 64u << 20;
  unsigned answer_threads = 2;
  // Called once, from any thread, when the outcome of a durable step is unknown or storage contradicts itself: the process must
  // end.
  std::function<void(absl::Status)> fatal;
};

// What health shows.
struct LogState {
  std::string writes = "ok";  // "ok", or why they are refused
  std::uint64_t integrated = 0;
  std::uint64_t published = 0;
  std::chrono::milliseconds unpublished_for{0};  // how long the oldest unpublished entry has waited
  std::size_t queued = 0;
  std::uint64_t mark = 0;            // size that the signer last promised
  std::int64_t published_at_ms = 0;  // by the wall clock; 0: nothing since the start
  WithholdingState withholding;
};

class Log final {
 public:
  Log(LogParts parts, LogOptions options);
  ~Log();  // as Stop with no time left
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Once, before Add. Recovery by the crash table, then the threads. Not OK: nothing will be signed or appended (see
  // rollback_guard.h); what was published before is served all the same.
  [[nodiscard]] absl::Status Start();

  // Takes `batch` whole, or not at all: then the refusal is returned (PUSHBACK, STOPPED, READ_ONLY) and `done` is never called.
  // Else `done` once for each item after its commit, on the answer pool; it must not block.
  [[nodiscard]] absl::Status Add(std::vector<std::unique_ptr<Submission>> batch, AddDone done);
  // `done` once, on the answer pool: the newest snapshot when it covers `index`, or DeadlineExceeded.
  void WaitPublished(std::uint64_t index, Pace pace, runtime::Deadline deadline, PublishedDone done);
  // The newest published snapshot; null before the first. An API proves a whole answer at one.
  std::shared_ptr<const Published> published() const { return waiters_.newest(); }
  // Committed ids, published or not.
  absl::StatusOr<std::vector<std::optional<std::uint64_t>>> FindIds(std::span<const storage::Id> ids) const;
  absl::StatusOr<std::vector<storage::Record>> ReadCommitted(std::span<const std::uint64_t> indices) const;
  const storage::Identity& identity() const;
  runtime::WorkerPool& answers() { return answers_; }

  // Withholds the statement of entry `index` now; withholder.h.   REQUIRES: a published notice is about it.
  void Withhold(std::uint64_t index, WithheldDone done);

  LogState state() const;
  // OK, or why Add would refuse everything now (STOPPED, READ_ONLY): asked before costly checks are made.
  [[nodiscard]] absl::Status Writable();
  // Refuses new writes (STOPPED), commits the queue, publishes (while storage is unavailable: tries until `deadline`), ends the
  // threads and answers everybody who waits. Again: nothing.
  void Stop(runtime::Deadline deadline);

 private:
  struct Commit {
    std::uint64_t size;  // after it
    runtime::Deadline committed_at;
  };
  void OnCommitted(const merkle::TreeHead& head);
  void OnPublished(std::uint64_t size);
  void Fail(absl::Status status);
  absl::Status CheckFreeSpace();

  LogParts parts_;
  const LogOptions options_;
  runtime::WorkerPool answers_;
  Waiters waiters_;
  Queue queue_;
  Sequencer sequencer_;
  Publisher publisher_;
  std::thread sequencer_thread_;
  std::thread publisher_thread_;
  std::atomic<bool> started_{false};  // what is published from now on is news
  std::atomic<bool> low_space_{false};
  std::atomic<std::int64_t> space_checked_ms_{0};

  mutable runtime::Mutex mutex_;
  absl::Status refused_ TRUSTLOG_GUARDED_BY(mutex_);  // why writes are refused
  bool failed_ TRUSTLOG_GUARDED_BY(mutex_) = false;
  std::uint64_t integrated_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  std::uint64_t published_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  std::int64_t published_at_ms_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  std::deque<Commit> unpublished_ TRUSTLOG_GUARDED_BY(mutex_);  // oldest first; empty: nothing is unpublished
};

}  // namespace trustlog::log
