#include "client/cli/exit_code.h"

#include "absl/strings/cord.h"

namespace trustlog::cli {
namespace {

constexpr char kUsage[] = "trustlog/usage", kNotWritten[] = "trustlog/not-written";

absl::Status WithRemedy(absl::StatusCode code, const char* payload, std::string_view message, std::string_view remedy) {
  absl::Status status(code, {message.data(), message.size()});
  status.SetPayload(payload, absl::Cord(absl::string_view(remedy.data(), remedy.size())));
  return status;
}

}  // namespace

ExitCode ExitCodeOf(follow::CheckCode code) { return static_cast<ExitCode>(follow::Describe(code).exit_code); }

ExitCode ExitCodeOf(const absl::Status& status) {
  if (IsUsageError(status)) return ExitCode::kUsage;
  if (IsNotWritten(status)) return ExitCode::kOther;
  if (const auto check = follow::CheckCodeOf(status)) return ExitCodeOf(*check);
  return bytes::ExitCodeOf(status);
}

absl::Status UsageError(std::string_view message, std::string_view remedy) {
  return WithRemedy(absl::StatusCode::kInvalidArgument, kUsage, message, remedy);
}

bool IsUsageError(const absl::Status& status) { return status.GetPayload(kUsage).has_value(); }

absl::Status NotWritten(std::string_view message, std::string_view remedy) {
  return WithRemedy(absl::StatusCode::kUnknown, kNotWritten, message, remedy);
}

bool IsNotWritten(const absl::Status& status) { return status.GetPayload(kNotWritten).has_value(); }

std::string RemedyOf(const absl::Status& status) {
  const auto payload = status.GetPayload(IsUsageError(status) ? kUsage : kNotWritten);
  return payload ? std::string(*payload) : "";
}

}  // namespace trustlog::cli
