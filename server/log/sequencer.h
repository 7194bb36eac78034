// The sequencer: the node's only writer. Batch by batch: look, follow, draft, hash, append; a lost race is decided again from the
// start (design.md section 6). One thread; Run is its whole life.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/log/admitter.h"
#include "server/log/queue.h"
#include "server/log/withholder.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "server/runtime/worker_pool.h"
#include "storage/storage.h"

namespace trustlog::log {

class Sequencer final {
 public:
  struct Hooks {
    std::function<void(const merkle::TreeHead&)> committed;  // after each commit and its Keep, before its answers
    std::function<void(absl::Status)> fatal;                 // Unknown, DataLoss or a bug: nothing more is written
  };
  // Borrows all. `answers` runs the `done` of every item.
  Sequencer(storage::LogWriter& store, Admitter& admitter, Queue& queue, runtime::WorkerPool& answers, const runtime::Clock& clock,
            metrics::Metrics& metrics, std::size_t max_batch, Hooks hooks);

  // Brings the admitter up to the committed head. Before Run, same thread or before it starts.
  [[nodiscard]] absl::Status CatchUp();
  // Until the queue is closed and drained. After Halt or a fatal error what is left is answered STOPPED.
  void Run();
  // Nothing more is written. Any thread.
  void Halt() { halted_ = true; }

  // What is published under an erasure notice is withheld, between batches and when there are none. Any thread.
  void Published(std::uint64_t size);
  // withholder.h. Any thread.
  void Withhold(std::uint64_t index, WithheldDone done);
  WithholdingState withholding() const { return withholder_.state(); }

 private:
  struct Decision {
    std::vector<absl::StatusOr<Added>> answers;  // one an item
    std::vector<storage::Record> records;        // to append, in order
  };
  void ProcessOrRefuse(std::vector<QueueItem> batch);
  void Fail(const absl::Status& status);
  [[nodiscard]] absl::Status Process(std::vector<QueueItem>& batch, std::vector<absl::StatusOr<Added>>& answers);
  [[nodiscard]] absl::Status Follow(std::uint64_t size);
  absl::StatusOr<Decision> Decide(const std::vector<QueueItem>& batch, const storage::View& view, const KnownIds& known);
  [[nodiscard]] absl::Status Commit(const storage::View& view, const std::vector<storage::Record>& records, merkle::TreeHead& head);
  void Answer(std::vector<QueueItem> batch, std::vector<absl::StatusOr<Added>> answers);

  storage::LogWriter& store_;
  Admitter& admitter_;
  Queue& queue_;
  runtime::WorkerPool& answers_;
  const runtime::Clock& clock_;
  metrics::Metrics& metrics_;
  const std::size_t max_batch_;
  const Hooks hooks_;
  Withholder withholder_;
  std::atomic<bool> halted_{false};
};

}  // namespace trustlog::log
