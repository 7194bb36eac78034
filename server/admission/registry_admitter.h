// Admission in order: an Admitter over the registry (records.md 6.2). Facts about earlier records come from the batch's known ids
// and are read once. Sequencer thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/registry/draft.h"
#include "client/registry/facts.h"
#include "server/admission/clock_rule.h"
#include "server/admission/live_registry.h"
#include "server/log/admitter.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "storage/storage.h"

namespace trustlog::admission {

class CheckedStatement;

class RegistryAdmitter final : public log::Admitter {
 public:
  // Borrows all. `mark_ms`: clock_rule.h.
  RegistryAdmitter(LiveRegistry& registry, const storage::LogReader& store, const runtime::Clock& clock, std::int64_t mark_ms,
                   metrics::Metrics& metrics, SnapshotOptions snapshot);
  ~RegistryAdmitter() override;

  std::uint64_t size() const override;
  [[nodiscard]] absl::Status Follow(std::uint64_t begin, std::span<const storage::Record> committed) override;
  absl::StatusOr<std::vector<log::Drafted>> DraftBatch(std::span<const log::Submission* const> batch,
                                                       const log::KnownIds& known) override;
  void Keep(const merkle::TreeHead& head) override;
  void Drop() override;
  std::vector<log::Withholding> Withholdable(std::uint64_t begin, std::uint64_t end) override;

 private:
  class Facts;

  // Up to kRecordsALock of `committed`, beginning at size(): read, then applied.
  [[nodiscard]] absl::Status FollowSome(std::span<const storage::Record> committed);
  bool SnapshotIsDue() const;
  void SaveSnapshotOfFollowed();
  void SaveSnapshotAt(const merkle::TreeHead& head);  // of size()
  // The entry's bytes, or the refusal; another status: the facts could not be read.
  absl::StatusOr<std::string> DraftOne(const CheckedStatement& submission, std::uint64_t logged_at_ms);

  LiveRegistry& registry_;
  const ClockRule clock_rule_;
  metrics::Metrics& metrics_;
  const SnapshotOptions snapshot_;
  std::unique_ptr<Facts> facts_;
  std::optional<registry::Draft> draft_;
  bool keys_changed_ = false;  // by what the draft accepted
  std::uint64_t saved_at_ = 0;
};

}  // namespace trustlog::admission
