#include "server/log/sequencer.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "merkle/hash.h"
#include "merkle/integrate.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "server/runtime/failpoint.h"

namespace trustlog::log {
namespace {

constexpr std::uint64_t kFollowChunk = 4'096;

bool IsFatal(const absl::Status& status) { return !status.ok() && !absl::IsUnavailable(status); }

absl::Status Stopped() { return bytes::Refuse(bytes::Reason::kStopped, "this node has stopped; nothing was written"); }

// What the callers of a batch hear that was not decided because of `status`.
absl::Status RefusalOf(const absl::Status& status) {
  if (IsFatal(status))
    return bytes::Refuse(bytes::Reason::kOutcomeUnknown, "the outcome of the commit is not known; send the same statement again");
  return bytes::Refuse(bytes::Reason::kReadOnly,
                       fmt::format("storage refused the write, nothing was written: {}", bytes::MessageOf(status)),
                       {{"retry_ms", "1000"}});
}

// Of each item in order, then whatever they refer to, once.
std::vector<storage::Id> IdsOf(const std::vector<QueueItem>& batch) {
  std::vector<storage::Id> ids;
  ids.reserve(batch.size());
  for (const auto& item : batch) ids.push_back(item.submission->id());
  absl::flat_hash_set<storage::Id> referred;
  for (const auto& item : batch) {
    for (const auto& ref : item.submission->refs()) {
      if (referred.insert(ref).second) ids.push_back(ref);
    }
  }
  return ids;
}

std::vector<merkle::Hash> LeafHashes(const std::vector<storage::Record>& records) {
  std::vector<merkle::ByteView> entries;
  entries.reserve(records.size());
  for (const auto& record : records) entries.push_back(bytes::AsBytes(record.entry));
  std::vector<merkle::Hash> leaves(records.size());
  merkle::HashLeaves(entries, leaves);
  return leaves;
}

}  // namespace

Sequencer::Sequencer(storage::LogWriter& store, Admitter& admitter, Queue& queue, runtime::WorkerPool& answers,
                     const runtime::Clock& clock, metrics::Metrics& metrics, std::size_t max_batch, Hooks hooks)
    : store_(store),
      admitter_(admitter),
      queue_(queue),
      answers_(answers),
      clock_(clock),
      metrics_(metrics),
      max_batch_(max_batch),
      hooks_(std::move(hooks)),
      withholder_(store, admitter, answers, clock) {}

absl::Status Sequencer::CatchUp() {
  const auto head = store_.IntegratedHead();
  if (!head.ok()) return head.status();
  return Follow(head->size);
}

void Sequencer::Run() {
  pthread_setname_np(pthread_self(), "sequencer");
  while (true) {
    auto batch = queue_.Take(max_batch_, clock_, withholder_.next());
    metrics_.Set(metrics::Gauge::kQueue, static_cast<double>(queue_.size()));
    if (batch.empty() && queue_.IsDrained()) return withholder_.End(Stopped());
    if (!batch.empty()) ProcessOrRefuse(std::move(batch));
    if (halted_) continue;
    // Writers first: with a queue, one statement is withheld after each batch.
    if (auto status = withholder_.Work([this] { return !halted_ && queue_.size() == 0; }); !status.ok()) Fail(status);
  }
}

void Sequencer::Published(std::uint64_t size) {
  withholder_.Published(size);
  queue_.Nudge();
}

void Sequencer::Withhold(std::uint64_t index, WithheldDone done) {
  withholder_.Request(index, std::move(done));
  queue_.Nudge();
}

void Sequencer::Fail(const absl::Status& status) {
  metrics_.Add(metrics::Counter::kStorageErrors);
  if (!IsFatal(status)) return;
  Halt();
  hooks_.fatal(status);
}

void Sequencer::ProcessOrRefuse(std::vector<QueueItem> batch) {
  std::vector<absl::StatusOr<Added>> answers;
  if (halted_) {
    answers.assign(batch.size(), Stopped());
  } else if (const auto status = Process(batch, answers); !status.ok()) {
    Fail(status);
    answers.assign(batch.size(), RefusalOf(status));
  }
  Answer(std::move(batch), std::move(answers));
}

absl::Status Sequencer::Process(std::vector<QueueItem>& batch, std::vector<absl::StatusOr<Added>>& answers) {
  const auto ids = IdsOf(batch);
  while (true) {
    auto view = store_.Look(ids);
    if (!view.ok()) return view.status();
    if (auto status = TRUSTLOG_FAILPOINT("look.done"); !status.ok()) return status;
    if (auto status = Follow(view->head.size); !status.ok()) return status;
    KnownIds known;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (view->known[i].has_value()) known.emplace(ids[i], *view->known[i]);
    }
    auto decision = Decide(batch, *view, known);
    if (!decision.ok()) return decision.status();
    auto head = view->head;
    if (!decision->records.empty()) {
      const auto started = clock_.Now();
      auto status = Commit(*view, decision->records, head);
      if (absl::IsAborted(status)) {  // another node was faster: every decision is made again on the new head
        admitter_.Drop();
        metrics_.Add(metrics::Counter::kConflicts);
        continue;
      }
      if (!status.ok()) {
        admitter_.Drop();
        return status;
      }
      metrics_.Observe(metrics::Histogram::kCommit, std::chrono::duration<double>(clock_.Now() - started).count());
    }
    // Before the publisher hears of the head: its recheck asks the registry for what this batch registered.
    admitter_.Keep(head);
    if (head != view->head) hooks_.committed(head);
    metrics_.Observe(metrics::Histogram::kBatchEntries, static_cast<double>(decision->records.size()));
    metrics_.Add(metrics::Counter::kEntries, decision->records.size());
    answers = std::move(decision->answers);
    return absl::OkStatus();
  }
}

absl::Status Sequencer::Follow(std::uint64_t size) {
  while (admitter_.size() < size) {
    const auto begin = admitter_.size();
    const auto records = store_.ReadRecords(begin, std::min(size, begin + kFollowChunk));
    if (!records.ok()) return records.status();
    if (auto status = admitter_.Follow(begin, *records); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<Sequencer::Decision> Sequencer::Decide(const std::vector<QueueItem>& batch, const storage::View& view,
                                                      const KnownIds& known) {
  // Submissions that are logged already are answered with the first one's index and bytes; the others are drafted in order.
  std::vector<const Submission*> fresh;
  std::vector<std::size_t> fresh_items;
  std::vector<std::uint64_t> logged;
  std::vector<std::size_t> logged_items;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto found = known.find(batch[i].submission->id());
    if (found == known.end()) {
      fresh.push_back(batch[i].submission.get());
      fresh_items.push_back(i);
    } else {
      logged.push_back(found->second);
      logged_items.push_back(i);
    }
  }
  Decision decision;
  decision.answers.assign(batch.size(), absl::InternalError("not decided"));
  auto first_records = store_.ReadRecordsAt(logged);
  if (!first_records.ok()) return first_records.status();
  for (std::size_t k = 0; k < logged.size(); ++k) {
    decision.answers[logged_items[k]] = Added{logged[k], true, std::move((*first_records)[k].entry)};
  }
  auto drafted = admitter_.DraftBatch(fresh, known);
  if (!drafted.ok()) return drafted.status();
  std::uint64_t index = view.head.size;
  for (std::size_t k = 0; k < fresh.size(); ++k) {
    auto& answer = decision.answers[fresh_items[k]];
    if (auto* entry = std::get_if<std::string>(&(*drafted)[k])) {
      decision.records.push_back({*entry, fresh[k]->id(), fresh[k]->companion()});
      answer = Added{index++, false, std::move(*entry)};
    } else if (const auto* duplicate = std::get_if<DuplicateOf>(&(*drafted)[k])) {
      answer = decision.answers[fresh_items[duplicate->item]];
      answer->duplicate = true;
    } else {
      answer = std::get<absl::Status>((*drafted)[k]);
    }
  }
  return decision;
}

absl::Status Sequencer::Commit(const storage::View& view, const std::vector<storage::Record>& records, merkle::TreeHead& head) {
  const auto growth = merkle::Integrate(view.head, view.edge, LeafHashes(records));
  if (!growth.has_value())
    return absl::DataLossError(fmt::format("the right edge at size {} does not hash to the head", view.head.size));
  if (auto status = store_.Append(view.head, *growth, records); !status.ok()) return status;
  head = growth->head;
  return absl::OkStatus();
}

void Sequencer::Answer(std::vector<QueueItem> batch, std::vector<absl::StatusOr<Added>> answers) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!answers[i].ok()) continue;
    if (answers[i]->duplicate) metrics_.Add(metrics::Counter::kDuplicates);
    metrics_.Observe(metrics::Histogram::kDurable, std::chrono::duration<double>(clock_.Now() - batch[i].queued_at).count());
  }
  if (auto status = TRUSTLOG_FAILPOINT("answer.durable"); !status.ok()) return;
  auto items = std::make_shared<std::vector<QueueItem>>(std::move(batch));
  answers_.Run([items, answers = std::move(answers)] {
    for (std::size_t i = 0; i < items->size(); ++i) (*(*items)[i].done)((*items)[i].item, answers[i]);
  });
}

}  // namespace trustlog::log
