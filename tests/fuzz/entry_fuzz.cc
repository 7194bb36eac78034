#include "proto/attest/entry.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {

// One entry has one encoding.
TRUSTLOG_FUZZ_TARGET(Entry) {
  const auto entry = DecodeEntry(input);
  if (!entry.ok()) return;
  const auto encoded = EncodeEntry(*entry);
  fuzz::Expect(encoded.ok() && *encoded == input, "a decoded entry has another encoding");
}

}  // namespace trustlog::attest
