#include "storage/sqlite/connections.h"

#include <array>
#include <utility>

namespace trustlog::sqlite {
namespace {

constexpr std::array<Setting, 11> kWriterSettings = {{
    {"busy_timeout", "5000", "5000"},
    {"journal_mode", "WAL", "wal"},
    {"synchronous", "FULL", "2"},
    {"foreign_keys", "ON", "1"},
    {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},
    {"mmap_size", "0", "0"},
    {"temp_store", "MEMORY", "2"},
    {"wal_autocheckpoint", "", "0"},  // off by the hook of Db; setting it would take the hook away
    {"cache_size", "-16384", "-16384"},
    // The tail of a bundle is deleted when it is folded; its bytes must not outlive a withholding in free pages.
    {"secure_delete", "ON", "1"},
}};

constexpr std::array<Setting, 8> kReaderSettings = {{
    {"busy_timeout", "5000", "5000"},
    {"journal_mode", "", "wal"},
    {"query_only", "ON", "1"},
    {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},
    {"mmap_size", "0", "0"},
    {"temp_store", "MEMORY", "2"},
    {"cache_size", "-2048", "-2048"},
}};

constexpr std::size_t kMaxIdleReaders = 16;
// 8 MiB: long enough that pages written by every commit are copied once for a hundred small commits; short enough for a small disk,
// and to be read in no time at a start.
constexpr int kWalFramesBeforeCheckpoint = 1024;

bool EndsWriting(const absl::Status& status) { return absl::IsUnknown(status) || absl::IsDataLoss(status); }

}  // namespace

std::span<const Setting> WriterSettings() { return kWriterSettings; }

Connections::Lease::~Lease() {
  if (db_ == nullptr) return;
  const std::lock_guard lock(home_->readers_mutex_);
  if (home_->readers_.size() < kMaxIdleReaders) home_->readers_.push_back(std::move(db_));
}

absl::StatusOr<std::unique_ptr<Connections>> Connections::Open(const std::string& path,
                                                               std::function<absl::Status()> before_first_write) {
  auto writer = Db::Open(path, Mode::kReadWrite);
  if (!writer.ok()) return writer.status();
  if (auto set = (*writer)->Set(kWriterSettings); !set.ok()) return set;
  if (auto emptied = (*writer)->CheckpointTruncate(); !emptied.ok()) return emptied;
  auto checkpointer = Db::Open(path, Mode::kReadWrite);
  if (!checkpointer.ok()) return checkpointer.status();
  if (auto set = (*checkpointer)->Set(kWriterSettings); !set.ok()) return set;
  return std::unique_ptr<Connections>(
      new Connections(path, std::move(before_first_write), *std::move(writer), *std::move(checkpointer)));
}

Connections::Connections(std::string path, std::function<absl::Status()> before_first_write, std::unique_ptr<Db> writer,
                         std::unique_ptr<Db> checkpointer)
    : path_(std::move(path)),
      before_first_write_(std::move(before_first_write)),
      writer_(std::move(writer)),
      checkpointer_(std::move(checkpointer)),
      thread_([this] { KeepWalShort(); }) {}

Connections::~Connections() { EndThread(); }

absl::Status Connections::Write(const std::function<absl::Status(Db&)>& work) {
  const std::lock_guard lock(writer_mutex_);
  if (!stopped_.ok()) return stopped_;
  if (before_first_write_) {
    if (auto ready = before_first_write_(); !ready.ok()) return Remember(ready);
    before_first_write_ = nullptr;
  }
  auto outcome = Remember(InTransaction(*writer_, [&] { return work(*writer_); }));
  if (outcome.ok() && writer_->wal_frames() >= kWalFramesBeforeCheckpoint) {
    const std::lock_guard wake(thread_mutex_);
    checkpoint_due_ = true;
    thread_wakes_.notify_one();
  }
  return outcome;
}

absl::Status Connections::ReadAsWriter(const std::function<absl::Status(Db&)>& work) {
  const std::lock_guard lock(writer_mutex_);
  auto snapshot = Snapshot::Begin(*writer_);
  return snapshot.ok() ? work(*writer_) : snapshot.status();
}

absl::StatusOr<Connections::Lease> Connections::Read() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      Lease lease(*this, std::move(readers_.back()));
      readers_.pop_back();
      return lease;
    }
  }
  auto db = Db::Open(path_, Mode::kReadOnly);
  if (!db.ok()) return db.status();
  if (auto set = (*db)->Set(kReaderSettings); !set.ok()) return set;
  return Lease(*this, *std::move(db));
}

absl::Status Connections::EmptyWal() {
  const std::lock_guard lock(writer_mutex_);
  if (!stopped_.ok()) return stopped_;
  return Remember(writer_->CheckpointTruncate());
}

absl::Status Connections::StopWriting(absl::Status outcome) {
  const std::lock_guard lock(writer_mutex_);
  return Remember(std::move(outcome));
}

absl::Status Connections::stopped() const {
  const std::lock_guard lock(writer_mutex_);
  return stopped_;
}

absl::Status Connections::Close() {
  EndThread();
  {
    const std::lock_guard lock(readers_mutex_);
    readers_.clear();
  }
  checkpointer_.reset();
  auto emptied = EmptyWal();
  if (emptied.ok()) writer_.reset();
  return emptied;
}

absl::Status Connections::Remember(absl::Status outcome) {
  if (EndsWriting(outcome) && stopped_.ok()) stopped_ = outcome;
  return outcome;
}

void Connections::KeepWalShort() {
  std::unique_lock lock(thread_mutex_);
  while (true) {
    thread_wakes_.wait(lock, [this] { return checkpoint_due_ || closing_; });
    if (closing_) return;
    checkpoint_due_ = false;
    lock.unlock();
    auto copied = checkpointer_->CheckpointPassive();
    {
      const std::lock_guard writing(writer_mutex_);
      if (copied.ok()) copied = writer_->CheckpointPassive();
      // A full disk leaves the WAL as it was; the next commits try again.
      Remember(copied).IgnoreError();
    }
    lock.lock();
  }
}

void Connections::EndThread() {
  {
    const std::lock_guard lock(thread_mutex_);
    closing_ = true;
  }
  thread_wakes_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace trustlog::sqlite
