// Lower-case hex. Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "merkle/hash.h"

namespace trustlog::bytes {

std::string EncodeHex(merkle::ByteView data);

// Lower case only, even length; anything else is nullopt.
std::optional<std::string> DecodeHex(std::string_view text);

// Exactly 64 lower-case digits.
std::optional<merkle::Hash> DecodeHash(std::string_view text);

}  // namespace trustlog::bytes
