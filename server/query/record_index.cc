#include "server/query/record_index.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "merkle/hash.h"
#include "proto/attest/entry.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "server/log/rollback_guard.h"
#include "server/query/record_keys.h"

namespace trustlog::query {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr std::chrono::milliseconds kPause{1'000};  // after trouble
constexpr std::size_t kMostBundles = 64;            // in one transaction: some megabytes of keys

absl::Status Stopped() { return Refuse(Reason::kStopped, "this node is stopping"); }

}  // namespace

// What wakes the thread. Shared with waits at the log that outlive the index.
struct RecordIndex::Signals {
  mutable runtime::Mutex mutex;
  runtime::Condition changed;
  bool stopping TRUSTLOG_GUARDED_BY(mutex) = false;
  bool damaged TRUSTLOG_GUARDED_BY(mutex) = false;  // a reader met an index that cannot be relied on
  bool waiting TRUSTLOG_GUARDED_BY(mutex) = false;  // at the log, for a newer snapshot
  bool arrived TRUSTLOG_GUARDED_BY(mutex) = false;
  std::uint64_t size TRUSTLOG_GUARDED_BY(mutex) = 0;
};

RecordIndex::RecordIndex(log::Log& log, const runtime::Clock& clock, OpenIndex open)
    : log_(log), clock_(clock), open_(std::move(open)), waiters_(clock, log.answers()), signals_(std::make_shared<Signals>()) {
  thread_ = std::thread([this] { Run(); });
}

RecordIndex::~RecordIndex() { Stop(); }

void RecordIndex::Stop() {
  {
    const runtime::MutexLock lock(signals_->mutex);
    signals_->stopping = true;
  }
  signals_->changed.NotifyAll();
  waiters_.End(Stopped());
  if (thread_.joinable()) thread_.join();
}

void RecordIndex::WaitIndexed(std::uint64_t size, runtime::Deadline deadline, log::PublishedDone done) {
  waiters_.Wait(size - 1, log::Pace::kNextTick, deadline, [done = std::move(done)](absl::StatusOr<Snapshot> snapshot) {
    const bool late = !snapshot.ok() && bytes::ReasonOf(snapshot.status()) == Reason::kPublishPending;
    done(late ? Refuse(Reason::kDeadline, "the index of this node has not followed the log in time") : std::move(snapshot));
  });
}

absl::StatusOr<std::vector<std::uint64_t>> RecordIndex::Find(std::string_view key, std::uint64_t begin, std::uint64_t end,
                                                             std::size_t limit) const {
  auto found = index_->Find(key, begin, end, limit);
  if (found.ok() || absl::IsUnavailable(found.status())) return found;
  if (!absl::IsOutOfRange(found.status())) {
    const runtime::MutexLock lock(signals_->mutex);
    signals_->damaged = true;
    signals_->changed.NotifyAll();
  }
  return Refuse(Reason::kStopped, "the index of this node is being made anew; ask again", {{"retry_ms", "1000"}});
}

std::uint64_t RecordIndex::size() const {
  const runtime::MutexLock lock(signals_->mutex);
  return signals_->size;
}

bool RecordIndex::IsStopping() const {
  const runtime::MutexLock lock(signals_->mutex);
  return signals_->stopping;
}

void RecordIndex::Run() {
  pthread_setname_np(pthread_self(), "index");
  index_ = Open();
  std::optional<std::uint64_t> followed;
  while (const auto snapshot = NextPublished(followed)) {
    const auto status = Follow(*snapshot);
    Note(status);
    if (status.ok()) {
      followed = snapshot->head.size;
      waiters_.Publish(snapshot);
    } else {
      followed.reset();
      Pause();
    }
  }
}

std::unique_ptr<storage::KeyIndex> RecordIndex::Open() {
  while (!IsStopping()) {
    auto index = open_();
    Note(index.status());
    if (index.ok()) return *std::move(index);
    Pause();
  }
  return nullptr;
}

RecordIndex::Snapshot RecordIndex::NextPublished(std::optional<std::uint64_t> followed) {
  while (true) {
    auto newest = log_.published();
    bool ask = false;
    {
      const runtime::MutexLock lock(signals_->mutex);
      if (signals_->stopping) return nullptr;
      const bool is_newer = newest != nullptr && (!followed.has_value() || newest->head.size > *followed);
      if (is_newer || (signals_->damaged && newest != nullptr)) return newest;
      ask = !std::exchange(signals_->waiting, true);
    }
    if (ask) {
      // An answer that is no snapshot is the end of the log: it is not asked again.
      log_.WaitPublished(followed.value_or(0), log::Pace::kNextTick, runtime::Deadline::max(),
                         [signals = signals_](const auto& answer) {
                           const runtime::MutexLock lock(signals->mutex);
                           signals->waiting = !answer.ok();
                           signals->arrived = answer.ok();
                           signals->changed.NotifyAll();
                         });
    }
    const runtime::MutexLock lock(signals_->mutex);
    while (!signals_->stopping && !signals_->damaged && !signals_->arrived) signals_->changed.Wait(signals_->mutex);
    signals_->arrived = false;
  }
}

absl::Status RecordIndex::Follow(const log::Published& snapshot) {
  bool damaged = false;
  {
    const runtime::MutexLock lock(signals_->mutex);
    damaged = std::exchange(signals_->damaged, false);
  }
  if (damaged) range_.reset();
  if (!range_.has_value()) {
    auto status = damaged ? absl::DataLossError("a reader met damage") : TakeUp(snapshot);
    if (absl::IsUnavailable(status)) return status;
    if (!status.ok()) {
      spdlog::warn("the record index is made anew: {}", bytes::MessageOf(status));
      if (auto cleared = index_->Clear(); !cleared.ok()) return cleared;
      range_ = merkle::CompactRange();
    }
  }
  while (range_->size() < snapshot.head.size) {
    if (IsStopping()) return Stopped();
    auto status = AddBundles(snapshot);
    const runtime::MutexLock lock(signals_->mutex);
    if (!status.ok()) {
      range_.reset();
      return status;
    }
    signals_->size = range_->size();
  }
  if (range_->size() == snapshot.head.size && range_->Root() != snapshot.head.root) {
    range_.reset();
    return absl::DataLossError(fmt::format("the entries do not hash to the published root at size {}", snapshot.head.size));
  }
  return absl::OkStatus();
}

// Goes on from what the index holds, if the tree confirms it.
absl::Status RecordIndex::TakeUp(const log::Published& snapshot) {
  const auto head = index_->Indexed();
  if (!head.ok()) return head.status();
  if (head->size > snapshot.head.size) {
    return absl::FailedPreconditionError(fmt::format("it holds {} records of a log of {}", head->size, snapshot.head.size));
  }
  merkle::CompactRange range;
  if (head->size > 0) {
    auto read = log::ReadRange(*snapshot.reader, head->size, snapshot.head.size);
    if (!read.ok()) return absl::UnavailableError(read.status().message());  // the store's trouble, not the index's
    range = *std::move(read);
  }
  if (range.Root() != head->root) return absl::FailedPreconditionError(fmt::format("another tree at size {}", head->size));
  range_ = std::move(range);
  const runtime::MutexLock lock(signals_->mutex);
  signals_->size = head->size;
  return absl::OkStatus();
}

// The keys of the rest of one bundle, and its leaves onto `range`. Entries alone are read, and no more than 256 of them are held.
absl::Status RecordIndex::ReadBundle(const log::Published& snapshot, merkle::CompactRange& range,
                                     std::vector<std::vector<std::string>>& keys) {
  const std::uint64_t begin = range.size();
  const std::uint64_t first = begin - begin % merkle::kTileWidth;
  const auto width = static_cast<std::uint16_t>(std::min<std::uint64_t>(merkle::kTileWidth, snapshot.head.size - first));
  const auto bundle = snapshot.reader->ReadBundle(storage::Half::kEntry, first / merkle::kTileWidth, width);
  if (!bundle.ok()) return bundle.status();
  bytes::ByteReader reader(*bundle);
  std::vector<merkle::ByteView> entries;
  for (std::uint64_t i = first; i < first + width; ++i) {
    const auto bytes = reader.Lp16();
    if (i < begin) continue;
    entries.push_back(bytes::AsBytes(bytes));
    const auto entry = attest::DecodeEntry(bytes);
    keys.push_back(entry.ok() ? RecordKeys(*entry) : std::vector<std::string>());  // void, and found by nobody
  }
  if (!reader.AtEnd()) return absl::DataLossError(fmt::format("bundle {} is malformed", first / merkle::kTileWidth));
  std::vector<merkle::Hash> leaves(entries.size());
  merkle::HashLeaves(entries, leaves);
  range.Append(leaves);
  return absl::OkStatus();
}

// An index that is behind takes many bundles at once: most keys are digests, and the more of them are put in together, the fewer
// pages are written.
absl::Status RecordIndex::AddBundles(const log::Published& snapshot) {
  merkle::CompactRange range = *range_;
  std::vector<std::vector<std::string>> keys;
  for (std::size_t i = 0; i < kMostBundles && range.size() < snapshot.head.size && !IsStopping(); ++i) {
    if (auto status = ReadBundle(snapshot, range, keys); !status.ok()) return status;
  }
  if (keys.empty()) return Stopped();
  auto status = index_->Add(range_->size(), keys, range.Root());
  if (status.ok()) {
    range_ = std::move(range);
  } else if (!absl::IsUnavailable(status) && !absl::IsAborted(status)) {
    const runtime::MutexLock lock(signals_->mutex);
    signals_->damaged = true;
  }
  return status;
}

// A line when trouble begins, changes and ends.
void RecordIndex::Note(const absl::Status& trouble) {
  const auto text = trouble.ok() || IsStopping() ? std::string() : trouble.ToString();
  if (text == trouble_) return;
  trouble_ = text;
  if (text.empty()) {
    spdlog::info("the record index follows the log again");
  } else {
    spdlog::error("the record index does not follow the log: {}", text);
  }
}

void RecordIndex::Pause() {
  const auto end = clock_.Now() + kPause;
  const runtime::MutexLock lock(signals_->mutex);
  while (!signals_->stopping && clock_.Now() < end) clock_.WaitUntil(signals_->changed, signals_->mutex, end);
}

}  // namespace trustlog::query
