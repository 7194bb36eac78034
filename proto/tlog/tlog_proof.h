// The offline proof file (C2SP tlog-proof, E4):
//
//   c2sp.org/tlog-proof@v1
//   index 41
//   base64 hash, leaf side first, one a line
//                                        (empty line)
//   checkpoint note, verbatim
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"

namespace trustlog::tlog {

struct TlogProof {
  std::uint64_t index = 0;
  std::vector<merkle::Hash> hashes;
  std::string checkpoint;  // the note, verbatim
  std::string extra;       // decoded; read, never trusted, never written
};

// ARGUMENT_INVALID: another form, that of the note included. The checkpoint is not opened. At most 63 hashes and 64 KiB of note.
absl::StatusOr<TlogProof> ParseTlogProof(std::string_view text);
std::string FormatTlogProof(std::uint64_t index, const std::vector<merkle::Hash>& hashes, std::string_view checkpoint);

}  // namespace trustlog::tlog
