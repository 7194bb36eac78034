// The intake lint of records.md section 9, point 5: a local rule that can only refuse.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>

#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/attest/strict_json.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

constexpr std::string_view kRoleWords[] = {"trust", "security", "compliance", "info", "contact", "privacy", "psirt"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHostChar(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '-'; }
bool IsLocalChar(char c) { return IsHostChar(c) || c == '.' || c == '_' || c == '+'; }

bool IsRoleWord(std::string_view local_part) {
  return std::find(std::begin(kRoleWords), std::end(kRoleWords), local_part) != std::end(kRoleWords);
}

enum class Addresses { kNone, kOfRoles };  // which ones the string may hold

// [A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z], found from each @ outwards.
bool HoldsAddress(std::string_view text, Addresses allowed) {
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && IsLocalChar(text[begin - 1])) --begin;
    std::size_t dot = at + 1;
    while (dot < text.size() && IsHostChar(text[dot])) ++dot;
    const bool is_address = begin < at && dot > at + 1 && dot + 1 < text.size() && text[dot] == '.' && IsLetter(text[dot + 1]);
    if (is_address && (allowed == Addresses::kNone || !IsRoleWord(text.substr(begin, at - begin)))) return true;
  }
  return false;
}

std::optional<std::string> Find(const json::value& value, const std::string& path);

std::optional<std::string> FindInMember(std::string_view name, const json::value& value, const std::string& path) {
  // A name that is itself an address is reported by the object that has it.
  if (HoldsAddress(name, Addresses::kNone)) return path;
  const std::string member = path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  if (member != "predicate.contact" || !value.is_string()) return Find(value, member);
  const auto& text = value.get_string();
  return HoldsAddress({text.data(), text.size()}, Addresses::kOfRoles) ? std::optional(member) : std::nullopt;
}

// Recursion is bounded by the depth that the strict reader allows.
std::optional<std::string> Find(const json::value& value, const std::string& path) {
  if (const auto* const text = value.if_string()) {
    return HoldsAddress({text->data(), text->size()}, Addresses::kNone) ? std::optional(path) : std::nullopt;
  }
  if (const auto* const array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (auto found = Find((*array)[i], fmt::format("{}[{}]", path, i))) return found;
    }
  } else if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) {
      if (auto found = FindInMember({member.key().data(), member.key().size()}, member.value(), path)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FindPersonalData(std::string_view payload, Kind kind) {
  if (kind == Kind::kRetraction || kind == Kind::kObjection) return std::nullopt;  // nobody is kept from objecting
  const auto value = ParseStrictJson(payload, {.max_bytes = kMaxPayloadBytes}, bytes::Reason::kStatementMalformed);
  return value.ok() ? Find(*value, "") : std::nullopt;
}

}  // namespace trustlog::attest
