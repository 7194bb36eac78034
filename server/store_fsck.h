// `trustlogd fsck`: every hash of a store recomputed from its entries, offline.
#pragma once

#include <string>

namespace trustlog::server {

// Prints what it found, one line a finding; the exit code: 0 clean, 4 something differs; where the check does
// not come to its end 3 (no store there), 2 (not usable, in use) or 1, said in four parts on stderr.
int FsckStore(const std::string& storage_url);

}  // namespace trustlog::server
