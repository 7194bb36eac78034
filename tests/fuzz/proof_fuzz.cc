// The verifiers against the naive recursion: they accept a proof exactly when undoing RFC 6962's recursion gives the root.
//
//   u8 kind | u64 index or old size | u64 size | 32 leaf hash or old root | 32 root or new root | 32 * n proof
//
// Bit 0 of the kind: consistency. Bit 1: the root(s) are what the recursion makes of the proof, so that good proofs are common.
#include <vector>

#include "merkle/verify.h"
#include "proto/bytes/wire.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/reference_tree.h"

namespace trustlog {
namespace {

using merkle::Hash;
using merkle::ProofCheck;

struct Input {
  bool compute_roots;
  std::uint64_t first, size;
  Hash first_hash, root;
  std::vector<Hash> proof;
};

void CheckInclusion(Input input) {
  const auto expected = support::RootFromPath(input.first, input.size, input.first_hash, input.proof);
  if (input.compute_roots && expected) input.root = *expected;
  const auto check = merkle::VerifyInclusion(input.first, input.size, input.first_hash, input.proof, input.root);
  fuzz::Expect((check == ProofCheck::kOk) == (expected == input.root), "inclusion: accepted iff the recursion leads to the root");
  fuzz::Expect((check == ProofCheck::kOutOfRange) == (input.first >= input.size), "inclusion: out of range iff index >= size");
  fuzz::Expect((check == ProofCheck::kRootMismatch) == (expected && *expected != input.root),
               "inclusion: mismatch iff well-formed");
}

void CheckConsistency(Input input) {
  auto expected = support::RootsFromSubproof(input.first, input.size, true, input.first_hash, input.proof);
  if (input.compute_roots && expected) {
    // The old root goes into a proof from a perfect old tree and comes out unchanged, so one round is enough.
    input.first_hash = expected->old_root;
    input.root = expected->new_root;
  }
  const bool leads = expected && expected->old_root == input.first_hash && expected->new_root == input.root;
  const auto check = merkle::VerifyConsistency(input.first, input.size, input.first_hash, input.root, input.proof);
  const bool out_of_range = input.first == 0 || input.first > input.size;
  fuzz::Expect((check == ProofCheck::kOk) == leads, "consistency: accepted iff the recursion leads to both roots");
  fuzz::Expect((check == ProofCheck::kOutOfRange) == out_of_range, "consistency: out of range iff no such proof exists");
  fuzz::Expect((check == ProofCheck::kRootMismatch) == (expected && !leads), "consistency: mismatch iff well-formed");
}

}  // namespace

TRUSTLOG_FUZZ_TARGET(Proof) {
  bytes::ByteReader reader(input);
  const auto kind = reader.U8();
  Input parsed;
  parsed.compute_roots = (kind & 2) != 0;
  parsed.first = reader.U64();
  parsed.size = reader.U64();
  parsed.first_hash = reader.Hash32();
  parsed.root = reader.Hash32();
  if (!reader.ok()) return;
  while (reader.rest().size() >= sizeof(Hash)) parsed.proof.push_back(reader.Hash32());
  if ((kind & 1) == 0) {
    CheckInclusion(parsed);
  } else {
    CheckConsistency(parsed);
  }
}

}  // namespace trustlog
