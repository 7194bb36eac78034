#include "proto/keys/ecdsa.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>

#include "merkle/hash.h"
#include "proto/bytes/wire.h"

namespace trustlog::keys {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kMaxPkcs8 = 1024;  // a P-384 key has 185 bytes

// What OpenSSL queues as errors for this thread is dropped: a later TLS call on the thread would take it for its own.
class ErrorMark final {
 public:
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

struct FreePkcs8 {
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
};
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreePkcs8>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Context NewContext(EVP_PKEY& pkey) { return Context(EVP_PKEY_CTX_new_from_pkey(nullptr, &pkey, nullptr)); }

// The INTEGER at the front of `rest` in minimal form, without the zero that keeps it positive; empty if there is none such.
std::string_view TakePositiveInteger(std::string_view& rest) {
  bytes::ByteReader reader(rest);
  const bool integer = reader.U8() == 0x02;
  auto digits = reader.Lp8();  // a length of 128 and more has another form, but then the SEQUENCE is too long already
  rest = reader.rest();
  if (!integer || !reader.ok() || digits.empty()) return {};
  const auto is_negative = [](char byte) { return (byte & 0x80) != 0; };
  if (is_negative(digits[0])) return {};
  if (digits[0] != 0) return digits;
  digits.remove_prefix(1);
  return !digits.empty() && is_negative(digits[0]) ? digits : std::string_view{};
}

// `digits` are big-endian without leading zeros, so zero is empty.
bool IsInRange(std::string_view digits, std::string_view order) {
  if (digits.empty() || digits.size() > order.size()) return false;
  return digits.size() < order.size() || digits < order;
}

struct Digest {
  std::array<unsigned char, 48> bytes;
  std::size_t size;
};

// SHA-2 of the size of the curve. SHA-384 is fetched once: each implicit fetch takes OpenSSL's locks.
std::optional<Digest> DigestFor(const Curve& curve, std::string_view message) {
  Digest digest{};
  if (&curve == &P256()) {
    const auto hash = merkle::Sha256(bytes::AsBytes(message));
    std::copy(hash.begin(), hash.end(), digest.bytes.begin());
    digest.size = hash.size();
    return digest;
  }
  static const EVP_MD* const sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  unsigned int size = 0;
  if (sha384 == nullptr || EVP_Digest(message.data(), message.size(), digest.bytes.data(), &size, sha384, nullptr) != 1) return {};
  digest.size = size;
  return digest;
}

bool PassesCheck(EVP_PKEY& pkey, int (*check)(EVP_PKEY_CTX*)) {
  const auto context = NewContext(pkey);
  return context != nullptr && check(context.get()) == 1;
}

}  // namespace

const Curve& P256() {
  static constexpr Curve kCurve = {
      "P-256", "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"sv,
      "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"sv};
  return kCurve;
}

const Curve& P384() {
  static constexpr Curve kCurve = {
      "P-384", "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04"sv,
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xc7\x63\x4d\x81\xf4\x37\x2d"
      "\xdf"
      "\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73"sv};
  return kCurve;
}

Pkey ParseEcdsaPublic(const Curve& curve, std::string_view spki) {
  if (spki.size() != curve.spki_size() || !spki.starts_with(curve.spki_prefix)) return nullptr;
  const ErrorMark mark;
  const unsigned char* next = Bytes(spki);
  Pkey pkey(d2i_PUBKEY(nullptr, &next, static_cast<long>(spki.size())));
  if (pkey == nullptr || !PassesCheck(*pkey, EVP_PKEY_public_check)) return nullptr;
  return pkey;
}

Pkey ParseEcdsaPrivate(std::string_view der) {
  if (der.size() > kMaxPkcs8) return nullptr;
  const ErrorMark mark;
  const unsigned char* next = Bytes(der);
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &next, static_cast<long>(der.size())));
  if (info == nullptr || next != Bytes(der) + der.size()) return nullptr;
  Pkey pkey(EVP_PKCS82PKEY(info.get()));
  if (pkey == nullptr || EVP_PKEY_get_base_id(pkey.get()) != EVP_PKEY_EC) return nullptr;
  if (!PassesCheck(*pkey, EVP_PKEY_check)) return nullptr;
  return pkey;
}

Pkey GenerateEcdsa(const Curve& curve) {
  const ErrorMark mark;
  return Pkey(EVP_EC_gen(curve.name));
}

std::string EncodeEcdsaPublic(const EVP_PKEY& pkey) {
  const ErrorMark mark;
  const int size = i2d_PUBKEY(&pkey, nullptr);
  if (size <= 0) return "";
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* next = Bytes(der);
  i2d_PUBKEY(&pkey, &next);
  return der;
}

std::string EncodeEcdsaPrivate(const EVP_PKEY& pkey) {
  const ErrorMark mark;
  const Pkcs8 info(EVP_PKEY2PKCS8(&pkey));
  const int size = info == nullptr ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  if (size <= 0) return "";
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* next = Bytes(der);
  i2d_PKCS8_PRIV_KEY_INFO(info.get(), &next);
  return der;
}

bool HasEcdsaForm(const Curve& curve, std::string_view signature) {
  bytes::ByteReader reader(signature);
  if (reader.U8() != 0x30) return false;
  // Two integers of these orders take at most 102 bytes, so the one length form is the short one.
  const std::uint8_t size = reader.U8();
  if (!reader.ok() || size >= 0x80 || size != reader.rest().size()) return false;
  auto rest = reader.rest();
  const auto r = TakePositiveInteger(rest);
  const auto s = TakePositiveInteger(rest);
  return rest.empty() && IsInRange(r, curve.order) && IsInRange(s, curve.order);
}

bool VerifyEcdsaDigest(EVP_PKEY& pkey, std::span<const std::uint8_t> digest, std::string_view signature) {
  const ErrorMark mark;
  const auto context = NewContext(pkey);
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) return false;
  return EVP_PKEY_verify(context.get(), Bytes(signature), signature.size(), digest.data(), digest.size()) == 1;
}

bool VerifyEcdsa(const Curve& curve, EVP_PKEY& pkey, std::string_view message, std::string_view signature) {
  const ErrorMark mark;
  const auto digest = DigestFor(curve, message);
  return digest && VerifyEcdsaDigest(pkey, {digest->bytes.data(), digest->size}, signature);
}

std::optional<std::string> SignEcdsa(const Curve& curve, EVP_PKEY& pkey, std::string_view message) {
  const ErrorMark mark;
  const auto digest = DigestFor(curve, message);
  const auto context = NewContext(pkey);
  if (!digest || context == nullptr || EVP_PKEY_sign_init(context.get()) != 1) return std::nullopt;
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(&pkey)), '\0');
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(context.get(), Bytes(signature), &size, digest->bytes.data(), digest->size) != 1) return std::nullopt;
  signature.resize(size);
  return signature;
}

}  // namespace trustlog::keys
