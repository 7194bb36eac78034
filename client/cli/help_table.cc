#include "client/cli/help_table.h"

#include <algorithm>
#include <iterator>

#include "client/cli/exit_code.h"
#include "client/follow/check_code.h"
#include "proto/bytes/reason.h"

namespace trustlog::cli {
namespace {

struct Local {
  std::string_view word;
  absl::StatusCode code;
  std::string_view means, remedy;
};

constexpr std::string_view kRepeat =
    "Try again: the same statement gets the same index. If it happens again, look at --timeout and at the address.";

constexpr Local kLocal[] = {
    {"UNREACHABLE", absl::StatusCode::kUnavailable,
     "Nobody answered at this address, or the connection broke. If this was a submission, whether it was logged is not known.",
     kRepeat},
    {"TIMEOUT", absl::StatusCode::kDeadlineExceeded,
     "The time given was up before an answer. If this was a submission, whether it was logged is not known.", kRepeat},
    {"NOT_FOUND", absl::StatusCode::kNotFound, "What was asked for is not there.",
     "Check the index or name, and which log was asked."},
    {"OUT_OF_RANGE", absl::StatusCode::kOutOfRange, "The log has not published that much.",
     "Ask for less, or wait for a later checkpoint."},
    {"PERMISSION_DENIED", absl::StatusCode::kPermissionDenied, "A file may not be used as it lies there.",
     "Correct the mode, the owner or the directory that the message names."},
    {"NOT_USABLE", absl::StatusCode::kInvalidArgument, "An input or a setting of this program cannot be used.",
     "Correct what the message names."},
    {"NOT_USABLE", absl::StatusCode::kFailedPrecondition, "An input or a setting of this program cannot be used.",
     "Correct what the message names."},
    {"UNIMPLEMENTED", absl::StatusCode::kUnimplemented, "The server does not have this call, or this version cannot do it.",
     "Compare the versions of both sides."},
    {"UNEXPECTED", absl::StatusCode::kUnknown, "Something happened that this program does not expect.",
     "Try again; if it stays, report it with the words of the message."},
};
constexpr Local kUsage = {"USAGE", absl::StatusCode::kInvalidArgument,
                          "This command was not started: what was given cannot be used.",
                          "Look at the command's help: trustlog COMMAND --help."};

constexpr Local kNotWritten = {"NOT_WRITTEN", absl::StatusCode::kUnknown,
                               "What this command did stands; what it gave could not be written in full.",
                               "Look at where the output goes, and at the space left there."};

constexpr Local kMismatch = {"MISMATCH", absl::StatusCode::kDataLoss,
                             "Two things that were compared are not the same, or a signature is not by the key given. Nothing was "
                             "recorded.",
                             "Look whether these are the right files; the message says what was compared."};

Help FromRow(std::string_view word, std::string_view means, std::string_view remedy) {
  return {std::string(word), std::string(means), std::string(remedy)};
}

}  // namespace

Help HelpFor(const absl::Status& status) {
  if (IsUsageError(status) || IsNotWritten(status) || IsMismatch(status)) {
    const Local& row = IsUsageError(status) ? kUsage : IsNotWritten(status) ? kNotWritten : kMismatch;
    const std::string remedy = RemedyOf(status);
    return FromRow(row.word, row.means, remedy.empty() ? row.remedy : std::string_view(remedy));
  }
  if (const auto check = follow::CheckCodeOf(status)) {
    const auto& info = follow::Describe(*check);
    return FromRow(info.word, info.means, info.remedy);
  }
  if (const auto reason = bytes::ReasonOf(status)) {
    const auto& info = bytes::Describe(*reason);
    return FromRow(info.word, info.means, info.remedy);
  }
  const auto* row =
      std::find_if(std::begin(kLocal), std::end(kLocal), [&status](const Local& local) { return local.code == status.code(); });
  if (row == std::end(kLocal)) row = std::prev(std::end(kLocal));
  return FromRow(row->word, row->means, row->remedy);
}

std::optional<Help> HelpForCode(std::string_view code) {
  if (const auto reason = bytes::ParseReason(code)) {
    const auto& info = bytes::Describe(*reason);
    return FromRow(info.word, info.means, info.remedy);
  }
  if (const auto check = follow::ParseCheckCode(code)) {
    const auto& info = follow::Describe(*check);
    return FromRow(info.word, info.means, info.remedy);
  }
  for (const Local& row : {kUsage, kNotWritten, kMismatch}) {
    if (row.word == code) return FromRow(row.word, row.means, row.remedy);
  }
  for (const Local& row : kLocal) {
    if (row.word == code) return FromRow(row.word, row.means, row.remedy);
  }
  return std::nullopt;
}

std::vector<std::string> AllCodes() {
  std::vector<std::string> codes = {std::string(kUsage.word), std::string(kNotWritten.word), std::string(kMismatch.word)};
  for (const auto& info : bytes::AllReasons()) codes.emplace_back(info.word);
  for (const auto& info : follow::AllCheckCodes()) codes.emplace_back(info.word);
  for (const Local& row : kLocal) codes.emplace_back(row.word);
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

}  // namespace trustlog::cli
