// Mark slots: what is accepted is written again as the same bytes. An input shorter than a slot is given its zeros and its digest,
// so that the fields behind the digest are reached.
#include "merkle/hash.h"
#include "proto/bytes/wire.h"
#include "server/signer/mark_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::signer {

TRUSTLOG_FUZZ_TARGET(MarkFile) {
  std::string slot(input);
  if (slot.size() < kSlotBytes) {
    slot.resize(kSlotBytes - 32, '\0');
    const auto digest = merkle::Sha256(bytes::AsBytes(slot));
    slot.append(bytes::AsText(digest));
  }
  const auto mark = ParseSlot(slot);
  if (mark.ok()) fuzz::Expect(FormatSlot(*mark) == slot, "Format(Parse(x)) != x");
}

}  // namespace trustlog::signer
