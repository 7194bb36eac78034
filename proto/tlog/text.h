// What the line formats of C2SP are made of: UTF-8, lines, decimals, base64 hashes; and how the text of strangers is quoted in
// messages. Included by the .cc files of this folder. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "merkle/hash.h"

namespace trustlog::tlog {

// Takes one code point from the front of `text`; nullopt: empty, or not UTF-8 (RFC 3629: no overlong form, no surrogate, at most
// U+10FFFF).
std::optional<char32_t> TakeCodePoint(std::string_view& text);

bool IsUnicodeSpace(char32_t code_point);  // the White_Space property, as of Unicode 15

// A1: valid UTF-8 without control characters below U+0020 except line feeds.
bool IsNoteCharacters(std::string_view text);

// Takes the text before the first line feed of `rest`, and the line feed; nullopt: there is none, `rest` is left alone.
std::optional<std::string_view> TakeLine(std::string_view& rest);

// ASCII digits without leading zeros, at most `max`.
std::optional<std::uint64_t> ParseDecimal(std::string_view digits, std::uint64_t max);

// 32 bytes in canonical base64.
std::optional<merkle::Hash> ParseBase64Hash(std::string_view text);

// `text` in quotation marks for a message: printable ASCII as it is, every other byte as \xNN (so no control, escape or
// bidirectional character gets through), cut after 256 bytes.
std::string Quote(std::string_view text);

}  // namespace trustlog::tlog
