#include "merkle/compact_range.h"

#include <bit>

namespace trustlog::merkle {

std::optional<CompactRange> CompactRange::FromHashes(std::uint64_t size, std::span<const Hash> hashes) {
  if (hashes.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
  CompactRange range;
  range.size_ = size;
  range.hashes_.assign(hashes.begin(), hashes.end());
  return range;
}

void CompactRange::Append(const Hash& leaf_hash) {
  // Adding one to a binary number: each trailing one bit is a subtree that the new leaf completes into its parent.
  hashes_.push_back(leaf_hash);
  for (std::uint64_t carry = size_; (carry & 1) != 0; carry >>= 1) {
    const Hash right = hashes_.back();
    hashes_.pop_back();
    hashes_.back() = HashNode(hashes_.back(), right);
  }
  ++size_;
}

Hash CompactRange::Root() const {
  if (hashes_.empty()) return EmptyRoot();
  // RFC 6962 section 2.1: MTH splits off the largest subtree on the left, so the smallest two are joined first.
  Hash root = hashes_.back();
  for (std::size_t i = hashes_.size() - 1; i-- > 0;) root = HashNode(hashes_[i], root);
  return root;
}

}  // namespace trustlog::merkle
