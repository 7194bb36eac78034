// `trustlogd fsck`: every hash of a store recomputed from its entries, offline.
#pragma once

#include <string>

namespace trustlog::server {

// Prints what it found, one line a finding; the exit code: 0 clean, 1 could not be read, 4 something differs.
int FsckStore(const std::string& storage_url);

}  // namespace trustlog::server
