// absl::Status -> gRPC status with rich details: one of the four code tables. Internal to this folder.
#pragma once

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"

namespace trustlog::rpc {

// Sets the trailing metadata that belongs to the refusal (grpc-retry-pushback-ms) on `context`.
::grpc::Status ToGrpc(const absl::Status& status, ::grpc::ServerContextBase& context);

}  // namespace trustlog::rpc
