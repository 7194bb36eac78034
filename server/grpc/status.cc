#include "server/grpc/status.h"

#include "proto/bytes/reason.h"
#include "server/api/errors.h"

namespace trustlog::rpc {

::grpc::Status ToGrpc(const absl::Status& status, ::grpc::ServerContextBase& context) {
  if (status.ok()) return ::grpc::Status::OK;
  const auto details = api::ToRpcStatus(status);
  if (const std::string retry = bytes::MetadataValue(status, "retry_ms"); !retry.empty()) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms", retry);
  }
  return {static_cast<::grpc::StatusCode>(details.code()), details.message(), details.SerializeAsString()};
}

}  // namespace trustlog::rpc
