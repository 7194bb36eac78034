// Which records a status bundle holds (records.md 7.3): those of the verdict, and all that a replay over them alone needs to take
// them and to find the same verdict.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/verdict.h"
#include "server/admission/live_registry.h"
#include "server/query/record_source.h"

namespace trustlog::query {

// Mode `none`: ascending indices below source.size(). `named`: the deciding records and the notes of a verdict at that size. Beside
// them: genesis, role changes and principle sets; the records that these refer to; what entitles the signers of each; and what the
// log says of every party that speaks or is spoken of. Mode `prefix` needs no collection: it is [0, size).
absl::StatusOr<std::vector<std::uint64_t>> RecordsBehind(const admission::LiveRegistry& live, RecordSource& source,
                                                         std::span<const registry::Named> named);

}  // namespace trustlog::query
