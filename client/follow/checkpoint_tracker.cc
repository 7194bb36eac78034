#include "client/follow/checkpoint_tracker.h"

#include <limits>

#include "client/follow/tile_reader.h"
#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/note.h"

namespace trustlog::follow {
namespace {

constexpr std::string_view kFile = "checkpoint";
constexpr std::string_view kLock = "lock";
// No cosignature of a saved checkpoint is too new to count: it was judged when it was saved.
constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max() - kMaxClockSkew;

bool SameNote(const std::optional<SignedCheckpoint>& a, const std::optional<SignedCheckpoint>& b) {
  return a.has_value() == b.has_value() && (!a || a->note == b->note);
}

}  // namespace

absl::StatusOr<CheckpointTracker> CheckpointTracker::Open(const std::string& root, const tlog::Policy& policy) {
  if (policy.logs().size() != 1) {
    return CheckFailure(CheckCode::kPolicyInvalid,
                        fmt::format("the policy has {} log lines; a client's memory belongs to exactly one", policy.logs().size()));
  }
  const tlog::VerifierKey& vkey = policy.logs().front().vkey;
  auto state = StateDirectory::Open(root, vkey.name(), vkey.ToString());
  if (!state.ok()) return state.status();
  return CheckpointTracker(*std::move(state), policy);
}

absl::StatusOr<std::optional<SignedCheckpoint>> CheckpointTracker::Saved() const {
  const auto note = state_.Read(kFile);
  if (!note.ok()) return note.status();
  if (!note->has_value()) return std::optional<SignedCheckpoint>();
  CheckpointReport report = CheckCheckpoint(**note, {.policy = policy_, .now = kEndOfTime});
  if (report.checkpoint) return std::move(report.checkpoint);
  const std::string path = fmt::format("{}/{}", state_.path(), kFile);
  if (report.checks.front().code == CheckCode::kOtherLog) {
    return CheckFailure(CheckCode::kOtherLog,
                        fmt::format("your saved checkpoint is for another log: {}: {}", path, report.checks.front().detail));
  }
  return CheckFailure(CheckCode::kFileMalformed,
                      fmt::format("your saved checkpoint {} is damaged: {}. Restore it, or remove it to begin anew", path,
                                  report.checks.front().detail));
}

absl::StatusOr<Tracked> CheckpointTracker::Update(net::Fetcher& fetcher, std::int64_t now, std::optional<std::int64_t> max_age) {
  const auto note = fetcher.Get("checkpoint", tlog::kMaxNoteBytes);
  if (absl::IsDataLoss(note.status())) return CheckFailure(CheckCode::kFileMalformed, bytes::MessageOf(note.status()));
  if (!note.ok()) return note.status();
  const auto shown = OpenCheckpoint(*note, {.policy = policy_, .now = now, .max_age = max_age});
  if (!shown.ok()) return shown.status();
  return Advance(*shown, fetcher);
}

absl::StatusOr<Tracked> CheckpointTracker::Advance(const SignedCheckpoint& shown, net::Fetcher& fetcher) {
  if (shown.checkpoint.origin != state_.origin()) {
    return CheckFailure(CheckCode::kOtherLog,
                        fmt::format("the checkpoint is of log {}, not {}", shown.checkpoint.origin, state_.origin()));
  }
  // Growth is proved without a lock, because that takes the network; whoever moved the checkpoint meanwhile is compared with anew.
  // Each further turn means that another process moved it forward.
  while (true) {
    const auto saved = Saved();
    if (!saved.ok()) return saved.status();
    Movement movement = Movement::kFirst;
    if (saved->has_value()) {
      const auto compared = Compare(**saved, shown, fetcher);
      if (!compared.ok()) return compared.status();
      movement = *compared;
      if (movement != Movement::kMoved) return Tracked{movement, shown, **saved};
    }
    const auto swapped = Swap(*saved, shown);
    if (!swapped.ok()) return swapped.status();
    if (*swapped) return Tracked{movement, shown, shown};
  }
}

absl::StatusOr<bool> CheckpointTracker::Swap(const std::optional<SignedCheckpoint>& expected, const SignedCheckpoint& next) const {
  const auto lock = state_.Lock(kLock, StateDirectory::Wait::kYes);
  if (!lock.ok()) return lock.status();
  const auto saved = Saved();
  if (!saved.ok()) return saved.status();
  if (!SameNote(*saved, expected)) return false;
  if (auto status = state_.Write(kFile, next.note); !status.ok()) return status;
  return true;
}

absl::StatusOr<Movement> CheckpointTracker::Compare(const SignedCheckpoint& saved, const SignedCheckpoint& shown,
                                                    net::Fetcher& fetcher) const {
  const merkle::TreeHead& old_head = saved.checkpoint.head;
  const merkle::TreeHead& new_head = shown.checkpoint.head;
  if (old_head.size == new_head.size) {
    if (old_head.root == new_head.root) return Movement::kSame;
    return Fork(ForkAtOneSize(saved, shown));
  }
  const bool grown = old_head.size < new_head.size;
  const SignedCheckpoint& smaller = grown ? saved : shown;
  const SignedCheckpoint& larger = grown ? shown : saved;
  TileReader reader(fetcher, larger.checkpoint.head);
  const std::uint64_t size = smaller.checkpoint.head.size;
  const auto range = reader.RangeAt(size);
  if (!range.ok()) {
    const bool shows_nothing = absl::IsNotFound(range.status()) || CheckCodeOf(range.status()) == CheckCode::kProofRootMismatch;
    if (grown || !shows_nothing) return range.status();
    return CheckFailure(
        CheckCode::kConsistencyFailed,
        fmt::format("the log shows size {}, your saved checkpoint has size {}, and the tiles that join them are not there: {}",
                    new_head.size, old_head.size, bytes::MessageOf(range.status())));
  }
  if (range->Root() == smaller.checkpoint.head.root) return grown ? Movement::kMoved : Movement::kOlder;
  auto proof = reader.Consistency(size, larger.checkpoint.head.size);
  if (!proof.ok()) return proof.status();
  return Fork(ForkAtTwoSizes(smaller, larger, range->Root(), *std::move(proof)));
}

absl::Status CheckpointTracker::Fork(const Evidence& evidence) const {
  const auto fork = VerifyEvidence(evidence);  // nobody is accused by a file that does not hold
  if (!fork.ok()) return absl::InternalError(fmt::format("evidence does not verify: {}", bytes::MessageOf(fork.status())));
  const auto path = state_.SaveEvidence(evidence);
  if (!path.ok()) return path.status();
  return CheckFailure(CheckCode::kForkProven, fmt::format("{} Evidence: {}", fork->words, *path));
}

}  // namespace trustlog::follow
