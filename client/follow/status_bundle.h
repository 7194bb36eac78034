// Reads and checks a status bundle (client/registry/status_bundle.h): whoever has the file and a policy recomputes the answer, offline.
// Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/follow/check_code.h"
#include "client/follow/checkpoint_check.h"
#include "client/registry/status_bundle.h"
#include "proto/attest/entry.h"

namespace trustlog::follow {

// FILE_MALFORMED: not exactly that JSON (strict reader, no other members), a limit passed, or a completeness that is not built in.
absl::StatusOr<registry::StatusBundle> ParseStatusBundle(std::string_view json);
struct StatusReport {
  // In this order: "log signature", "witnesses", "freshness" (if max_age is set), "inclusion", "statements", "rules", "verdict",
  // "completeness". A check that needs a failed one is skipped.
  std::vector<Check> checks;
  std::optional<CheckCode> failure;            // nullopt: the bundle's answer is the one that follows from its records
  std::optional<SignedCheckpoint> checkpoint;  // with the log's own signature
  std::vector<attest::Entry> entries;          // of the records, in their order, as far as they decode
};

// The policy is that of `rules`. Opens no socket and no file. Cost: a signature check a record.
StatusReport VerifyStatusBundle(const registry::StatusBundle& bundle, const CheckpointRules& rules);

}  // namespace trustlog::follow
