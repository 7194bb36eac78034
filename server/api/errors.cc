#include "server/api/errors.h"

#include <charconv>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "proto/bytes/reason.h"

namespace trustlog::api {
namespace {

using bytes::Reason;

// A message travels up to four times: as grpc-message (percent-encoded), in the status and in two details (base64); past 8 KiB in
// all a client drops the status itself.
constexpr std::size_t kMaxMessageBytes = 512;
constexpr std::size_t kMaxValueBytes = 256;

std::string Cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;  // never inside a UTF-8 sequence
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace

absl::Status WithReason(const absl::Status& status) {
  if (status.ok() || bytes::ReasonOf(status).has_value()) return status;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return bytes::Refuse(Reason::kStopped, "storage is not reachable; nothing was written");
    case absl::StatusCode::kDeadlineExceeded:
      return bytes::Refuse(Reason::kDeadline, "no answer in time");
    case absl::StatusCode::kDataLoss:
      return bytes::Refuse(Reason::kCorruption, "stored bytes contradict the tree");
    default:
      return bytes::Refuse(Reason::kInternal, "internal error");
  }
}

google::rpc::Status ToRpcStatus(const absl::Status& bare) {
  const auto status = WithReason(bare);
  const auto reason = bytes::ReasonOf(status);
  google::rpc::Status out;
  if (!reason.has_value()) return out;
  out.set_code(static_cast<int>(status.code()));  // absl's codes are google.rpc.Code's numbers
  out.set_message(Cut(bytes::MessageOf(status), kMaxMessageBytes));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(bytes::Describe(*reason).word));
  info.set_domain("trustlog");
  for (const auto& [name, value] : bytes::MetadataOf(status)) (*info.mutable_metadata())[name] = Cut(value, kMaxValueBytes);
  out.add_details()->PackFrom(info);

  std::string field = bytes::MetadataValue(status, "field");
  if (field.empty()) field = bytes::MetadataValue(status, "path");
  if (!field.empty()) {
    google::rpc::BadRequest bad;
    auto* violation = bad.add_field_violations();
    violation->set_field(Cut(field, kMaxValueBytes));
    violation->set_description(out.message());
    out.add_details()->PackFrom(bad);
  }
  if (*reason == Reason::kQuotaExceeded) {
    google::rpc::QuotaFailure failure;
    auto* violation = failure.add_violations();
    violation->set_subject(Cut(bytes::MetadataValue(status, "bucket"), kMaxValueBytes));
    violation->set_description(out.message());
    out.add_details()->PackFrom(failure);
  }
  if (const std::string retry = bytes::MetadataValue(status, "retry_ms"); !retry.empty()) {
    std::int64_t milliseconds = 0;
    std::from_chars(retry.data(), retry.data() + retry.size(), milliseconds);
    google::rpc::RetryInfo info_retry;
    info_retry.mutable_retry_delay()->set_seconds(milliseconds / 1000);
    info_retry.mutable_retry_delay()->set_nanos(static_cast<int>(milliseconds % 1000) * 1'000'000);
    out.add_details()->PackFrom(info_retry);
  }
  return out;
}

}  // namespace trustlog::api
