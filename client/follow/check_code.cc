#include "client/follow/check_code.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"

namespace trustlog::follow {
namespace {

constexpr std::string_view kPayloadUrl = "trustlog/check-code";

using absl::StatusCode;

constexpr std::array kTable = std::to_array<CheckCodeInfo>({
    {CheckCode::kFileMalformed, "FILE_MALFORMED", 4, StatusCode::kInvalidArgument,
     "the file is not in the form that it should have, so nothing in it was checked. It was cut, changed, or is another kind of "
     "file.",
     "fetch or copy the file again, byte for byte."},
    {CheckCode::kOtherLog, "OTHER_LOG", 2, StatusCode::kFailedPrecondition,
     "the checkpoint is of another log than the one your policy or your saved checkpoint names. Nothing is damaged.",
     "name the policy of that log, or take the file of this one."},
    {CheckCode::kPolicyInvalid, "POLICY_INVALID", 2, StatusCode::kInvalidArgument,
     "the policy cannot be used, so nobody says which keys count.", "correct the line named, and check it: trustlog policy check."},
    {CheckCode::kEntryHashMismatch, "ENTRY_HASH_MISMATCH", 4, StatusCode::kDataLoss,
     "the entry's bytes do not hash to the leaf that the tree has at this index: the entry was changed, or is another one.",
     "fetch the entry again, from a mirror if it happens twice."},
    {CheckCode::kLogSignatureInvalid, "LOG_SIGNATURE_INVALID", 4, StatusCode::kDataLoss,
     "the checkpoint does not carry a good signature by the log's key: it was changed, or the log did not make it.",
     "fetch the proof again; if the log announced a new key, get the policy that has it."},
    {CheckCode::kCosignatureInvalid, "COSIGNATURE_INVALID", 4, StatusCode::kDataLoss,
     "a signature in a witness's name is not that witness's: the checkpoint was changed on its way.",
     "fetch the proof again; if it stays, tell the operator of the log."},
    {CheckCode::kQuorumNotMet, "QUORUM_NOT_MET", 6, StatusCode::kFailedPrecondition,
     "too few of the witnesses that you trust have seen this checkpoint: others may be shown another history.",
     "try again later, when more witnesses have answered."},
    {CheckCode::kCheckpointStale, "CHECKPOINT_STALE", 6, StatusCode::kFailedPrecondition,
     "no quorum of witnesses has seen this checkpoint recently enough: newer entries may be kept from you.",
     "fetch a newer checkpoint; if there is none, ask the operator of the log."},
    {CheckCode::kProofRootMismatch, "PROOF_ROOT_MISMATCH", 4, StatusCode::kDataLoss,
     "this file was changed, or it belongs to another entry. It does not show that the log misbehaved.",
     "fetch the proof again: trustlog proof get INDEX."},
    {CheckCode::kConsistencyFailed, "CONSISTENCY_FAILED", 4, StatusCode::kDataLoss,
     "it was not shown that the log only grew between two checkpoints. A proof that fails shows nothing, neither for nor against "
     "the log.",
     "fetch the proof again, from another address if there is one; if it stays, compare checkpoints with others."},
    {CheckCode::kForkProven, "FORK_PROVEN", 5, StatusCode::kDataLoss,
     "the log signed two histories that exclude each other. Both signatures are in the evidence file; nobody has to take your word "
     "for it.",
     "do not rely on this log; give the evidence file to the operator, to witnesses and to other users."},
    {CheckCode::kStatementMismatch, "STATEMENT_MISMATCH", 4, StatusCode::kDataLoss,
     "the statement is not the one that this entry records, or the entry was not derived from it as the rules say.",
     "fetch the statement again; if the id fits and fields differ, that is the operator's fault: report it."},
    {CheckCode::kStatementMissing, "STATEMENT_MISSING", 4, StatusCode::kDataLoss,
     "the statement is not served, and no erasure notice in the log says why.",
     "ask the operator, or a mirror, for the statement."},
    {CheckCode::kRecordVoid, "RECORD_VOID", 4, StatusCode::kDataLoss,
     "a record in the file is one that the log's own rules refuse: it has no effect, or records that it rests on are missing.",
     "ask for the file again; if the log itself holds such a record, that is the operator's fault: report it."},
    {CheckCode::kVerdictMismatch, "VERDICT_MISMATCH", 4, StatusCode::kDataLoss,
     "the answer in the file is not the one that follows from its records.",
     "do not rely on the file; ask for it again: trustlog status MEMBER."},
});

}  // namespace

std::span<const CheckCodeInfo> AllCheckCodes() { return kTable; }

const CheckCodeInfo& Describe(CheckCode code) { return kTable[static_cast<std::size_t>(code)]; }

std::optional<CheckCode> ParseCheckCode(std::string_view word) {
  const auto* found = std::find_if(kTable.begin(), kTable.end(), [word](const CheckCodeInfo& info) { return info.word == word; });
  if (found == kTable.end()) return std::nullopt;
  return found->code;
}

absl::Status CheckFailure(CheckCode code, std::string_view message) {
  const CheckCodeInfo& info = Describe(code);
  absl::Status status(info.status, absl::string_view(message.data(), message.size()));
  status.SetPayload(absl::string_view(kPayloadUrl.data(), kPayloadUrl.size()),
                    absl::Cord(absl::string_view(info.word.data(), info.word.size())));
  return status;
}

std::optional<CheckCode> CheckCodeOf(const absl::Status& status) {
  const auto payload = status.GetPayload(absl::string_view(kPayloadUrl.data(), kPayloadUrl.size()));
  if (!payload) return std::nullopt;
  return ParseCheckCode(std::string(*payload));
}

std::optional<CheckCode> FirstFailure(std::span<const Check> checks) {
  std::optional<CheckCode> first;
  for (const Check& check : checks) {
    if (check.code && (!first || *check.code < *first)) first = check.code;
  }
  return first;
}

}  // namespace trustlog::follow
