#include "client/follow/monitor.h"

#include <algorithm>
#include <charconv>
#include <future>
#include <utility>

#include "client/follow/tile_reader.h"
#include "client/registry/snapshot.h"
#include "fmt/format.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::follow {
namespace {

constexpr std::uint64_t kBatch = 4096;         // entries read, checked and delivered at a time: 16 bundles
constexpr std::uint64_t kCursorStep = 65'536;  // entries delivered between two writes of the cursor, which wait for the disk
constexpr std::string_view kCursorFile = "cursor";
constexpr std::string_view kCursorForm = "trustlog-cursor/1 ";
constexpr std::string_view kSnapshotFile = "registry";
constexpr std::size_t kMaxSnapshotBytes = 256u << 20;  // of an alliance a hundred times the largest foreseen
constexpr std::string_view kLockFile = "monitor.lock";

// "trustlog-cursor/1 <size> <root hex>\n": entries [0, size) were delivered, and they have this root.
std::string FormatCursor(const merkle::TreeHead& head) {
  return fmt::format("{}{} {}\n", kCursorForm, head.size, bytes::EncodeHex(head.root));
}

std::optional<merkle::TreeHead> ParseCursor(std::string_view text) {
  merkle::TreeHead head;
  if (!text.starts_with(kCursorForm)) return std::nullopt;
  const std::string_view rest = text.substr(kCursorForm.size());
  if (std::from_chars(rest.data(), rest.data() + rest.size(), head.size).ec != std::errc()) return std::nullopt;
  const auto space = rest.find(' ');
  if (space == std::string_view::npos || !rest.ends_with('\n')) return std::nullopt;
  const auto root = bytes::DecodeHash(rest.substr(space + 1, rest.size() - space - 2));
  if (!root) return std::nullopt;
  head.root = *root;
  if (FormatCursor(head) != text) return std::nullopt;
  return head;
}

// The end of the batch that begins at `at`: a multiple of kBatch, so that no bundle is read twice.
std::uint64_t BatchEnd(std::uint64_t at, std::uint64_t size) { return std::min(size, (at / kBatch + 1) * kBatch); }

}  // namespace

struct Monitor::State {
  State(net::Fetcher& f, CheckpointTracker t, FileLock l) : fetcher(f), tracker(std::move(t)), lock(std::move(l)) {}

  absl::StatusOr<merkle::TreeHead> ReadCursor(TileReader& reader) const;
  absl::Status Prepare(TileReader& reader, std::uint64_t begin);
  absl::Status LoadSnapshot(TileReader& reader, std::uint64_t begin);
  absl::Status SaveSnapshot() const;
  absl::StatusOr<Replay::Batch> ReadBatch(TileReader& reader, std::uint64_t begin, const attest::LogContext& context);
  absl::Status FollowAll(TileReader& reader, const Deliver& deliver, MonitorResult& result);
  absl::Status FollowBatch(Replay::Batch batch, const Deliver& deliver, MonitorResult& result);
  absl::Status DeliverStep(const Replay::Step& step, const Deliver& deliver, MonitorResult& result);
  void NoteDelivered(const MonitorResult& result);
  absl::Status MoveCursor();

  net::Fetcher& fetcher;
  CheckpointTracker tracker;
  FileLock lock;
  Workers workers;
  std::optional<Replay> replay;
  merkle::CompactRange range;  // of what `replay` has followed
  merkle::TreeHead cursor;
  merkle::TreeHead delivered;  // may become the cursor
  // Claims of this run that are not served and were not reported yet, ascending. As long as there are some the cursor stays: an end
  // here would lose them.
  std::vector<Replay::Unserved> unserved;
};

Monitor::Monitor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Monitor::Monitor(Monitor&&) noexcept = default;
Monitor::~Monitor() = default;

absl::StatusOr<Monitor> Monitor::Open(net::Fetcher& fetcher, const tlog::Policy& policy, const std::string& state_root) {
  auto tracker = CheckpointTracker::Open(state_root, policy);
  if (!tracker.ok()) return tracker.status();
  auto lock = tracker->state().Lock(kLockFile, StateDirectory::Wait::kNo);
  if (absl::IsAborted(lock.status())) {
    return absl::FailedPreconditionError(fmt::format("another monitor runs on {}", tracker->state().path()));
  }
  if (!lock.ok()) return lock.status();
  return Monitor(std::make_unique<State>(fetcher, *std::move(tracker), *std::move(lock)));
}

const registry::Registry* Monitor::registry() const { return state_->replay ? &state_->replay->registry() : nullptr; }

absl::StatusOr<merkle::Hash> Monitor::RegistryDigest() const { return state_->replay->Digest(); }

absl::StatusOr<merkle::TreeHead> Monitor::State::ReadCursor(TileReader& reader) const {
  const auto text = tracker.state().Read(kCursorFile);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return merkle::TreeHead{};
  const std::string path = fmt::format("{}/{}", tracker.state().path(), kCursorFile);
  const auto head = ParseCursor(**text);
  if (!head || head->size > reader.head().size) {
    return CheckFailure(CheckCode::kFileMalformed,
                        fmt::format("{} is damaged; remove it to have every entry delivered again", path));
  }
  const auto at = reader.RangeAt(head->size);
  if (!at.ok()) return at.status();
  if (at->Root() == head->root) return *head;
  return CheckFailure(CheckCode::kFileMalformed,
                      fmt::format("{} belongs to another tree; remove it to have every entry delivered again", path));
}

// A snapshot is a cache: one that is damaged, too large, too new or of another tree is as good as none.
absl::Status Monitor::State::LoadSnapshot(TileReader& reader, std::uint64_t begin) {
  const auto bytes = tracker.state().Read(kSnapshotFile, kMaxSnapshotBytes);
  if (!bytes.ok() || !bytes->has_value()) return absl::OkStatus();
  auto snapshot = registry::ParseSnapshot(**bytes, tracker.state().origin());
  if (!snapshot.ok() || snapshot->head.size > begin) return absl::OkStatus();
  auto at = reader.RangeAt(snapshot->head.size);
  if (!at.ok()) return at.status();
  if (at->Root() != snapshot->head.root) return absl::OkStatus();
  Replay resumed(std::move(snapshot->registry), workers);
  for (std::uint64_t i = 0; i < snapshot->head.size; i = BatchEnd(i, snapshot->head.size)) {
    const auto entries = reader.ReadServedEntries(i, BatchEnd(i, snapshot->head.size));
    if (!entries.ok()) return entries.status();
    resumed.AddFacts(i, entries->items);
  }
  replay = std::move(resumed);
  range = *std::move(at);
  return absl::OkStatus();
}

absl::Status Monitor::State::SaveSnapshot() const {
  if (replay->size() == 0) return absl::OkStatus();
  return tracker.state().Write(kSnapshotFile, registry::FormatSnapshot(range.Head(), replay->registry()));
}

// Makes `replay` stand at or before `begin`.
absl::Status Monitor::State::Prepare(TileReader& reader, std::uint64_t begin) {
  if (replay && replay->size() <= begin) return absl::OkStatus();
  replay.reset();
  if (auto status = LoadSnapshot(reader, begin); !status.ok()) return status;
  if (!replay) {
    replay.emplace(tracker.state().origin(), workers);
    range = merkle::CompactRange();
  }
  return absl::OkStatus();
}

// What is unserved is reported as soon as its notice was followed, and at the end of the log at the latest.
absl::Status Monitor::State::DeliverStep(const Replay::Step& step, const Deliver& deliver, MonitorResult& result) {
  std::vector<Observed> entries;
  for (const Replay::Item& item : step.items) {
    if (item.index < result.begin) continue;
    entries.push_back({item.index, item.bytes, item.entry.get(), item.statement ? &*item.statement : nullptr});
  }
  for (const auto& claim : step.unserved) {
    if (claim.index >= result.begin) unserved.push_back(claim);
  }
  std::vector<Finding> findings;
  const bool at_the_end = replay->size() == result.tracked.newest.checkpoint.head.size;
  for (auto& claim : std::exchange(unserved, {})) {
    auto finding = replay->Judge(claim);
    if (!finding.ok()) return finding.status();
    if (finding->fault && !at_the_end) {
      unserved.push_back(claim);
    } else {
      findings.push_back(*std::move(finding));
    }
  }
  for (const Finding& finding : step.findings) {
    if (finding.index >= result.begin) findings.push_back(finding);
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return a.index < b.index; });
  if (entries.empty() && findings.empty()) return absl::OkStatus();
  if (auto status = deliver({entries, findings}); !status.ok()) return status;
  result.findings += findings.size();
  result.faults +=
      static_cast<std::uint64_t>(std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.fault; }));
  return absl::OkStatus();
}

// What was delivered may become the cursor, but a run that began beyond the cursor has skipped entries, so it does not count.
void Monitor::State::NoteDelivered(const MonitorResult& result) {
  if (range.size() > cursor.size && result.begin <= cursor.size && unserved.empty()) delivered = range.Head();
}

absl::Status Monitor::State::MoveCursor() {
  if (delivered.size <= cursor.size) return absl::OkStatus();
  if (auto status = tracker.state().Write(kCursorFile, FormatCursor(delivered)); !status.ok()) return status;
  cursor = delivered;
  return absl::OkStatus();
}

absl::StatusOr<Replay::Batch> Monitor::State::ReadBatch(TileReader& reader, std::uint64_t begin,
                                                        const attest::LogContext& context) {
  const std::uint64_t end = BatchEnd(begin, reader.head().size);
  auto entries = reader.ReadServedEntries(begin, end);
  if (!entries.ok()) return entries.status();
  auto statements = reader.ReadServedStatementsUnverified(begin, end);
  if (!statements.ok()) return statements.status();
  return Replay::Decode(begin, *std::move(entries), *std::move(statements), context, workers);
}

absl::Status Monitor::State::FollowBatch(Replay::Batch batch, const Deliver& deliver, MonitorResult& result) {
  const Replay::Step step = replay->Follow(std::move(batch));
  range.Append(std::span(step.entries.leaf_hashes).first(step.items.size()));
  if (auto status = DeliverStep(step, deliver, result); !status.ok()) {
    replay.reset();  // it is ahead of what was delivered
    return status;
  }
  result.end = std::max(result.begin, replay->size());
  NoteDelivered(result);
  if (delivered.size >= cursor.size + kCursorStep) {
    if (auto status = MoveCursor(); !status.ok()) return status;
  }
  return step.stopped;
}

// Each batch is read and decoded while the one before it is followed and delivered.
absl::Status Monitor::State::FollowAll(TileReader& reader, const Deliver& deliver, MonitorResult& result) {
  const std::uint64_t size = reader.head().size;
  const auto read = [&](std::uint64_t begin) {
    return std::async(std::launch::async,
                      [this, &reader, begin, context = replay->registry().context()] { return ReadBatch(reader, begin, context); });
  };
  std::uint64_t next = replay->size();
  std::future<absl::StatusOr<Replay::Batch>> ahead;  // its end waits for the thread
  if (next < size) ahead = read(next);
  while (next < size) {
    auto batch = ahead.get();
    if (!batch.ok()) return batch.status();
    next = BatchEnd(next, size);
    if (next < size) ahead = read(next);
    if (auto status = FollowBatch(*std::move(batch), deliver, result); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<MonitorResult> Monitor::RunOnce(const MonitorOptions& options, const Deliver& deliver) {
  State& state = *state_;
  auto tracked = state.tracker.Update(state.fetcher, options.now, options.max_age);
  if (!tracked.ok()) return tracked.status();
  MonitorResult result{.tracked = *std::move(tracked)};
  const merkle::TreeHead head = result.tracked.newest.checkpoint.head;
  TileReader reader(state.fetcher, head);
  auto cursor = state.ReadCursor(reader);
  if (!cursor.ok()) return cursor.status();
  state.cursor = state.delivered = *cursor;
  result.begin = result.end = options.from.value_or(state.cursor.size);
  if (result.begin > head.size)
    return absl::OutOfRangeError(fmt::format("entry {} is not within size {}", result.begin, head.size));
  state.unserved.clear();
  if (auto status = state.Prepare(reader, result.begin); !status.ok()) return status;
  const absl::Status followed = state.FollowAll(reader, deliver, result);
  const absl::Status moved = state.MoveCursor();
  if (!followed.ok()) return followed;
  if (!moved.ok()) return moved;
  // Each leaf was compared with a proven tile; this is the same by another way.
  if (state.range.Head() != head)
    return CheckFailure(CheckCode::kProofRootMismatch, "the entries followed do not have the root of the checkpoint");
  if (auto status = state.SaveSnapshot(); !status.ok()) return status;
  return result;
}

}  // namespace trustlog::follow
