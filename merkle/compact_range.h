// The range [0, size) as the roots of its at most 64 perfect subtrees, largest first: enough to append and to compute the root.
//
// A value type; const methods are thread-safe. The signer's own tree (design: a second algorithm beside the tiles).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "merkle/hash.h"
#include "merkle/tile.h"

namespace trustlog::merkle {

class CompactRange final {
 public:
  CompactRange() = default;

  // nullopt unless `hashes` has one hash for each one bit of `size`, largest subtree first.
  static std::optional<CompactRange> FromHashes(std::uint64_t size, std::span<const Hash> hashes);

  // Amortised one node hash a leaf, level by level in batches (hash.h).   REQUIRES: size() + leaf_hashes.size() < 2^64, and
  // `leaf_hashes` is not of this range.
  void Append(std::span<const Hash> leaf_hashes);
  void Append(const Hash& leaf_hash) { Append({&leaf_hash, 1}); }

  std::uint64_t size() const { return size_; }
  std::span<const Hash> hashes() const { return hashes_; }  // largest subtree first
  Hash Root() const;                                        // EmptyRoot() for size 0; O(log size)
  TreeHead Head() const { return {size_, Root()}; }

  friend bool operator==(const CompactRange&, const CompactRange&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> hashes_;
};

}  // namespace trustlog::merkle
