#include "storage/open_storage.h"

#include <filesystem>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "storage/right_edge.h"
#include "storage/sqlite/sqlite_key_index.h"
#include "storage/sqlite/sqlite_storage.h"

namespace trustlog::storage {
namespace {

constexpr std::string_view kSqlite = "sqlite:", kPostgres = "postgres://";

// The absolute path of "sqlite:PATH".
absl::StatusOr<std::string> SqlitePath(std::string_view url) {
  if (url.substr(0, kPostgres.size()) == kPostgres) {
    return absl::InvalidArgumentError(
        fmt::format("storage \"{}\": PostgreSQL is not built into this version; use sqlite:PATH", url));
  }
  if (url.substr(0, kSqlite.size()) != kSqlite || url.size() == kSqlite.size() || url.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("storage \"{}\": not sqlite:PATH", url));
  }
  std::error_code error;
  const auto path = std::filesystem::absolute(url.substr(kSqlite.size()), error);
  if (error) return absl::InvalidArgumentError(fmt::format("storage \"{}\": {}", url, error.message()));
  return path.lexically_normal().string();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> CreateStorage(std::string_view url, const Identity& identity, StorageOptions options) {
  auto path = SqlitePath(url);
  if (!path.ok()) return path.status();
  return sqlite::CreateSqlite(*path, identity, std::move(options));
}

absl::StatusOr<std::vector<std::string>> FilesOf(std::string_view url) {
  const auto path = SqlitePath(url);
  if (!path.ok()) return path.status();
  return sqlite::FilesOf(*path);
}

absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(std::string_view url, StorageOptions options) {
  auto path = SqlitePath(url);
  if (!path.ok()) return path.status();
  auto store = sqlite::OpenSqlite(*path, std::move(options));
  if (!store.ok()) return store;
  if (auto sound = CheckRightEdge((*store)->reader()); !sound.ok()) return sound;
  return store;
}

absl::StatusOr<std::unique_ptr<KeyIndex>> OpenKeyIndex(std::string_view url, const KeyIndexIdentity& identity) {
  const auto path = SqlitePath(url);
  if (!path.ok()) return path.status();
  return sqlite::OpenSqliteKeyIndex(*path + ".index", identity);
}

}  // namespace trustlog::storage
