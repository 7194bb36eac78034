// The content of key files: PEM and the PKCS#8 in it. PEM is one text for one key; a private key that is read signs, and comes back
// as the same key from what it writes.
#include "proto/keys/key.h"
#include "proto/keys/pem.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::fuzz {
namespace {

void CheckPrivateKey(std::string_view der) {
  const auto key = keys::PrivateKey::FromPkcs8(der);
  if (!key.ok()) return;
  const auto written = key->ToPkcs8();
  const auto again = keys::PrivateKey::FromPkcs8(written);
  Expect(again.ok() && again->public_key() == key->public_key(), "a private key comes back from what it writes");
  Expect(again->ToPkcs8() == written, "it is written in one way");
  if (key->public_key().algorithm() == keys::Algorithm::kEd25519) Expect(written == der, "Ed25519 has one form");
  const auto signature = key->Sign("message");
  Expect(signature.ok() && key->public_key().Verify("message", *signature).ok(), "its public key verifies what it signs");
}

}  // namespace

TRUSTLOG_FUZZ_TARGET(KeyFile) {
  for (const auto label : {keys::kPrivateKeyLabel, keys::kPublicKeyLabel}) {
    const auto der = keys::DecodePem(label, input);
    if (!der) continue;
    const auto text = keys::EncodePem(label, *der);
    Expect(text == input || text == std::string(input) + "\n", "PEM encodes back to itself");
    if (label == keys::kPrivateKeyLabel) CheckPrivateKey(*der);
  }
  CheckPrivateKey(input);  // mutated PEM is seldom base64, so the DER is given bare as well
}

}  // namespace trustlog::fuzz
