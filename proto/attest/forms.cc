#include "proto/attest/forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace trustlog::attest {
namespace {

constexpr std::array<std::string_view, 7> kRoleNames = {"root",    "secretariat", "operator", "member",
                                                        "auditor", "monitor",     "observer"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLowerOrDigit(char c) { return IsLower(c) || IsDigit(c); }
bool IsUpperOrDigit(char c) { return IsUpper(c) || IsDigit(c); }
bool IsUrlChar(char c) {
  return IsLower(c) || IsUpper(c) || IsDigit(c) || std::string_view("._~/:-").find(c) != std::string_view::npos;
}

template <typename Predicate>
bool All(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

// [a-z0-9]([a-z0-9<also>]{0,max-2}[a-z0-9])?
bool IsWord(std::string_view text, std::size_t max, std::string_view also) {
  return !text.empty() && text.size() <= max && IsLowerOrDigit(text.front()) && IsLowerOrDigit(text.back()) &&
         All(text, [also](char c) { return IsLowerOrDigit(c) || also.find(c) != std::string_view::npos; });
}

// REQUIRES: digits only, at most nine.
unsigned Number(std::string_view digits) {
  unsigned value = 0;
  for (const char digit : digits) value = value * 10 + static_cast<unsigned>(digit - '0');
  return value;
}

}  // namespace

std::string_view UrnRoleName(UrnRole role) { return kRoleNames[static_cast<std::size_t>(role)]; }

std::string_view UrnPrefixOf(std::string_view urn) {
  constexpr std::string_view kScheme = "urn:";
  if (!urn.starts_with(kScheme)) return "";
  const std::size_t colon = urn.find(':', kScheme.size());
  return colon == std::string_view::npos ? "" : urn.substr(0, colon + 1);
}

bool IsUrnPrefix(std::string_view text) {
  if (text.empty() || UrnPrefixOf(text) != text) return false;
  const std::string_view name = text.substr(4, text.size() - 5);
  return name.size() >= 2 && name.size() <= 32 && IsLowerOrDigit(name.front()) &&
         All(name, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

std::optional<UrnRole> RoleOfUrn(std::string_view urn, std::string_view prefix) {
  if (!IsUrnPrefix(prefix) || !urn.starts_with(prefix)) return std::nullopt;
  urn.remove_prefix(prefix.size());
  const std::size_t colon = urn.find(':');
  const auto* const found = std::find(kRoleNames.begin(), kRoleNames.end(), urn.substr(0, colon));
  if (found == kRoleNames.end()) return std::nullopt;
  const auto role = static_cast<UrnRole>(found - kRoleNames.begin());
  if (!IsParty(role)) return colon == std::string_view::npos ? std::optional(role) : std::nullopt;
  if (colon == std::string_view::npos || !IsWord(urn.substr(colon + 1), 63, "-")) return std::nullopt;
  return role;
}

bool IsCode(std::string_view text) { return IsWord(text, 40, ".-"); }

bool IsOrigin(std::string_view text) { return !text.empty() && text.size() <= 255 && All(text, IsUrlChar); }

bool IsTypeBase(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (text.size() > 200 || !text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  return !text.empty() && All(text, IsUrlChar) && text.back() != '/' && text.back() != ':';
}

bool IsLanguageTag(std::string_view text) {
  if (text.size() != 2 && text.size() != 5) return false;
  return All(text.substr(0, 2), IsLower) && (text.size() == 2 || (text[2] == '-' && All(text.substr(3), IsUpper)));
}

bool IsCountry(std::string_view text) { return text.size() == 2 && All(text, IsUpper); }

bool IsLei(std::string_view text) {
  return text.size() == 20 && All(text.substr(0, 18), IsUpperOrDigit) && All(text.substr(18), IsDigit);
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  constexpr std::string_view kPattern = "0000-00-00T00:00:00Z";
  if (text.size() != kPattern.size()) return std::nullopt;
  for (std::size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] == '0' ? !IsDigit(text[i]) : text[i] != kPattern[i]) return std::nullopt;
  }
  const unsigned year = Number(text.substr(0, 4));
  const unsigned hour = Number(text.substr(11, 2)), minute = Number(text.substr(14, 2)), second = Number(text.substr(17, 2));
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{Number(text.substr(5, 2))},
                                         std::chrono::day{Number(text.substr(8, 2))}};
  if (year < 2000 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * 86'400 + hour * 3'600 + minute * 60 + second;
}

std::string FormatTime(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace trustlog::attest
