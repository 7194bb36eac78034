#include "tests/bench/opaque_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "merkle/hash.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/note.h"
#include "server/log/log.h"
#include "server/signer/local_signer.h"
#include "tests/bench/process_figures.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr char kOrigin[] = "TEST-log.example/bench";
constexpr std::size_t kBatchesInFlight = 4;
constexpr std::uint64_t kMaxUnpublished = 1'000'000;

double SecondsSince(SteadyClock::time_point begin) { return std::chrono::duration<double>(SteadyClock::now() - begin).count(); }

// Different for every index, and of no pattern that a disk could compress (splitmix64).
std::string EntryOf(std::uint64_t index) {
  std::string entry(kEntryBytes, '\0');
  std::uint64_t state = index * 0x9e3779b97f4a7c15U;
  for (std::size_t at = 0; at < kEntryBytes; at += sizeof(state)) {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t word = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    word ^= word >> 31;
    std::memcpy(entry.data() + at, &word, std::min(sizeof(word), kEntryBytes - at));
  }
  return entry;
}

class OpaqueSubmission final : public log::Submission {
 public:
  OpaqueSubmission(std::string entry, const storage::Id& id) : entry_(std::move(entry)), id_(id) {}
  const storage::Id& id() const override { return id_; }
  std::span<const storage::Id> refs() const override { return {}; }
  std::size_t bytes() const override { return entry_.size(); }
  const std::string& companion() const override { return none_; }
  const std::string& issuer() const override { return none_; }
  const std::string& entry() const { return entry_; }

 private:
  const std::string entry_, none_;
  const storage::Id id_;
};

std::vector<std::unique_ptr<log::Submission>> MakeBatch(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::string> entries;
  std::vector<merkle::ByteView> views;
  entries.reserve(end - begin);
  for (std::uint64_t index = begin; index < end; ++index) entries.push_back(EntryOf(index));
  for (const auto& entry : entries) views.push_back(bytes::AsBytes(entry));
  std::vector<merkle::Hash> ids(entries.size());
  merkle::HashLeaves(views, ids);
  std::vector<std::unique_ptr<log::Submission>> batch;
  batch.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    batch.push_back(std::make_unique<OpaqueSubmission>(std::move(entries[i]), ids[i]));
  return batch;
}

// Takes everything; keeps nothing but a size, so that a start has nothing to read.
class OpaqueAdmitter final : public log::Admitter {
 public:
  explicit OpaqueAdmitter(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  absl::Status Follow(std::uint64_t, std::span<const storage::Record> committed) override {
    size_ += committed.size();
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<log::Drafted>> DraftBatch(std::span<const log::Submission* const> batch,
                                                       const log::KnownIds&) override {
    std::vector<log::Drafted> drafted;
    drafted.reserve(batch.size());
    absl::flat_hash_map<storage::Id, std::size_t> firsts;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto [first, fresh] = firsts.emplace(batch[i]->id(), i);
      if (fresh) {
        drafted.emplace_back(static_cast<const OpaqueSubmission*>(batch[i])->entry());
      } else {
        drafted.emplace_back(log::DuplicateOf{first->second});
      }
    }
    return drafted;
  }
  void Keep(const merkle::TreeHead& head) override { size_ = head.size; }
  void Drop() override {}
  std::vector<log::Withholding> Withholdable(std::uint64_t, std::uint64_t) override { return {}; }

 private:
  std::uint64_t size_;
};

// The signer hashes what storage reads back; beside that an opaque entry has nothing to be checked against.
class NoRecheck final : public log::Recheck {
 public:
  absl::Status Verify(std::uint64_t, std::span<const storage::Record>) const override { return absl::OkStatus(); }
};

// How many batches are on their way, and how each of them went.
class Flight final {
 public:
  void Begin() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return batches_ < kBatchesInFlight; });
    ++batches_;
  }
  void End(SteadyClock::time_point begin) {
    const std::lock_guard lock(mutex_);
    latencies_ms_.push_back(1000 * SecondsSince(begin));
    --batches_;
    changed_.notify_all();
  }
  void Fail(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
  }
  absl::Status AwaitAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return batches_ == 0; });
    return failure_;
  }
  std::vector<double> Latencies() {
    std::sort(latencies_ms_.begin(), latencies_ms_.end());
    return latencies_ms_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t batches_ = 0;
  std::vector<double> latencies_ms_;
  absl::Status failure_;
};

storage::Identity IdentityOf(const keys::PrivateKey& key) {
  storage::Identity identity{
      kOrigin, tlog::VerifierKey::Make(kOrigin, tlog::kTypeEd25519, key.public_key())->ToString(), "2026-11-25", {}};
  identity.store_id.fill(1);
  return identity;
}

}  // namespace

struct OpaqueLog::Parts {
  runtime::RealClock clock;
  metrics::Metrics metrics{"bench", kOrigin, "sqlite"};
  NoRecheck recheck;
  std::unique_ptr<storage::Storage> store;
  std::unique_ptr<signer::LocalSigner> signer;
  std::optional<OpaqueAdmitter> admitter;
  std::unique_ptr<log::Log> log;
};

OpaqueLog::OpaqueLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
OpaqueLog::~OpaqueLog() = default;

absl::StatusOr<std::unique_ptr<OpaqueLog>> OpaqueLog::Open(const std::string& folder) {
  auto parts = std::make_unique<Parts>();
  const auto key = testing::TestKey(1);
  const auto identity = IdentityOf(key);
  const std::string url = "sqlite:" + folder + "/log.db", mark_folder = folder + "/mark";
  const bool exists = std::filesystem::exists(folder + "/log.db");
  auto store = exists ? storage::OpenStorage(url) : storage::CreateStorage(url, identity);
  if (!store.ok()) return store.status();
  parts->store = *std::move(store);
  if (!exists) {
    signer::Mark first;
    first.origin = kOrigin;
    first.key_id = key.public_key().id();
    first.store_id = identity.store_id;
    if (auto made = signer::MarkFile::Create(mark_folder, first); !made.ok()) return made;
  }
  auto signer = signer::LocalSigner::Open(mark_folder, kOrigin, identity.store_id, testing::TestKey(1), parts->clock);
  if (!signer.ok()) return signer.status();
  parts->signer = *std::move(signer);
  const auto head = parts->store->reader().IntegratedHead();
  if (!head.ok()) return head.status();
  parts->admitter.emplace(head->size);
  log::LogOptions options;
  options.max_batch = kBatchEntries;
  options.max_unpublished = kMaxUnpublished;
  options.queue.issuer_share = 1;
  parts->log = std::make_unique<log::Log>(
      log::LogParts{*parts->store, *parts->signer, *parts->admitter, parts->recheck, parts->clock, parts->metrics}, options);
  if (auto started = parts->log->Start(); !started.ok()) return started;
  return std::unique_ptr<OpaqueLog>(new OpaqueLog(std::move(parts)));
}

std::uint64_t OpaqueLog::size() const { return parts_->log->state().integrated; }

namespace {

absl::Status AwaitPublished(log::Log& log, std::uint64_t index) {
  std::promise<absl::Status> answered;
  log.WaitPublished(
      index, log::Pace::kSoon, runtime::Deadline::max(),
      [&](const absl::StatusOr<std::shared_ptr<const log::Published>>& answer) { answered.set_value(answer.status()); });
  return answered.get_future().get();
}

// Once more when the log is too far ahead of its checkpoint.
absl::Status AddWhenTaken(log::Log& log, std::uint64_t begin, std::uint64_t end, const log::AddDone& done) {
  while (true) {
    auto taken = log.Add(MakeBatch(begin, end), done);
    if (taken.ok() || bytes::ReasonOf(taken) != bytes::Reason::kPushback) return taken;
    if (auto published = AwaitPublished(log, log.state().published); !published.ok()) return published;
  }
}

}  // namespace

absl::StatusOr<Appended> OpaqueLog::Append(std::uint64_t entries) {
  log::Log& log = *parts_->log;
  const std::uint64_t begin = size(), end = begin + entries, written = WrittenBytes();
  const auto flight = std::make_shared<Flight>();  // the last answer may still be letting go of it
  const auto started = SteadyClock::now();
  for (std::uint64_t at = begin; at < end; at += kBatchEntries) {
    flight->Begin();
    const auto sent = SteadyClock::now();
    const auto left = std::make_shared<std::atomic<std::size_t>>(kBatchEntries);
    const auto done = [flight, left, sent](std::size_t, const absl::StatusOr<log::Added>& added) {
      if (!added.ok()) flight->Fail(added.status());
      if (--*left == 0) flight->End(sent);
    };
    if (auto taken = AddWhenTaken(log, at, at + kBatchEntries, done); !taken.ok()) {
      flight->Fail(taken);
      flight->End(sent);
      break;
    }
  }
  if (auto status = flight->AwaitAll(); !status.ok()) return status;
  Appended appended;
  appended.entries = entries;
  appended.durable_seconds = SecondsSince(started);
  if (size() != end) return absl::DataLossError("entries that were all new were not all appended");
  if (auto status = AwaitPublished(log, end - 1); !status.ok()) return status;
  appended.published_seconds = SecondsSince(started);
  appended.latencies_ms = flight->Latencies();
  appended.written_bytes = WrittenBytes() - written;
  return appended;
}

absl::StatusOr<std::uint64_t> OpaqueLog::CountDuplicates(std::uint64_t begin, std::uint64_t end) {
  std::atomic<std::uint64_t> found = 0;
  std::atomic<std::size_t> left = end - begin;
  std::promise<void> answered;
  const auto done = [&](std::size_t item, const absl::StatusOr<log::Added>& added) {
    if (added.ok() && added->duplicate && added->index == begin + item) ++found;
    if (--left == 0) answered.set_value();
  };
  if (auto taken = AddWhenTaken(*parts_->log, begin, end, done); !taken.ok()) return taken;
  answered.get_future().wait();
  return found.load();
}

absl::Status OpaqueLog::Close() {
  parts_->log->Stop(parts_->clock.Now() + std::chrono::seconds(60));
  return parts_->store->CloseCleanly();
}

}  // namespace trustlog::bench
