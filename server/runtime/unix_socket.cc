#include "server/runtime/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace trustlog::runtime {
namespace {

constexpr mode_t kDirectoryMode = 0750, kSocketMode = 0660;
constexpr mode_t kNotAllowed = 0027;  // of the directory: others' rights, and the group's to put another socket in this one's place

absl::Status Failed(const std::string& what, std::string_view why) {
  return absl::FailedPreconditionError("admin socket: " + what + ": " + std::string(why));
}
absl::Status Failed(const std::string& what) { return Failed(what, std::strerror(errno)); }

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

absl::Status PrepareDirectory(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  if (mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) return Failed(directory);
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) return Failed(directory);
  if (!S_ISDIR(status.st_mode)) return Failed(directory, "not a directory");
  if ((status.st_mode & kNotAllowed) != 0) {
    return Failed(directory, "others must have no right to it, nor its group that to write: chmod 0750");
  }
  return absl::OkStatus();
}

// What a process that was killed left behind.
absl::Status RemoveStale(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT ? absl::OkStatus() : Failed(path);
  if (!S_ISSOCK(status.st_mode)) return Failed(path, "there is something that is no socket");
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto address = AddressOf(path);
  const bool refused = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  close(fd);
  if (!refused) return Failed(path, "another process listens there");
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : Failed(path);
}

}  // namespace

bool IsSocketPath(const std::string& path) {
  return path.size() > 1 && path.front() == '/' && path.back() != '/' && path.size() < sizeof(sockaddr_un::sun_path) &&
         path.find('\0') == std::string::npos;
}

absl::StatusOr<int> ListenOnSocket(const std::string& path) {
  if (!IsSocketPath(path)) return Failed(path, "not an absolute path of at most 107 bytes");
  if (auto status = PrepareDirectory(path); !status.ok()) return status;
  if (auto status = RemoveStale(path); !status.ok()) return status;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto address = AddressOf(path);
  // The mode before the bind is that of the file from its first moment; umask may take from it, which the second call gives back.
  if (fd >= 0 && fchmod(fd, kSocketMode) == 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      chmod(path.c_str(), kSocketMode) == 0 && listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const auto failed = Failed(path);
  if (fd >= 0) close(fd);
  return failed;
}

}  // namespace trustlog::runtime
