#include "proto/tlog/text.h"

#include <algorithm>

#include "fmt/format.h"
#include "proto/bytes/base64.h"

namespace trustlog::tlog {
namespace {

constexpr std::size_t kMaxQuotedBytes = 256;

// The forms of RFC 3629 section 4: how many bytes a lead byte asks for and the smallest code point that may take so many.
struct Utf8Form {
  std::uint8_t mask;
  std::uint8_t lead;
  std::size_t size;
  char32_t smallest;
};
constexpr Utf8Form kUtf8Forms[] = {
    {0x80, 0x00, 1, 0},
    {0xe0, 0xc0, 2, 0x80},
    {0xf0, 0xe0, 3, 0x800},
    {0xf8, 0xf0, 4, 0x10000},
};

bool IsScalarValue(char32_t code_point) { return code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff); }

}  // namespace

std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const auto* form = std::find_if(std::begin(kUtf8Forms), std::end(kUtf8Forms),
                                  [lead](const Utf8Form& candidate) { return (lead & candidate.mask) == candidate.lead; });
  if (form == std::end(kUtf8Forms) || text.size() < form->size) return std::nullopt;
  char32_t code_point = lead & static_cast<std::uint8_t>(~form->mask);
  for (const char next : text.substr(1, form->size - 1)) {
    const auto byte = static_cast<std::uint8_t>(next);
    if ((byte & 0xc0) != 0x80) return std::nullopt;
    code_point = code_point << 6 | (byte & 0x3fU);
  }
  if (code_point < form->smallest || !IsScalarValue(code_point)) return std::nullopt;
  text.remove_prefix(form->size);
  return code_point;
}

bool IsUnicodeSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool IsNoteCharacters(std::string_view text) {
  while (!text.empty()) {
    const auto code_point = TakeCodePoint(text);
    if (!code_point || (*code_point < 0x20 && *code_point != '\n')) return false;
  }
  return true;
}

std::optional<std::string_view> TakeLine(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> ParseDecimal(std::string_view digits, std::uint64_t max) {
  if (digits.empty() || (digits[0] == '0' && digits.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    // 10 value + digit <= max, without overflow
    if (digit > max || value > (max - digit) / 10) return std::nullopt;
    value = 10 * value + digit;
  }
  return value;
}

std::optional<merkle::Hash> ParseBase64Hash(std::string_view text) {
  merkle::Hash hash;
  const auto data = bytes::DecodeBase64(text);
  if (!data || data->size() != hash.size()) return std::nullopt;
  std::copy(data->begin(), data->end(), hash.begin());
  return hash;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxQuotedBytes)) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
      quoted += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
    } else {
      quoted += c;
    }
  }
  quoted += text.size() > kMaxQuotedBytes ? "\"..." : "\"";
  return quoted;
}

}  // namespace trustlog::tlog
