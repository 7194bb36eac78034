#include "proto/keys/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "proto/bytes/durable_file.h"
#include "proto/bytes/reason.h"
#include "proto/keys/pem.h"

namespace trustlog::keys {
namespace {

using bytes::Reason;

constexpr std::size_t kMaxKeyFile = 4096;

// REQUIRES: called at once after the failed call, which left errno.
absl::Status SystemError(std::string_view doing, const std::string& path) {
  const int error = errno;
  const auto message = fmt::format("{} {}: {}", doing, path, std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(message);
  return absl::FailedPreconditionError(message);
}

// At most max_bytes from `fd`. The buffer never moves, so that a secret leaves no copy; the caller wipes it.
absl::StatusOr<std::string> ReadAll(const bytes::Descriptor& file, const std::string& path, std::size_t max_bytes) {
  std::string data(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < data.size()) {
    const auto got = read(file.get(), data.data() + size, data.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      auto failed = SystemError("reading", path);
      Wipe(data);
      return failed;
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) {
    Wipe(data);
    return bytes::Refuse(Reason::kTooLarge, fmt::format("{} has more than {} bytes", path, max_bytes),
                         {{"limit", fmt::format("{}", max_bytes)}, {"actual", fmt::format("{} or more", max_bytes + 1)}});
  }
  data.resize(size);
  return data;
}

// A key file's place: its directory, opened, and its name in there. What is checked about the directory is true of the one opened.
struct Place {
  std::string directory;
  std::string name;
};

Place PlaceOf(const std::string& path) {
  const std::filesystem::path whole(path);
  const auto parent = whole.parent_path().string();
  return {parent.empty() ? "." : parent, whole.filename().string()};
}

bytes::Descriptor OpenDirectory(const Place& place) { return bytes::Descriptor(open(place.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

bool IsOwn(const struct stat& info) { return info.st_uid == geteuid(); }

// systemd gives a service its credentials in this directory, which it guards itself.
bool IsCredentials(const Place& place) {
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  return credentials != nullptr && place.directory == credentials;
}

absl::Status CheckDirectory(const bytes::Descriptor& directory, const Place& place) {
  struct stat info {};
  if (fstat(directory.get(), &info) != 0) return SystemError("examining", place.directory);
  if (!IsOwn(info) && info.st_uid != 0) {
    return absl::PermissionDeniedError(fmt::format(
        "{} belongs to user {}, who could replace a key in it: use a directory of your own", place.directory, info.st_uid));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(fmt::format("{} has mode {:04o}, so that others could replace a key in it: chmod go-w {}",
                                                   place.directory, info.st_mode & 07777, place.directory));
  }
  return absl::OkStatus();
}

absl::Status CheckPrivateFile(const bytes::Descriptor& file, const Place& place, const std::string& path) {
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return SystemError("examining", path);
  if (!S_ISREG(info.st_mode)) return absl::PermissionDeniedError(fmt::format("{} is not a regular file", path));
  const auto mode = info.st_mode & 07777;
  if (IsCredentials(place) && info.st_uid == 0 && mode == 0440) return absl::OkStatus();
  if (!IsOwn(info) && !(IsCredentials(place) && info.st_uid == 0)) {
    return absl::PermissionDeniedError(
        fmt::format("{} belongs to user {}, this program runs as {}: chown it", path, info.st_uid, geteuid()));
  }
  if (mode != 0600 && mode != 0400) {
    return absl::PermissionDeniedError(
        fmt::format("{} has mode {:04o}, a private key needs 0600 or 0400: chmod 600 {}", path, mode, path));
  }
  return absl::OkStatus();
}

// The content of a private key file whose place is as it must be.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path) {
  const Place place = PlaceOf(path);
  const bytes::Descriptor directory = OpenDirectory(place);
  if (!directory.ok()) return SystemError("opening", place.directory);
  if (auto checked = CheckDirectory(directory, place); !checked.ok()) return checked;
  // O_NONBLOCK: a pipe of that name must not hold us before it is refused.
  const bytes::Descriptor file(openat(directory.get(), place.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.ok() && errno == ELOOP) {
    return absl::PermissionDeniedError(fmt::format("{} is a symbolic link: name the file itself", path));
  }
  if (!file.ok()) return SystemError("opening", path);
  if (auto checked = CheckPrivateFile(file, place, path); !checked.ok()) return checked;
  return ReadAll(file, path, kMaxKeyFile);
}

// A file that did not exist before, gone again unless Keep is called.
class NewFile final {
 public:
  NewFile(const bytes::Descriptor& directory, std::string path) : directory_(directory), path_(std::move(path)), name_(PlaceOf(path_).name) {}
  ~NewFile() {
    if (created_ && !kept_) unlinkat(directory_.get(), name_.c_str(), 0);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Created, written, given its mode whatever the umask, and synced; its directory is not.
  absl::Status Create(std::string_view data, mode_t mode) {
    const bytes::Descriptor file(openat(directory_.get(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.ok() && errno == EEXIST) {
      return absl::FailedPreconditionError(fmt::format("{} exists already and is not overwritten: choose another name", path_));
    }
    if (!file.ok()) return SystemError("creating", path_);
    created_ = true;
    if (!bytes::WriteAll(file.get(), data)) return SystemError("writing", path_);
    if (fchmod(file.get(), mode) != 0 || fsync(file.get()) != 0) return SystemError("syncing", path_);
    return absl::OkStatus();
  }

  void Keep() { kept_ = true; }

 private:
  const bytes::Descriptor& directory_;
  std::string path_;
  std::string name_;
  bool created_ = false;
  bool kept_ = false;
};

absl::Status NotAKey(const std::string& path, std::string_view label) {
  return bytes::Refuse(
      Reason::kArgumentInvalid,
      fmt::format("{} is not one key as PEM: a line -----BEGIN {}-----, base64 in lines of 64, the end line", path, label));
}

// The algorithm without batch whose SPKI has this size; any, if it is of none: FromSpki then refuses.
Algorithm PlainAlgorithmOf(std::string_view spki) {
  if (spki.size() == 91) return Algorithm::kEcdsaP256Sha256Der;
  if (spki.size() == 120) return Algorithm::kEcdsaP384Sha384Der;
  return Algorithm::kEd25519;
}

constexpr bool IsSanitizerBuild() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return true;
#else
  return false;
#endif
#else
  return false;
#endif
}

}  // namespace

void KeepSecretsOffDisk() {
  if (IsSanitizerBuild()) return;
  const rlimit none{0, 0};
  static_cast<void>(setrlimit(RLIMIT_CORE, &none));  // lowering a limit of one's own does not fail
  static_cast<void>(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

absl::Status CheckKeyDirectory(const std::string& directory) {
  const Place place{directory, ""};
  const bytes::Descriptor opened = OpenDirectory(place);
  return opened.ok() ? CheckDirectory(opened, place) : SystemError("opening", directory);
}

absl::Status WriteKeyFiles(const std::string& path, const PrivateKey& key) {
  const Place place = PlaceOf(path);
  const bytes::Descriptor directory = OpenDirectory(place);
  if (!directory.ok()) return SystemError("opening", place.directory);
  if (auto checked = CheckDirectory(directory, place); !checked.ok()) return checked;

  NewFile private_file(directory, path);
  NewFile public_file(directory, path + ".pub");
  std::string der = key.ToPkcs8();
  std::string pem = EncodePem(kPrivateKeyLabel, der);
  Wipe(der);
  auto created = private_file.Create(pem, 0600);
  Wipe(pem);
  if (created.ok()) created = public_file.Create(EncodePem(kPublicKeyLabel, key.public_key().spki()), 0644);
  if (!created.ok()) return created;
  if (fsync(directory.get()) != 0) return SystemError("syncing", place.directory);
  private_file.Keep();
  public_file.Keep();
  return absl::OkStatus();
}

absl::StatusOr<PrivateKey> ReadPrivateKeyFile(const std::string& path) {
  auto text = ReadPrivateFile(path);
  if (!text.ok()) return text.status();
  auto der = DecodePem(kPrivateKeyLabel, *text);
  Wipe(*text);
  if (!der) return NotAKey(path, kPrivateKeyLabel);
  auto key = PrivateKey::FromPkcs8(*der);
  Wipe(*der);
  if (!key.ok()) return bytes::Refuse(Reason::kArgumentInvalid, fmt::format("{}: {}", path, std::string(key.status().message())));
  return key;
}

absl::StatusOr<PublicKey> ReadPublicKeyFile(const std::string& path, std::optional<Algorithm> algorithm) {
  const auto text = ReadSmallFile(path, kMaxKeyFile);
  if (!text.ok()) return text.status();
  const auto spki = DecodePem(kPublicKeyLabel, *text);
  if (!spki) return NotAKey(path, kPublicKeyLabel);
  return PublicKey::FromSpki(*spki, algorithm.value_or(PlainAlgorithmOf(*spki)));
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes) {
  const bytes::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return SystemError("opening", path);
  return ReadAll(file, path, max_bytes);
}

}  // namespace trustlog::keys
