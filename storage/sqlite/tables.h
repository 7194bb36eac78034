// Reading and writing the tables of schema.sql inside a snapshot or transaction of the caller: bundles, tail, tiles, heads.
//
// Functions of a Db; no state of their own. DataLoss: rows that a store of ours cannot hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/sqlite/db.h"
#include "storage/storage.h"

namespace trustlog::sqlite {

inline constexpr std::uint64_t kBundleWidth = merkle::kTileWidth;

absl::StatusOr<merkle::TreeHead> ReadHead(Db& db);
// nullopt: no batch ended there.
absl::StatusOr<std::optional<merkle::Hash>> ReadHistoricRoot(Db& db, std::uint64_t size);

// OutOfRange: no such tile in a tree of `head`, or wider than it is there.
absl::StatusOr<merkle::TileData> ReadTile(Db& db, const merkle::TreeHead& head, merkle::TileId id);

// The bundle as served: its first `width` items. OutOfRange: beyond `head`.
absl::StatusOr<std::string> ReadBundleBytes(Db& db, const merkle::TreeHead& head, storage::Half half, std::uint64_t index,
                                            std::uint16_t width);

// Records read one bundle at a time: indices of the same bundle, one after the other, cost one read.
class RecordCursor final {
 public:
  RecordCursor(Db& db, const merkle::TreeHead& head) : db_(db), head_(head) {}
  // OutOfRange: at or beyond the head.
  absl::StatusOr<storage::Record> Read(std::uint64_t index);

 private:
  absl::Status Load(std::uint64_t bundle);

  Db& db_;
  const merkle::TreeHead head_;
  std::optional<std::uint64_t> loaded_;
  std::string entries_, companions_, ids_;
  std::vector<std::string_view> entry_, companion_;
};

// nullopt: no record there (yet), or one without an id.
absl::StatusOr<std::optional<storage::Id>> ReadId(Db& db, std::uint64_t index);

// The three steps of an append, in order. `begin` = the old size; `growth` belongs to it.
[[nodiscard]] absl::Status WriteRecords(Db& db, std::uint64_t begin, const merkle::Growth& growth,
                                        std::span<const storage::Record> records);
[[nodiscard]] absl::Status WriteTilesAndHead(Db& db, const merkle::Growth& growth);
// Reads back what the two wrote: every entry of a full bundle and every new one in the tail hashes to its leaf in `growth`, the
// leaf hashes stored are those of `growth`, and the head is there.
[[nodiscard]] absl::Status CheckWritten(Db& db, std::uint64_t begin, const merkle::Growth& growth);

// The companion of record `index` becomes "", by overwriting its bytes in place.
[[nodiscard]] absl::Status EraseCompanion(Db& db, const merkle::TreeHead& head, std::uint64_t index);

}  // namespace trustlog::sqlite
