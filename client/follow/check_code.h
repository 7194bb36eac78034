// Codes of failed checks, with exit code and help, in one table (protocols.md section 4), and how a code travels in a Status. The
// order of the enum is the order of E5: of several failures the first code decides. Thread-safe.
//
//   return CheckFailure(CheckCode::kForkProven, "size 42 was signed with two roots; evidence: /.../1f0c.json");
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace trustlog::follow {

enum class CheckCode : std::uint8_t {
  kFileMalformed,
  kOtherLog,
  kPolicyInvalid,
  kEntryHashMismatch,
  kLogSignatureInvalid,
  kCosignatureInvalid,
  kQuorumNotMet,
  kCheckpointStale,
  kProofRootMismatch,
  kConsistencyFailed,
  kForkProven,
  kStatementMismatch,
  kStatementMissing,
  kRecordVoid,
  kVerdictMismatch,
};

struct CheckCodeInfo {
  CheckCode code;
  std::string_view word;    // "PROOF_ROOT_MISMATCH"
  int exit_code;            // K3
  absl::StatusCode status;  // of CheckFailure
  std::string_view means;   // help: what it means
  std::string_view remedy;  // help: what to do
};

// The whole table, in the order of the enum.
std::span<const CheckCodeInfo> AllCheckCodes();
const CheckCodeInfo& Describe(CheckCode code);
std::optional<CheckCode> ParseCheckCode(std::string_view word);

// A status that carries the code. `message`: what happened, with the values.
[[nodiscard]] absl::Status CheckFailure(CheckCode code, std::string_view message);
std::optional<CheckCode> CheckCodeOf(const absl::Status& status);

// One line of a report.
enum class CheckResult : std::uint8_t { kOk, kFailed, kSkipped };
struct Check {
  std::string name;  // "inclusion"
  CheckResult result = CheckResult::kSkipped;
  std::string detail;             // for people; foreign text in it is not escaped
  std::optional<CheckCode> code;  // of a failed check
};

// The code of the first failure in the order of the enum; nullopt: none failed.
std::optional<CheckCode> FirstFailure(std::span<const Check> checks);

}  // namespace trustlog::follow
