// Proof verification: the file that an outside auditor reads first. RFC 9162 sections 2.1.3.2 and 2.1.4.2 (same trees as
// RFC 6962). Nothing here trusts its input. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "merkle/hash.h"

namespace trustlog::merkle {

enum class ProofCheck {
  kOk,
  kOutOfRange,    // index >= size, old_size == 0 or old_size > new_size: no such proof exists
  kWrongLength,   // not as many hashes as the sizes ask for
  kRootMismatch,  // well-formed, but does not lead to the root(s)
};

// The root that an inclusion proof leads to. nullopt: no such index, or not as many hashes as (index, size) ask for.
std::optional<Hash> RootFromInclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf_hash, std::span<const Hash> proof);

// How many hashes an inclusion proof has.   REQUIRES: index < size.
std::size_t InclusionProofLength(std::uint64_t index, std::uint64_t size);

ProofCheck VerifyInclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf_hash, std::span<const Hash> proof,
                           const Hash& root);

// Equal sizes: the proof is empty and the roots must be equal.
ProofCheck VerifyConsistency(std::uint64_t old_size, std::uint64_t new_size, const Hash& old_root, const Hash& new_root,
                             std::span<const Hash> proof);

}  // namespace trustlog::merkle
