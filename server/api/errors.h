// Refusals as google.rpc.Status: ErrorInfo{reason, domain "trustlog", metadata} and the standard details that fit (protocols.md
// section 3). Pure and thread-safe.
#pragma once

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace trustlog::api {

// A status that carries a reason: itself, or the general reason of its code. What has none and no code of ours is INTERNAL, and no
// detail of it leaves the process.
absl::Status WithReason(const absl::Status& status);

// WithReason(status) with its details; at most 4 KiB. OK gives an empty message.
google::rpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace trustlog::api
