// The files around the database: the lock, the clean-stop record, the sync of files and directories, the look before SQLite opens
// it. reliability.md 3.5, protocols.md 8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/tile.h"
#include "storage/storage.h"

namespace trustlog::sqlite {

inline constexpr std::uint32_t kApplicationId = 0x544c4731;  // "TLG1"
inline constexpr std::uint32_t kSchemaVersion = 1;

// NotFound: no file, an empty one, no SQLite database, or another application's. FailedPrecondition: another schema version.
[[nodiscard]] absl::Status CheckDatabaseFile(const std::string& path);

// FailedPrecondition: `directory` is on a network file system, where neither locks nor syncs can be relied on.
[[nodiscard]] absl::Status CheckFileSystem(const std::string& directory);

// An exclusive flock, held until destruction. The file stays.
class FileLock final {
 public:
  // FailedPrecondition: held by another process (or by this one).
  static absl::StatusOr<FileLock> Take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// fsync. Unknown: it failed, and what was written may be lost.
[[nodiscard]] absl::Status SyncFile(const std::string& path);

// Writes the file's own bytes over themselves and syncs: pages that a failed sync left clean in memory but unwritten reach the
// disk, or the disk says no. No file: OK.
[[nodiscard]] absl::Status RewriteInPlace(const std::string& path);

// No file: OK. Synced.
[[nodiscard]] absl::Status RemoveDurably(const std::string& path);
// nullopt: none, or not readable. At most 4 KiB of it.
std::optional<std::string> ReadSmallFile(const std::string& path);

// "trustlog-clean-stop/1 <size> <root hex> <store id hex>\n"
std::string FormatCleanStop(const merkle::TreeHead& head, const storage::Id& store_id);

// 0: no such file.
std::uint64_t FileSize(const std::string& path);

}  // namespace trustlog::sqlite
