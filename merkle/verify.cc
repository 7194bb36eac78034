// The algorithms of RFC 9162, clause by clause. Two numbers walk from the leaf level to the root: `fn` is the position of
// the node whose hash is known, `sn` that of the last node of its level. Where fn is the last node and has no sibling, the
// tree lifts it unchanged: those levels take no hash from the proof and are skipped by shifting both numbers.
#include "merkle/verify.h"

#include <bit>

namespace trustlog::merkle {
namespace {

bool IsRightChild(std::uint64_t position) { return (position & 1) != 0; }

}  // namespace

// RFC 9162 section 2.1.3.2.
std::optional<Hash> RootFromInclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf_hash, std::span<const Hash> proof) {
  if (index >= size) return std::nullopt;  // 1
  std::uint64_t fn = index;                // 2
  std::uint64_t sn = size - 1;
  Hash r = leaf_hash;                      // 3
  for (const auto& p : proof) {            // 4
    if (sn == 0) return std::nullopt;      // 4.1: the root was reached before
    if (IsRightChild(fn) || fn == sn) {    // 4.2
      r = HashNode(p, r);
      while (!IsRightChild(fn) && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {  // 4.3
      r = HashNode(r, p);
    }
    fn >>= 1;  // 4.4
    sn >>= 1;
  }
  return sn == 0 ? std::optional(r) : std::nullopt;  // 5
}

std::size_t InclusionProofLength(std::uint64_t index, std::uint64_t size) {
  // Below the node where the paths of `index` and of the last leaf part, every node has a sibling; above it, only right children do.
  const auto below = static_cast<int>(std::bit_width(index ^ (size - 1)));
  return static_cast<std::size_t>(below + (below < 64 ? std::popcount(index >> below) : 0));
}

ProofCheck VerifyInclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf_hash, std::span<const Hash> proof,
                           const Hash& root) {
  if (index >= size) return ProofCheck::kOutOfRange;
  const auto computed = RootFromInclusion(index, size, leaf_hash, proof);
  if (!computed.has_value()) return ProofCheck::kWrongLength;
  return *computed == root ? ProofCheck::kOk : ProofCheck::kRootMismatch;
}

// RFC 9162 section 2.1.4.2.
ProofCheck VerifyConsistency(std::uint64_t old_size, std::uint64_t new_size, const Hash& old_root, const Hash& new_root,
                             std::span<const Hash> proof) {
  if (old_size == 0 || old_size > new_size) return ProofCheck::kOutOfRange;
  if (old_size == new_size) {
    if (!proof.empty()) return ProofCheck::kWrongLength;
    return old_root == new_root ? ProofCheck::kOk : ProofCheck::kRootMismatch;
  }
  Hash seed = old_root;
  if (!std::has_single_bit(old_size)) {                  // 2: a perfect old tree is itself the first node of the path
    if (proof.empty()) return ProofCheck::kWrongLength;  // 1
    seed = proof.front();
    proof = proof.subspan(1);
  }
  std::uint64_t fn = old_size - 1;  // 3
  std::uint64_t sn = new_size - 1;
  while (IsRightChild(fn)) {  // 4
    fn >>= 1;
    sn >>= 1;
  }
  Hash fr = seed;                                  // 5: leads to the old root,
  Hash sr = seed;                                  //    and this to the new one
  for (const auto& c : proof) {                    // 6
    if (sn == 0) return ProofCheck::kWrongLength;  // 6.1
    if (IsRightChild(fn) || fn == sn) {            // 6.2
      fr = HashNode(c, fr);
      sr = HashNode(c, sr);
      while (!IsRightChild(fn) && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {  // 6.3
      sr = HashNode(sr, c);
    }
    fn >>= 1;  // 6.4
    sn >>= 1;
  }
  if (sn != 0) return ProofCheck::kWrongLength;  // 7
  return fr == old_root && sr == new_root ? ProofCheck::kOk : ProofCheck::kRootMismatch;
}

}  // namespace trustlog::merkle
