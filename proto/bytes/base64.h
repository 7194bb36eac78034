// Canonical base64 (RFC 4648). Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "merkle/hash.h"

namespace trustlog::bytes {

// Section 4: standard alphabet, padded.
std::string EncodeBase64(merkle::ByteView data);
std::string EncodeBase64(std::string_view data);
// Section 5: URL-safe alphabet, no padding.
std::string EncodeBase64Url(merkle::ByteView data);

// The inverse of EncodeBase64 and nothing more: padding complete, unused bits zero, no other characters.
std::optional<std::string> DecodeBase64(std::string_view text);
// The inverse of EncodeBase64Url and nothing more.
std::optional<std::string> DecodeBase64Url(std::string_view text);
// What DSSE intake accepts (records.md 2.1): either alphabet, not mixed; padding complete or absent altogether; unused bits zero.
std::optional<std::string> DecodeBase64Any(std::string_view text);

}  // namespace trustlog::bytes
