// Who waits for which index to be published: each is answered once, by publication, by its deadline, or by the end of the log.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/tile.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"
#include "server/runtime/worker_pool.h"
#include "storage/storage.h"

namespace trustlog::log {

// One published snapshot: `reader` is capped at `head`, and `note` is its checkpoint.
struct Published {
  std::string note;
  merkle::TreeHead head;
  std::shared_ptr<const storage::LogReader> reader;
};

enum class Pace { kNextTick, kSoon };

using PublishedDone = std::function<void(absl::StatusOr<std::shared_ptr<const Published>>)>;

class Waiters final {
 public:
  // `done` runs on `answers`. Borrows all.
  Waiters(const runtime::Clock& clock, runtime::WorkerPool& answers);
  ~Waiters();
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // Pace kSoon: an answer waits, so a tick should come early; kNextTick: a watch. `done` once: the newest snapshot when it covers
  // `index`, DeadlineExceeded with PUBLISH_PENDING, or the status of End.
  void Wait(std::uint64_t index, Pace pace, runtime::Deadline deadline, PublishedDone done);
  // Never to a smaller size; at an equal one it replaces the note.
  void Publish(std::shared_ptr<const Published> snapshot);
  // Every waiter, now and later, is answered with `why`. First call wins.
  void End(absl::Status why);
  // For every read: contends with nothing but another publication.
  std::shared_ptr<const Published> newest() const;
  // Somebody waits with kSoon.
  bool hurried() const { return hurried_ > 0; }

 private:
  using Ticket = std::uint64_t;  // tells waiters for one index apart
  using Key = std::pair<std::uint64_t, Ticket>;
  struct Waiter {
    Pace pace;
    runtime::Deadline deadline;
    PublishedDone done;
  };
  using ByIndex = std::map<Key, Waiter>;
  struct Expired {
    std::uint64_t index;
    PublishedDone done;
  };
  void Expire();
  std::vector<Expired> TakeExpired() TRUSTLOG_REQUIRES(mutex_);
  void WaitForDeadline() TRUSTLOG_REQUIRES(mutex_);
  // The waiter leaves by_index_ next; it has left everything else.
  PublishedDone Release(ByIndex::iterator waiter) TRUSTLOG_REQUIRES(mutex_);

  const runtime::Clock& clock_;
  runtime::WorkerPool& answers_;
  mutable runtime::Mutex mutex_;
  runtime::Condition changed_;
  ByIndex by_index_ TRUSTLOG_GUARDED_BY(mutex_);
  std::set<std::pair<runtime::Deadline, Key>> by_deadline_ TRUSTLOG_GUARDED_BY(mutex_);  // the same waiters
  Ticket last_ticket_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  absl::Status ended_ TRUSTLOG_GUARDED_BY(mutex_);
  bool stopping_ TRUSTLOG_GUARDED_BY(mutex_) = false;
  // Changes under mutex_ too, which is taken first: who waits or publishes sees one newest.
  mutable runtime::Mutex newest_mutex_;
  std::shared_ptr<const Published> newest_ TRUSTLOG_GUARDED_BY(newest_mutex_);
  std::atomic<std::size_t> hurried_{0};
  std::thread expirer_;
};

}  // namespace trustlog::log
