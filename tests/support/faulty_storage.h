// A Storage that fails on request: wraps another one, and each call can fail before it happened, after it happened, or with an
// outcome that the caller cannot know.
//
//   FaultyStorage storage(MakeMemoryStorage());
//   storage.Fail(Call::kAppend, Fault::kUnknownDone);          // the next Append happens, and its caller hears "unknown"
//   storage.Fail(Call::kSwap, Fault::kBefore, 3);              // the third Swap from here
//
// Thread-safe if the wrapped one is.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "storage/open_storage.h"

namespace trustlog::support {

enum class Call : std::uint8_t {
  kIntegratedHead,
  kReadTiles,
  kReadRecords,
  kReadRecordsAt,
  kReadBundle,
  kFindIds,
  kHistoricRoot,
  kLook,
  kAppend,
  kWithhold,
  kLatest,
  kSwap,
  kConfirm,
  kCloseCleanly,
};

enum class Fault : std::uint8_t {
  kBefore,          // not done; Unavailable
  kAborted,         // not done; Aborted, as if another node had won
  kUnknownNotDone,  // not done; Unknown
  kUnknownDone,     // done; Unknown
  kDataLoss,        // not done; DataLoss
};

// What faults are planned, and what was called. Thread-safe.
class FaultPlan final {
 public:
  // The `nth` such call from now on (1 = the next) fails so.
  void Fail(Call call, Fault fault, std::uint64_t nth = 1);
  // Runs in the calling thread at the start of every call, before its fault: to hold a call up, or to change something meanwhile.
  void OnCall(std::function<void(Call)> hook);
  std::uint64_t count(Call call) const;

  // Counts the call; the fault planned for it, if any.
  std::optional<Fault> Enter(Call call);

 private:
  mutable std::mutex mutex_;
  std::map<Call, std::uint64_t> counts_;
  std::map<std::pair<Call, std::uint64_t>, Fault> planned_;
  std::function<void(Call)> hook_;
};

class FaultyStorage final : public storage::Storage {
 public:
  explicit FaultyStorage(std::unique_ptr<storage::Storage> base);
  ~FaultyStorage() override;

  void Fail(Call call, Fault fault, std::uint64_t nth = 1) { plan_.Fail(call, fault, nth); }
  FaultPlan& plan() { return plan_; }
  storage::Storage& base() { return *base_; }

  storage::LogWriter& log() override;
  const storage::LogReader& reader() const override;
  storage::CheckpointStore& checkpoints() override;
  absl::StatusOr<std::uint64_t> FreeBytes() const override { return free_bytes_.has_value() ? *free_bytes_ : base_->FreeBytes(); }
  absl::StatusOr<std::uint64_t> UsedBytes() const override { return base_->UsedBytes(); }
  bool opened_unclean() const override { return base_->opened_unclean(); }
  [[nodiscard]] absl::Status CloseCleanly() override;

  // What FreeBytes() answers from now on. Not while other threads ask.
  void SetFreeBytes(std::uint64_t bytes) { free_bytes_ = bytes; }

 private:
  const std::unique_ptr<storage::Storage> base_;
  FaultPlan plan_;
  std::optional<std::uint64_t> free_bytes_;
  std::unique_ptr<storage::LogWriter> log_;
  std::unique_ptr<storage::LogReader> reader_;
  std::unique_ptr<storage::CheckpointStore> checkpoints_;
};

}  // namespace trustlog::support
