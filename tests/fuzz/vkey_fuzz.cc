// Verifier keys: what is accepted is written back to the same bytes and has the id that its parts give.
#include "proto/bytes/wire.h"
#include "proto/keys/ed25519.h"
#include "proto/tlog/note.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(Vkey) {
  const auto vkey = VerifierKey::Parse(input);
  if (!vkey.ok()) return;
  fuzz::Expect(vkey->ToString() == input, "ToString(Parse(x)) != x");
  fuzz::Expect(IsValidKeyName(vkey->name()), "a name that breaks A2");
  const auto raw = bytes::AsBytes(vkey->key().raw_ed25519());
  fuzz::Expect(keys::IsValidEd25519Point(raw), "a key that is no point");
  fuzz::Expect(vkey->key_id() == ComputeKeyId(vkey->name(), vkey->type(), raw), "a key id of other parts");
}

}  // namespace trustlog::tlog
