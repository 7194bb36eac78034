#include "tests/support/faulty_storage.h"

#include <utility>

#include "proto/bytes/reason.h"

namespace trustlog::support {
namespace {

using storage::Half;
using storage::Id;
using storage::Record;
using storage::Slot;
using storage::View;

absl::Status StatusOf(Fault fault) {
  switch (fault) {
    case Fault::kBefore:
      return absl::UnavailableError("planned fault: nothing was done");
    case Fault::kAborted:
      return absl::AbortedError("planned fault: the race was lost");
    case Fault::kUnknownNotDone:
    case Fault::kUnknownDone:
      return absl::UnknownError("planned fault: outcome unknown");
    case Fault::kDataLoss:
      return bytes::Refuse(bytes::Reason::kCorruption, "planned fault: storage contradicts itself");
  }
  return absl::InternalError("no such fault");
}

// `work` gives a Status or a StatusOr.
template <typename Work>
auto Perform(FaultPlan& plan, Call call, const Work& work) -> decltype(work()) {
  const auto fault = plan.Enter(call);
  if (!fault.has_value()) return work();
  if (*fault == Fault::kUnknownDone) {
    const auto done = work();
    if (!done.ok()) return done;
  }
  return StatusOf(*fault);
}

class FaultyLog final : public storage::LogWriter {
 public:
  FaultyLog(const storage::LogReader& reads, storage::LogWriter& writes, FaultPlan& plan)
      : reads_(reads), writes_(writes), plan_(plan) {}

  const storage::Identity& identity() const override { return reads_.identity(); }
  absl::StatusOr<merkle::TreeHead> IntegratedHead() const override {
    return Perform(plan_, Call::kIntegratedHead, [&] { return reads_.IntegratedHead(); });
  }
  absl::StatusOr<std::vector<merkle::TileData>> ReadTiles(std::span<const merkle::TileId> ids) const override {
    return Perform(plan_, Call::kReadTiles, [&] { return reads_.ReadTiles(ids); });
  }
  absl::StatusOr<std::vector<Record>> ReadRecords(std::uint64_t begin, std::uint64_t end) const override {
    return Perform(plan_, Call::kReadRecords, [&] { return reads_.ReadRecords(begin, end); });
  }
  absl::StatusOr<std::vector<Record>> ReadRecordsAt(std::span<const std::uint64_t> indices) const override {
    return Perform(plan_, Call::kReadRecordsAt, [&] { return reads_.ReadRecordsAt(indices); });
  }
  absl::StatusOr<std::string> ReadBundle(Half half, std::uint64_t index, std::uint16_t width) const override {
    return Perform(plan_, Call::kReadBundle, [&] { return reads_.ReadBundle(half, index, width); });
  }
  absl::StatusOr<std::vector<std::optional<std::uint64_t>>> FindIds(std::span<const Id> ids) const override {
    return Perform(plan_, Call::kFindIds, [&] { return reads_.FindIds(ids); });
  }
  absl::StatusOr<std::optional<merkle::Hash>> HistoricRoot(std::uint64_t size) const override {
    return Perform(plan_, Call::kHistoricRoot, [&] { return reads_.HistoricRoot(size); });
  }
  absl::StatusOr<View> Look(std::span<const Id> ids) override {
    return Perform(plan_, Call::kLook, [&] { return writes_.Look(ids); });
  }
  absl::Status Append(const merkle::TreeHead& expected, const merkle::Growth& growth, std::span<const Record> records) override {
    return Perform(plan_, Call::kAppend, [&] { return writes_.Append(expected, growth, records); });
  }
  absl::Status Withhold(std::uint64_t index) override {
    return Perform(plan_, Call::kWithhold, [&] { return writes_.Withhold(index); });
  }

 private:
  const storage::LogReader& reads_;
  storage::LogWriter& writes_;
  FaultPlan& plan_;
};

class FaultyCheckpoints final : public storage::CheckpointStore {
 public:
  FaultyCheckpoints(storage::CheckpointStore& base, FaultPlan& plan) : base_(base), plan_(plan) {}

  absl::StatusOr<std::string> Latest(std::string_view origin, Slot slot) const override {
    return Perform(plan_, Call::kLatest, [&] { return base_.Latest(origin, slot); });
  }
  absl::Status Swap(std::string_view origin, Slot slot, std::string_view old, std::string_view now) override {
    return Perform(plan_, Call::kSwap, [&] { return base_.Swap(origin, slot, old, now); });
  }
  absl::Status Confirm() override {
    return Perform(plan_, Call::kConfirm, [&] { return base_.Confirm(); });
  }

 private:
  storage::CheckpointStore& base_;
  FaultPlan& plan_;
};

}  // namespace

void FaultPlan::Fail(Call call, Fault fault, std::uint64_t nth) {
  const std::lock_guard lock(mutex_);
  planned_[{call, counts_[call] + nth}] = fault;
}

void FaultPlan::OnCall(std::function<void(Call)> hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

std::uint64_t FaultPlan::count(Call call) const {
  const std::lock_guard lock(mutex_);
  const auto at = counts_.find(call);
  return at == counts_.end() ? 0 : at->second;
}

std::optional<Fault> FaultPlan::Enter(Call call) {
  std::function<void(Call)> hook;
  std::optional<Fault> fault;
  {
    const std::lock_guard lock(mutex_);
    hook = hook_;
    const auto at = planned_.find({call, ++counts_[call]});
    if (at != planned_.end()) fault = at->second;
  }
  if (hook) hook(call);
  return fault;
}

FaultyStorage::FaultyStorage(std::unique_ptr<storage::Storage> base)
    : base_(std::move(base)),
      log_(std::make_unique<FaultyLog>(base_->log(), base_->log(), plan_)),
      reader_(std::make_unique<FaultyLog>(base_->reader(), base_->log(), plan_)),
      checkpoints_(std::make_unique<FaultyCheckpoints>(base_->checkpoints(), plan_)) {}

FaultyStorage::~FaultyStorage() = default;

storage::LogWriter& FaultyStorage::log() { return *log_; }

const storage::LogReader& FaultyStorage::reader() const { return *reader_; }

storage::CheckpointStore& FaultyStorage::checkpoints() { return *checkpoints_; }

absl::Status FaultyStorage::CloseCleanly() {
  return Perform(plan_, Call::kCloseCleanly, [&] { return base_->CloseCleanly(); });
}

}  // namespace trustlog::support
