// KeyIndex in an SQLite file of its own beside the store. Included by open_storage.cc only.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/key_index.h"

namespace trustlog::sqlite {

// As storage::OpenKeyIndex; `path` is that of the index.
absl::StatusOr<std::unique_ptr<storage::KeyIndex>> OpenSqliteKeyIndex(const std::string& path,
                                                                      const storage::KeyIndexIdentity& identity);

}  // namespace trustlog::sqlite
