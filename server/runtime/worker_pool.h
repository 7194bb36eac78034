// A named pool of threads with one bounded queue. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "server/runtime/mutex.h"

namespace trustlog::runtime {

class WorkerPool final {
 public:
  // `name` at most 15 characters (thread name). `max_queue` bounds TryRun; 0: Run only.
  WorkerPool(std::string name, unsigned threads, std::size_t max_queue = 0);
  ~WorkerPool();  // as Stop
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and `task` dropped, when the queue is full or the pool stopped.
  [[nodiscard]] bool TryRun(std::function<void()> task);
  // As TryRun without the bound: for answers that must be given. After Stop: in the calling thread.
  void Run(std::function<void()> task);
  // Runs what is queued, then ends the threads. Idempotent; not from a task.
  void Stop();

 private:
  void Work();

  const std::string name_;
  const std::size_t max_queue_;
  Mutex mutex_;
  Condition changed_;
  std::deque<std::function<void()>> queue_ TRUSTLOG_GUARDED_BY(mutex_);
  bool stopping_ TRUSTLOG_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace trustlog::runtime
