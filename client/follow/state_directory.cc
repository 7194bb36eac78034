#include "client/follow/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::follow {
namespace {

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status SyncDirectory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) return Failed("cannot sync", path);
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& parent, const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(parent);
  return errno == EEXIST ? absl::OkStatus() : Failed("cannot create", path);
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

// Whole and durable, or not there: the name appears by rename only, after the bytes are on disk.
absl::Status WriteWhole(const std::string& directory, const std::string& path, std::string_view content) {
  static std::atomic<std::uint64_t> counter{0};
  const std::string temporary = fmt::format("{}.tmp.{}.{}", path, ::getpid(), counter.fetch_add(1));
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.ok()) return Failed("cannot create", temporary);
    if (!WriteAll(file.get(), content) || ::fsync(file.get()) != 0) {
      absl::Status status = Failed("cannot write", temporary);
      ::unlink(temporary.c_str());
      return status;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    absl::Status status = Failed("cannot rename", temporary);
    ::unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(directory);
}

}  // namespace

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);  // which releases the lock
}

std::string StateDirectory::KeyOf(std::string_view origin, std::string_view vkey) {
  return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(fmt::format("{}\n{}", origin, vkey))));
}

absl::StatusOr<StateDirectory> StateDirectory::Open(const std::string& root, std::string_view origin, std::string_view vkey) {
  std::error_code error;
  std::filesystem::create_directories(root, error);
  if (error) return absl::FailedPreconditionError(fmt::format("cannot create {}: {}", root, error.message()));
  StateDirectory state(root + "/" + KeyOf(origin, vkey), origin, vkey);
  if (auto status = MakeDirectory(root, state.path_); !status.ok()) return status;
  if (auto status = MakeDirectory(state.path_, state.path_ + "/evidence"); !status.ok()) return status;
  return state;
}

absl::StatusOr<std::optional<std::string>> StateDirectory::Read(std::string_view name, std::size_t max_bytes) const {
  const std::string path = fmt::format("{}/{}", path_, name);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // a pipe of that name must not hold us
  if (!file.ok()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return Failed("cannot read", path);
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return Failed("cannot read", path);
  if (!S_ISREG(info.st_mode)) return absl::FailedPreconditionError(fmt::format("{} is not a regular file", path));
  std::string content;
  char buffer[65'536];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("cannot read", path);
    if (got == 0) return std::optional<std::string>(std::move(content));
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return absl::FailedPreconditionError(
          fmt::format("{} has more than {} bytes, so it is not what was saved there; remove it to begin anew", path, max_bytes));
    }
  }
}

absl::Status StateDirectory::Write(std::string_view name, std::string_view content) const {
  return WriteWhole(path_, fmt::format("{}/{}", path_, name), content);
}

absl::StatusOr<FileLock> StateDirectory::Lock(std::string_view name, Wait wait) const {
  const std::string path = fmt::format("{}/{}", path_, name);
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.ok()) return Failed("cannot open", path);
  // flock belongs to the open file, so threads of one process exclude each other as well.
  while (::flock(file.get(), wait == Wait::kYes ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return absl::AbortedError(fmt::format("{} is locked by another process", path));
    return Failed("cannot lock", path);
  }
  return FileLock(file.Release());
}

absl::StatusOr<std::string> StateDirectory::SaveEvidence(const Evidence& evidence) const {
  const std::string content = FormatEvidence(evidence);
  const std::string directory = path_ + "/evidence";
  const std::string path = fmt::format("{}/{}.json", directory, bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(content))));
  if (auto status = WriteWhole(directory, path, content); !status.ok()) return status;
  return path;
}

}  // namespace trustlog::follow
