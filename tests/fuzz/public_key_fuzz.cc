// SubjectPublicKeyInfo under each algorithm (records.md 2.2): an accepted key is the input, fits one plain algorithm only, and is
// what OpenSSL reads and writes.
#include <openssl/err.h>
#include <openssl/x509.h>

#include "proto/keys/ecdsa.h"
#include "proto/keys/key.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::fuzz {

TRUSTLOG_FUZZ_TARGET(PublicKey) {
  using keys::Algorithm;
  int plain = 0;
  for (const auto algorithm : {Algorithm::kEd25519, Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der}) {
    const auto key = keys::PublicKey::FromSpki(input, algorithm);
    if (!key.ok()) continue;
    ++plain;
    Expect(key->spki() == input && key->algorithm() == algorithm, "a key is the bytes it was made from");
    Expect(!key->Verify("message", "").ok(), "no key takes the empty signature");
    const auto* next = reinterpret_cast<const unsigned char*>(input.data());
    const keys::Pkey other(d2i_PUBKEY(nullptr, &next, static_cast<long>(input.size())));
    Expect(other != nullptr && keys::EncodeEcdsaPublic(*other) == input, "OpenSSL reads and writes the same key");
  }
  Expect(plain <= 1, "an SPKI fits one plain algorithm");
  for (const auto batch : {Algorithm::kEd25519Batch, Algorithm::kEcdsaP256Sha256DerBatch}) {
    Expect(plain == 1 || !keys::PublicKey::FromSpki(input, batch).ok(), "a batch key is a key of its inner algorithm");
  }
  Expect(ERR_peek_error() == 0, "the error queue of OpenSSL stays empty");
}

}  // namespace trustlog::fuzz
