// A naive RFC 6962 tree and a naive proof verifier, written straight from the recursions of section 2.1: slow, obvious, and
// sharing no code with merkle/ (SHA-256 is OpenSSL's EVP). What merkle/ computes is compared with this. Thread-safe as a value.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "merkle/hash.h"
#include "merkle/tile.h"

namespace trustlog::support {

using merkle::Hash;

inline Hash ReferenceSha256(std::string_view data) {
  Hash hash;
  EVP_Digest(data.data(), data.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  return hash;
}

inline Hash ReferenceLeaf(std::string_view entry) { return ReferenceSha256(std::string(1, '\0').append(entry)); }

inline Hash ReferenceNode(const Hash& left, const Hash& right) {
  std::string data(1, '\1');
  data.append(left.begin(), left.end()).append(right.begin(), right.end());
  return ReferenceSha256(data);
}

// "k is the largest power of two smaller than n".   REQUIRES: n > 1.
inline std::uint64_t ReferenceSplit(std::uint64_t n) {
  std::uint64_t k = 1;
  while (k < n - k) k *= 2;
  return k;
}

// MTH(D[n]), with the leaf hashes in place of D.
inline Hash ReferenceRoot(std::span<const Hash> leaves) {
  if (leaves.empty()) return ReferenceSha256("");
  if (leaves.size() == 1) return leaves[0];
  const auto k = ReferenceSplit(leaves.size());
  return ReferenceNode(ReferenceRoot(leaves.first(k)), ReferenceRoot(leaves.subspan(k)));
}

// PATH(m, D[n]).   REQUIRES: m < n.
inline std::vector<Hash> ReferencePath(std::uint64_t m, std::span<const Hash> leaves) {
  if (leaves.size() == 1) return {};
  const auto k = ReferenceSplit(leaves.size());
  const auto left = leaves.first(k), right = leaves.subspan(k);
  auto path = m < k ? ReferencePath(m, left) : ReferencePath(m - k, right);
  path.push_back(ReferenceRoot(m < k ? right : left));
  return path;
}

// SUBPROOF(m, D[n], b).   REQUIRES: 0 < m <= n.
inline std::vector<Hash> ReferenceSubproof(std::uint64_t m, std::span<const Hash> leaves, bool b) {
  if (m == leaves.size()) return b ? std::vector<Hash>{} : std::vector<Hash>{ReferenceRoot(leaves)};
  const auto k = ReferenceSplit(leaves.size());
  const auto left = leaves.first(k), right = leaves.subspan(k);
  auto proof = m <= k ? ReferenceSubproof(m, left, b) : ReferenceSubproof(m - k, right, false);
  proof.push_back(ReferenceRoot(m <= k ? right : left));
  return proof;
}

// The root that a path leads to: PATH(m, D[n]) undone. nullopt: no path of that length exists.
inline std::optional<Hash> RootFromPath(std::uint64_t m, std::uint64_t n, const Hash& leaf, std::span<const Hash> path) {
  if (m >= n) return std::nullopt;
  if (n == 1) return path.empty() ? std::optional(leaf) : std::nullopt;
  if (path.empty()) return std::nullopt;
  const auto k = ReferenceSplit(n);
  const auto inner =
      m < k ? RootFromPath(m, k, leaf, path.first(path.size() - 1)) : RootFromPath(m - k, n - k, leaf, path.first(path.size() - 1));
  if (!inner) return std::nullopt;
  return m < k ? ReferenceNode(*inner, path.back()) : ReferenceNode(path.back(), *inner);
}

struct RootPair {
  Hash old_root, new_root;
};

// The roots that a consistency proof leads to: SUBPROOF(m, D[n], b) undone. nullopt: no proof of that length exists.
inline std::optional<RootPair> RootsFromSubproof(std::uint64_t m, std::uint64_t n, bool b, const Hash& old_root,
                                                 std::span<const Hash> proof) {
  if (m == 0 || m > n) return std::nullopt;
  if (m == n && b) return proof.empty() ? std::optional(RootPair{old_root, old_root}) : std::nullopt;
  if (m == n) return proof.size() == 1 ? std::optional(RootPair{proof[0], proof[0]}) : std::nullopt;
  if (proof.empty()) return std::nullopt;
  const auto k = ReferenceSplit(n);
  const auto rest = proof.first(proof.size() - 1);
  const auto inner = m <= k ? RootsFromSubproof(m, k, b, old_root, rest) : RootsFromSubproof(m - k, n - k, false, old_root, rest);
  if (!inner) return std::nullopt;
  if (m <= k) return RootPair{inner->old_root, ReferenceNode(inner->new_root, proof.back())};
  return RootPair{ReferenceNode(proof.back(), inner->old_root), ReferenceNode(proof.back(), inner->new_root)};
}

class ReferenceTree final {
 public:
  ReferenceTree() = default;
  // The tree of `size` different entries "0", "1", "2" ...
  explicit ReferenceTree(std::uint64_t size) {
    while (leaves_.size() < size) Append(std::to_string(leaves_.size()));
  }

  void Append(std::string_view entry) { leaves_.push_back(ReferenceLeaf(entry)); }

  std::uint64_t size() const { return leaves_.size(); }
  std::span<const Hash> leaves(std::uint64_t begin, std::uint64_t end) const {
    return std::span(leaves_).subspan(begin, end - begin);
  }

  // Of the tree of the first `size` entries.   REQUIRES, here and below: the sizes are at most size().
  merkle::TreeHead Head(std::uint64_t size) const { return {size, ReferenceRoot(leaves(0, size))}; }
  std::vector<Hash> Inclusion(std::uint64_t index, std::uint64_t size) const { return ReferencePath(index, leaves(0, size)); }
  std::vector<Hash> Consistency(std::uint64_t old_size, std::uint64_t new_size) const {
    return ReferenceSubproof(old_size, leaves(0, new_size), true);
  }

  merkle::TileData Tile(const merkle::TileId& id) const {
    merkle::TileData tile = {id, {}};
    const std::uint64_t span = std::uint64_t{1} << (8 * id.level);  // leaves below one hash of the tile
    for (std::uint64_t node = 256 * id.index; tile.hashes.size() < id.width; ++node) {
      tile.hashes.push_back(ReferenceRoot(leaves(node * span, (node + 1) * span)));
    }
    return tile;
  }
  std::vector<merkle::TileData> Tiles(std::span<const merkle::TileId> ids) const {
    std::vector<merkle::TileData> tiles;
    for (const auto& id : ids) tiles.push_back(Tile(id));
    return tiles;
  }

 private:
  std::vector<Hash> leaves_;
};

}  // namespace trustlog::support
