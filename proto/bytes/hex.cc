#include "proto/bytes/hex.h"

#include <algorithm>

namespace trustlog::bytes {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int ValueOf(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

std::string EncodeHex(merkle::ByteView data) {
  std::string text;
  text.reserve(data.size() * 2);
  for (const auto byte : data) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string data;
  data.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = ValueOf(text[i]);
    const int low = ValueOf(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    data += static_cast<char>(high << 4 | low);
  }
  return data;
}

std::optional<merkle::Hash> DecodeHash(std::string_view text) {
  merkle::Hash hash;
  if (text.size() != hash.size() * 2) return std::nullopt;
  const auto data = DecodeHex(text);
  if (!data) return std::nullopt;
  std::copy(data->begin(), data->end(), hash.begin());
  return hash;
}

}  // namespace trustlog::bytes
