// The SQLite engine: makes and opens a store at a path. Included by open_storage.cc only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/open_storage.h"

namespace trustlog::sqlite {

// As storage::CreateStorage and OpenStorage promise, but for the check of the right edge.
absl::StatusOr<std::unique_ptr<storage::Storage>> CreateSqlite(const std::string& path, const storage::Identity& identity,
                                                               storage::StorageOptions options);
absl::StatusOr<std::unique_ptr<storage::Storage>> OpenSqlite(const std::string& path, storage::StorageOptions options);
// As storage::FilesOf.
std::vector<std::string> FilesOf(const std::string& path);

}  // namespace trustlog::sqlite
