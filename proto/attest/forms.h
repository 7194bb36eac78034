// The text forms of records.md 5.1: code, URN, origin, type base, time. Whole strings are judged, nothing is normalised. Pure and
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustlog::attest {

inline constexpr std::int64_t kMinTime = 946'684'800;      // 2000-01-01T00:00:00Z
inline constexpr std::int64_t kMaxTime = 253'402'300'799;  // 9999-12-31T23:59:59Z

// The word after the prefix: three roles, then the four sorts of party.
enum class UrnRole : std::uint8_t { kRoot, kSecretariat, kOperator, kMember, kAuditor, kMonitor, kObserver };
inline bool IsParty(UrnRole role) { return role >= UrnRole::kMember; }
std::string_view UrnRoleName(UrnRole role);  // "member"

// "urn:" [a-z0-9][a-z0-9-]{1,31} ":".
bool IsUrnPrefix(std::string_view text);
// Up to and with the second colon: "urn:tta:" of "urn:tta:member:sap"; "" where there is none.
std::string_view UrnPrefixOf(std::string_view urn);
// prefix | role word, or prefix | party word | ":" | slug; nullopt: no such URN, or `prefix` is none.
std::optional<UrnRole> RoleOfUrn(std::string_view urn, std::string_view prefix);

bool IsCode(std::string_view text);         // [a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?
bool IsOrigin(std::string_view text);       // [A-Za-z0-9._~/:-]+, at most 255 bytes
bool IsTypeBase(std::string_view text);     // https://[A-Za-z0-9._~/:-]*[A-Za-z0-9._~-], at most 200 bytes
bool IsLanguageTag(std::string_view text);  // [a-z]{2}(-[A-Z]{2})?
bool IsCountry(std::string_view text);      // [A-Z]{2}
bool IsLei(std::string_view text);          // [A-Z0-9]{18}[0-9]{2}

// "YYYY-MM-DDTHH:MM:SSZ" <-> Unix seconds, years 2000..9999, a date that exists, seconds 00..59.
std::optional<std::int64_t> ParseTime(std::string_view text);
std::string FormatTime(std::int64_t seconds);  // REQUIRES: kMinTime <= seconds <= kMaxTime

}  // namespace trustlog::attest
