#include "storage/sqlite/db.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::sqlite {
namespace {

constexpr int kOpenFlags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

// reliability.md 3.5. Before COMMIT: what leaves a clean rollback is a plain no; a constraint that fires means that storage
// contradicts itself; everything else (I/O, corruption, not a database) leaves the outcome open.
absl::Status ToStatus(int code, const std::string& message) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN:
      return absl::UnavailableError(message);
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return bytes::Refuse(bytes::Reason::kCorruption, message);
    default:
      return absl::UnknownError(message);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Db>> Db::Open(const std::string& path, Mode mode) {
  switch (mode) {
    case Mode::kCreate:
      return OpenWith(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    case Mode::kReadWrite:
      return OpenWith(path, SQLITE_OPEN_READWRITE);
    case Mode::kReadOnly:
      return OpenWith(path, SQLITE_OPEN_READONLY);
  }
  return absl::InternalError("no such mode");
}

absl::StatusOr<std::unique_ptr<Db>> Db::OpenInMemory() { return OpenWith(":memory:", SQLITE_OPEN_READWRITE); }

absl::StatusOr<std::unique_ptr<Db>> Db::OpenWith(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, flags | kOpenFlags, nullptr);
  std::unique_ptr<Db> db(new Db(handle));
  if (opened != SQLITE_OK) return db->Error(opened, fmt::format("open {}", path));
  // After a failed sync the WAL is evidence that the next start rewrites: no connection may checkpoint and delete it on its way
  // out.
  for (const int option : {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE}) {
    const int configured = sqlite3_db_config(handle, option, 1, nullptr);
    if (configured != SQLITE_OK) return db->Error(configured, "db_config");
  }
  sqlite3_wal_hook(
      handle,
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Db*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      db.get());
  return db;
}

Db::~Db() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status Db::Error(int code, std::string_view what) const {
  return ToStatus(code, fmt::format("sqlite: {}: {} ({})", what, sqlite3_errmsg(db_), code));
}

absl::Status Db::Execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, sql);
}

absl::StatusOr<std::string> Db::ReadOne(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  std::string value;
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  if (code == SQLITE_ROW) {
    const void* data = sqlite3_column_blob(statement, 0);
    value.assign(static_cast<const char*>(data), sqlite3_column_bytes(statement, 0));
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return Error(code, sql);
  return value;
}

absl::Status Db::Set(std::span<const Setting> settings) {
  for (const Setting& setting : settings) {
    if (!setting.value.empty()) {
      auto set = Execute(fmt::format("PRAGMA {} = {}", setting.name, setting.value));
      if (!set.ok()) return set;
    }
    auto read = ReadOne(fmt::format("PRAGMA {}", setting.name));
    if (!read.ok()) return read.status();
    if (*read != setting.reads) {
      return absl::FailedPreconditionError(fmt::format("sqlite: {} is \"{}\" and must be {}", setting.name, *read, setting.reads));
    }
  }
  return absl::OkStatus();
}

absl::Status Db::FlushDirtyPages() {
  const int code = sqlite3_db_cacheflush(db_);
  // BUSY: pages in use, page 1 among them, stay for COMMIT.
  return code == SQLITE_OK || code == SQLITE_BUSY ? absl::OkStatus() : Error(code, "flush");
}

std::int64_t Db::Changes() const { return sqlite3_changes64(db_); }

absl::Status Db::CheckpointPassive() {
  const int code = sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return code == SQLITE_OK || code == SQLITE_BUSY ? absl::OkStatus() : Error(code, "checkpoint");
}

absl::Status Db::CheckpointTruncate() {
  const int code = sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, "checkpoint");
}

bool Db::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

Query::Query(Db& db, std::string_view sql) : db_(db) {
  const auto found = db.prepared_.find(sql);
  if (found != db.prepared_.end()) {
    statement_ = found->second;
    return;
  }
  error_ = sqlite3_prepare_v3(db.db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (error_ == SQLITE_OK) db.prepared_.emplace(sql, statement_);
}

Query::~Query() { Reset(); }

void Query::Reset() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  next_parameter_ = 1;
}

Query& Query::Bind(std::uint64_t value) {
  if (value > INT64_MAX) error_ = SQLITE_TOOBIG;
  if (error_ == SQLITE_OK) error_ = sqlite3_bind_int64(statement_, next_parameter_++, static_cast<sqlite3_int64>(value));
  return *this;
}

Query& Query::BindText(std::string_view text) {
  if (error_ == SQLITE_OK) {
    error_ = sqlite3_bind_text64(statement_, next_parameter_++, text.data() == nullptr ? "" : text.data(), text.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
  }
  return *this;
}

Query& Query::BindBytes(std::string_view bytes) {
  if (error_ == SQLITE_OK) {
    // a null pointer would bind NULL
    error_ = sqlite3_bind_blob64(statement_, next_parameter_++, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                                 SQLITE_STATIC);
  }
  return *this;
}

Query& Query::BindBytes(merkle::ByteView bytes) { return BindBytes(bytes::AsText(bytes)); }

absl::StatusOr<bool> Query::Next() {
  if (error_ != SQLITE_OK) return db_.Error(error_, "prepare or bind");
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return db_.Error(code, sqlite3_sql(statement_));
}

absl::Status Query::Run() {
  auto row = Next();
  while (row.ok() && *row) row = Next();
  return row.status();
}

std::uint64_t Query::Integer(int column) const { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column)); }

std::string_view Query::Bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

absl::Status OverwriteBlob(Db& db, const char* table, const char* column, std::uint64_t row, std::string_view bytes) {
  sqlite3_blob* blob = nullptr;
  int code = sqlite3_blob_open(db.db_, "main", table, column, static_cast<sqlite3_int64>(row), 1, &blob);
  if (code == SQLITE_OK) code = sqlite3_blob_write(blob, bytes.data(), static_cast<int>(bytes.size()), 0);
  const int closed = sqlite3_blob_close(blob);
  if (code == SQLITE_OK) code = closed;
  return code == SQLITE_OK ? absl::OkStatus() : db.Error(code, fmt::format("overwrite {}.{}", table, column));
}

absl::StatusOr<Snapshot> Snapshot::Begin(Db& db) {
  auto begun = Query(db, "BEGIN").Run();
  if (!begun.ok()) return begun;
  return Snapshot(&db);
}

Snapshot::~Snapshot() {
  if (db_ != nullptr) Query(*db_, "ROLLBACK").Run().IgnoreError();
}

absl::Status InTransaction(Db& db, const std::function<absl::Status()>& work) {
  auto status = Query(db, "BEGIN IMMEDIATE").Run();
  if (!status.ok()) return status;
  status = work();
  if (status.ok()) status = db.FlushDirtyPages();
  if (status.ok()) {
    auto committed = Query(db, "COMMIT").Run();
    // The rows of a failed COMMIT may be there after the next start (measured): never a plain no.
    return committed.ok() ? committed : absl::UnknownError(committed.message());
  }
  // SQLite has rolled back by itself after some errors (disk full).
  if (!db.InTransaction()) return status;
  const auto undone = Query(db, "ROLLBACK").Run();
  return undone.ok() ? status : absl::UnknownError(absl::StrCat(status.message(), "; and: ", undone.message()));
}

}  // namespace trustlog::sqlite
