#include "proto/bytes/base64.h"

#include <array>
#include <cstdint>

#include "proto/bytes/wire.h"

namespace trustlog::bytes {
namespace {

using merkle::ByteView;

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t kNoDigit = 0xff;
using DigitValues = std::array<std::uint8_t, 256>;

constexpr DigitValues ValuesOf(std::string_view alphabet) {
  DigitValues values{};
  for (auto& value : values) value = kNoDigit;
  for (std::size_t i = 0; i < alphabet.size(); ++i) values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr DigitValues kStandardValues = ValuesOf(kStandard);
constexpr DigitValues kUrlSafeValues = ValuesOf(kUrlSafe);

std::string EncodeDigits(ByteView data, std::string_view alphabet) {
  std::string digits;
  digits.reserve((data.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int pending = 0;  // how many low bits of `bits` are not written yet
  for (const auto byte : data) {
    bits = bits << 8 | byte;
    pending += 8;
    for (; pending >= 6; pending -= 6) digits += alphabet[bits >> (pending - 6) & 63];
  }
  if (pending > 0) digits += alphabet[bits << (6 - pending) & 63];
  return digits;
}

std::optional<std::string> DecodeDigits(std::string_view digits, const DigitValues& values) {
  std::string data;
  data.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int pending = 0;
  for (const char digit : digits) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(digit)];
    if (value == kNoDigit) return std::nullopt;
    bits = bits << 6 | value;
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    data += static_cast<char>(bits >> pending);
  }
  // Six bits left: a lone last digit, which holds no byte. Else the unused bits must be zero, so that no second text gives these
  // bytes.
  if (pending == 6 || (bits & ((1U << pending) - 1)) != 0) return std::nullopt;
  return data;
}

// The digits of a text whose length with padding is a multiple of four. At most two '=' go; any other fails as a digit later.
std::string_view WithoutPadding(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string EncodeBase64(ByteView data) {
  std::string text = EncodeDigits(data, kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string EncodeBase64(std::string_view data) { return EncodeBase64(AsBytes(data)); }

std::string EncodeBase64Url(ByteView data) { return EncodeDigits(data, kUrlSafe); }

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  return DecodeDigits(WithoutPadding(text), kStandardValues);
}

std::optional<std::string> DecodeBase64Url(std::string_view text) { return DecodeDigits(text, kUrlSafeValues); }

std::optional<std::string> DecodeBase64Any(std::string_view text) {
  const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
  if (text.size() % 4 == 0) text = WithoutPadding(text);
  return DecodeDigits(text, url_safe ? kUrlSafeValues : kStandardValues);
}

}  // namespace trustlog::bytes
