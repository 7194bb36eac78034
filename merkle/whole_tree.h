// A tree whose leaf hashes are all at hand: the statements of a batch signature, the leaves of a disclosure. The log's own tree is
// never whole: see tile.h. Immutable; thread-safe once made.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "merkle/hash.h"

namespace trustlog::merkle {

class WholeTree final {
 public:
  // About two hashes of memory a leaf, one to compute.
  explicit WholeTree(std::vector<Hash> leaf_hashes);

  std::uint64_t size() const { return levels_.front().size(); }
  Hash root() const;  // of no leaves: SHA-256 of nothing
  // The inclusion proof of the leaf in the whole tree, leaf side first (RFC 9162 section 2.1.3.1).   REQUIRES: index < size().
  std::vector<Hash> Path(std::uint64_t index) const;

 private:
  std::vector<std::vector<Hash>> levels_;  // [0] the leaves, then their parents; a last node without sibling rises as it is
};

}  // namespace trustlog::merkle
