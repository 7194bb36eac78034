#include "proto/bytes/hex.h"

#include <array>
#include <cstdint>
#include <utility>

namespace trustlog::bytes {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// -1: no digit.
constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i) values[static_cast<std::uint8_t>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

int ValueOf(char digit) { return kValues[static_cast<std::uint8_t>(digit)]; }

// `out` has place for text.size() / 2 bytes. False: not only digits.
template <typename Byte>
bool Decode(std::string_view text, Byte* out) {
  int all = 0;  // negative once one was no digit
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = ValueOf(text[i]);
    const int low = ValueOf(text[i + 1]);
    all |= high | low;
    *out++ = static_cast<Byte>((high & 15) << 4 | (low & 15));
  }
  return all >= 0;
}

}  // namespace

std::string EncodeHex(merkle::ByteView data) {
  std::string text(data.size() * 2, '\0');
  char* out = text.data();
  for (const auto byte : data) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string data(text.size() / 2, '\0');
  return Decode(text, data.data()) ? std::optional(std::move(data)) : std::nullopt;
}

std::optional<merkle::Hash> DecodeHash(std::string_view text) {
  merkle::Hash hash;
  return text.size() == hash.size() * 2 && Decode(text, hash.data()) ? std::optional(hash) : std::nullopt;
}

}  // namespace trustlog::bytes
