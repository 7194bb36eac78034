// RAII over the SQLite C API: connections, statements, transactions, blobs; and the one table from SQLite's result codes to ours.
//
//   Query query(db, "SELECT root FROM heads WHERE size = ?");
//   auto row = query.Bind(size).Next();                 // an error, false = no row, true = columns may be read
//
// A Db and all that hangs on it belong to one thread at a time. Nothing here knows what the tables mean.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/hash.h"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_blob;

namespace trustlog::sqlite {

enum class Mode { kCreate, kReadWrite, kReadOnly };

// A setting that is set, then read back: a difference is FailedPrecondition. `value` empty: only read.
struct Setting {
  std::string_view name;
  std::string_view value;
  std::string_view reads;
};

class Db final {
 public:
  // kCreate: makes an empty database where there is none. The others never do. FailedPrecondition: not a database.
  static absl::StatusOr<std::unique_ptr<Db>> Open(const std::string& path, Mode mode);
  static absl::StatusOr<std::unique_ptr<Db>> OpenInMemory();
  ~Db();
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

  [[nodiscard]] absl::Status Execute(const std::string& sql);
  [[nodiscard]] absl::Status Set(std::span<const Setting> settings);
  // The first column of the only row.
  absl::StatusOr<std::string> ReadOne(std::string_view sql);

  // Writes dirty pages to the WAL now. What fails here, a full disk above all, has committed nothing; the COMMIT that follows then
  // has little left to fail on.
  [[nodiscard]] absl::Status FlushDirtyPages();
  // Rows changed by the last statement.
  std::int64_t Changes() const;

  // Copies from the WAL into the database what it can without waiting for anyone.
  [[nodiscard]] absl::Status CheckpointPassive();
  // All of it, waiting for readers up to the busy timeout, and empties the WAL file. Unavailable: readers stayed.
  [[nodiscard]] absl::Status CheckpointTruncate();
  // Frames in the WAL after the last commit of this connection.
  int wal_frames() const { return wal_frames_; }

  bool InTransaction() const;

 private:
  friend class Query;
  friend absl::Status OverwriteBlob(Db&, const char*, const char*, std::uint64_t, std::string_view);
  explicit Db(sqlite3* db) : db_(db) {}
  static absl::StatusOr<std::unique_ptr<Db>> OpenWith(const std::string& path, int flags);
  absl::Status Error(int code, std::string_view what) const;

  sqlite3* db_;
  int wal_frames_ = 0;
  std::unordered_map<std::string_view, sqlite3_stmt*> prepared_;  // keyed by the literal's text
};

// One use of a prepared statement; reset at the end of its life. Two uses of the same text must not overlap.
class Query final {
 public:
  // `sql` must live as long as `db`: a literal.
  Query(Db& db, std::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // The next parameter. Bytes and texts are borrowed until the Query ends.
  Query& Bind(std::uint64_t value);  // an error at Next() from 2^63 up
  Query& BindText(std::string_view text);
  Query& BindBytes(std::string_view bytes);
  Query& BindBytes(merkle::ByteView bytes);

  // True: a row.
  absl::StatusOr<bool> Next();
  // To the end, for statements without rows.
  [[nodiscard]] absl::Status Run();
  // Makes the statement ready for another round of Bind.
  void Reset();

  // Columns of the row, from 0; views end with the next call of Next() or the Query.
  std::uint64_t Integer(int column) const;
  std::string_view Bytes(int column) const;

 private:
  Db& db_;
  sqlite3_stmt* statement_ = nullptr;
  int next_parameter_ = 1;
  int error_ = 0;
};

// Overwrites the bytes of one column of one row in place; the length stays.
[[nodiscard]] absl::Status OverwriteBlob(Db& db, const char* table, const char* column, std::uint64_t row, std::string_view bytes);

// A consistent view for several reads, ended by the destructor. The snapshot is taken at the first read.
class Snapshot final {
 public:
  static absl::StatusOr<Snapshot> Begin(Db& db);
  ~Snapshot();
  Snapshot(Snapshot&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Snapshot& operator=(Snapshot&&) = delete;

 private:
  explicit Snapshot(Db* db) : db_(db) {}
  Db* db_;
};

// Runs `work` in BEGIN IMMEDIATE ... COMMIT. An error of `work` comes back after a clean rollback; Unknown: the rollback failed
// too, or COMMIT answered anything but yes.
[[nodiscard]] absl::Status InTransaction(Db& db, const std::function<absl::Status()>& work);

}  // namespace trustlog::sqlite
