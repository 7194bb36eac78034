#include "storage/sqlite/sqlite_log.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "storage/sqlite/tables.h"

namespace trustlog::sqlite {
namespace {

using storage::Id;
using storage::Record;

// One connection and one snapshot, for the length of a call.
struct Reading {
  Connections::Lease lease;
  Snapshot snapshot;
  merkle::TreeHead head;

  Db& db() { return lease.db(); }
};

absl::StatusOr<Reading> BeginReading(Connections& connections) {
  auto lease = connections.Read();
  if (!lease.ok()) return lease.status();
  auto snapshot = Snapshot::Begin(lease->db());
  if (!snapshot.ok()) return snapshot.status();
  auto head = ReadHead(lease->db());
  if (!head.ok()) return head.status();
  return Reading{*std::move(lease), *std::move(snapshot), *head};
}

absl::StatusOr<std::vector<merkle::TileData>> ReadTilesIn(Db& db, const merkle::TreeHead& head,
                                                          std::span<const merkle::TileId> ids) {
  std::vector<merkle::TileData> tiles;
  tiles.reserve(ids.size());
  for (const merkle::TileId& id : ids) {
    auto tile = ReadTile(db, head, id);
    if (!tile.ok()) return tile.status();
    tiles.push_back(*std::move(tile));
  }
  return tiles;
}

// The parts of Append's precondition that the tables rely on.
absl::Status CheckGrowth(const merkle::TreeHead& expected, const merkle::Growth& growth, std::span<const Record> records) {
  const std::uint64_t size = growth.head.size;
  if (records.empty() || size > std::uint64_t{std::numeric_limits<std::int64_t>::max()} || size < expected.size ||
      size - expected.size != records.size()) {
    return absl::InvalidArgumentError(fmt::format("append: {} records from size {} to {}", records.size(), expected.size, size));
  }
  const std::uint64_t first = expected.size / kBundleWidth, bundles = (size - 1) / kBundleWidth - first + 1;
  for (std::size_t i = 0; i < std::max<std::size_t>(bundles, growth.tiles.size()); ++i) {
    if (i >= growth.tiles.size()) return absl::InvalidArgumentError("append: leaf tiles are missing");
    const merkle::TileId& id = growth.tiles[i].id;
    const bool leaf_tile_in_place = i >= bundles ? id.level > 0 : id.level == 0 && id.index == first + i;
    if (!leaf_tile_in_place || id.level > merkle::kMaxTileLevel || merkle::TileAtSize(id.level, id.index, size) != id ||
        growth.tiles[i].hashes.size() != id.width) {
      return absl::InvalidArgumentError(
          fmt::format("append: tile {}/{} does not belong to size {}", int{id.level}, id.index, size));
    }
  }
  for (const Record& record : records) {
    if (record.entry.size() > storage::kMaxItemBytes || record.companion.size() > storage::kMaxItemBytes || record.id == Id{}) {
      return absl::InvalidArgumentError("append: a record too large, or with an all-zero id");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteLog>> SqliteLog::Load(Connections& connections, storage::Failpoint failpoint) {
  auto lease = connections.Read();
  if (!lease.ok()) return lease.status();
  std::unique_ptr<SqliteLog> log(new SqliteLog(connections, std::move(failpoint)));
  {
    Query query(lease->db(), "SELECT origin, vkey, inception, store_id FROM identity");
    auto row = query.Next();
    if (!row.ok()) return row.status();
    if (!*row || query.Bytes(3).size() != sizeof(Id)) return bytes::Refuse(bytes::Reason::kCorruption, "the store has no identity");
    log->identity_ = {std::string(query.Bytes(0)), std::string(query.Bytes(1)), std::string(query.Bytes(2)), {}};
    std::memcpy(log->identity_.store_id.data(), query.Bytes(3).data(), sizeof(Id));
  }
  auto loaded = log->LoadIds(lease->db());
  if (!loaded.ok()) return loaded;
  return log;
}

absl::Status SqliteLog::LoadIds(Db& db) {
  auto head = ReadHead(db);
  if (!head.ok()) return head.status();
  id_table_.Reserve(head->size);
  std::uint64_t next = 0;
  std::array<Id, kBundleWidth> bundle;
  const auto load = [&](std::string_view sql, std::uint64_t width) -> absl::Status {
    Query query(db, sql);
    auto row = query.Next();
    for (; row.ok() && *row; row = query.Next()) {
      const std::string_view ids = query.Bytes(1);
      if (query.Integer(0) != next / width || ids.size() != width * sizeof(Id)) {
        return bytes::Refuse(bytes::Reason::kCorruption, fmt::format("the ids from index {} on are missing or malformed", next));
      }
      std::memcpy(bundle.data(), ids.data(), ids.size());
      id_table_.Insert(std::span(bundle).first(width), next);
      next += width;
    }
    return row.status();
  };
  auto loaded = load("SELECT bundle, data FROM ids ORDER BY bundle", kBundleWidth);
  if (loaded.ok()) loaded = load("SELECT entry_index, id FROM tail ORDER BY entry_index", 1);
  if (!loaded.ok()) return loaded;
  if (next == head->size) return absl::OkStatus();
  return bytes::Refuse(bytes::Reason::kCorruption, fmt::format("ids of {} records and a head of size {}", next, head->size));
}

absl::StatusOr<merkle::TreeHead> SqliteLog::IntegratedHead() const {
  auto lease = connections_.Read();
  if (!lease.ok()) return lease.status();
  return ReadHead(lease->db());
}

absl::StatusOr<std::vector<merkle::TileData>> SqliteLog::ReadTiles(std::span<const merkle::TileId> ids) const {
  auto reading = BeginReading(connections_);
  if (!reading.ok()) return reading.status();
  return ReadTilesIn(reading->db(), reading->head, ids);
}

absl::StatusOr<std::vector<Record>> SqliteLog::ReadRecords(std::uint64_t begin, std::uint64_t end) const {
  if (begin > end) return absl::InvalidArgumentError(fmt::format("records [{}, {})", begin, end));
  auto reading = BeginReading(connections_);
  if (!reading.ok()) return reading.status();
  if (end > reading->head.size) {
    return absl::OutOfRangeError(fmt::format("records [{}, {}) are beyond size {}", begin, end, reading->head.size));
  }
  RecordCursor cursor(reading->db(), reading->head);
  std::vector<Record> records;
  records.reserve(end - begin);
  for (std::uint64_t index = begin; index < end; ++index) {
    auto record = cursor.Read(index);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  return records;
}

absl::StatusOr<std::vector<Record>> SqliteLog::ReadRecordsAt(std::span<const std::uint64_t> indices) const {
  auto reading = BeginReading(connections_);
  if (!reading.ok()) return reading.status();
  RecordCursor cursor(reading->db(), reading->head);
  std::vector<Record> records;
  records.reserve(indices.size());
  for (const std::uint64_t index : indices) {
    auto record = cursor.Read(index);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  return records;
}

absl::StatusOr<std::string> SqliteLog::ReadBundle(storage::Half half, std::uint64_t index, std::uint16_t width) const {
  auto reading = BeginReading(connections_);
  if (!reading.ok()) return reading.status();
  return ReadBundleBytes(reading->db(), reading->head, half, index, width);
}

absl::StatusOr<std::vector<std::optional<std::uint64_t>>> SqliteLog::FindIds(std::span<const Id> ids) const {
  auto reading = BeginReading(connections_);
  if (!reading.ok()) return reading.status();
  return FindIdsIn(reading->db(), ids);
}

absl::StatusOr<std::vector<std::optional<std::uint64_t>>> SqliteLog::FindIdsIn(Db& db, std::span<const Id> ids) const {
  std::vector<std::optional<std::uint64_t>> found(ids.size());
  for (const auto& [item, index] : id_table_.Candidates(ids)) {
    auto stored = ReadId(db, index);
    if (!stored.ok()) return stored.status();
    if (*stored == ids[item]) found[item] = index;
  }
  return found;
}

absl::StatusOr<std::optional<merkle::Hash>> SqliteLog::HistoricRoot(std::uint64_t size) const {
  auto reading = BeginReading(connections_);
  if (!reading.ok()) return reading.status();
  if (size > reading->head.size) {
    return absl::OutOfRangeError(fmt::format("head history: {} is beyond size {}", size, reading->head.size));
  }
  return ReadHistoricRoot(reading->db(), size);
}

absl::StatusOr<storage::View> SqliteLog::Look(std::span<const Id> ids) {
  storage::View view;
  auto read = connections_.ReadAsWriter([&](Db& db) -> absl::Status {
    auto head = ReadHead(db);
    if (!head.ok()) return head.status();
    auto edge = ReadTilesIn(db, *head, merkle::EdgeTiles(head->size));
    if (!edge.ok()) return edge.status();
    auto known = FindIdsIn(db, ids);
    if (!known.ok()) return known.status();
    view = {*head, *std::move(edge), *std::move(known)};
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return view;
}

absl::Status SqliteLog::Append(const merkle::TreeHead& expected, const merkle::Growth& growth, std::span<const Record> records) {
  auto status = CheckGrowth(expected, growth, records);
  if (!status.ok()) return status;
  status = connections_.Write([&](Db& db) -> absl::Status {
    auto head = ReadHead(db);
    if (!head.ok()) return head.status();
    if (*head != expected) return absl::AbortedError(fmt::format("append: the head is {}, not {}", head->size, expected.size));
    auto done = WriteRecords(db, expected.size, growth, records);
    if (done.ok()) done = failpoint_(storage::Point::kAppendHalf);
    if (done.ok()) done = WriteTilesAndHead(db, growth);
    if (done.ok()) done = failpoint_(storage::Point::kAppendReadback);
    if (done.ok()) done = CheckWritten(db, expected.size, growth);
    if (done.ok()) done = RememberIds(db, expected.size, records);
    if (done.ok()) done = failpoint_(storage::Point::kAppendBeforeCommit);
    return done;
  });
  if (!status.ok()) return status;
  status = failpoint_(storage::Point::kAppendAfterCommit);
  return status.ok() ? status : connections_.StopWriting(absl::UnknownError(status.message()));
}

// Before COMMIT, so that a reader who sees the new head finds its ids too. Until then the stored id, which he cannot see, denies
// them; and after a failed COMMIT the process has nothing more to look up.
absl::Status SqliteLog::RememberIds(Db& db, std::uint64_t begin, std::span<const Record> records) {
  std::vector<Id> ids;
  ids.reserve(records.size());
  for (const Record& record : records) ids.push_back(record.id.value_or(Id{}));
  id_table_.Insert(ids, begin);
  for (const auto& [item, index] : id_table_.Candidates(ids)) {
    if (index == begin + item) continue;
    auto stored = ReadId(db, index);
    if (!stored.ok()) return stored.status();
    if (*stored == ids[item]) {
      return bytes::Refuse(bytes::Reason::kCorruption, fmt::format("append: the id of record {} is that of {}", begin + item, index));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteLog::Withhold(std::uint64_t index) {
  auto erased = connections_.Write([&](Db& db) -> absl::Status {
    auto head = ReadHead(db);
    if (!head.ok()) return head.status();
    if (index >= head->size) return absl::OutOfRangeError(fmt::format("withhold: {} is beyond size {}", index, head->size));
    return EraseCompanion(db, *head, index);
  });
  if (!erased.ok()) return erased;
  erased = failpoint_(storage::Point::kWithholdErased);
  if (!erased.ok()) return connections_.StopWriting(absl::UnknownError(erased.message()));
  // The old page is in the database until the new one is copied over it, and in the WAL until that is emptied.
  return connections_.EmptyWal();
}

}  // namespace trustlog::sqlite
