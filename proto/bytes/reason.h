// Refusal reasons: every stable reason word with its status code and help text, in one table (records.md 6.8, protocols.md
// section 3), and how a reason travels: as a payload of absl::Status, read back by ReasonOf. Thread-safe.
//
//   return bytes::Refuse(Reason::kTooLarge, "payload of 32,769 bytes", {{"limit", "32768"}, {"actual", "32769"}});
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace trustlog::bytes {

enum class Reason {
  // INVALID_ARGUMENT
  kEnvelopeMalformed,
  kPayloadTypeUnsupported,
  kStatementMalformed,
  kDuplicateMember,
  kSchemaViolation,
  kTooLarge,
  kAlgorithmMismatch,
  kSignatureEncoding,
  kSignatureInvalid,
  kValidityInverted,
  kValidityTooLong,
  kIssuedInFuture,
  kPageTokenInvalid,
  kArgumentInvalid,
  // PERMISSION_DENIED
  kKeyUnknown,
  kKeyRevoked,
  kKeyExpired,
  kKeyPurpose,
  kThresholdNotMet,
  kIssuerMismatch,
  kPartyUnknown,
  kMemberNotActive,
  kNotAccredited,
  kAccreditationScope,
  kNotIndependent,
  // FAILED_PRECONDITION
  kWrongLog,
  kGenesisOrder,
  kLogFrozen,
  kLogDraining,
  kIssuedTooOld,
  kRefNotFound,
  kRefWrongKind,
  kRefWrongParty,
  kRefRetracted,
  kSupersedesNotHead,
  kPrincipleUnknown,
  kPrincipleSetNotCurrent,
  kPartyExists,
  kKeyExists,
  kVersionNotNext,
  kIndexHeadNotNewer,
  kPersonalDataSuspected,
  // NOT_FOUND
  kEntryNotFound,
  kMemberNotFound,
  kCheckpointNotFound,
  kStatementWithheld,
  // OUT_OF_RANGE
  kSizeNotPublished,
  kIndexOutOfRange,
  // RESOURCE_EXHAUSTED
  kQuotaExceeded,
  kTooManyStreams,
  kPushback,
  // UNAVAILABLE
  kOutcomeUnknown,
  kStopped,
  kReadOnly,
  kStreamAge,
  // DEADLINE_EXCEEDED
  kPublishPending,
  kDeadline,
  // UNIMPLEMENTED
  kKindUnknown,
  kAlgorithmNotBuiltIn,
  // DATA_LOSS, INTERNAL
  kCorruption,
  kInternal,
};

struct ReasonInfo {
  Reason reason;
  std::string_view word;  // "KEY_REVOKED"
  absl::StatusCode code;
  std::string_view means;   // help: what it means, one or two sentences
  std::string_view remedy;  // help: what to do
};

// The whole table, in the order of the enum.
std::span<const ReasonInfo> AllReasons();
const ReasonInfo& Describe(Reason reason);
std::optional<Reason> ParseReason(std::string_view word);

// Ordered (name, value) pairs. Names are those in braces in records.md 6.8, and "field" for the field that was wrong.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// A status of the reason's code that carries the reason and `metadata`. `message`: what happened, with the values.
[[nodiscard]] absl::Status Refuse(Reason reason, std::string_view message, const Metadata& metadata = {});

// status.message() as a standard view, borrowed from `status` (abseil's own view is another type on Debian 12, which fmt does not
// know).
inline std::string_view MessageOf(const absl::Status& status) { return {status.message().data(), status.message().size()}; }

// The same refusal of one thing among several: "subject: message", reason and metadata kept.   REQUIRES: !status.ok().
absl::Status About(std::string_view subject, const absl::Status& status);

std::optional<Reason> ReasonOf(const absl::Status& status);
Metadata MetadataOf(const absl::Status& status);                               // empty where there is none
std::string MetadataValue(const absl::Status& status, std::string_view name);  // "" where there is none

}  // namespace trustlog::bytes
