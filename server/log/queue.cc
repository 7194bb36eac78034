#include "server/log/queue.h"

#include <fmt/format.h>

#include <utility>

#include "proto/bytes/reason.h"

namespace trustlog::log {

using bytes::Reason;

namespace {

absl::Status Pushback(std::string_view what, std::size_t limit) {
  return bytes::Refuse(Reason::kPushback, fmt::format("{}, at most {} are allowed; nothing was written", what, limit),
                       {{"limit", fmt::format("{}", limit)}, {"retry_ms", "1000"}});
}

}  // namespace

absl::Status Queue::Push(std::vector<std::unique_ptr<Submission>>& batch, AddDone done, runtime::Deadline now) {
  std::size_t bytes = 0;
  std::map<std::string, std::size_t> issuers;
  for (const auto& submission : batch) {
    bytes += submission->bytes();
    ++issuers[submission->issuer()];
  }
  {
    runtime::MutexLock lock(mutex_);
    if (closed_) return bytes::Refuse(Reason::kStopped, "this node is stopping; nothing was written");
    if (items_.size() + batch.size() > limits_.entries)
      return Pushback(fmt::format("the queue holds {} submissions", items_.size()), limits_.entries);
    if (bytes_ + bytes > limits_.bytes) return Pushback(fmt::format("the queue holds {} bytes", bytes_), limits_.bytes);
    const auto share = static_cast<std::size_t>(static_cast<double>(limits_.entries) * limits_.issuer_share);
    for (const auto& [issuer, count] : issuers) {
      const auto queued = by_issuer_.find(issuer);
      const std::size_t before = queued == by_issuer_.end() ? 0 : queued->second;
      if (before + count > share) return Pushback(fmt::format("the queue holds {} submissions of this issuer", before), share);
    }
    const auto shared_done = std::make_shared<const AddDone>(std::move(done));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      ++by_issuer_[batch[i]->issuer()];
      items_.push_back({std::move(batch[i]), shared_done, i, now});
    }
    bytes_ += bytes;
  }
  changed_.NotifyOne();
  return absl::OkStatus();
}

std::vector<QueueItem> Queue::Take(std::size_t max, const runtime::Clock& clock, runtime::Deadline until) {
  std::vector<QueueItem> taken;
  runtime::MutexLock lock(mutex_);
  while (items_.empty() && !closed_ && !nudged_) {
    if (until == runtime::Deadline::max()) {
      changed_.Wait(mutex_);
    } else if (clock.Now() >= until || !clock.WaitUntil(changed_, mutex_, until)) {
      break;
    }
  }
  nudged_ = false;
  while (!items_.empty() && taken.size() < max) {
    auto item = std::move(items_.front());
    items_.pop_front();
    bytes_ -= item.submission->bytes();
    const auto issuer = by_issuer_.find(item.submission->issuer());
    if (--issuer->second == 0) by_issuer_.erase(issuer);
    taken.push_back(std::move(item));
  }
  return taken;
}

void Queue::Close() {
  {
    runtime::MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

void Queue::Nudge() {
  {
    runtime::MutexLock lock(mutex_);
    nudged_ = true;
  }
  changed_.NotifyAll();
}

bool Queue::IsDrained() const {
  runtime::MutexLock lock(mutex_);
  return closed_ && items_.empty();
}

std::size_t Queue::size() const {
  runtime::MutexLock lock(mutex_);
  return items_.size();
}

}  // namespace trustlog::log
