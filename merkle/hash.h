// RFC 6962 section 2.1 hashing: the two hash functions of the tree and their batch forms.
//
// Pure and thread-safe. The batch forms use the widest kernel the CPU has (sha256_batch.h); all forms agree bit for bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace trustlog::merkle {

using Hash = std::array<std::uint8_t, 32>;
using ByteView = std::span<const std::uint8_t>;

// SHA-256 of `data`, without prefix.
Hash Sha256(ByteView data);

// SHA-256(0x00 | entry).
Hash HashLeaf(ByteView entry);

// SHA-256(0x01 | left | right).
Hash HashNode(const Hash& left, const Hash& right);

// The root of the empty tree: SHA-256 of no bytes.
const Hash& EmptyRoot();

// out[i] = HashLeaf(entries[i]).   REQUIRES: out.size() == entries.size().
void HashLeaves(std::span<const ByteView> entries, std::span<Hash> out);

// parents[i] = HashNode(children[2 i], children[2 i + 1]).   REQUIRES: children.size() == 2 * parents.size().
// `parents` may be the front of `children`: a level can be hashed in place.
void HashNodes(std::span<const Hash> children, std::span<Hash> parents);

}  // namespace trustlog::merkle
