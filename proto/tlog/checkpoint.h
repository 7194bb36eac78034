// Checkpoints (C2SP tlog-checkpoint): exactly three lines, origin, size, base64 root; extension lines are refused (A3, A4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "merkle/tile.h"

namespace trustlog::tlog {

// Larger trees are refused: 63 proof hashes and the int64 of other implementations reach no further.
inline constexpr std::uint64_t kMaxTreeSize = (std::uint64_t{1} << 63) - 1;

struct Checkpoint {
  std::string origin;
  merkle::TreeHead head;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The note text, ending with a line feed.  REQUIRES: IsValidOrigin(origin), head.size <= kMaxTreeSize.
std::string FormatCheckpoint(const Checkpoint& checkpoint);

// Accepts what FormatCheckpoint writes and nothing else: no extension lines, no leading zeros, the root of size 0 is EmptyRoot().
// ARGUMENT_INVALID otherwise.
absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

bool IsValidOrigin(std::string_view origin);  // a valid key name (A2) in the characters of records.md logOrigin, at most 255 bytes

}  // namespace trustlog::tlog
