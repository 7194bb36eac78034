#include "merkle/compact_range.h"

#include <algorithm>
#include <array>
#include <bit>

namespace trustlog::merkle {
namespace {

constexpr std::uint64_t kMostAtOnce = kTileWidth;  // leaves that are hashed in one go, on the stack

}  // namespace

std::optional<CompactRange> CompactRange::FromHashes(std::uint64_t size, std::span<const Hash> hashes) {
  if (hashes.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
  CompactRange range;
  range.size_ = size;
  range.hashes_.assign(hashes.begin(), hashes.end());
  return range;
}

void CompactRange::Append(std::span<const Hash> leaf_hashes) {
  std::array<Hash, kMostAtOnce / 2> row;
  while (!leaf_hashes.empty()) {
    // The largest perfect subtree that may begin at size_ is hashed level by level ...
    std::uint64_t width = std::min(std::bit_floor(std::uint64_t{leaf_hashes.size()}), kMostAtOnce);
    if (size_ != 0) width = std::min(width, size_ & -size_);
    Hash root = leaf_hashes.front();
    if (width > 1) {
      HashNodes(leaf_hashes.first(width), {row.data(), width / 2});
      for (std::size_t count = width / 2; count > 1; count /= 2) HashNodes({row.data(), count}, {row.data(), count / 2});
      root = row.front();
    }
    // ... and added as to a binary number: each one bit from its level on is a subtree that it completes into its parent.
    for (std::uint64_t carry = size_ / width; (carry & 1) != 0; carry >>= 1) {
      root = HashNode(hashes_.back(), root);
      hashes_.pop_back();
    }
    hashes_.push_back(root);
    size_ += width;
    leaf_hashes = leaf_hashes.subspan(width);
  }
}

Hash CompactRange::Root() const {
  if (hashes_.empty()) return EmptyRoot();
  // RFC 6962 section 2.1: MTH splits off the largest subtree on the left, so the smallest two are joined first.
  Hash root = hashes_.back();
  for (std::size_t i = hashes_.size() - 1; i-- > 0;) root = HashNode(hashes_[i], root);
  return root;
}

}  // namespace trustlog::merkle
