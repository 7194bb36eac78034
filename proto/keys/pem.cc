#include "proto/keys/pem.h"

#include <fmt/format.h>

#include "proto/bytes/base64.h"
#include "proto/keys/key.h"

namespace trustlog::keys {
namespace {

constexpr std::size_t kLine = 64;

std::string BeginLine(std::string_view label) { return fmt::format("-----BEGIN {}-----\n", label); }
std::string EndLine(std::string_view label) { return fmt::format("-----END {}-----", label); }

// The base64 of `lines`, each of 64 characters and a line feed, the last of 1 to 64 and one.
std::optional<std::string> JoinLines(std::string_view lines) {
  std::string text;
  text.reserve(lines.size());  // no growth, which would leave a copy behind
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    const bool is_last = line.size() + 1 == lines.size();
    if (line.size() == lines.size() || line.empty() || line.size() > kLine || (line.size() < kLine && !is_last)) {
      Wipe(text);
      return std::nullopt;
    }
    text += line;
    lines.remove_prefix(line.size() + 1);
  }
  return text;
}

}  // namespace

std::string EncodePem(std::string_view label, std::string_view der) {
  std::string base64 = bytes::EncodeBase64(der);
  const auto begin = BeginLine(label);
  const auto end = EndLine(label);
  std::string text;
  text.reserve(begin.size() + base64.size() + base64.size() / kLine + 1 + end.size() + 1);
  text += begin;
  for (std::size_t at = 0; at < base64.size(); at += kLine) {
    text.append(base64, at, kLine);
    text += '\n';
  }
  Wipe(base64);
  text += end;
  text += '\n';
  return text;
}

std::optional<std::string> DecodePem(std::string_view label, std::string_view text) {
  const auto begin = BeginLine(label);
  const auto end = EndLine(label);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() < begin.size() + end.size() || !text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  text.remove_prefix(begin.size());
  text.remove_suffix(end.size());
  auto base64 = JoinLines(text);
  if (!base64) return std::nullopt;
  auto der = bytes::DecodeBase64(*base64);
  Wipe(*base64);
  return der;
}

}  // namespace trustlog::keys
