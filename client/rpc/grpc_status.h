// A status of a call as absl::Status with the reason that the server gave. Internal to this folder.
#pragma once

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"

namespace trustlog::rpc {

absl::Status FromGrpc(const ::grpc::Status& status);

}  // namespace trustlog::rpc
