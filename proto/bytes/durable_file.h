// Files and directories that are on the disk when a call returns: written in full, synced, and their names synced with the directory
// that holds them. Thread-safe. For whoever keeps keys, marks, stores or state; files for people are written elsewhere.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trustlog::bytes {

// Owns an open file; closes it.
class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}  // below 0: none
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// All of `text`, however often the system interrupts it or takes a part. False: errno says why.
[[nodiscard]] bool WriteAll(int fd, std::string_view text);
[[nodiscard]] bool WriteAllAt(int fd, std::string_view text, off_t offset);

// "." for a name alone.
std::string DirectoryOf(const std::string& path);

// Unknown: what was made, renamed or removed in there may be lost.
[[nodiscard]] absl::Status SyncDirectory(const std::string& path);

// `path` and what is missing above it, each with `mode` (less the umask) and durable. The directories made, outermost first; none if
// there is one already. FailedPrecondition, Unknown: it cannot be made; nothing is left of it.
absl::StatusOr<std::vector<std::string>> MakeDirectories(const std::string& path, mode_t mode);

// On return `path` is `content`, whole and durable, in place of what it was: a temporary file (path.new.<pid>.<n>, `mode` less the
// umask), sync, rename, sync of the directory. Unknown: it is that, or as before; no temporary file is left but by a crash.
[[nodiscard]] absl::Status WriteWhole(const std::string& path, std::string_view content, mode_t mode);

}  // namespace trustlog::bytes
