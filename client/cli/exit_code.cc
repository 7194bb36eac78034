#include "client/cli/exit_code.h"

#include "absl/strings/cord.h"
#include "proto/bytes/reason.h"

namespace trustlog::cli {
namespace {

constexpr char kPayload[] = "trustlog/usage";

struct Row {
  absl::StatusCode code;
  ExitCode with_reason;  // the log refused
  ExitCode alone;        // nobody but this program and the network had a say
};

constexpr Row kTable[] = {
    {absl::StatusCode::kInvalidArgument, ExitCode::kRefused, ExitCode::kUsage},
    {absl::StatusCode::kPermissionDenied, ExitCode::kNotAuthorised, ExitCode::kNotAuthorised},
    {absl::StatusCode::kUnauthenticated, ExitCode::kNotAuthorised, ExitCode::kNotAuthorised},
    {absl::StatusCode::kFailedPrecondition, ExitCode::kRefused, ExitCode::kUsage},
    {absl::StatusCode::kNotFound, ExitCode::kNotFound, ExitCode::kNotFound},
    {absl::StatusCode::kOutOfRange, ExitCode::kNotFound, ExitCode::kNotFound},
    {absl::StatusCode::kResourceExhausted, ExitCode::kUnavailable, ExitCode::kUnavailable},
    {absl::StatusCode::kUnavailable, ExitCode::kUnavailable, ExitCode::kUnavailable},
    {absl::StatusCode::kDeadlineExceeded, ExitCode::kUnavailable, ExitCode::kUnavailable},
    {absl::StatusCode::kUnimplemented, ExitCode::kRefused, ExitCode::kRefused},
};

}  // namespace

ExitCode ExitCodeOf(follow::CheckCode code) { return static_cast<ExitCode>(follow::Describe(code).exit_code); }

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  if (IsUsageError(status)) return ExitCode::kUsage;
  if (const auto check = follow::CheckCodeOf(status)) return ExitCodeOf(*check);
  const auto reason = bytes::ReasonOf(status);
  if (reason == bytes::Reason::kPublishPending) return ExitCode::kQuorumOrFreshness;
  for (const Row& row : kTable) {
    if (row.code == status.code()) return reason ? row.with_reason : row.alone;
  }
  return ExitCode::kOther;
}

absl::Status UsageError(std::string_view message, std::string_view remedy) {
  absl::Status status = absl::InvalidArgumentError({message.data(), message.size()});
  status.SetPayload(kPayload, absl::Cord(absl::string_view(remedy.data(), remedy.size())));
  return status;
}

std::string RemedyOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  return payload ? std::string(*payload) : "";
}

bool IsUsageError(const absl::Status& status) { return status.GetPayload(kPayload).has_value(); }

}  // namespace trustlog::cli
