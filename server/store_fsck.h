// `trustlogd fsck`: every hash of a store recomputed from its entries, offline.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "storage/storage.h"

namespace trustlog::server {

// Prints what it finds, one line a finding; how many. Not OK: something could not be read.
absl::StatusOr<int> CountFindings(const storage::LogReader& store);

// CountFindings of a store that is not in service; the exit code: 0 clean, 4 something differs; where the check does not come to its
// end 3 (no store there), 2 (not usable, in use) or 1, said in four parts on stderr.
int FsckStore(const std::string& storage_url);

}  // namespace trustlog::server
