// Checkpoint texts: what is accepted is written back to the same bytes.
#include "proto/tlog/checkpoint.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(Checkpoint) {
  const auto checkpoint = ParseCheckpoint(input);
  if (!checkpoint.ok()) return;
  fuzz::Expect(IsValidOrigin(checkpoint->origin) && checkpoint->head.size <= kMaxTreeSize, "a value outside its range");
  fuzz::Expect(FormatCheckpoint(*checkpoint) == input, "FormatCheckpoint(ParseCheckpoint(x)) != x");
}

}  // namespace trustlog::tlog
