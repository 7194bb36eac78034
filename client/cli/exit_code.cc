#include "client/cli/exit_code.h"

#include "absl/strings/cord.h"

namespace trustlog::cli {
namespace {

constexpr char kUsage[] = "trustlog/usage", kNotWritten[] = "trustlog/not-written", kMismatch[] = "trustlog/mismatch";

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
  if (IsMismatch(status)) return ExitCode::kVerificationFailed;
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

absl::Status Mismatch(std::string_view message, std::string_view remedy) {
  return WithRemedy(absl::StatusCode::kDataLoss, kMismatch, message, remedy);
}

bool IsMismatch(const absl::Status& status) { return status.GetPayload(kMismatch).has_value(); }

std::string RemedyOf(const absl::Status& status) {
  for (const char* const url : {kUsage, kNotWritten, kMismatch}) {
    if (const auto payload = status.GetPayload(url)) return std::string(*payload);
  }
  return "";
}

}  // namespace trustlog::cli
