#include "proto/keys/batch_signature.h"

#include "tests/fuzz/fuzz_target.h"

namespace trustlog::keys {

// What parses has one form, and a root can be computed from it.
TRUSTLOG_FUZZ_TARGET(BatchSignature) {
  const auto signature = ParseBatchSignature(input);
  if (!signature.has_value()) return;
  fuzz::Expect(FormatBatchSignature(*signature) == input, "a batch signature has another form");
  fuzz::Expect(signature->count <= kMaxBatch && signature->index < signature->count, "a batch signature out of range");
  BatchRoot(*signature, {});
}

}  // namespace trustlog::keys
