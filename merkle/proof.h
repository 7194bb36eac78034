// Proofs planned and assembled: arithmetic says which tiles to read, the caller reads them, arithmetic makes the proof.
//
//   auto plan = PlanInclusion(index, size);              // nullopt: index >= size
//   auto tiles = reader.ReadTiles(plan->tiles());        // the caller's business
//   auto proof = plan->Assemble(tiles);                  // hashes as RFC 6962 section 2.1.1 orders them, leaf side first
//
// Pure; a plan is a value, const methods are thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "merkle/tile.h"

namespace trustlog::merkle {

class ProofPlan final {
 public:
  // The tiles to read, each once, ascending, at the width that the plan's tree size gives them.
  std::span<const TileId> tiles() const { return tiles_; }

  // nullopt: `tiles` are not exactly tiles(), in that order, each with as many hashes as its width says. The hashes are not
  // checked: the proof leads to the root that the tiles hold (verify.h tells whether that is the right one).
  std::optional<std::vector<Hash>> Assemble(std::span<const TileData> tiles) const;

 private:
  friend std::optional<ProofPlan> PlanInclusion(std::uint64_t index, std::uint64_t size);
  friend std::optional<ProofPlan> PlanConsistency(std::uint64_t old_size, std::uint64_t new_size);
  friend std::optional<ProofPlan> PlanRange(std::uint64_t size, std::uint64_t tree_size);

  ProofPlan(std::uint64_t tree_size, std::vector<std::vector<NodeId>> steps);

  std::uint64_t tree_size_ = 0;
  // A step is one proof hash: the nodes whose fold it is, left to right (the two rightmost are hashed first). More than one
  // node only at the right edge of the tree.
  std::vector<std::vector<NodeId>> steps_;
  std::vector<TileId> tiles_;
};

// Audit path of leaf `index` in the tree of `size` leaves. nullopt: index >= size.
std::optional<ProofPlan> PlanInclusion(std::uint64_t index, std::uint64_t size);

// Consistency proof from old_size to new_size. Empty for equal sizes. nullopt: old_size == 0 or old_size > new_size.
std::optional<ProofPlan> PlanConsistency(std::uint64_t old_size, std::uint64_t new_size);

// The compact range of [0, size), largest subtree first (CompactRange::FromHashes), read from a tree of tree_size leaves.
// nullopt: size > tree_size.
std::optional<ProofPlan> PlanRange(std::uint64_t size, std::uint64_t tree_size);

}  // namespace trustlog::merkle
