// The proof bundle file of protocols.md section 8: entry, statement, tlog-proof and growth in one JSON file. A container: nothing
// in it is verified here (verify_entry.h). Values; pure and thread-safe.
//
//   {"schema":"trustlog-proof-bundle/1","index":41,"entry":"VExFMQ==","statement":"e30=","tlogProof":"c2sp.org/tlog-proof@v1\n...",
//    "consistency":{"oldSize":40,"hashes":["..."]}}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"

namespace trustlog::follow {

inline constexpr std::size_t kMaxProofBundleBytes = 256 * 1024;

struct ConsistencyProof {
  std::uint64_t old_size = 0;        // 1 ..
  std::vector<merkle::Hash> hashes;  // at most 64
  friend bool operator==(const ConsistencyProof&, const ConsistencyProof&) = default;
};

struct ProofBundle {
  std::uint64_t index = 0;                      // as in tlog_proof; at most 2^53 - 1
  std::string entry;                            // 1..8,192 bytes
  std::optional<std::string> statement;         // payload, 1..32,768 bytes; nullopt: not given
  std::string tlog_proof;                       // text
  std::optional<ConsistencyProof> consistency;  // from old_size to the size of the proof's checkpoint
  friend bool operator==(const ProofBundle&, const ProofBundle&) = default;
};

// FILE_MALFORMED: not exactly that JSON (strict reader, no other members), a limit passed, or an index that is not the proof's.
absl::StatusOr<ProofBundle> ParseProofBundle(std::string_view json);
// ParseProofBundle gives `bundle` again.
std::string FormatProofBundle(const ProofBundle& bundle);

}  // namespace trustlog::follow
