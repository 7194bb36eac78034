#include "server/log/publisher.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "merkle/proof.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "server/log/rollback_guard.h"
#include "server/runtime/failpoint.h"

namespace trustlog::log {
namespace {

constexpr std::uint64_t kChunk = 4'096;  // records read back at a time

}  // namespace

Publisher::Publisher(const storage::LogReader& store, storage::CheckpointStore& checkpoints, signer::Signer& signer,
                     const Recheck& recheck, Waiters& waiters, const runtime::Clock& clock, metrics::Metrics& metrics,
                     std::shared_ptr<storage::TileCache> cache, std::chrono::milliseconds interval, Hooks hooks)
    : store_(store),
      checkpoints_(checkpoints),
      signer_(signer),
      recheck_(recheck),
      waiters_(waiters),
      clock_(clock),
      metrics_(metrics),
      cache_(std::move(cache)),
      interval_(interval),
      hooks_(std::move(hooks)),
      origin_(store.identity().origin),
      mark_size_(signer.Mark().size) {}

absl::StatusOr<std::string> Publisher::LatestOrEmpty(storage::Slot slot) const {
  auto note = checkpoints_.Latest(origin_, slot);
  if (absl::IsNotFound(note.status())) return std::string();
  return note;
}

// A stored note, before it is followed or published: disks flip bits in signatures too.
absl::StatusOr<tlog::Checkpoint> Publisher::Verified(const std::string& note) {
  const auto bad = [](const absl::Status& status) {
    return absl::DataLossError(fmt::format("stored checkpoint: {}", bytes::MessageOf(status)));
  };
  const auto parsed = tlog::ParseNote(note);
  if (!parsed.ok()) return bad(parsed.status());
  auto checkpoint = tlog::ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return bad(checkpoint.status());
  if (note == verified_) return checkpoint;
  const auto key = tlog::VerifierKey::Parse(signer_.vkey());
  if (!key.ok()) return key.status();
  if (const auto opened = tlog::OpenNote(note, {&*key, 1}); !opened.ok()) return bad(opened.status());
  if (checkpoint->origin != origin_) return bad(absl::DataLossError(fmt::format("of {}", checkpoint->origin)));
  verified_ = note;
  return checkpoint;
}

absl::Status Publisher::LoadPublished() {
  const auto note = LatestOrEmpty(storage::Slot::kPublished);
  if (!note.ok()) return note.status();
  if (note->empty()) return absl::OkStatus();
  const auto checkpoint = Verified(*note);
  if (!checkpoint.ok()) return checkpoint.status();
  return Announce(*note, checkpoint->head);
}

absl::Status Publisher::Tick() {
  // Confirm: only a head that a later durable write of ours has followed may be signed.
  const auto head = store_.IntegratedHead();
  if (!head.ok()) return head.status();
  if (auto status = checkpoints_.Confirm(); !status.ok()) return status;
  if (auto status = TRUSTLOG_FAILPOINT("confirm.done"); !status.ok()) return status;
  if (head->size == 0) return absl::OkStatus();

  const auto stored = LatestOrEmpty(storage::Slot::kSigned);
  if (!stored.ok()) return stored.status();
  const auto published = LatestOrEmpty(storage::Slot::kPublished);
  if (!published.ok()) return published.status();
  std::optional<merkle::TreeHead> signed_head;
  if (!stored->empty()) {
    const auto checkpoint = Verified(*stored);
    if (!checkpoint.ok()) return checkpoint.status();
    signed_head = checkpoint->head;
    if (auto status = FollowStored(*stored, *signed_head, *head); !status.ok()) return status;
  }
  if (auto status = TRUSTLOG_FAILPOINT("follow.done"); !status.ok()) return status;

  // The stored note where it is of this head, else a new one.
  auto note = signed_head == *head ? *stored : SignHead(*head, *stored);
  if (!note.ok()) return note.status();
  const auto cosigned = Cosign(*std::move(note));
  if (!cosigned.ok()) return cosigned.status();
  if (*cosigned != *published) {
    if (auto status = TRUSTLOG_FAILPOINT("publish.before"); !status.ok()) return status;
    if (auto status = checkpoints_.Swap(origin_, storage::Slot::kPublished, *published, *cosigned); !status.ok()) return status;
    if (auto status = TRUSTLOG_FAILPOINT("publish.after"); !status.ok()) return status;
  }
  return Announce(*cosigned, *head);
}

// A new signed note of `head`, which is stored in place of `stored` before it is used.
absl::StatusOr<std::string> Publisher::SignHead(const merkle::TreeHead& head, const std::string& stored) {
  if (auto status = FeedUpTo(head); !status.ok()) return status;
  if (auto status = TRUSTLOG_FAILPOINT("recheck.done"); !status.ok()) return status;
  if (halted_) return absl::UnavailableError("this node has stopped");
  auto note = signer_.Sign(head);
  if (!note.ok()) return note.status();
  if (auto status = checkpoints_.Swap(origin_, storage::Slot::kSigned, stored, *note); !status.ok()) return status;
  if (auto status = TRUSTLOG_FAILPOINT("signed.stored"); !status.ok()) return status;
  verified_ = *note;
  return note;
}

// A stored checkpoint that is newer than the mark: another node's, or ours after one mark slot was torn.
absl::Status Publisher::FollowStored(const std::string& stored, const merkle::TreeHead& signed_head, const merkle::TreeHead& head) {
  const auto mark = signer_.Mark();
  if (signed_head.size <= mark.size) {
    const bool same_size = signed_head.size == mark.size;
    if (same_size && signed_head != mark) return absl::DataLossError(fmt::format("two roots at size {}", mark.size));
    return absl::OkStatus();
  }
  std::vector<merkle::Hash> proof;
  if (mark.size != 0) {
    const auto plan = merkle::PlanConsistency(mark.size, signed_head.size);
    if (!plan.has_value()) return absl::InternalError("no plan from the mark to a larger checkpoint");
    const auto tiles = store_.ReadTiles(plan->tiles());
    if (!tiles.ok()) return tiles.status();
    auto hashes = plan->Assemble(*tiles);
    if (!hashes.has_value()) return absl::DataLossError("tiles of another shape than the plan");
    proof = *std::move(hashes);
  }
  const auto range = ReadRange(store_, signed_head.size, head.size);
  if (!range.ok()) return range.status();
  return signer_.Follow(stored, proof, *range);
}

// Reads back what the mark does not cover, checks it again and lets the signer hash the same bytes onto its own tree.
absl::Status Publisher::FeedUpTo(const merkle::TreeHead& head) {
  const auto begin = signer_.Mark().size;
  if (begin == head.size) return signer_.Feed(begin, {});
  for (auto at = begin; at < head.size; at += kChunk) {
    const auto records = store_.ReadRecords(at, std::min(head.size, at + kChunk));
    if (!records.ok()) return records.status();
    if (auto status = recheck_.Verify(at, *records); !status.ok()) return status;
    std::vector<std::string_view> entries;
    entries.reserve(records->size());
    for (const auto& record : *records) entries.push_back(record.entry);
    if (auto status = signer_.Feed(at, entries); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Witnesses come in here: every witness of the policy is asked in parallel until its quorum is met, and their lines join the note.
// With `quorum none`, the only policy that the configuration takes in this version, the log's own signature is the whole quorum.
absl::StatusOr<std::string> Publisher::Cosign(std::string note) const { return note; }

absl::Status Publisher::Announce(const std::string& note, const merkle::TreeHead& head) {
  const auto before = waiters_.newest();
  // The same head under another note: signatures were collected later, and who asks now gets them. Nothing new is published.
  const bool is_same_head = before != nullptr && before->head == head;
  if (before != nullptr && (is_same_head ? before->note == note : before->head.size >= head.size)) return absl::OkStatus();
  if (!is_same_head) {
    metrics_.Set(metrics::Gauge::kPublished, static_cast<double>(head.size));
    metrics_.Set(metrics::Gauge::kPublishedTime, static_cast<double>(clock_.WallNow().count()) / 1000);
    hooks_.published(head.size);
  }
  // Last: who is answered finds all of the above.
  waiters_.Publish(std::make_shared<const Published>(Published{note, head, storage::CapReader(store_, head, cache_)}));
  return absl::OkStatus();
}

bool Publisher::WaitForWork(runtime::Deadline due) {
  const runtime::MutexLock lock(mutex_);
  while (!halted_) {
    const auto now = clock_.Now();
    const bool stopping = stop_by_.has_value();
    if (work_ && (soon_ || now >= due)) {
      work_ = soon_ = false;
      return true;
    }
    if (stopping && (!work_ || now >= *stop_by_)) return false;
    if (work_) {
      clock_.WaitUntil(changed_, mutex_, stopping ? std::min(due, *stop_by_) : due);
    } else {
      changed_.Wait(mutex_);
    }
  }
  return false;
}

void Publisher::Run() {
  pthread_setname_np(pthread_self(), "publisher");
  bool was_unavailable = false;
  auto previous = clock_.Now() - interval_;
  while (WaitForWork(previous + interval_)) {
    previous = clock_.Now();
    const auto status = Tick();
    mark_size_ = signer_.Mark().size;
    metrics_.Observe(metrics::Histogram::kPublish, std::chrono::duration<double>(clock_.Now() - previous).count());
    if (!status.ok() && !absl::IsUnavailable(status) && !absl::IsAborted(status)) {
      hooks_.fatal(status);
      return;
    }
    if (!status.ok()) Wake(false);
    const bool is_unavailable = absl::IsUnavailable(status);
    if (is_unavailable && !was_unavailable) spdlog::warn("publication waits: {}", bytes::MessageOf(status));
    was_unavailable = is_unavailable;
  }
}

void Publisher::Stop(runtime::Deadline deadline) {
  {
    const runtime::MutexLock lock(mutex_);
    if (!stop_by_.has_value()) work_ = soon_ = true;
    stop_by_ = deadline;
  }
  changed_.NotifyAll();
}

void Publisher::Halt() {
  {
    const runtime::MutexLock lock(mutex_);
    halted_ = true;
  }
  changed_.NotifyAll();
}

void Publisher::Wake(bool soon) {
  {
    const runtime::MutexLock lock(mutex_);
    work_ = true;
    soon_ = soon_ || soon;
  }
  changed_.NotifyAll();
}

}  // namespace trustlog::log
