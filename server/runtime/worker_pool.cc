#include "server/runtime/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace trustlog::runtime {

WorkerPool::WorkerPool(std::string name, unsigned threads, std::size_t max_queue) : name_(std::move(name)), max_queue_(max_queue) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::TryRun(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= max_queue_) return false;
    queue_.push_back(std::move(task));
  }
  changed_.NotifyOne();
  return true;
}

void WorkerPool::Run(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (!stopping_) queue_.push_back(std::exchange(task, nullptr));
  }
  if (task) {
    task();
  } else {
    changed_.NotifyOne();
  }
}

void WorkerPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::Work() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.Wait(mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace trustlog::runtime
