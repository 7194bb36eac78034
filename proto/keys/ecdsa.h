// ECDSA over P-256 with SHA-256 and over P-384 with SHA-384, arithmetic by OpenSSL, forms by ourselves: OpenSSL's parsers take more
// than records.md 2.2 allows. Of the library only key.cc includes it. Thread-safe; a key may be used by many threads at once.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trustlog::keys {

struct FreePkey {
  void operator()(EVP_PKEY* pkey) const { EVP_PKEY_free(pkey); }  // wipes a private key
};
using Pkey = std::unique_ptr<EVP_PKEY, FreePkey>;

struct Curve {
  const char* name;              // OpenSSL's
  std::string_view spki_prefix;  // DER up to the x of the uncompressed point
  std::string_view order;        // n, big-endian: as long as a coordinate

  std::size_t spki_size() const { return spki_prefix.size() + 2 * order.size(); }
};
const Curve& P256();
const Curve& P384();

// Null unless `spki` is the 91 (120) bytes of a named curve with an uncompressed point that is on it.
Pkey ParseEcdsaPublic(const Curve& curve, std::string_view spki);
// Null unless `der` is PKCS#8, unencrypted, of one key on one of the two curves whose public part belongs to its private part.
Pkey ParseEcdsaPrivate(std::string_view der);
// Null where OpenSSL refuses.
Pkey GenerateEcdsa(const Curve& curve);

// The SubjectPublicKeyInfo. Of a key read from foreign PKCS#8 it may be in a form that ParseEcdsaPublic refuses.
std::string EncodeEcdsaPublic(const EVP_PKEY& pkey);
std::string EncodeEcdsaPrivate(const EVP_PKEY& pkey);  // SECRET. PKCS#8.

// A DER SEQUENCE of two minimal positive INTEGERs in [1, n-1] and nothing after it.
bool HasEcdsaForm(const Curve& curve, std::string_view signature);
// REQUIRES: HasEcdsaForm(curve, signature), and `pkey` is on `curve`.
bool VerifyEcdsa(const Curve& curve, EVP_PKEY& pkey, std::string_view message, std::string_view signature);
// The same over a digest as long as the curve's algorithm has it.
bool VerifyEcdsaDigest(EVP_PKEY& pkey, std::span<const std::uint8_t> digest, std::string_view signature);
std::optional<std::string> SignEcdsa(const Curve& curve, EVP_PKEY& pkey, std::string_view message);

}  // namespace trustlog::keys
