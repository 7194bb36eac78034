// Registry state <-> bytes, bound to the log it belongs to. A cache: deleting it is safe, a bad one is refused and rebuilt from
// entries. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/registry/registry.h"
#include "merkle/tile.h"

namespace trustlog::registry {

// What a snapshot file holds: the state at `head` of `origin`.
struct Snapshot {
  std::string origin;
  merkle::TreeHead head;
  Registry registry;
};

// REQUIRES: head.size == registry.size().
std::string FormatSnapshot(const merkle::TreeHead& head, const Registry& registry);
// DataLoss: not whole (digest), another version, or not for `origin`. The caller compares the head with the tree.
absl::StatusOr<Snapshot> ParseSnapshot(std::string_view bytes, std::string_view origin);

}  // namespace trustlog::registry
