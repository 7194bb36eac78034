// Withholding (records.md 4.3): what a published erasure notice is about loses its companion, in the store and so in everything
// that is served from it. After a start the same is asked of every notice again: a process that ends in between leaves nothing
// undone.
//
// Part of the sequencer, whose thread calls Work; who asks for one statement (admin) is answered on the answer pool.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/log/admitter.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"
#include "server/runtime/worker_pool.h"
#include "storage/storage.h"

namespace trustlog::log {

// How far withholding has come, counted in statements.
struct WithholdingState {
  std::uint64_t withheld = 0;  // under a published notice, and gone
  std::uint64_t due = 0;       // under a published notice, and still there
};

// True: it was withheld before. Unavailable (OUTCOME_UNKNOWN): perhaps not gone yet, repeat it. STOPPED.
using WithheldDone = std::function<void(absl::StatusOr<bool>)>;

class Withholder final {
 public:
  // Borrows all.
  Withholder(storage::LogWriter& store, Admitter& admitter, runtime::WorkerPool& answers, const runtime::Clock& clock)
      : store_(store), admitter_(admitter), answers_(answers), clock_(clock) {}

  // Any thread: notices below `size` are in force. Work must be called soon.
  void Published(std::uint64_t size);
  // Any thread: this one now, and once more if it was withheld already.   REQUIRES: a published notice is about it.
  void Request(std::uint64_t index, WithheldDone done);
  WithholdingState state() const;

  // Withholds what is due, one statement after another until `may_go_on` says no. Not OK: Unknown, DataLoss: no write after it.
  [[nodiscard]] absl::Status Work(const std::function<bool()>& may_go_on);
  // When Work has something to do: at once, later (storage was unavailable), or never unless Published or Request is called.
  runtime::Deadline next() const;
  // No more Work: answers who waits, and whoever asks from now on.
  void End(const absl::Status& status);

 private:
  using Requests = std::deque<std::pair<std::uint64_t, WithheldDone>>;
  [[nodiscard]] absl::Status TakeOverNotices();
  [[nodiscard]] absl::Status WithholdDue(const std::function<bool()>& may_go_on);
  [[nodiscard]] absl::Status WithholdOne(std::uint64_t index);
  [[nodiscard]] absl::Status AnswerRequests();
  void Answer(WithheldDone done, absl::StatusOr<bool> answer);
  void Count();

  storage::LogWriter& store_;
  Admitter& admitter_;
  runtime::WorkerPool& answers_;
  const runtime::Clock& clock_;
  // The sequencer thread's.
  std::uint64_t noticed_ = 0;  // notices at [0, noticed_) were taken over
  std::deque<Withholding> due_;
  std::uint64_t withheld_ = 0;
  std::optional<runtime::Deadline> retry_at_;  // storage was unavailable

  mutable runtime::Mutex mutex_;
  std::uint64_t published_ TRUSTLOG_GUARDED_BY(mutex_) = 0;
  WithholdingState state_ TRUSTLOG_GUARDED_BY(mutex_);
  Requests requests_ TRUSTLOG_GUARDED_BY(mutex_);
  absl::Status ended_ TRUSTLOG_GUARDED_BY(mutex_);
};

}  // namespace trustlog::log
