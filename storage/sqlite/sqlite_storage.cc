#include "storage/sqlite/sqlite_storage.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "fmt/format.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "storage/sqlite/connections.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/sqlite_checkpoints.h"
#include "storage/sqlite/sqlite_log.h"
#include "storage/sqlite/store_files.h"

namespace trustlog::sqlite {
namespace {

using bytes::DirectoryOf;
using bytes::SyncDirectory;
using storage::Identity;
using storage::Storage;
using storage::StorageOptions;

std::string LockPath(const std::string& path) { return path + ".lock"; }
std::string CleanStopPath(const std::string& path) {
  return DirectoryOf(path) == "/" ? "/clean-stop" : DirectoryOf(path) + "/clean-stop";
}

absl::StatusOr<std::string> Fingerprint(Db& db) {
  return db.ReadOne("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)");
}

// A dropped index or constraint, a table more: any difference from what this program would create.
absl::Status CheckSchema(Db& db) {
  auto mine = Db::OpenInMemory();
  if (!mine.ok()) return mine.status();
  if (auto made = (*mine)->Execute(std::string(kSchema)); !made.ok()) return made;
  auto wanted = Fingerprint(**mine);
  if (!wanted.ok()) return wanted.status();
  auto found = Fingerprint(db);
  if (!found.ok()) return found.status();
  if (*found == *wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("the tables differ from schema version {} (fingerprint {}, not {})",
                                                   kSchemaVersion, bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(*found))),
                                                   bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(*wanted)))));
}

absl::Status WriteIdentity(Db& db, const Identity& identity) {
  auto status = Query(db, "INSERT INTO identity(only, origin, vkey, inception, store_id) VALUES(1, ?, ?, ?, ?)")
                    .BindText(identity.origin)
                    .BindText(identity.vkey)
                    .BindText(identity.inception)
                    .BindBytes(merkle::ByteView(identity.store_id))
                    .Run();
  if (!status.ok()) return status;
  return Query(db, "INSERT INTO heads(size, root) VALUES(0, ?)").BindBytes(merkle::ByteView(merkle::EmptyRoot())).Run();
}

// A whole store in one file, synced, without a WAL.
absl::Status BuildStore(const std::string& path, const Identity& identity) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (auto removed = RemoveDurably(path + suffix); !removed.ok()) return removed;  // what a crash in here left
  }
  if (auto made = bytes::WriteWhole(path, "", 0600); !made.ok()) return made;  // for its mode: SQLite would follow the umask
  auto db = Db::Open(path, Mode::kReadWrite);
  if (!db.ok()) return db.status();
  const std::array<Setting, 3> header = {{
      {"page_size", "8192", "8192"},
      {"application_id", "0x544c4731", "1414285105"},
      {"user_version", "1", "1"},
  }};
  if (auto set = (*db)->Set(header); !set.ok()) return set;
  if (auto set = (*db)->Set(WriterSettings()); !set.ok()) return set;
  auto filled = InTransaction(**db, [&]() -> absl::Status {
    auto made = (*db)->Execute(std::string(kSchema));
    return made.ok() ? WriteIdentity(**db, identity) : made;
  });
  if (!filled.ok()) return filled;
  if (auto emptied = (*db)->CheckpointTruncate(); !emptied.ok()) return emptied;
  db->reset();
  for (const char* suffix : {"-wal", "-shm"}) {
    if (auto removed = RemoveDurably(path + suffix); !removed.ok()) return removed;
  }
  return SyncFile(path);
}

class SqliteStorage final : public Storage {
 public:
  SqliteStorage(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  absl::Status Open(StorageOptions options);

  storage::LogWriter& log() override { return *log_; }
  const storage::LogReader& reader() const override { return *log_; }
  storage::CheckpointStore& checkpoints() override { return *checkpoints_; }
  absl::StatusOr<std::uint64_t> FreeBytes() const override;
  absl::StatusOr<std::uint64_t> UsedBytes() const override { return FileSize(path_) + FileSize(path_ + "-wal"); }
  bool opened_unclean() const override { return opened_unclean_; }
  [[nodiscard]] absl::Status CloseCleanly() override;

 private:
  absl::Status ForgetCleanStop();

  const std::string path_;
  const FileLock lock_;
  bool opened_unclean_ = true;
  std::unique_ptr<Connections> connections_;
  std::unique_ptr<SqliteLog> log_;
  std::unique_ptr<SqliteCheckpoints> checkpoints_;
};

// The path of recovery is the path of every start: after a clean stop there is nothing to rewrite and nothing in the WAL.
absl::Status SqliteStorage::Open(StorageOptions options) {
  const storage::Failpoint failpoint(std::move(options.failpoint));
  if (auto rewritten = RewriteInPlace(path_ + "-wal"); !rewritten.ok()) return rewritten;
  auto connections = Connections::Open(path_, [this] { return ForgetCleanStop(); });
  if (!connections.ok()) return connections.status();
  connections_ = *std::move(connections);
  for (const std::string& synced : {path_, path_ + "-wal"}) {
    if (auto sync = SyncFile(synced); !sync.ok()) return sync;
  }
  {
    auto lease = connections_->Read();
    if (!lease.ok()) return lease.status();
    if (auto checked = CheckSchema(lease->db()); !checked.ok()) return checked;
  }
  if (auto hit = failpoint(storage::Point::kStartOpened); !hit.ok()) return hit;
  auto log = SqliteLog::Load(*connections_, failpoint);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  checkpoints_ = std::make_unique<SqliteCheckpoints>(*connections_);
  auto head = log_->IntegratedHead();
  if (!head.ok()) return head.status();
  opened_unclean_ = ReadSmallFile(CleanStopPath(path_)) != FormatCleanStop(*head, log_->identity().store_id);
  return absl::OkStatus();
}

// Leaves the record of another store in the same directory alone.
absl::Status SqliteStorage::ForgetCleanStop() {
  const auto record = ReadSmallFile(CleanStopPath(path_));
  const bool ours = record.has_value() && record->find(bytes::EncodeHex(log_->identity().store_id)) != std::string::npos;
  return ours ? RemoveDurably(CleanStopPath(path_)) : absl::OkStatus();
}

absl::StatusOr<std::uint64_t> SqliteStorage::FreeBytes() const {
  struct statvfs info {};
  if (::statvfs(path_.c_str(), &info) != 0)
    return absl::UnavailableError(fmt::format("statvfs {}: {}", path_, std::strerror(errno)));
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

absl::Status SqliteStorage::CloseCleanly() {
  auto head = log_->IntegratedHead();
  if (!head.ok()) return head.status();
  if (auto closed = connections_->Close(); !closed.ok()) return closed;
  for (const std::string& synced : {path_, path_ + "-wal"}) {
    if (auto sync = SyncFile(synced); !sync.ok()) return sync;
  }
  return bytes::WriteWhole(CleanStopPath(path_), FormatCleanStop(*head, log_->identity().store_id), 0600);
}

absl::StatusOr<std::unique_ptr<Storage>> OpenLocked(const std::string& path, FileLock lock, StorageOptions options) {
  auto store = std::make_unique<SqliteStorage>(path, std::move(lock));
  if (auto opened = store->Open(std::move(options)); !opened.ok()) return opened;
  return store;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> CreateSqlite(const std::string& path, const Identity& identity, StorageOptions options) {
  if (auto suitable = CheckFileSystem(DirectoryOf(path)); !suitable.ok()) return suitable;
  if (::access(path.c_str(), F_OK) == 0) return absl::FailedPreconditionError(fmt::format("{}: exists already", path));
  auto lock = FileLock::Take(LockPath(path));
  if (!lock.ok()) return lock.status();
  // Built beside its place, then put there whole: a crash leaves no half store that Open would meet.
  const std::string building = path + ".building";
  if (auto built = BuildStore(building, identity); !built.ok()) return built;
  if (::renameat2(AT_FDCWD, building.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    return absl::FailedPreconditionError(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  auto synced = SyncDirectory(DirectoryOf(path));
  auto store = synced.ok() ? OpenLocked(path, *std::move(lock), std::move(options)) : synced;
  if (!store.ok()) ::unlink(path.c_str());  // nobody can have used it
  return store;
}

std::vector<std::string> FilesOf(const std::string& path) {
  std::vector<std::string> files;
  for (const char* suffix : {"", "-wal", "-shm", ".lock", ".building", ".building-wal", ".building-shm", ".building-journal",
                             ".index", ".index-wal", ".index-shm"}) {
    files.push_back(path + suffix);
  }
  files.push_back(CleanStopPath(path));
  return files;
}

absl::StatusOr<std::unique_ptr<Storage>> OpenSqlite(const std::string& path, StorageOptions options) {
  if (auto known = CheckDatabaseFile(path); !known.ok()) return known;
  if (auto suitable = CheckFileSystem(DirectoryOf(path)); !suitable.ok()) return suitable;
  auto lock = FileLock::Take(LockPath(path));
  if (!lock.ok()) return lock.status();
  return OpenLocked(path, *std::move(lock), std::move(options));
}

}  // namespace trustlog::sqlite
