// std::mutex with clang's capability annotations, so that `clang -Wthread-safety` proves who holds what.
// (Debian's abseil is not instrumented for TSan: absl::Mutex reports false races there.)
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define TRUSTLOG_ANNOTATION(x) __attribute__((x))
#else
#define TRUSTLOG_ANNOTATION(x)
#endif
#define TRUSTLOG_GUARDED_BY(x) TRUSTLOG_ANNOTATION(guarded_by(x))
#define TRUSTLOG_REQUIRES(...) TRUSTLOG_ANNOTATION(requires_capability(__VA_ARGS__))

namespace trustlog::runtime {

class TRUSTLOG_ANNOTATION(capability("mutex")) Mutex final {
 public:
  void Lock() TRUSTLOG_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() TRUSTLOG_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class TRUSTLOG_ANNOTATION(scoped_lockable) MutexLock final {
 public:
  explicit MutexLock(Mutex& mutex) TRUSTLOG_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() TRUSTLOG_ANNOTATION(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits release the mutex and take it again; wake-ups may be spurious: wait in a loop.
class Condition final {
 public:
  void Wait(Mutex& mutex) TRUSTLOG_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when the deadline passed.
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline) TRUSTLOG_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace trustlog::runtime
