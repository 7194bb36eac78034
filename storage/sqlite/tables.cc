#include "storage/sqlite/tables.h"

#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::sqlite {
namespace {

using storage::Half;
using storage::Id;
using storage::Record;

absl::Status Contradiction(std::string_view message) { return bytes::Refuse(bytes::Reason::kCorruption, message); }

// The items of a bundle row: `count` times lp16, then nothing but zero bytes (what was withheld).
std::optional<std::vector<std::string_view>> SplitItems(std::string_view row, std::uint64_t count) {
  bytes::ByteReader reader(row);
  std::vector<std::string_view> items;
  items.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) items.push_back(reader.Lp16());
  if (!reader.ok() || reader.rest().find_first_not_of('\0') != std::string_view::npos) return std::nullopt;
  return items;
}

std::string_view SqlOfBundle(Half half) {
  return half == Half::kEntry ? "SELECT data FROM entries WHERE bundle = ?" : "SELECT data FROM companions WHERE bundle = ?";
}

absl::StatusOr<std::string> ReadRow(Db& db, std::string_view sql, std::uint64_t bundle) {
  Query query(db, sql);
  auto row = query.Bind(bundle).Next();
  if (!row.ok()) return row.status();
  if (!*row) return Contradiction(fmt::format("bundle {} is missing", bundle));
  return std::string(query.Bytes(0));
}

bool IsInTail(const merkle::TreeHead& head, std::uint64_t bundle) { return bundle == head.size / kBundleWidth; }

// One half of the tail, framed: the items of entries [begin, end).
absl::StatusOr<std::string> ReadTailItems(Db& db, Half half, std::uint64_t begin, std::uint64_t end) {
  Query query(db,
              half == Half::kEntry
                  ? std::string_view("SELECT entry FROM tail WHERE entry_index >= ? AND entry_index < ? ORDER BY entry_index")
                  : std::string_view("SELECT companion FROM tail WHERE entry_index >= ? AND entry_index < ? ORDER BY entry_index"));
  query.Bind(begin).Bind(end);
  bytes::ByteWriter items;
  std::uint64_t count = 0;
  auto row = query.Next();
  for (; row.ok() && *row; row = query.Next(), ++count) {
    const auto item = SplitItems(query.Bytes(0), 1);
    if (!item.has_value()) return Contradiction(fmt::format("tail: malformed record {}", begin + count));
    items.Lp16(item->front());
  }
  if (!row.ok()) return row.status();
  if (count != end - begin) return Contradiction(fmt::format("tail: {} records of [{}, {})", count, begin, end));
  return items.Take();
}

// Column `sql` selects of the tail rows [begin, end): 32 bytes each, one after the other.
absl::StatusOr<std::string> ReadTailHashes(Db& db, std::string_view sql, std::uint64_t begin, std::uint64_t end) {
  Query query(db, sql);
  query.Bind(begin).Bind(end);
  std::string hashes;
  auto row = query.Next();
  for (; row.ok() && *row; row = query.Next()) hashes.append(query.Bytes(0));
  if (!row.ok()) return row.status();
  if (hashes.size() != (end - begin) * sizeof(Id)) return Contradiction(fmt::format("tail: not the rows of [{}, {})", begin, end));
  return hashes;
}

constexpr std::string_view kTailIds = "SELECT id FROM tail WHERE entry_index >= ? AND entry_index < ? ORDER BY entry_index";
constexpr std::string_view kTailLeaves =
    "SELECT leaf_hash FROM tail WHERE entry_index >= ? AND entry_index < ? ORDER BY entry_index";

absl::StatusOr<std::string> ReadLeafTile(Db& db, std::uint64_t index) {
  return ReadRow(db, "SELECT hashes FROM tiles WHERE level = 0 AND tile = ?", index);
}

std::vector<merkle::Hash> ToHashes(std::string_view bytes) {
  std::vector<merkle::Hash> hashes(bytes.size() / sizeof(merkle::Hash));
  std::memcpy(hashes.data(), bytes.data(), hashes.size() * sizeof(merkle::Hash));
  return hashes;
}

merkle::ByteView BytesOf(std::span<const merkle::Hash> hashes) {
  return {reinterpret_cast<const std::uint8_t*>(hashes.data()), hashes.size_bytes()};
}

std::optional<Id> IdAt(std::string_view ids, std::uint64_t position) {
  Id id;
  std::memcpy(id.data(), ids.data() + position * sizeof(Id), sizeof(Id));
  return id == Id{} ? std::nullopt : std::optional<Id>(id);
}

struct Bundle {
  bytes::ByteWriter entries, companions, ids;

  void Add(const Record& record) {
    entries.Lp16(record.entry);
    companions.Lp16(record.companion);
    ids.Hash32(record.id.value_or(Id{}));
  }
};

// The records [begin, end) of the tail leave it: their place is now the full bundle.
absl::StatusOr<Bundle> TakeTail(Db& db, std::uint64_t begin, std::uint64_t end) {
  Bundle bundle;
  if (begin == end) return bundle;
  auto entries = ReadTailItems(db, Half::kEntry, begin, end);
  if (!entries.ok()) return entries.status();
  auto companions = ReadTailItems(db, Half::kCompanion, begin, end);
  if (!companions.ok()) return companions.status();
  auto ids = ReadTailHashes(db, kTailIds, begin, end);
  if (!ids.ok()) return ids.status();
  bundle.entries.Raw(*entries);
  bundle.companions.Raw(*companions);
  bundle.ids.Raw(*ids);
  auto taken = Query(db, "DELETE FROM tail").Run();
  if (!taken.ok()) return taken;
  return bundle;
}

absl::Status WriteBundle(Db& db, std::uint64_t index, const Bundle& bundle) {
  auto written = Query(db, "INSERT INTO entries(bundle, data) VALUES(?, ?)").Bind(index).BindBytes(bundle.entries.data()).Run();
  if (!written.ok()) return written;
  written = Query(db, "INSERT INTO companions(bundle, data) VALUES(?, ?)").Bind(index).BindBytes(bundle.companions.data()).Run();
  if (!written.ok()) return written;
  return Query(db, "INSERT INTO ids(bundle, data) VALUES(?, ?)").Bind(index).BindBytes(bundle.ids.data()).Run();
}

absl::Status WriteTailRow(Db& db, std::uint64_t index, const merkle::Hash& leaf, const Record& record) {
  const Id id = record.id.value_or(Id{});
  bytes::ByteWriter entry, companion;
  entry.Lp16(record.entry);
  companion.Lp16(record.companion);
  return Query(db, "INSERT INTO tail(entry_index, leaf_hash, id, entry, companion) VALUES(?, ?, ?, ?, ?)")
      .Bind(index)
      .BindBytes(merkle::ByteView(leaf))
      .BindBytes(merkle::ByteView(id))
      .BindBytes(entry.data())
      .BindBytes(companion.data())
      .Run();
}

// `items` hash to `leaves`, one each.
bool HashTo(std::span<const std::string_view> items, std::span<const merkle::Hash> leaves) {
  std::vector<merkle::ByteView> views;
  views.reserve(items.size());
  for (const std::string_view item : items) views.push_back(bytes::AsBytes(item));
  std::vector<merkle::Hash> hashes(items.size());
  merkle::HashLeaves(views, hashes);
  return std::equal(hashes.begin(), hashes.end(), leaves.begin(), leaves.end());
}

}  // namespace

absl::StatusOr<merkle::TreeHead> ReadHead(Db& db) {
  Query query(db, "SELECT size, root FROM heads ORDER BY size DESC LIMIT 1");
  auto row = query.Next();
  if (!row.ok()) return row.status();
  if (!*row || query.Bytes(1).size() != sizeof(merkle::Hash)) return Contradiction("no head");
  return merkle::TreeHead{query.Integer(0), bytes::ByteReader(query.Bytes(1)).Hash32()};
}

absl::StatusOr<std::optional<merkle::Hash>> ReadHistoricRoot(Db& db, std::uint64_t size) {
  Query query(db, "SELECT root FROM heads WHERE size = ?");
  auto row = query.Bind(size).Next();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  if (query.Bytes(0).size() != sizeof(merkle::Hash)) return Contradiction(fmt::format("head history: malformed root at {}", size));
  return bytes::ByteReader(query.Bytes(0)).Hash32();
}

absl::StatusOr<merkle::TileData> ReadTile(Db& db, const merkle::TreeHead& head, merkle::TileId id) {
  const auto widest = id.level > merkle::kMaxTileLevel ? std::nullopt : merkle::TileAtSize(id.level, id.index, head.size);
  if (!widest.has_value() || id.width == 0 || id.width > widest->width) {
    return absl::OutOfRangeError(
        fmt::format("tile {}/{} of width {} is beyond size {}", int{id.level}, id.index, id.width, head.size));
  }
  if (id.level == 0 && IsInTail(head, id.index)) {
    const std::uint64_t begin = id.index * kBundleWidth;
    auto leaves = ReadTailHashes(db, kTailLeaves, begin, begin + id.width);
    if (!leaves.ok()) return leaves.status();
    return merkle::TileData{id, ToHashes(*leaves)};
  }
  Query query(db, "SELECT hashes FROM tiles WHERE level = ? AND tile = ?");
  auto row = query.Bind(id.level).Bind(id.index).Next();
  if (!row.ok()) return row.status();
  const std::size_t size = id.width * sizeof(merkle::Hash);
  if (!*row || query.Bytes(0).size() < size) {
    return Contradiction(fmt::format("tile {}/{} is missing or too narrow", int{id.level}, id.index));
  }
  return merkle::TileData{id, ToHashes(query.Bytes(0).substr(0, size))};
}

absl::StatusOr<std::string> ReadBundleBytes(Db& db, const merkle::TreeHead& head, Half half, std::uint64_t index,
                                            std::uint16_t width) {
  const auto widest = merkle::TileAtSize(0, index, head.size);
  if (!widest.has_value() || width == 0 || width > widest->width) {
    return absl::OutOfRangeError(fmt::format("bundle {} of width {} is beyond size {}", index, width, head.size));
  }
  if (IsInTail(head, index)) return ReadTailItems(db, half, index * kBundleWidth, index * kBundleWidth + width);
  auto row = ReadRow(db, SqlOfBundle(half), index);
  if (!row.ok()) return row.status();
  const auto items = SplitItems(*row, kBundleWidth);
  if (!items.has_value()) return Contradiction(fmt::format("bundle {} is malformed", index));
  const std::string_view last = (*items)[width - 1U];
  row->resize(static_cast<std::size_t>(last.data() + last.size() - row->data()));
  return row;
}

absl::StatusOr<Record> RecordCursor::Read(std::uint64_t index) {
  if (index >= head_.size) return absl::OutOfRangeError(fmt::format("record {} is beyond size {}", index, head_.size));
  if (loaded_ != index / kBundleWidth) {
    auto loaded = Load(index / kBundleWidth);
    if (!loaded.ok()) return loaded;
  }
  const std::uint64_t position = index % kBundleWidth;
  return Record{std::string(entry_[position]), IdAt(ids_, position), std::string(companion_[position])};
}

absl::Status RecordCursor::Load(std::uint64_t bundle) {
  loaded_.reset();
  const bool tail = IsInTail(head_, bundle);
  const std::uint64_t begin = bundle * kBundleWidth, count = tail ? head_.size - begin : kBundleWidth;
  auto entries = tail ? ReadTailItems(db_, Half::kEntry, begin, begin + count) : ReadRow(db_, SqlOfBundle(Half::kEntry), bundle);
  if (!entries.ok()) return entries.status();
  auto companions =
      tail ? ReadTailItems(db_, Half::kCompanion, begin, begin + count) : ReadRow(db_, SqlOfBundle(Half::kCompanion), bundle);
  if (!companions.ok()) return companions.status();
  auto ids =
      tail ? ReadTailHashes(db_, kTailIds, begin, begin + count) : ReadRow(db_, "SELECT data FROM ids WHERE bundle = ?", bundle);
  if (!ids.ok()) return ids.status();
  entries_ = *std::move(entries);
  companions_ = *std::move(companions);
  ids_ = *std::move(ids);
  auto entry = SplitItems(entries_, count), companion = SplitItems(companions_, count);
  if (!entry.has_value() || !companion.has_value() || ids_.size() != count * sizeof(Id)) {
    return Contradiction(fmt::format("bundle {} is malformed", bundle));
  }
  entry_ = *std::move(entry);
  companion_ = *std::move(companion);
  loaded_ = bundle;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Id>> ReadId(Db& db, std::uint64_t index) {
  {
    Query tail(db, "SELECT id FROM tail WHERE entry_index = ?");
    auto row = tail.Bind(index).Next();
    if (!row.ok()) return row.status();
    if (*row && tail.Bytes(0).size() == sizeof(Id)) return IdAt(tail.Bytes(0), 0);
  }
  Query full(db, "SELECT substr(data, ?, 32) FROM ids WHERE bundle = ?");
  auto row = full.Bind(index % kBundleWidth * sizeof(Id) + 1).Bind(index / kBundleWidth).Next();
  if (!row.ok()) return row.status();
  if (!*row || full.Bytes(0).size() != sizeof(Id)) return std::nullopt;
  return IdAt(full.Bytes(0), 0);
}

absl::Status WriteRecords(Db& db, std::uint64_t begin, const merkle::Growth& growth, std::span<const Record> records) {
  const std::uint64_t end = growth.head.size;
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t index = at / kBundleWidth, first = index * kBundleWidth, stop = std::min(end, first + kBundleWidth);
    const auto part = records.subspan(at - begin, stop - at);
    if (stop == first + kBundleWidth) {
      auto bundle = TakeTail(db, first, at);
      if (!bundle.ok()) return bundle.status();
      for (const Record& record : part) bundle->Add(record);
      auto written = WriteBundle(db, index, *bundle);
      if (!written.ok()) return written;
    } else {
      const merkle::TileData& leaves = growth.tiles[index - begin / kBundleWidth];
      for (std::uint64_t i = 0; i < part.size(); ++i) {
        auto written = WriteTailRow(db, at + i, leaves.hashes[at + i - first], part[i]);
        if (!written.ok()) return written;
      }
    }
    at = stop;
  }
  return absl::OkStatus();
}

absl::Status WriteTilesAndHead(Db& db, const merkle::Growth& growth) {
  for (const merkle::TileData& tile : growth.tiles) {
    if (tile.id.level == 0 && tile.id.width < kBundleWidth) continue;  // the tail's leaf hashes
    // A tile only ever grows: what is stored must be a prefix of what comes.
    auto written =
        Query(db,
              "INSERT INTO tiles(level, tile, hashes) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes "
              "WHERE substr(excluded.hashes, 1, length(tiles.hashes)) = tiles.hashes")
            .Bind(tile.id.level)
            .Bind(tile.id.index)
            .BindBytes(BytesOf(tile.hashes))
            .Run();
    if (!written.ok()) return written;
    if (db.Changes() != 1) {
      return Contradiction(fmt::format("tile {}/{} would change instead of grow", int{tile.id.level}, tile.id.index));
    }
  }
  return Query(db, "INSERT INTO heads(size, root) VALUES(?, ?)")
      .Bind(growth.head.size)
      .BindBytes(merkle::ByteView(growth.head.root))
      .Run();
}

absl::Status CheckWritten(Db& db, std::uint64_t begin, const merkle::Growth& growth) {
  auto head = ReadHead(db);
  if (!head.ok()) return head.status();
  if (*head != growth.head) return Contradiction("read back: another head");
  const std::uint64_t first = begin / kBundleWidth;
  for (std::uint64_t index = first; index * kBundleWidth < head->size; ++index) {
    const bool tail = IsInTail(*head, index);
    const std::uint64_t from = tail ? std::max(begin, index * kBundleWidth) : index * kBundleWidth;
    const auto leaves = std::span(growth.tiles[index - first].hashes).subspan(from - index * kBundleWidth);
    auto row = tail ? ReadTailItems(db, Half::kEntry, from, head->size) : ReadRow(db, SqlOfBundle(Half::kEntry), index);
    if (!row.ok()) return row.status();
    auto hashes = tail ? ReadTailHashes(db, kTailLeaves, from, head->size) : ReadLeafTile(db, index);
    if (!hashes.ok()) return hashes.status();
    const auto items = SplitItems(*row, leaves.size());
    if (!items.has_value() || !HashTo(*items, leaves) || *hashes != bytes::AsText(BytesOf(leaves))) {
      return Contradiction(fmt::format("read back: bundle {} does not hash to its leaves", index));
    }
  }
  return absl::OkStatus();
}

absl::Status EraseCompanion(Db& db, const merkle::TreeHead& head, std::uint64_t index) {
  const bool tail = IsInTail(head, index / kBundleWidth);
  const std::uint64_t row_id = tail ? index : index / kBundleWidth;
  const std::uint64_t count = tail ? 1 : kBundleWidth, position = tail ? 0 : index % kBundleWidth;
  auto row = ReadRow(db, tail ? "SELECT companion FROM tail WHERE entry_index = ?" : SqlOfBundle(Half::kCompanion), row_id);
  if (!row.ok()) return row.status();
  const auto items = SplitItems(*row, count);
  if (!items.has_value()) return Contradiction(fmt::format("companions of bundle {} are malformed", index / kBundleWidth));
  if ((*items)[position].empty()) return absl::OkStatus();
  bytes::ByteWriter erased;
  for (std::uint64_t i = 0; i < count; ++i) erased.Lp16(i == position ? std::string_view() : (*items)[i]);
  std::string bytes = erased.Take();
  bytes.resize(row->size(), '\0');
  return OverwriteBlob(db, tail ? "tail" : "companions", tail ? "companion" : "data", row_id, bytes);
}

}  // namespace trustlog::sqlite
