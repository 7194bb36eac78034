// Keys and mutations shared by the tests of this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/bytes/hex.h"
#include "proto/keys/key.h"
#include "proto/tlog/note.h"

namespace trustlog::tlog {

inline keys::PrivateKey KeyOfSeed(std::string_view seed_hex) {
  // PKCS#8 of RFC 8410: fixed bytes, then the seed
  const auto der = bytes::DecodeHex("302e020100300506032b657004220420" + std::string(seed_hex));
  return keys::PrivateKey::FromPkcs8(der.value()).value();
}

inline keys::PrivateKey SampleKey(std::uint8_t number) {
  const std::string seed(32, static_cast<char>(number));
  return KeyOfSeed(bytes::EncodeHex({reinterpret_cast<const std::uint8_t*>(seed.data()), seed.size()}));
}

// The key of the example in the documentation of Go's golang.org/x/mod/sumdb/note: base64 after
// "PRIVATE+KEY+PeterNeumann+c74f20a3+", without its type byte.
inline keys::PrivateKey PeterNeumann() { return KeyOfSeed("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"); }

inline VerifierKey SampleVkey(std::string_view name, std::uint8_t type, std::uint8_t number) {
  return VerifierKey::Make(name, type, SampleKey(number).public_key()).value();
}

// `text` with every proper prefix of it and every one of its bits turned, one at a time.
inline void ForEachDamage(const std::string& text, const std::function<void(const std::string&)>& visit) {
  for (std::size_t size = 0; size < text.size(); ++size) visit(text.substr(0, size));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      visit(damaged);
    }
  }
}

// Nothing in a message can move a cursor, hide text or turn its direction.
inline bool IsPrintableAscii(std::string_view message) {
  for (const char c : message) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace trustlog::tlog
