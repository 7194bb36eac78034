// Work on many independent items at once: hashes, statements, signatures. Internal to this folder.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace trustlog::follow {

// Threads that wait for work, one fewer than there are cores: whoever has work does it too. Thread-safe.
class Workers final {
 public:
  Workers();
  explicit Workers(std::size_t helpers);
  // REQUIRES: no call of For is under way.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Calls work(i) once for each i in [0, count), `stride` of them in a row on one thread, and returns when all have returned; what
  // they wrote is then seen by the caller. Several threads may call this at once; each gets on even when every helper is busy.
  // `work` must not throw, must be safe on several threads for different i, and must not call For of the same Workers.
  void For(std::size_t count, std::size_t stride, const std::function<void(std::size_t)>& work);

 private:
  struct Job {
    std::size_t count, stride;
    const std::function<void(std::size_t)>& work;
    std::atomic<std::size_t> next{0};
    std::size_t helpers = 0;  // at work on it; under mutex_
  };
  static void Do(Job& job);
  void Help();

  std::mutex mutex_;
  std::condition_variable wake_, left_;  // a job came, or the end; a helper left a job
  std::vector<Job*> jobs_;               // that may have items left
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace trustlog::follow
