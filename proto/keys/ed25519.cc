#include "proto/keys/ed25519.h"

#include <sodium.h>

#include <algorithm>

namespace trustlog::keys {
namespace {

using merkle::ByteView;

using Point = std::array<std::uint8_t, crypto_core_ed25519_BYTES>;

// The neutral point: y = 1, sign of x = 0.
constexpr Point kNeutral = {1};

// sodium_init may be called often and by many threads; it fails only where the system gives no randomness, which nothing here
// needs.
void InitSodium() {
  static const int initialised = sodium_init();
  static_cast<void>(initialised);
}

// y < p = 2^255 - 19. The sign bit of x is no part of y.
bool IsCanonicalY(ByteView raw) {
  const bool high_bytes_full = (raw[31] & 0x7f) == 0x7f && std::all_of(&raw[1], &raw[31], [](auto byte) { return byte == 0xff; });
  return !high_bytes_full || raw[0] < 0xed;
}

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// libsodium's form of a private key: seed | public key. Wiped.
struct ExpandedKey {
  explicit ExpandedKey(std::string_view seed) { crypto_sign_seed_keypair(public_key.data(), secret.data(), Bytes(seed)); }
  ~ExpandedKey() { sodium_memzero(secret.data(), secret.size()); }
  ExpandedKey(const ExpandedKey&) = delete;
  ExpandedKey& operator=(const ExpandedKey&) = delete;

  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key;
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret;
};

}  // namespace

// crypto_core_ed25519_is_valid_point would also ask that the point is in the prime-order subgroup, which RFC 8032 does not; the sum
// of two points is only refused where one is not on the curve. [8]P is neutral exactly for the points of small order; among them
// are those with x = 0, the only ones whose sign bit could be set in vain.
bool IsValidEd25519Point(ByteView raw) {
  InitSodium();
  Point point;
  if (raw.size() != point.size() || !IsCanonicalY(raw)) return false;
  std::copy(raw.begin(), raw.end(), point.begin());
  for (int doublings = 0; doublings < 3; ++doublings) {
    Point twice;
    if (crypto_core_ed25519_add(twice.data(), point.data(), point.data()) != 0) return false;
    point = twice;
  }
  return point != kNeutral;
}

// libsodium refuses s >= L, A with y >= p, A and R of small order, and compares encode([s]B - [k]A) with the bytes of R: the
// reading of records.md 2.2. Built with ED25519_COMPAT it would not; the tests would say so.
bool VerifyEd25519(ByteView public_key, std::string_view message, std::string_view signature) {
  InitSodium();
  if (signature.size() != crypto_sign_BYTES) return false;
  return crypto_sign_verify_detached(Bytes(signature), Bytes(message), message.size(), public_key.data()) == 0;
}

std::string SignEd25519(std::string_view seed, std::string_view message) {
  InitSodium();
  const ExpandedKey key(seed);
  std::array<unsigned char, crypto_sign_BYTES> signature;
  crypto_sign_detached(signature.data(), nullptr, Bytes(message), message.size(), key.secret.data());
  return {signature.begin(), signature.end()};
}

std::array<std::uint8_t, 32> PublicFromSeed(std::string_view seed) {
  InitSodium();
  return ExpandedKey(seed).public_key;
}

}  // namespace trustlog::keys
