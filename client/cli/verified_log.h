// The log's newest checkpoint, fetched and verified under the policy, with growth from this client's own memory proved (E9, E10,
// K7).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "client/follow/checkpoint_tracker.h"
#include "client/net/fetcher.h"
#include "proto/tlog/checkpoint.h"

namespace trustlog::cli {

struct VerifiedLog {
  std::unique_ptr<net::Fetcher> fetcher;
  std::string note;
  tlog::Checkpoint checkpoint;
  std::optional<follow::SignedCheckpoint> signed_checkpoint;  // nullopt: under --insecure-skip-policy
  std::optional<follow::Movement> movement;                   // nullopt: with --no-state
};

// From the settings' url, or over `fetcher`. Not OK: as CheckpointTracker::Update.
absl::StatusOr<VerifiedLog> OpenVerifiedLog(Session& session, std::optional<std::int64_t> max_age = std::nullopt);
absl::StatusOr<VerifiedLog> OpenVerifiedLog(Session& session, std::unique_ptr<net::Fetcher> fetcher,
                                            std::optional<std::int64_t> max_age = std::nullopt);

// This client's saved checkpoint of the policy's log; nullopt: none, or --no-state. Makes no directory, opens no socket.
absl::StatusOr<std::optional<follow::SignedCheckpoint>> SavedCheckpoint(Session& session);

}  // namespace trustlog::cli
