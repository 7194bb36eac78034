#include "server/log/waiters.h"

#include <fmt/format.h>
#include <pthread.h>

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

PublishedDone Waiters::Release(ByIndex::iterator waiter) {
  if (waiter->second.pace == Pace::kSoon) --hurried_;
  by_deadline_.erase({waiter->second.deadline, waiter->first});
  return std::move(waiter->second.done);
}

void Waiters::Wait(std::uint64_t index, Pace pace, runtime::Deadline deadline, PublishedDone done) {
  Outcome now = nullptr;
  bool is_earliest = false;
  {
    runtime::MutexLock lock(mutex_);
    auto snapshot = newest();
    if (snapshot != nullptr && snapshot->head.size > index) {
      now = std::move(snapshot);
    } else if (!ended_.ok()) {
      now = ended_;
    } else {
      if (pace == Pace::kSoon) ++hurried_;
      const Key key(index, ++last_ticket_);
      by_index_.emplace(key, Waiter{pace, deadline, std::move(done)});
      by_deadline_.emplace(deadline, key);
      is_earliest = by_deadline_.begin()->second == key;
      done = nullptr;
    }
  }
  if (done) {
    answers_.Run([done = std::move(done), now = std::move(now)] { done(now); });
  } else if (is_earliest) {
    changed_.NotifyAll();
  }
}

void Waiters::Publish(std::shared_ptr<const Published> snapshot) {
  std::vector<PublishedDone> answered;
  {
    runtime::MutexLock lock(mutex_);
    {
      const runtime::MutexLock newest_lock(newest_mutex_);
      if (newest_ != nullptr && newest_->head.size > snapshot->head.size) return;
      newest_ = snapshot;
    }
    const auto end = by_index_.lower_bound({snapshot->head.size, 0});
    for (auto it = by_index_.begin(); it != end; ++it) answered.push_back(Release(it));
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
    for (auto it = by_index_.begin(); it != by_index_.end(); ++it) answered.push_back(Release(it));
    by_index_.clear();
  }
  for (auto& done : answered) answers_.Run([done = std::move(done), why] { done(why); });
}

std::shared_ptr<const Published> Waiters::newest() const {
  const runtime::MutexLock lock(newest_mutex_);
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
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    const auto waiter = by_index_.find(by_deadline_.begin()->second);
    expired.push_back({waiter->first.first, Release(waiter)});
    by_index_.erase(waiter);
  }
  return expired;
}

void Waiters::WaitForDeadline() {
  const auto next = by_deadline_.empty() ? runtime::Deadline::max() : by_deadline_.begin()->first;
  if (next == runtime::Deadline::max()) {
    changed_.Wait(mutex_);
  } else {
    clock_.WaitUntil(changed_, mutex_, next);
  }
}

}  // namespace trustlog::log
