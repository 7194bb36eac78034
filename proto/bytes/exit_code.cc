#include "proto/bytes/exit_code.h"

#include "proto/bytes/reason.h"

namespace trustlog::bytes {
namespace {

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

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  const auto reason = ReasonOf(status);
  if (reason == Reason::kPublishPending) return ExitCode::kQuorumOrFreshness;
  for (const Row& row : kTable) {
    if (row.code == status.code()) return reason ? row.with_reason : row.alone;
  }
  return ExitCode::kOther;
}

}  // namespace trustlog::bytes
