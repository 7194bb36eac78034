// The publisher: from the committed head to a published checkpoint (design.md section 7). One thread; every step ends in a durable
// swap, so a crash anywhere is repaired by doing the step again.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/tlog/checkpoint.h"
#include "server/log/admitter.h"
#include "server/log/waiters.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"
#include "server/signer/signer.h"
#include "storage/checkpoint_store.h"
#include "storage/published_reader.h"
#include "storage/storage.h"

namespace trustlog::log {

class Publisher final {
 public:
  struct Hooks {
    std::function<void(std::uint64_t)> published;  // size, after each publication, before its answers
    std::function<void(absl::Status)> fatal;       // nothing is signed any more
  };
  // Borrows all but the cache.
  Publisher(const storage::LogReader& store, storage::CheckpointStore& checkpoints, signer::Signer& signer, const Recheck& recheck,
            Waiters& waiters, const runtime::Clock& clock, metrics::Metrics& metrics, std::shared_ptr<storage::TileCache> cache,
            std::chrono::milliseconds interval, Hooks hooks);

  // Serves what was published before; nothing is signed. Once, before Run. DataLoss: it is not this log's checkpoint.
  [[nodiscard]] absl::Status LoadPublished();
  // One tick: confirm, follow, recheck, sign, store, cosign, publish. Aborted: another node was faster, Unavailable: nothing was
  // written; in both cases the next tick does better. Any other error: nothing may be signed any more.
  [[nodiscard]] absl::Status Tick();
  // Ticks until Stop or Halt, or a tick that is fatal.
  void Run();
  // One last tick; repeated until `deadline` while storage is unavailable.
  void Stop(runtime::Deadline deadline);
  // No signature any more (I7): no last tick, and a running one ends before its signature.
  void Halt();

  // Of the signer's mark, as the last tick left it. Any thread.
  std::uint64_t mark_size() const { return mark_size_; }

  // There is something new; `soon`: somebody waits for it.
  void Wake(bool soon);

 private:
  // Until a tick is due. False: the end.
  bool WaitForWork(runtime::Deadline due);
  absl::StatusOr<std::string> LatestOrEmpty(storage::Slot slot) const;
  absl::StatusOr<tlog::Checkpoint> Verified(const std::string& note);
  [[nodiscard]] absl::Status FollowStored(const std::string& stored, const merkle::TreeHead& signed_head, const merkle::TreeHead& head);
  [[nodiscard]] absl::Status FeedUpTo(const merkle::TreeHead& head);
  absl::StatusOr<std::string> SignHead(const merkle::TreeHead& head, const std::string& stored);
  absl::StatusOr<std::string> Cosign(std::string note) const;
  [[nodiscard]] absl::Status Announce(const std::string& note, const merkle::TreeHead& head);

  const storage::LogReader& store_;
  storage::CheckpointStore& checkpoints_;
  signer::Signer& signer_;
  const Recheck& recheck_;
  Waiters& waiters_;
  const runtime::Clock& clock_;
  metrics::Metrics& metrics_;
  const std::shared_ptr<storage::TileCache> cache_;
  const std::chrono::milliseconds interval_;
  const Hooks hooks_;
  const std::string origin_;
  std::string verified_;  // the note whose signature was checked last

  runtime::Mutex mutex_;
  runtime::Condition changed_;
  bool work_ TRUSTLOG_GUARDED_BY(mutex_) = true;  // the first tick always looks
  bool soon_ TRUSTLOG_GUARDED_BY(mutex_) = true;
  std::optional<runtime::Deadline> stop_by_ TRUSTLOG_GUARDED_BY(mutex_);
  std::atomic<bool> halted_{false};  // written under mutex_
  std::atomic<std::uint64_t> mark_size_{0};
};

}  // namespace trustlog::log
