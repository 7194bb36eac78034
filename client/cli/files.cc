#include "client/cli/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "client/cli/exit_code.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

absl::Status Unreadable(const std::string& path) {
  return UsageError(fmt::format("cannot read {}: {}", path, std::strerror(errno)), "check the file's name");
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
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

absl::Status WriteOutput(const std::string& path, std::string_view content) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) return UsageError(fmt::format("cannot write {}: {}", path, std::strerror(errno)), "check the directory");
  const bool written = WriteAll(fd, content) && ::fchmod(fd, 0644) == 0 && ::fsync(fd) == 0;
  const bool placed = ::close(fd) == 0 && written && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (placed) return absl::OkStatus();
  const int error = errno;
  ::unlink(temporary.c_str());
  return UsageError(fmt::format("cannot write {}: {}", path, std::strerror(error)), "check the place and the space left");
}

absl::StatusOr<std::string> DigestOfFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    const auto status = fd < 0 ? Unreadable(path) : UsageError(fmt::format("{} is not a file", path), "name the document itself");
    if (fd >= 0) ::close(fd);
    return status;
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) {
    ::close(fd);
    return bytes::EncodeHex(merkle::Sha256({}));
  }
  void* const content = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);  // a document may be larger than memory
  ::close(fd);
  if (content == MAP_FAILED) return Unreadable(path);
  const auto digest = merkle::Sha256({static_cast<const std::uint8_t*>(content), size});
  ::munmap(content, size);
  return bytes::EncodeHex(digest);
}

std::string BaseName(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

}  // namespace trustlog::cli
