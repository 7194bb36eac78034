#include "merkle/hash.h"

#include "merkle/sha256_batch.h"
#include "merkle/sha256_kernels.h"

namespace trustlog::merkle {

Hash Sha256(ByteView data) { return OpenSslSha256({}, data); }

Hash HashLeaf(ByteView entry) {
  Hash hash;
  HashLeaves({&entry, 1}, {&hash, 1});
  return hash;
}

Hash HashNode(const Hash& left, const Hash& right) {
  const Hash children[2] = {left, right};
  Hash hash;
  HashNodes(children, {&hash, 1});
  return hash;
}

const Hash& EmptyRoot() {
  static const Hash root = Sha256({});
  return root;
}

void HashLeaves(std::span<const ByteView> entries, std::span<Hash> out) { ActiveKernel().hash_leaves(entries, out); }

void HashNodes(std::span<const Hash> children, std::span<Hash> parents) { ActiveKernel().hash_nodes(children, parents); }

}  // namespace trustlog::merkle
