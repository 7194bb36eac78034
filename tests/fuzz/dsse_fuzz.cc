#include "proto/attest/dsse.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {

// An envelope that is taken, rebuilt as records.md 4.2 says, gives the same payload and signatures.
TRUSTLOG_FUZZ_TARGET(Dsse) {
  const auto envelope = ParseEnvelope(input);
  if (!envelope.ok()) return;
  fuzz::Expect(CheckEnvelope(*envelope).ok(), "the decoded form is refused");
  std::vector<EntrySignature> signatures;
  for (const auto& signature : envelope->signatures) {
    signatures.push_back({KeyIdHint(signature.keyid).value_or(keys::KeyId{}), signature.sig});
  }
  const std::string rebuilt = FormatEnvelope(envelope->payload, signatures);
  const auto again = ParseEnvelope(rebuilt);
  fuzz::Expect(again.ok(), "the rebuilt envelope is refused");
  fuzz::Expect(again->payload == envelope->payload && again->signatures.size() == signatures.size(),
               "the rebuilt envelope is another");
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    fuzz::Expect(again->signatures[i].sig == signatures[i].signature, "a signature changed");
    fuzz::Expect(KeyIdHint(again->signatures[i].keyid) == signatures[i].key_id, "a key id changed");
  }
  fuzz::Expect(FormatEnvelope(again->payload, signatures) == rebuilt, "rebuilding is not stable");
}

}  // namespace trustlog::attest
