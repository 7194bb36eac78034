// Both proofs follow the recursions of RFC 6962 section 2.1 from the root down, as a loop over the range [begin, end) that
// the recursion has come to. Each turn splits the range at the largest power of two below its length, goes into one side and
// notes the other side as one proof hash; the RFC writes those hashes deepest first, hence the reversal at the end.
//
// A side is a whole tree again, so its hash is the fold of its perfect subtrees: one node, except where the side is the
// ragged right edge. Nodes are then looked up in tiles.
#include "merkle/proof.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace trustlog::merkle {
namespace {

struct Range {  // leaves [begin, end)
  std::uint64_t begin;
  std::uint64_t end;
};

// The perfect subtrees of the tree over `range`, largest first. Ranges met here begin at a multiple of their largest subtree.
std::vector<NodeId> PerfectSubtrees(Range range) {
  std::vector<NodeId> nodes;
  while (range.begin != range.end) {
    const auto level = std::bit_width(range.end - range.begin) - 1;
    nodes.push_back({static_cast<std::uint8_t>(level), range.begin >> level});
    range.begin += std::uint64_t{1} << level;
  }
  return nodes;
}

// Where RFC 6962 splits: k is the largest power of two smaller than n.   REQUIRES: at least two leaves.
std::uint64_t SplitOf(Range range) { return range.begin + std::bit_floor(range.end - range.begin - 1); }

TileId TileOf(NodeId node, std::uint64_t tree_size) {
  const unsigned places = 1U << (kTileHeight - node.level % kTileHeight);
  const auto level = static_cast<std::uint8_t>(node.level / kTileHeight);
  return *TileAtSize(level, node.index / places, tree_size);  // not empty: the node is complete in this tree
}

}  // namespace

ProofPlan::ProofPlan(std::uint64_t tree_size, std::vector<std::vector<NodeId>> steps)
    : tree_size_(tree_size), steps_(std::move(steps)) {
  for (const auto& step : steps_) {
    for (const auto& node : step) tiles_.push_back(TileOf(node, tree_size_));
  }
  std::ranges::sort(tiles_);
  tiles_.erase(std::unique(tiles_.begin(), tiles_.end()), tiles_.end());
}

std::optional<std::vector<Hash>> ProofPlan::Assemble(std::span<const TileData> tiles) const {
  if (!std::ranges::equal(tiles, tiles_, {}, &TileData::id)) return std::nullopt;
  std::vector<Hash> proof;
  for (const auto& step : steps_) {
    std::optional<Hash> fold;
    for (auto node = step.rbegin(); node != step.rend(); ++node) {
      const auto tile = std::ranges::lower_bound(tiles, TileOf(*node, tree_size_), {}, &TileData::id);
      const auto hash = NodeInTile(*tile, *node);
      if (!hash) return std::nullopt;  // not as many hashes as its width says
      fold = fold ? HashNode(*hash, *fold) : *hash;
    }
    proof.push_back(*fold);
  }
  return proof;
}

std::optional<ProofPlan> PlanInclusion(std::uint64_t index, std::uint64_t size) {
  if (index >= size) return std::nullopt;
  // PATH(m, D[n]), RFC 6962 section 2.1.1.
  std::vector<std::vector<NodeId>> steps;
  Range range = {0, size};
  while (range.end - range.begin > 1) {
    const std::uint64_t split = SplitOf(range);
    if (index < split) {
      steps.push_back(PerfectSubtrees({split, range.end}));
      range.end = split;
    } else {
      steps.push_back(PerfectSubtrees({range.begin, split}));
      range.begin = split;
    }
  }
  std::ranges::reverse(steps);
  return ProofPlan(size, std::move(steps));
}

std::optional<ProofPlan> PlanConsistency(std::uint64_t old_size, std::uint64_t new_size) {
  if (old_size == 0 || old_size > new_size) return std::nullopt;
  // PROOF(m, D[n]) = SUBPROOF(m, D[n], true), RFC 6962 section 2.1.2.
  std::vector<std::vector<NodeId>> steps;
  Range range = {0, new_size};
  while (range.end != old_size) {
    const std::uint64_t split = SplitOf(range);
    if (old_size <= split) {
      steps.push_back(PerfectSubtrees({split, range.end}));
      range.end = split;
    } else {
      steps.push_back(PerfectSubtrees({range.begin, split}));
      range.begin = split;
    }
  }
  // The RFC's b: the whole old tree is known to the verifier, anything else is not.
  if (range.begin != 0) steps.push_back(PerfectSubtrees(range));
  std::ranges::reverse(steps);
  return ProofPlan(new_size, std::move(steps));
}

std::optional<ProofPlan> PlanRange(std::uint64_t size, std::uint64_t tree_size) {
  if (size > tree_size) return std::nullopt;
  std::vector<std::vector<NodeId>> steps;
  for (const auto& node : PerfectSubtrees({0, size})) steps.push_back({node});
  return ProofPlan(tree_size, std::move(steps));
}

}  // namespace trustlog::merkle
