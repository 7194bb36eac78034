#include "storage/sqlite/store_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "fmt/format.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::sqlite {
namespace {

using bytes::Descriptor;
using bytes::DirectoryOf;
using bytes::SyncDirectory;
using bytes::WriteAllAt;

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kUserVersionOffset = 60, kApplicationIdOffset = 68;

struct FileSystemType {
  std::uint32_t magic;
  std::string_view name;
};
constexpr std::array<FileSystemType, 12> kNetworkFileSystems = {{
    {0x6969, "nfs"},
    {0x517b, "smb"},
    {0xff534d42, "cifs"},
    {0xfe534d42, "smb2"},
    {0x5346414f, "afs"},
    {0x6b414653, "kafs"},
    {0x73757245, "coda"},
    {0x564c, "ncp"},
    {0x00c36400, "ceph"},
    {0x01021997, "9p"},
    {0x7461636f, "ocfs2"},
    {0x0bd00bd0, "lustre"},
}};

std::string Failure(std::string_view what, const std::string& path) {
  return fmt::format("{} {}: {}", what, path, std::strerror(errno));
}

Descriptor Open(const std::string& path, int flags, mode_t mode = 0600) {
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

ssize_t ReadAt(int descriptor, char* data, std::size_t size, off_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(descriptor, data, size, offset);
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

absl::Status CheckDatabaseFile(const std::string& path) {
  const Descriptor file = Open(path, O_RDONLY);
  if (!file.ok()) {
    if (errno == ENOENT) return absl::NotFoundError(fmt::format("{}: no store there", path));
    return absl::FailedPreconditionError(Failure("open", path));
  }
  std::array<char, kHeaderBytes> bytes{};
  const ssize_t got = ReadAt(file.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return absl::FailedPreconditionError(Failure("read", path));
  if (got == 0) return absl::NotFoundError(fmt::format("{}: the file is empty", path));
  const std::string_view header(bytes.data(), static_cast<std::size_t>(got));
  if (header.size() < kHeaderBytes || header.substr(0, kMagic.size()) != kMagic) {
    return absl::NotFoundError(fmt::format("{}: not an SQLite database", path));
  }
  const std::uint32_t application = bytes::ByteReader(header.substr(kApplicationIdOffset)).U32();
  if (application != kApplicationId) {
    return absl::NotFoundError(fmt::format("{}: a database of another application (id {:#x})", path, application));
  }
  const std::uint32_t version = bytes::ByteReader(header.substr(kUserVersionOffset)).U32();
  if (version != kSchemaVersion) {
    return absl::FailedPreconditionError(
        fmt::format("{}: schema version {}, this program knows {}; {}", path, version, kSchemaVersion,
                    version > kSchemaVersion ? "use the newer program" : "run `trustlogd migrate`"));
  }
  return absl::OkStatus();
}

absl::Status CheckFileSystem(const std::string& directory) {
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) return absl::FailedPreconditionError(Failure("statfs", directory));
  const auto magic = static_cast<std::uint32_t>(info.f_type);
  for (const FileSystemType& type : kNetworkFileSystems) {
    if (type.magic == magic) {
      return absl::FailedPreconditionError(
          fmt::format("{}: on a network file system ({}); a store needs a local disk", directory, type.name));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return absl::FailedPreconditionError(Failure("open", path));
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return absl::FailedPreconditionError(fmt::format("{}: the store is in use by another process", path));
    return absl::FailedPreconditionError(Failure("lock", path));
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

absl::Status SyncFile(const std::string& path) {
  const Descriptor file = Open(path, O_RDWR);
  if (!file.ok() || ::fsync(file.get()) != 0) return absl::UnknownError(Failure("sync", path));
  return absl::OkStatus();
}

absl::Status RewriteInPlace(const std::string& path) {
  const Descriptor file = Open(path, O_RDWR);
  if (!file.ok()) return errno == ENOENT ? absl::OkStatus() : absl::UnknownError(Failure("open", path));
  std::vector<char> buffer(std::size_t{1} << 20);
  for (off_t offset = 0;;) {
    const ssize_t got = ReadAt(file.get(), buffer.data(), buffer.size(), offset);
    if (got < 0) return absl::UnknownError(Failure("read", path));
    if (got == 0) break;
    if (!WriteAllAt(file.get(), {buffer.data(), static_cast<std::size_t>(got)}, offset)) {
      return absl::UnknownError(Failure("rewrite", path));
    }
    offset += got;
  }
  if (::fsync(file.get()) != 0) return absl::UnknownError(Failure("sync", path));
  return SyncDirectory(DirectoryOf(path));
}

absl::Status RemoveDurably(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    return errno == ENOENT ? absl::OkStatus() : absl::UnknownError(Failure("remove", path));
  }
  return SyncDirectory(DirectoryOf(path));
}

std::optional<std::string> ReadSmallFile(const std::string& path) {
  const Descriptor file = Open(path, O_RDONLY);
  if (!file.ok()) return std::nullopt;
  std::string bytes(4096, '\0');
  const ssize_t got = ReadAt(file.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

std::string FormatCleanStop(const merkle::TreeHead& head, const storage::Id& store_id) {
  return fmt::format("trustlog-clean-stop/1 {} {} {}\n", head.size, bytes::EncodeHex(head.root), bytes::EncodeHex(store_id));
}

std::uint64_t FileSize(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace trustlog::sqlite
