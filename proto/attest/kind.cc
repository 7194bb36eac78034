#include "proto/attest/kind.h"

#include <algorithm>
#include <array>

namespace trustlog::attest {
namespace {

constexpr std::string_view kVersion = "/v1";

constexpr std::array kKinds = {
    Kind::kGenesis,         Kind::kRoleChange,       Kind::kPrincipleSet,
    Kind::kPartyAdmission,  Kind::kKeyRegistration,  Kind::kKeyRevocation,
    Kind::kPartyWithdrawal, Kind::kStatusChange,     Kind::kAuditorAccreditation,
    Kind::kCommitment,      Kind::kSupplierFlowdown, Kind::kAuditEngagement,
    Kind::kAuditResult,     Kind::kRemediation,      Kind::kRetraction,
    Kind::kObjection,       Kind::kEvidence,         Kind::kErasureNotice,
    Kind::kIndexHead,       Kind::kIndexEndorsement, Kind::kLogEvent,
};

}  // namespace

std::span<const Kind> AllKinds() { return kKinds; }

std::optional<Kind> KindFromNumber(std::uint16_t number) {
  const auto* const found = std::find(kKinds.begin(), kKinds.end(), static_cast<Kind>(number));
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

std::optional<Kind> KindFromName(std::string_view name) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(), [name](Kind kind) { return KindName(kind) == name; });
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kGenesis:
      return "genesis";
    case Kind::kRoleChange:
      return "role-change";
    case Kind::kPrincipleSet:
      return "principle-set";
    case Kind::kPartyAdmission:
      return "party-admission";
    case Kind::kKeyRegistration:
      return "key-registration";
    case Kind::kKeyRevocation:
      return "key-revocation";
    case Kind::kPartyWithdrawal:
      return "party-withdrawal";
    case Kind::kStatusChange:
      return "status-change";
    case Kind::kAuditorAccreditation:
      return "auditor-accreditation";
    case Kind::kCommitment:
      return "commitment";
    case Kind::kSupplierFlowdown:
      return "supplier-flowdown";
    case Kind::kAuditEngagement:
      return "audit-engagement";
    case Kind::kAuditResult:
      return "audit-result";
    case Kind::kRemediation:
      return "remediation";
    case Kind::kRetraction:
      return "retraction";
    case Kind::kObjection:
      return "objection";
    case Kind::kEvidence:
      return "evidence";
    case Kind::kErasureNotice:
      return "erasure-notice";
    case Kind::kIndexHead:
      return "index-head";
    case Kind::kIndexEndorsement:
      return "index-endorsement";
    case Kind::kLogEvent:
      return "log-event";
  }
  return "";
}

KindGroup GroupOf(Kind kind) {
  const auto number = static_cast<std::uint16_t>(kind);
  if (number < 16) return KindGroup::kAuthority;
  return number < 32 ? KindGroup::kClaim : KindGroup::kLog;
}

std::string PredicateType(std::string_view type_base, Kind kind) {
  return std::string(type_base).append("/").append(KindName(kind)).append(kVersion);
}

std::optional<Kind> KindOfPredicateType(std::string_view predicate_type, std::string_view type_base) {
  if (!predicate_type.starts_with(type_base)) return std::nullopt;
  const auto kind = KindOfAnyBase(predicate_type);
  return kind && predicate_type.size() == type_base.size() + 1 + KindName(*kind).size() + kVersion.size() ? kind : std::nullopt;
}

std::optional<Kind> KindOfAnyBase(std::string_view predicate_type) {
  if (!predicate_type.ends_with(kVersion)) return std::nullopt;
  predicate_type.remove_suffix(kVersion.size());
  const std::size_t slash = predicate_type.rfind('/');
  return slash == std::string_view::npos ? std::nullopt : KindFromName(predicate_type.substr(slash + 1));
}

}  // namespace trustlog::attest
