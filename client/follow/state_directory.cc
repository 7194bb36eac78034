#include "client/follow/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::follow {
namespace {

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

// As `status`, with the code that callers of this folder know.
absl::Status AsSetting(const absl::Status& status) {
  return status.ok() ? status : absl::FailedPreconditionError(status.message());
}

}  // namespace

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);  // which releases the lock
}

std::string StateDirectory::KeyOf(std::string_view origin, std::string_view vkey) {
  return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(fmt::format("{}\n{}", origin, vkey))));
}

absl::StatusOr<StateDirectory> StateDirectory::Open(const std::string& root, std::string_view origin, std::string_view vkey) {
  StateDirectory state(root + "/" + KeyOf(origin, vkey), origin, vkey);
  const auto made = bytes::MakeDirectories(state.path_ + "/evidence", 0700);
  if (!made.ok()) return AsSetting(made.status());
  return state;
}

absl::StatusOr<std::optional<std::string>> StateDirectory::Read(std::string_view name, std::size_t max_bytes) const {
  const std::string path = fmt::format("{}/{}", path_, name);
  const bytes::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // a pipe of that name must not hold us
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
  return AsSetting(bytes::WriteWhole(fmt::format("{}/{}", path_, name), content, 0600));
}

absl::StatusOr<FileLock> StateDirectory::Lock(std::string_view name, Wait wait) const {
  const std::string path = fmt::format("{}/{}", path_, name);
  bytes::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
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
  if (auto status = bytes::WriteWhole(path, content, 0600); !status.ok()) return AsSetting(status);
  return path;
}

}  // namespace trustlog::follow
