#include "client/cli/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include "client/cli/exit_code.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

absl::Status Unreadable(const std::string& path) {
  return UsageError(fmt::format("cannot read {}: {}", path, std::strerror(errno)), "check the file's name");
}

absl::Status Unwritable(const std::string& path, int error) {
  return UsageError(fmt::format("cannot write {}: {}", path, std::strerror(error)), "check the place and the space left");
}

// A key in PEM, or as a note's key ("PRIVATE+KEY+..."); salts. What cannot be read counts: nobody knows what would be lost.
bool MayHoldSecret(const std::string& path) {
  std::string start(4096, '\0');
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const ssize_t got = fd < 0 ? -1 : ::read(fd, start.data(), start.size());
  if (fd >= 0) ::close(fd);
  constexpr std::string_view kMarks[] = {"PRIVATE KEY", "PRIVATE+KEY", "trustlog-disclosure-private/", "trustlog-salt/"};
  return got < 0 || std::any_of(std::begin(kMarks), std::end(kMarks),
                                [&start](std::string_view mark) { return start.find(mark) != std::string::npos; });
}

bool IsFile(const std::string& path, const struct stat& file) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_dev == file.st_dev && info.st_ino == file.st_ino;
}

// A device, a pipe, or a symbolic link to a file that is not there yet.
absl::Status WriteThrough(const std::string& path, std::string_view content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0644);
  const bool written = fd >= 0 && bytes::WriteAll(fd, content);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return written ? absl::OkStatus() : Unwritable(path, error);
}

absl::Status Replace(const std::string& path, std::string_view content, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) return Unwritable(path, errno);
  const bool written = bytes::WriteAll(fd, content) && ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  const bool placed = ::close(fd) == 0 && written && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (placed) return absl::OkStatus();
  const int error = errno;
  ::unlink(temporary.c_str());
  return Unwritable(path, error);
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& path, std::size_t max_bytes, std::istream& in) {
  std::ifstream file;
  if (path != "-") {
    errno = 0;
    file.open(path, std::ios::binary);
    if (!file.is_open()) return Unreadable(path);
  }
  std::istream& source = path == "-" ? in : file;
  std::string content(max_bytes + 1, '\0');
  errno = 0;
  source.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (source.bad() || (source.gcount() == 0 && errno != 0)) return Unreadable(path);
  content.resize(static_cast<std::size_t>(source.gcount()));
  if (content.size() > max_bytes)
    return UsageError(fmt::format("{} has more than {} bytes", path, max_bytes), "is it the right file?");
  return content;
}

absl::Status WriteOutput(const std::string& path, std::string_view content, std::span<const std::string> inputs) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const bool is_link = ::lstat(path.c_str(), &info) == 0;
    return is_link ? WriteThrough(path, content) : Replace(path, content, 0644);
  }
  if (!S_ISREG(info.st_mode)) return WriteThrough(path, content);
  if (std::any_of(inputs.begin(), inputs.end(), [&info](const std::string& input) { return IsFile(input, info); }))
    return UsageError(fmt::format("{} is read by this command and would be lost", path), "choose another name for the output");
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return WriteThrough(path, content);  // /dev/stdout of a file that was removed
  const std::string real = resolved;
  std::free(resolved);
  if (MayHoldSecret(real))
    return UsageError(fmt::format("{} holds a private key or salts, or cannot be read, and is not overwritten", path),
                      "choose another name for the output");
  return Replace(real, content, info.st_mode & 0777);
}

absl::Status WriteSecret(const std::string& path, std::string_view content) {
  if (path == "-") return UsageError("-o -: a secret never goes to standard output", "name a file for it");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST)
    return UsageError(fmt::format("{} is there already", path), "a secret is never overwritten: choose another name");
  if (fd < 0) return Unwritable(path, errno);
  const bool written = bytes::WriteAll(fd, content) && ::fsync(fd) == 0;
  const int error = errno;
  if (::close(fd) == 0 && written && bytes::SyncDirectory(bytes::DirectoryOf(path)).ok()) return absl::OkStatus();
  ::unlink(path.c_str());
  return Unwritable(path, error);
}

absl::Status WithFile(const std::string& path, const std::function<void(merkle::ByteView)>& read) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    const auto status = fd < 0 ? Unreadable(path) : UsageError(fmt::format("{} is not a file", path), "name the document itself");
    if (fd >= 0) ::close(fd);
    return status;
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const content = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);  // may be larger than memory
  ::close(fd);
  if (content == MAP_FAILED) return Unreadable(path);
  read({static_cast<const std::uint8_t*>(content), size});
  if (content != nullptr) ::munmap(content, size);
  return absl::OkStatus();
}

absl::StatusOr<std::string> DigestOfFile(const std::string& path) {
  std::string digest;
  const auto status = WithFile(path, [&digest](merkle::ByteView content) { digest = bytes::EncodeHex(merkle::Sha256(content)); });
  if (!status.ok()) return status;
  return digest;
}

std::string BaseName(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

}  // namespace trustlog::cli
