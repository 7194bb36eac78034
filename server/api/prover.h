// Proofs for one answer, all from one published snapshot: tiles that several proofs share are read once, and every proof is
// verified before it is given out. Single-threaded; borrows nothing beyond the snapshot it holds.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/proof.h"
#include "server/log/waiters.h"

namespace trustlog::api {

class Prover final {
 public:
  explicit Prover(std::shared_ptr<const log::Published> snapshot) : snapshot_(std::move(snapshot)) {}

  const log::Published& snapshot() const { return *snapshot_; }
  const std::shared_ptr<const log::Published>& shared_snapshot() const { return snapshot_; }
  // The head of the tree when it had `size` leaves; 0: the snapshot's. SIZE_NOT_PUBLISHED: larger than that.
  absl::StatusOr<merkle::TreeHead> HeadAt(std::uint64_t size);
  // The hash of leaf `index` as the tree holds it, of a tile that its audit path mostly needs too. INDEX_OUT_OF_RANGE. Not verified:
  // Inclusion does that.
  absl::StatusOr<merkle::Hash> LeafHash(std::uint64_t index, const merkle::TreeHead& head);
  // Audit path of `index` at `head`, verified against `leaf_hash`. INDEX_OUT_OF_RANGE; CORRUPTION: it does not lead to the root.
  absl::StatusOr<std::vector<merkle::Hash>> Inclusion(std::uint64_t index, const merkle::Hash& leaf_hash,
                                                      const merkle::TreeHead& head);
  // From old_size to `head`, verified. REQUIRES: 1 <= old_size.
  absl::StatusOr<std::vector<merkle::Hash>> Consistency(std::uint64_t old_size, const merkle::TreeHead& head);

 private:
  absl::StatusOr<std::vector<merkle::Hash>> Carry(const merkle::ProofPlan& plan);
  // What of these is not in tiles_ yet is read.
  [[nodiscard]] absl::Status Load(std::span<const merkle::TileId> ids);

  const std::shared_ptr<const log::Published> snapshot_;
  std::map<merkle::TileId, merkle::TileData> tiles_;
};

}  // namespace trustlog::api
