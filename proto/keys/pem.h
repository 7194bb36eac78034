// PEM in its strict form (RFC 7468, figure 3): the begin line, base64 in lines of 64 characters, the end line, line feeds. Pure and
// thread-safe. Secrets go through here: nothing but the results keeps a copy of the content.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trustlog::keys {

inline constexpr std::string_view kPrivateKeyLabel = "PRIVATE KEY";
inline constexpr std::string_view kPublicKeyLabel = "PUBLIC KEY";

// Ends with a line feed.
std::string EncodePem(std::string_view label, std::string_view der);

// The inverse of EncodePem for this label and nothing more, save that the last line feed may be missing.
std::optional<std::string> DecodePem(std::string_view label, std::string_view text);

}  // namespace trustlog::keys
