#include "server/api/prover.h"

#include <fmt/format.h>

#include <utility>

#include "merkle/compact_range.h"
#include "merkle/verify.h"
#include "proto/bytes/reason.h"

namespace trustlog::api {

using bytes::Reason;
using bytes::Refuse;

absl::StatusOr<merkle::TreeHead> Prover::HeadAt(std::uint64_t size) {
  const auto& newest = snapshot_->head;
  if (size == 0 || size == newest.size) return newest;
  if (size > newest.size) {
    return Refuse(Reason::kSizeNotPublished, fmt::format("size {} is not published; the newest is {}", size, newest.size),
                  {{"published", fmt::format("{}", newest.size)}});
  }
  const auto plan = merkle::PlanRange(size, newest.size);
  if (!plan.has_value()) return Refuse(Reason::kInternal, "no plan for a smaller size");
  const auto hashes = Carry(*plan);
  if (!hashes.ok()) return hashes.status();
  const auto range = merkle::CompactRange::FromHashes(size, *hashes);
  if (!range.has_value()) return Refuse(Reason::kCorruption, "tiles of another shape than the tree");
  return range->Head();
}

absl::StatusOr<merkle::Hash> Prover::LeafHash(std::uint64_t index, const merkle::TreeHead& head) {
  const auto tile = merkle::TileAtSize(0, index / merkle::kTileWidth, head.size);
  if (!tile.has_value() || index >= head.size)
    return Refuse(Reason::kIndexOutOfRange, fmt::format("index {} is not below size {}", index, head.size));
  if (auto status = Load({&*tile, 1}); !status.ok()) return status;
  const auto hash = merkle::NodeInTile(tiles_.at(*tile), {0, index});
  if (!hash.has_value()) return Refuse(Reason::kCorruption, "tiles of another shape than the tree");
  return *hash;
}

absl::StatusOr<std::vector<merkle::Hash>> Prover::Inclusion(std::uint64_t index, const merkle::Hash& leaf_hash,
                                                            const merkle::TreeHead& head) {
  const auto plan = merkle::PlanInclusion(index, head.size);
  if (!plan.has_value()) return Refuse(Reason::kIndexOutOfRange, fmt::format("index {} is not below size {}", index, head.size));
  auto proof = Carry(*plan);
  if (!proof.ok()) return proof.status();
  if (merkle::VerifyInclusion(index, head.size, leaf_hash, *proof, head.root) != merkle::ProofCheck::kOk) {
    return Refuse(Reason::kCorruption, fmt::format("the proof of entry {} does not lead to the root at size {}", index, head.size));
  }
  return proof;
}

absl::StatusOr<std::vector<merkle::Hash>> Prover::Consistency(std::uint64_t old_size, const merkle::TreeHead& head) {
  const auto old_head = HeadAt(old_size);
  if (!old_head.ok()) return old_head.status();
  const auto plan = merkle::PlanConsistency(old_size, head.size);
  if (!plan.has_value())
    return Refuse(Reason::kArgumentInvalid, fmt::format("no consistency proof from size {} to {}", old_size, head.size),
                  {{"field", "old_size"}});
  auto proof = Carry(*plan);
  if (!proof.ok()) return proof.status();
  if (merkle::VerifyConsistency(old_size, head.size, old_head->root, head.root, *proof) != merkle::ProofCheck::kOk) {
    return Refuse(Reason::kCorruption, fmt::format("sizes {} and {} are not consistent in the store", old_size, head.size));
  }
  return proof;
}

absl::StatusOr<std::vector<merkle::Hash>> Prover::Carry(const merkle::ProofPlan& plan) {
  if (auto status = Load(plan.tiles()); !status.ok()) return status;
  std::vector<merkle::TileData> tiles;
  for (const auto& id : plan.tiles()) tiles.push_back(tiles_.at(id));
  auto hashes = plan.Assemble(tiles);
  if (!hashes.has_value()) return Refuse(Reason::kCorruption, "tiles of another shape than the plan");
  return *std::move(hashes);
}

absl::Status Prover::Load(std::span<const merkle::TileId> ids) {
  std::vector<merkle::TileId> missing;
  for (const auto& id : ids) {
    if (!tiles_.contains(id)) missing.push_back(id);
  }
  auto read = snapshot_->reader->ReadTiles(missing);
  if (!read.ok()) return read.status();
  for (auto& tile : *read) tiles_.emplace(tile.id, std::move(tile));
  return absl::OkStatus();
}

}  // namespace trustlog::api
