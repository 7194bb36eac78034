#include "client/follow/parallel.h"

#include <algorithm>

namespace trustlog::follow {

Workers::Workers() : Workers(std::max(1U, std::thread::hardware_concurrency()) - 1) {}

Workers::Workers(std::size_t helpers) {
  for (std::size_t i = 0; i < helpers; ++i) threads_.emplace_back([this] { Help(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Do(Job& job) {
  for (std::size_t begin = job.next.fetch_add(job.stride); begin < job.count; begin = job.next.fetch_add(job.stride)) {
    for (std::size_t i = begin; i < std::min(begin + job.stride, job.count); ++i) job.work(i);
  }
}

void Workers::For(std::size_t count, std::size_t stride, const std::function<void(std::size_t)>& work) {
  Job job{.count = count, .stride = stride, .work = work};
  const bool shared = count > stride && !threads_.empty();
  if (shared) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(&job);
    }
    wake_.notify_all();
  }
  Do(job);
  if (!shared) return;
  std::unique_lock lock(mutex_);
  std::erase(jobs_, &job);  // nobody joins any more
  left_.wait(lock, [&job] { return job.helpers == 0; });
}

void Workers::Help() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job* const job = jobs_.front();
    ++job->helpers;
    lock.unlock();
    Do(*job);
    lock.lock();
    std::erase(jobs_, job);  // every item is taken
    if (--job->helpers == 0) left_.notify_all();
  }
}

}  // namespace trustlog::follow
