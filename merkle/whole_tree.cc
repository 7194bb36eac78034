#include "merkle/whole_tree.h"

#include <utility>

namespace trustlog::merkle {

WholeTree::WholeTree(std::vector<Hash> leaf_hashes) {
  levels_.push_back(std::move(leaf_hashes));
  while (levels_.back().size() > 1) {
    const auto& below = levels_.back();
    const std::size_t pairs = below.size() / 2;
    std::vector<Hash> above(pairs + below.size() % 2);
    HashNodes(std::span(below).first(2 * pairs), std::span(above).first(pairs));
    if (below.size() % 2 != 0) above.back() = below.back();
    levels_.push_back(std::move(above));
  }
}

Hash WholeTree::root() const { return size() == 0 ? Sha256({}) : levels_.back().front(); }

std::vector<Hash> WholeTree::Path(std::uint64_t index) const {
  std::vector<Hash> path;
  for (const auto& level : levels_) {
    const std::uint64_t sibling = index ^ 1;
    if (sibling < level.size()) path.push_back(level[sibling]);
    index >>= 1;
  }
  return path;
}

}  // namespace trustlog::merkle
