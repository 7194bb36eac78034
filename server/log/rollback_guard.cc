#include "server/log/rollback_guard.h"

#include <fmt/format.h>

#include "merkle/proof.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "server/runtime/failpoint.h"

namespace trustlog::log {
namespace {

absl::Status CompareHead(const storage::LogReader& store, std::uint64_t head_size, const merkle::TreeHead& remembered,
                         std::string_view whose) {
  if (remembered.size == 0) return absl::OkStatus();
  if (remembered.size > head_size) {
    return absl::FailedPreconditionError(
        fmt::format("the store ends at size {}, but {} knows size {}: an old backup or a lost tail. Nothing is signed or appended; "
                    "restore the missing entries forward",
                    head_size, whose, remembered.size));
  }
  const auto range = ReadRange(store, remembered.size, head_size);
  if (!range.ok()) return range.status();
  if (range->Root() != remembered.root) {
    return absl::DataLossError(
        fmt::format("the store has another root at size {} than {}: corruption or a fork", remembered.size, whose));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<merkle::CompactRange> ReadRange(const storage::LogReader& store, std::uint64_t size, std::uint64_t tree_size) {
  const auto plan = merkle::PlanRange(size, tree_size);
  if (!plan.has_value()) return absl::OutOfRangeError(fmt::format("no range of size {} in a tree of {}", size, tree_size));
  const auto tiles = store.ReadTiles(plan->tiles());
  if (!tiles.ok()) return tiles.status();
  const auto hashes = plan->Assemble(*tiles);
  const auto range = hashes.has_value() ? merkle::CompactRange::FromHashes(size, *hashes) : std::nullopt;
  if (!range.has_value()) return absl::DataLossError(fmt::format("tiles of another shape than the tree of {}", tree_size));
  return *range;
}

absl::Status CheckAgainstMemory(const storage::LogReader& store, const storage::CheckpointStore& checkpoints,
                                const std::string& origin, const signer::Signer& signer) {
  const auto head = store.IntegratedHead();
  if (!head.ok()) return head.status();
  const auto whole = ReadRange(store, head->size, head->size);
  if (!whole.ok()) return whole.status();
  if (whole->Root() != head->root) return absl::DataLossError("the right edge does not hash to the head");

  if (auto status = CompareHead(store, head->size, signer.Mark(), "the signer's mark"); !status.ok()) return status;
  for (const auto& [slot, whose] : {std::pair{storage::Slot::kSigned, "the stored signed checkpoint"},
                                    std::pair{storage::Slot::kPublished, "the published checkpoint"}}) {
    const auto note = checkpoints.Latest(origin, slot);
    if (absl::IsNotFound(note.status())) continue;
    if (!note.ok()) return note.status();
    const auto parsed = tlog::ParseNote(*note);
    const auto checkpoint = parsed.ok() ? tlog::ParseCheckpoint(parsed->text) : parsed.status();
    if (!checkpoint.ok())
      return absl::DataLossError(fmt::format("{} is malformed: {}", whose, bytes::MessageOf(checkpoint.status())));
    if (auto status = CompareHead(store, head->size, checkpoint->head, whose); !status.ok()) return status;
  }
  return TRUSTLOG_FAILPOINT("guard.compared");
}

}  // namespace trustlog::log
