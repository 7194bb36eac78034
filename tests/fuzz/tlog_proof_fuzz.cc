// Offline proof files: without an extra line, what is accepted is written back to the same bytes.
#include "proto/tlog/note.h"
#include "proto/tlog/tlog_proof.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(TlogProof) {
  const auto proof = ParseTlogProof(input);
  if (!proof.ok()) return;
  fuzz::Expect(proof->hashes.size() <= 63 && proof->checkpoint.size() <= kMaxNoteBytes, "a value beyond its limit");
  fuzz::Expect(ParseNote(proof->checkpoint).ok(), "a checkpoint that is no note");
  const auto written = FormatTlogProof(proof->index, proof->hashes, proof->checkpoint);
  fuzz::Expect(!proof->extra.empty() || written == input, "FormatTlogProof(ParseTlogProof(x)) != x");
  const auto again = ParseTlogProof(written);
  fuzz::Expect(again.ok() && again->hashes == proof->hashes && again->index == proof->index, "what is written is not read");
}

}  // namespace trustlog::tlog
