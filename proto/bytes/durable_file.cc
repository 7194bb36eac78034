#include "proto/bytes/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace trustlog::bytes {
namespace {

// REQUIRES: called at once after the failed call, which left errno.
std::string Failure(std::string_view what, const std::string& path) {
  return fmt::format("cannot {} {}: {}", what, path, std::strerror(errno));
}

bool IsDirectory(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return false;
  if (S_ISDIR(info.st_mode)) return true;
  errno = ENOTDIR;
  return false;
}

// `path` and what is missing above it, into `made`.
absl::Status Make(const std::string& path, mode_t mode, std::vector<std::string>& made) {
  if (IsDirectory(path)) return absl::OkStatus();
  if (errno != ENOENT) return absl::FailedPreconditionError(Failure("create", path));
  const std::string parent = DirectoryOf(path);
  if (parent != path) {
    if (auto status = Make(parent, mode, made); !status.ok()) return status;
  }
  if (::mkdir(path.c_str(), mode) != 0) {
    // Another process may have been quicker.
    return errno == EEXIST && IsDirectory(path) ? absl::OkStatus() : absl::FailedPreconditionError(Failure("create", path));
  }
  made.push_back(path);
  return SyncDirectory(parent);
}

// A name of its own for each call; a file that a crash left is in nobody's way. `fd` below 0: errno says why.
std::string OpenTemporary(const std::string& path, mode_t mode, int& fd) {
  static std::atomic<std::uint64_t> counter{0};
  while (true) {
    std::string name = fmt::format("{}.new.{}.{}", path, ::getpid(), counter.fetch_add(1));
    fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return name;
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool WriteAllAt(int fd, std::string_view text, off_t offset) {
  while (!text.empty()) {
    const ssize_t written = ::pwrite(fd, text.data(), text.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return true;
}

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status SyncDirectory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) return absl::UnknownError(Failure("sync", path));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MakeDirectories(const std::string& path, mode_t mode) {
  const std::size_t end = path.find_last_not_of('/');
  std::vector<std::string> made;
  auto status = Make(end == std::string::npos ? path : path.substr(0, end + 1), mode, made);
  if (status.ok()) return made;
  for (; !made.empty(); made.pop_back()) ::rmdir(made.back().c_str());
  return status;
}

absl::Status WriteWhole(const std::string& path, std::string_view content, mode_t mode) {
  int fd = -1;
  const std::string temporary = OpenTemporary(path, mode, fd);
  {
    const Descriptor file(fd);
    if (!file.ok()) return absl::UnknownError(Failure("create", temporary));
    if (!WriteAll(file.get(), content) || ::fsync(file.get()) != 0) {
      auto status = absl::UnknownError(Failure("write", temporary));
      ::unlink(temporary.c_str());
      return status;
    }
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    auto status = absl::UnknownError(Failure("rename to", path));
    ::unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(DirectoryOf(path));
}

}  // namespace trustlog::bytes
