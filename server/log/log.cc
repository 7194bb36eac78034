#include "server/log/log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "proto/bytes/reason.h"
#include "server/log/rollback_guard.h"

namespace trustlog::log {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr std::int64_t kSpaceCheckMs = 500;

std::int64_t Milliseconds(runtime::Deadline time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Log::Log(LogParts parts, LogOptions options)
    : parts_(parts),
      options_(std::move(options)),
      answers_("answers", options_.answer_threads),
      waiters_(parts.clock, answers_),
      queue_(options_.queue),
      sequencer_(
          parts.store.log(), parts.admitter, queue_, answers_, parts.clock, parts.metrics, options_.max_batch,
          {[this](const merkle::TreeHead& head) { OnCommitted(head); }, [this](absl::Status status) { Fail(std::move(status)); }}),
      publisher_(parts.store.reader(), parts.store.checkpoints(), parts.signer, parts.recheck, waiters_, parts.clock, parts.metrics,
                 storage::MakeTileCache(options_.tile_cache_bytes), options_.publish_interval,
                 {[this](std::uint64_t size) { OnPublished(size); }, [this](absl::Status status) { Fail(std::move(status)); }}) {}

Log::~Log() { Stop(parts_.clock.Now()); }

absl::Status Log::Start() {
  const auto head = parts_.store.reader().IntegratedHead();
  auto status = head.status();
  if (status.ok()) OnCommitted(*head);
  if (status.ok()) status = publisher_.LoadPublished();
  if (status.ok()) status = CheckAgainstMemory(parts_.store.reader(), parts_.store.checkpoints(), identity().origin, parts_.signer);
  if (status.ok()) status = sequencer_.CatchUp();
  if (!status.ok()) {
    const runtime::MutexLock lock(mutex_);
    refused_ = Refuse(Reason::kReadOnly, fmt::format("this node neither signs nor appends: {}", bytes::MessageOf(status)));
    return status;
  }
  started_ = true;
  sequencer_thread_ = std::thread([this] { sequencer_.Run(); });
  publisher_thread_ = std::thread([this] { publisher_.Run(); });
  return absl::OkStatus();
}

void Log::OnCommitted(const merkle::TreeHead& head) {
  std::uint64_t backlog = 0;
  {
    const runtime::MutexLock lock(mutex_);
    integrated_ = head.size;
    backlog = integrated_ - std::min(integrated_, published_);
    if (backlog > 0) unpublished_.push_back({head.size, parts_.clock.Now()});
  }
  parts_.metrics.Set(metrics::Gauge::kIntegrated, static_cast<double>(head.size));
  parts_.metrics.Set(metrics::Gauge::kUnpublished, static_cast<double>(backlog));
  // After the size: who begins to wait now either is seen here or sees the size (WaitPublished).
  publisher_.Wake(waiters_.hurried());
}

void Log::OnPublished(std::uint64_t size) {
  std::uint64_t backlog = 0;
  {
    const runtime::MutexLock lock(mutex_);
    published_ = size;
    published_at_ms_ = started_ ? parts_.clock.WallNow().count() : 0;
    backlog = integrated_ - std::min(integrated_, published_);
    while (!unpublished_.empty() && unpublished_.front().size <= size) unpublished_.pop_front();
  }
  parts_.metrics.Set(metrics::Gauge::kUnpublished, static_cast<double>(backlog));
  sequencer_.Published(size);
}

absl::Status Log::Add(std::vector<std::unique_ptr<Submission>> batch, AddDone done) {
  if (auto status = Writable(); !status.ok()) return status;
  std::uint64_t backlog = 0;
  {
    const runtime::MutexLock lock(mutex_);
    backlog = integrated_ - std::min(integrated_, published_);
  }
  if (backlog > options_.max_unpublished) {
    return Refuse(Reason::kPushback, fmt::format("{} entries wait for publication; nothing was written", backlog),
                  {{"limit", fmt::format("{}", options_.max_unpublished)}, {"retry_ms", "1000"}});
  }
  return queue_.Push(batch, std::move(done), parts_.clock.Now());
}

absl::Status Log::Writable() {
  {
    const runtime::MutexLock lock(mutex_);
    if (!refused_.ok()) return refused_;
  }
  return CheckFreeSpace();
}

void Log::WaitPublished(std::uint64_t index, Pace pace, runtime::Deadline deadline, PublishedDone done) {
  waiters_.Wait(index, pace, deadline, std::move(done));
  // An index that is not committed yet wakes the publisher with its commit.
  bool ready = false;
  {
    const runtime::MutexLock lock(mutex_);
    ready = index < integrated_ && index >= published_;
  }
  if (pace == Pace::kSoon && ready) publisher_.Wake(true);
}

absl::StatusOr<std::vector<std::optional<std::uint64_t>>> Log::FindIds(std::span<const storage::Id> ids) const {
  return parts_.store.reader().FindIds(ids);
}

absl::StatusOr<std::vector<storage::Record>> Log::ReadCommitted(std::span<const std::uint64_t> indices) const {
  return parts_.store.reader().ReadRecordsAt(indices);
}

const storage::Identity& Log::identity() const { return parts_.store.reader().identity(); }

void Log::Withhold(std::uint64_t index, WithheldDone done) {
  absl::Status refused;
  {
    const runtime::MutexLock lock(mutex_);
    refused = refused_;
  }
  if (!refused.ok()) return done(std::move(refused));
  sequencer_.Withhold(index, std::move(done));
}

LogState Log::state() const {
  LogState state;
  {
    const runtime::MutexLock lock(mutex_);
    if (!refused_.ok()) state.writes = std::string(bytes::MessageOf(refused_));
    state.integrated = integrated_;
    state.published = published_;
    state.published_at_ms = published_at_ms_;
    if (!unpublished_.empty()) {
      const auto waited = parts_.clock.Now() - unpublished_.front().committed_at;
      state.unpublished_for = std::chrono::duration_cast<std::chrono::milliseconds>(waited);
    }
  }
  if (state.writes == "ok" && low_space_) state.writes = "free space is below storage.min_free";
  state.queued = queue_.size();
  state.mark = publisher_.mark_size();
  state.withholding = sequencer_.withholding();
  return state;
}

void Log::Stop(runtime::Deadline deadline) {
  {
    const runtime::MutexLock lock(mutex_);
    if (refused_.ok()) refused_ = Refuse(Reason::kStopped, "this node is stopping; nothing was written");
  }
  queue_.Close();
  if (sequencer_thread_.joinable()) sequencer_thread_.join();
  publisher_.Stop(deadline);
  if (publisher_thread_.joinable()) publisher_thread_.join();
  waiters_.End(Refuse(Reason::kStopped, "this node is stopping; the entry is durable"));
  answers_.Stop();
}

void Log::Fail(absl::Status status) {
  {
    const runtime::MutexLock lock(mutex_);
    if (failed_) return;
    failed_ = true;
    refused_ = Refuse(Reason::kStopped, "this node has stopped after a failed durable step; nothing was written");
  }
  publisher_.Halt();
  sequencer_.Halt();
  queue_.Close();
  spdlog::critical("stopped: {}", status.ToString());
  if (absl::IsDataLoss(status)) parts_.metrics.Add(metrics::Counter::kCorruption);
  parts_.metrics.Set(metrics::Gauge::kStopped, 1);
  waiters_.End(Refuse(Reason::kOutcomeUnknown, "this node has stopped; send the same statement again to learn its index"));
  if (options_.fatal) options_.fatal(std::move(status));
}

// Refuses writes below the floor and takes them again above twice the floor, so that the disk never fills in the middle of a
// commit.
absl::Status Log::CheckFreeSpace() {
  if (options_.min_free_bytes == 0) return absl::OkStatus();
  const auto now = Milliseconds(parts_.clock.Now());
  std::int64_t checked = space_checked_ms_;
  if ((checked == 0 || now - checked >= kSpaceCheckMs) && space_checked_ms_.compare_exchange_strong(checked, now)) {
    const auto free = parts_.store.FreeBytes();
    if (free.ok()) low_space_ = *free < (low_space_ ? 2 * options_.min_free_bytes : options_.min_free_bytes);
  }
  if (!low_space_) return absl::OkStatus();
  return Refuse(Reason::kReadOnly, "free space is below storage.min_free; nothing was written",
                {{"limit", fmt::format("{}", options_.min_free_bytes)}, {"retry_ms", "5000"}});
}

}  // namespace trustlog::log
