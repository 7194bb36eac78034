// Record kinds (records.md section 5): number <-> name <-> predicate type. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trustlog::attest {

enum class Kind : std::uint16_t {
  kGenesis = 0, kRoleChange = 1, kPrincipleSet = 2, kPartyAdmission = 3, kKeyRegistration = 4, kKeyRevocation = 5,
  kPartyWithdrawal = 6, kStatusChange = 7, kAuditorAccreditation = 8,
  kCommitment = 16, kSupplierFlowdown = 17, kAuditEngagement = 18, kAuditResult = 19, kRemediation = 20, kRetraction = 21,
  kObjection = 22, kEvidence = 23,
  kErasureNotice = 32, kIndexHead = 33, kIndexEndorsement = 34, kLogEvent = 35,
};

enum class KindGroup { kAuthority, kClaim, kLog };     // 0-15, 16-31, 32-47

std::span<const Kind> AllKinds();                      // ascending
std::optional<Kind> KindFromNumber(std::uint16_t number);
std::optional<Kind> KindFromName(std::string_view name);
std::string_view KindName(Kind kind);                  // "audit-result"
KindGroup GroupOf(Kind kind);
inline bool IsWithholdable(Kind kind) { return GroupOf(kind) == KindGroup::kClaim; }

// type_base | "/" | kind name | "/v1".
std::string PredicateType(std::string_view type_base, Kind kind);
// nullopt: another base, another version or no kind of this version.
std::optional<Kind> KindOfPredicateType(std::string_view predicate_type, std::string_view type_base);
// The same under whatever base: the last two segments decide.
std::optional<Kind> KindOfAnyBase(std::string_view predicate_type);

}  // namespace trustlog::attest
