// What stands behind a record: the earlier records without which nobody could tell that it was rightly logged. They make a file that
// is judged alone (status_bundle.h) and the chain of authority that a server shows. Pure; thread-safe where the source is.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/registry.h"
#include "client/registry/verdict.h"

namespace trustlog::registry {

// `indices` and all that they rest on below `size`, ascending: genesis and the role-changes, the principle sets; of each party that
// speaks or is spoken of its admission, its status changes and withdrawals and, if it is an auditor, its accreditations; of each key
// that signs its registration, its revocations and the keys that authorised it; every record referred to; what corrects or retracts a
// claim; and so on for each of these.
// A replay of these records alone takes each of them and has for them the keys, statuses and effects that the whole log has.
//   REQUIRES: indices below `size`, of records that are not void; size <= registry.size(). Not OK: the source failed; NOT_FOUND: it
// does not have a record that the registry knows of.
absl::StatusOr<std::vector<std::uint64_t>> EntitlingRecords(const Registry& registry, const RecordSource& source,
                                                            const std::vector<std::uint64_t>& indices, std::uint64_t size);

// The records from which the answer follows: those it names, every commitment, engagement and result of the member on the principle,
// and what these rest on. As above.
absl::StatusOr<std::vector<std::uint64_t>> RecordsForVerdict(const Registry& registry, const RecordSource& source,
                                                             const Question& question, const Answer& answer);

}  // namespace trustlog::registry
