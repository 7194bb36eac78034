#include "server/log/waiters.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "proto/bytes/reason.h"

namespace trustlog::log {
namespace {

using Outcome = absl::StatusOr<std::shared_ptr<const Published>>;

absl::Status Pending(std::uint64_t index) {
  return bytes::Refuse(
      bytes::Reason::kPublishPending,
      fmt::format("entry {} is durable, but no checkpoint covered it in time; the same call again waits again", index),
      {{"index", fmt::format("{}", index)}});
}

}  // namespace

Waiters::Waiters(const runtime::Clock& clock, runtime::WorkerPool& answers)
    : clock_(clock), answers_(answers), expirer_([this] { Expire(); }) {}

Waiters::~Waiters() {
  {
    runtime::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  expirer_.join();
}

PublishedDone Waiters::Release(Waiter& waiter) {
  if (waiter.pace == Pace::kSoon) --hurried_;
  return std::move(waiter.done);
}

void Waiters::Wait(std::uint64_t index, Pace pace, runtime::Deadline deadline, PublishedDone done) {
  Outcome now = nullptr;
  {
    runtime::MutexLock lock(mutex_);
    if (newest_ != nullptr && newest_->head.size > index) {
      now = newest_;
    } else if (!ended_.ok()) {
      now = ended_;
    } else {
      if (pace == Pace::kSoon) ++hurried_;
      by_index_.emplace(index, Waiter{pace, deadline, std::move(done)});
      done = nullptr;
    }
  }
  if (done) {
    answers_.Run([done = std::move(done), now = std::move(now)] { done(now); });
  } else {
    changed_.NotifyAll();
  }
}

void Waiters::Publish(std::shared_ptr<const Published> snapshot) {
  std::vector<PublishedDone> answered;
  {
    runtime::MutexLock lock(mutex_);
    if (newest_ != nullptr && newest_->head.size > snapshot->head.size) return;
    newest_ = snapshot;
    const auto end = by_index_.lower_bound(snapshot->head.size);
    for (auto it = by_index_.begin(); it != end; ++it) answered.push_back(Release(it->second));
    by_index_.erase(by_index_.begin(), end);
  }
  for (auto& done : answered) answers_.Run([done = std::move(done), snapshot] { done(snapshot); });
}

void Waiters::End(absl::Status why) {
  std::vector<PublishedDone> answered;
  {
    runtime::MutexLock lock(mutex_);
    if (!ended_.ok()) return;
    ended_ = why;
    for (auto& [index, waiter] : by_index_) answered.push_back(Release(waiter));
    by_index_.clear();
  }
  for (auto& done : answered) answers_.Run([done = std::move(done), why] { done(why); });
}

std::shared_ptr<const Published> Waiters::newest() const {
  runtime::MutexLock lock(mutex_);
  return newest_;
}

void Waiters::Expire() {
  pthread_setname_np(pthread_self(), "waiters");
  while (true) {
    std::vector<Expired> expired;
    {
      const runtime::MutexLock lock(mutex_);
      while (!stopping_ && (expired = TakeExpired()).empty()) WaitForDeadline();
      if (stopping_) return;
    }
    for (auto& waiter : expired) answers_.Run([done = std::move(waiter.done), index = waiter.index] { done(Pending(index)); });
  }
}

std::vector<Waiters::Expired> Waiters::TakeExpired() {
  std::vector<Expired> expired;
  const auto now = clock_.Now();
  for (auto it = by_index_.begin(); it != by_index_.end();) {
    if (it->second.deadline > now) {
      ++it;
      continue;
    }
    expired.push_back({it->first, Release(it->second)});
    it = by_index_.erase(it);
  }
  return expired;
}

void Waiters::WaitForDeadline() {
  auto next = runtime::Deadline::max();
  for (const auto& [index, waiter] : by_index_) next = std::min(next, waiter.deadline);
  if (next == runtime::Deadline::max()) {
    changed_.Wait(mutex_);
  } else {
    clock_.WaitUntil(changed_, mutex_, next);
  }
}

}  // namespace trustlog::log
