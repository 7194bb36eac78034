// The only Ed25519 in the program (libsodium): notes, cosignatures and submitters all use it. RFC 8032 in the one reading of
// records.md 2.2: s < L; A and R decode canonically and are not of small order; accepted iff encode([s]B - [k]A) == R. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "merkle/hash.h"

namespace trustlog::keys {

// True iff `raw` is 32 bytes that decode canonically to a point that is not of small order. Its subgroup is not asked.
bool IsValidEd25519Point(merkle::ByteView raw);

// REQUIRES: public_key.size() == 32. False for any signature that is not 64 bytes.
bool VerifyEd25519(merkle::ByteView public_key, std::string_view message, std::string_view signature);

// 64 bytes.  REQUIRES: seed.size() == 32.
std::string SignEd25519(std::string_view seed, std::string_view message);

// 32 bytes.  REQUIRES: seed.size() == 32.
std::array<std::uint8_t, 32> PublicFromSeed(std::string_view seed);

}  // namespace trustlog::keys
