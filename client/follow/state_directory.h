// What a client remembers of one log (E9, K7): <root>/<hex SHA-256(origin | 0x0A | vkey)>/{checkpoint,cursor,registry,evidence/}.
// Files are written whole: temporary file, fsync, rename, fsync of the directory. Thread-safe; several processes may share it,
// guarded by the locks that callers take.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "client/follow/evidence.h"

namespace trustlog::follow {

// Holds an advisory lock on an open file until destroyed.
class FileLock final {
 public:
  explicit FileLock(int fd) : fd_(fd) {}
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  int fd_;
};

inline constexpr std::size_t kMaxStateFile = 64 * 1024;  // a note is the largest

// Everything that fails is FailedPrecondition with the path: the caller's place for its memory cannot be used.
class StateDirectory final {
 public:
  // Creates <root>/<key>/ (0700) where it is missing.
  static absl::StatusOr<StateDirectory> Open(const std::string& root, std::string_view origin, std::string_view vkey);
  // The <key> of a log: 64 hex digits.
  static std::string KeyOf(std::string_view origin, std::string_view vkey);

  const std::string& path() const { return path_; }
  const std::string& origin() const { return origin_; }
  const std::string& vkey() const { return vkey_; }

  // nullopt: no such file. FailedPrecondition: more than `max_bytes`, or no regular file.
  absl::StatusOr<std::optional<std::string>> Read(std::string_view name, std::size_t max_bytes = kMaxStateFile) const;
  // On return the file is `content`, whole and durable, or not OK and as before.
  [[nodiscard]] absl::Status Write(std::string_view name, std::string_view content) const;

  enum class Wait { kYes, kNo };
  // Exclusive among processes and threads. Aborted: somebody else has it (Wait::kNo).
  absl::StatusOr<FileLock> Lock(std::string_view name, Wait wait) const;

  // Durable on return: the file's path. The same evidence twice is one file.
  absl::StatusOr<std::string> SaveEvidence(const Evidence& evidence) const;

 private:
  StateDirectory(std::string path, std::string_view origin, std::string_view vkey)
      : path_(std::move(path)), origin_(origin), vkey_(vkey) {}
  std::string path_, origin_, vkey_;
};

}  // namespace trustlog::follow
