// The rollback guard: is the committed head at or beyond everything this node ever signed or published, and the same history?
// Compared before the first signature: mark and stored checkpoints now; witnesses and mirrors join the comparison with the policies
// that name them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/signer/signer.h"
#include "storage/checkpoint_store.h"
#include "storage/storage.h"

namespace trustlog::log {

// OK, or why nothing may be signed or appended:
//   FailedPrecondition: the store is behind (an old backup, a lost tail): `trustlogd restore`;
//   DataLoss: equal or smaller size with another root: corruption or a fork;
//   another code: the comparison could not be made.
// REQUIRES: called before the signer is fed.
[[nodiscard]] absl::Status CheckAgainstMemory(const storage::LogReader& store, const storage::CheckpointStore& checkpoints,
                                              const std::string& origin, const signer::Signer& signer);

// The compact range of [0, size) read from the store's tiles. OutOfRange: size beyond the head.
absl::StatusOr<merkle::CompactRange> ReadRange(const storage::LogReader& store, std::uint64_t size, std::uint64_t tree_size);

}  // namespace trustlog::log
