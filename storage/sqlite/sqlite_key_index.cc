// The file is a cache: it is written without syncs but those of the WAL's checkpoints (synchronous = NORMAL), and whatever is wrong
// with it is answered by making it anew. Keys are stored as the first 16 bytes of their SHA-256: they have any length, and a row a
// key and record is all there is, in one b-tree ordered by (key, index).
#include "storage/sqlite/sqlite_key_index.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "fmt/format.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/wire.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/store_files.h"

namespace trustlog::sqlite {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kMaxIdleReaders = 8;
constexpr int kWalFramesBeforeCheckpoint = 1024;  // 4 MiB

constexpr char kTables[] =
    "CREATE TABLE indexed("
    "only INTEGER PRIMARY KEY CHECK (only = 1), store_id BLOB NOT NULL, keys TEXT NOT NULL, size INTEGER NOT NULL,"
    " root BLOB NOT NULL CHECK (length(root) = 32)) STRICT;"
    "CREATE TABLE lists("
    "key BLOB NOT NULL CHECK (length(key) = 16), entry_index INTEGER NOT NULL, PRIMARY KEY (key, entry_index)"
    ") STRICT, WITHOUT ROWID;";

constexpr std::array<Setting, 3> kHeader = {{
    {"page_size", "4096", "4096"},
    {"application_id", "0x544c4749", "1414285129"},  // "TLGI"
    {"user_version", "1", "1"},
}};
constexpr std::array<Setting, 2> kKnownHeader = {{{"application_id", "", "1414285129"}, {"user_version", "", "1"}}};
constexpr std::array<Setting, 8> kWriterSettings = {{
    {"busy_timeout", "5000", "5000"},
    {"journal_mode", "WAL", "wal"},
    {"synchronous", "NORMAL", "1"},
    {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},
    {"mmap_size", "0", "0"},
    {"temp_store", "MEMORY", "2"},
    {"cache_size", "-8192", "-8192"},
}};
constexpr std::array<Setting, 6> kReaderSettings = {{
    {"busy_timeout", "5000", "5000"},
    {"query_only", "ON", "1"},
    {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},
    {"mmap_size", "0", "0"},
    {"cache_size", "-1024", "-1024"},
}};

using KeyBytes = std::array<std::uint8_t, kKeyBytes>;

KeyBytes Truncated(std::string_view key) {
  const auto digest = merkle::Sha256(bytes::AsBytes(key));
  KeyBytes head{};
  std::copy_n(digest.begin(), kKeyBytes, head.begin());
  return head;
}

absl::StatusOr<merkle::TreeHead> ReadIndexed(Db& db) {
  Query query(db, "SELECT size, root FROM indexed");
  const auto row = query.Next();
  if (!row.ok()) return row.status();
  const std::string_view root = *row ? query.Bytes(1) : std::string_view();
  merkle::TreeHead head;
  if (root.size() != head.root.size()) return absl::DataLossError("the key index does not say what it holds");
  head.size = query.Integer(0);
  std::copy(root.begin(), root.end(), head.root.begin());
  return head;
}

class SqliteKeyIndex final : public storage::KeyIndex {
 public:
  SqliteKeyIndex(std::string path, storage::KeyIndexIdentity identity) : path_(std::move(path)), identity_(std::move(identity)) {}

  // Not OK: there is no file, or none that can be used.
  absl::Status Open();

  absl::StatusOr<merkle::TreeHead> Indexed() const override;
  absl::Status Add(std::uint64_t begin, std::span<const std::vector<std::string>> keys, const merkle::Hash& root) override;
  absl::StatusOr<std::vector<std::uint64_t>> Find(std::string_view key, std::uint64_t begin, std::uint64_t end,
                                                  std::size_t limit) const override;
  absl::Status Clear() override;

 private:
  absl::StatusOr<std::unique_ptr<Db>> Reader() const;
  void GiveBack(std::unique_ptr<Db> reader) const;
  absl::Status Build() const;

  const std::string path_;
  const storage::KeyIndexIdentity identity_;
  mutable std::shared_mutex files_;  // exclusive while the file is made anew
  std::unique_ptr<Db> writer_;       // null: Clear has failed
  mutable std::mutex readers_mutex_;
  mutable std::vector<std::unique_ptr<Db>> readers_;
};

absl::Status SqliteKeyIndex::Open() {
  auto db = Db::Open(path_, Mode::kReadWrite);
  if (!db.ok()) return db.status();
  if (auto known = (*db)->Set(kKnownHeader); !known.ok()) return known;
  if (auto set = (*db)->Set(kWriterSettings); !set.ok()) return set;
  {
    Query query(**db, "SELECT store_id, keys FROM indexed");
    const auto row = query.Next();
    if (!row.ok()) return row.status();
    if (!*row || query.Bytes(0) != bytes::AsText(identity_.store_id) || query.Bytes(1) != identity_.keys) {
      return absl::FailedPreconditionError("an index of another store or of other keys");
    }
  }
  if (const auto head = ReadIndexed(**db); !head.ok()) return head.status();
  writer_ = *std::move(db);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Db>> SqliteKeyIndex::Reader() const {
  if (writer_ == nullptr) return absl::DataLossError("the key index could not be made anew");
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  auto reader = Db::Open(path_, Mode::kReadOnly);
  if (!reader.ok()) return reader.status();
  if (auto set = (*reader)->Set(kReaderSettings); !set.ok()) return set;
  return reader;
}

void SqliteKeyIndex::GiveBack(std::unique_ptr<Db> reader) const {
  const std::lock_guard lock(readers_mutex_);
  if (readers_.size() < kMaxIdleReaders) readers_.push_back(std::move(reader));
}

absl::StatusOr<merkle::TreeHead> SqliteKeyIndex::Indexed() const {
  const std::shared_lock lock(files_);
  auto reader = Reader();
  if (!reader.ok()) return reader.status();
  auto head = ReadIndexed(**reader);
  if (head.ok()) GiveBack(*std::move(reader));
  return head;
}

absl::Status SqliteKeyIndex::Add(std::uint64_t begin, std::span<const std::vector<std::string>> keys, const merkle::Hash& root) {
  const std::shared_lock lock(files_);
  if (writer_ == nullptr) return absl::DataLossError("the key index could not be made anew");
  std::vector<std::pair<KeyBytes, std::uint64_t>> rows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const std::string& key : keys[i]) rows.emplace_back(Truncated(key), begin + i);
  }
  std::sort(rows.begin(), rows.end());  // in the order of the b-tree
  auto added = InTransaction(*writer_, [&]() -> absl::Status {
    const auto head = ReadIndexed(*writer_);
    if (!head.ok()) return head.status();
    if (head->size != begin) return absl::AbortedError(fmt::format("{} records are indexed, not {}", head->size, begin));
    Query insert(*writer_, "INSERT OR IGNORE INTO lists(key, entry_index) VALUES(?, ?)");
    for (const auto& [key, index] : rows) {
      if (auto status = insert.BindBytes(merkle::ByteView(key)).Bind(index).Run(); !status.ok()) return status;
      insert.Reset();
    }
    return Query(*writer_, "UPDATE indexed SET size = ?, root = ?")
        .Bind(begin + keys.size())
        .BindBytes(merkle::ByteView(root))
        .Run();
  });
  if (added.ok() && writer_->wal_frames() > kWalFramesBeforeCheckpoint) return writer_->CheckpointPassive();
  return added;
}

absl::StatusOr<std::vector<std::uint64_t>> SqliteKeyIndex::Find(std::string_view key, std::uint64_t begin, std::uint64_t end,
                                                                std::size_t limit) const {
  const std::shared_lock lock(files_);
  auto reader = Reader();
  if (!reader.ok()) return reader.status();
  std::vector<std::uint64_t> found;
  {
    const auto snapshot = Snapshot::Begin(**reader);
    if (!snapshot.ok()) return snapshot.status();
    const auto head = ReadIndexed(**reader);
    if (!head.ok()) return head.status();
    if (end > head->size) return absl::OutOfRangeError(fmt::format("{} records are indexed, asked below {}", head->size, end));
    if (begin >= end || limit == 0) return found;
    const auto truncated = Truncated(key);
    Query query(**reader,
                "SELECT entry_index FROM lists WHERE key = ? AND entry_index >= ? AND entry_index < ? "
                "ORDER BY entry_index LIMIT ?");
    query.BindBytes(merkle::ByteView(truncated)).Bind(begin).Bind(end).Bind(std::min<std::uint64_t>(limit, end - begin));
    auto row = query.Next();
    for (; row.ok() && *row; row = query.Next()) found.push_back(query.Integer(0));
    if (!row.ok()) return row.status();
  }
  GiveBack(*std::move(reader));
  return found;
}

absl::Status SqliteKeyIndex::Clear() {
  const std::unique_lock lock(files_);
  {
    const std::lock_guard readers_lock(readers_mutex_);
    readers_.clear();
  }
  writer_.reset();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (auto removed = RemoveDurably(path_ + suffix); !removed.ok()) return removed;
  }
  if (auto built = Build(); !built.ok()) return built;
  return Open();
}

absl::Status SqliteKeyIndex::Build() const {
  if (auto made = bytes::WriteWhole(path_, "", 0600); !made.ok()) return made;  // for its mode: SQLite would follow the umask
  auto db = Db::Open(path_, Mode::kReadWrite);
  if (!db.ok()) return db.status();
  if (auto set = (*db)->Set(kHeader); !set.ok()) return set;
  if (auto set = (*db)->Set(kWriterSettings); !set.ok()) return set;
  return InTransaction(**db, [&]() -> absl::Status {
    if (auto made = (*db)->Execute(kTables); !made.ok()) return made;
    return Query(**db, "INSERT INTO indexed(only, store_id, keys, size, root) VALUES(1, ?, ?, 0, ?)")
        .BindBytes(merkle::ByteView(identity_.store_id))
        .BindText(identity_.keys)
        .BindBytes(merkle::ByteView(merkle::EmptyRoot()))
        .Run();
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<storage::KeyIndex>> OpenSqliteKeyIndex(const std::string& path,
                                                                      const storage::KeyIndexIdentity& identity) {
  auto index = std::make_unique<SqliteKeyIndex>(path, identity);
  if (index->Open().ok()) return index;
  if (auto cleared = index->Clear(); !cleared.ok()) return cleared;
  return index;
}

}  // namespace trustlog::sqlite
