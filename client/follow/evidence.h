// Evidence of a fork (E11): two checkpoints signed by one log that no single append-only tree can have, in one JSON file that
// anybody can check with nothing but the log's key. Values; pure and thread-safe.
//
//   {"schema":"trustlog-evidence/1","vkeys":["log.example/a+7a31c2d0+AeK0..."],"checkpoints":["log.example/a\n5\n...","log.example/a\n9\n..."],
//    "otherRoot":"qINS...","proof":["...","..."]}
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/follow/checkpoint_check.h"
#include "merkle/hash.h"

namespace trustlog::follow {

inline constexpr std::size_t kMaxEvidenceBytes = 256 * 1024;

struct Evidence {
  std::vector<std::string> vkeys;          // the log's keys, 1..8
  std::array<std::string, 2> checkpoints;  // notes, in either order
  // For different sizes: the root that the larger tree has at the smaller size, and the proof from it to the larger checkpoint.
  std::optional<merkle::Hash> other_root;
  std::vector<merkle::Hash> proof;  // at most 64
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// FILE_MALFORMED: not exactly the JSON of E11 (strict reader, no other members). Nothing is verified.
absl::StatusOr<Evidence> ParseEvidence(std::string_view json);
// ParseEvidence gives `evidence` again.
std::string FormatEvidence(const Evidence& evidence);

struct ProvenFork {
  tlog::Checkpoint smaller, larger;
  std::vector<std::string> vkeys;  // those that signed; whom it proves anything about is whoever holds them
  std::string words;               // what the file proves, one or two sentences
};
// OK: the fork is proven. FILE_MALFORMED: vkeys, notes or members that do not fit; LOG_SIGNATURE_INVALID: a checkpoint without a
// good signature by one of the vkeys; CONSISTENCY_FAILED: it shows nothing (same root, or a proof that fails).
absl::StatusOr<ProvenFork> VerifyEvidence(const Evidence& evidence);

// Evidence from two checkpoints of equal size. REQUIRES: same size, other root.
Evidence ForkAtOneSize(const SignedCheckpoint& a, const SignedCheckpoint& b);
// Evidence from the larger tree's own proof of `other_root` at the smaller size. REQUIRES: it verifies, and other_root is not
// smaller's.
Evidence ForkAtTwoSizes(const SignedCheckpoint& smaller, const SignedCheckpoint& larger, const merkle::Hash& other_root,
                        std::vector<merkle::Hash> proof);

// The old root that a consistency proof leads from, if it leads to `new_root`; nullopt: it does not, or (old_size a power of two)
// the proof holds no old root.
std::optional<merkle::Hash> OldRootOfProof(std::uint64_t old_size, std::uint64_t new_size, std::span<const merkle::Hash> proof,
                                           const merkle::Hash& new_root);

}  // namespace trustlog::follow
