#include "client/net/directory_fetcher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "proto/tlog/tile_path.h"

namespace trustlog::net {
namespace {

// The one spelling of a path that this directory can hold, or "".
std::string SafePath(const std::string& path) {
  if (path == "checkpoint") return path;
  const auto id = tlog::ParseTilePath(path);
  if (!id) return "";
  if (const auto* tile = std::get_if<merkle::TileId>(&*id)) return tlog::TilePath(*tile);
  return tlog::BundlePath(std::get<tlog::BundleId>(*id));
}

class File final {
 public:
  explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

absl::Status Unreadable(const std::string& path, int error) {
  return absl::UnavailableError(fmt::format("{}: {}", path, std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::string> DirectoryFetcher::Get(const std::string& path, std::size_t max_bytes) {
  const std::string safe = SafePath(path);
  if (safe.empty()) return absl::NotFoundError(fmt::format("{}: not a path of a log", path));
  const std::string name = directory_ + "/" + safe;
  const File file(name);
  if (file.fd() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError(fmt::format("{}: no such file", name));
    return Unreadable(name, errno);
  }
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return Unreadable(name, errno);
  // Its size is a guess: the file may grow, and what is no regular file has none. One byte more than allowed tells a file that is too
  // long from one that just fits.
  constexpr std::size_t kLeast = 4'096;
  std::string body(std::min(max_bytes, std::max(static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)), kLeast)) + 1, '\0');
  std::size_t size = 0;
  while (size <= max_bytes) {
    if (size == body.size()) body.resize(std::min(max_bytes + 1, 2 * size));
    const ssize_t got = ::read(file.fd(), body.data() + size, body.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(name, errno);
    if (got == 0) {
      body.resize(size);
      return body;
    }
    size += static_cast<std::size_t>(got);
  }
  return absl::DataLossError(fmt::format("{}: more than {} bytes", name, max_bytes));
}

}  // namespace trustlog::net
