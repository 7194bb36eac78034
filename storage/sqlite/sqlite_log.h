// The log in SQLite: LogWriter over the tables of schema.sql. README.md explains the layout.
//
// Reads take a connection of the pool and a snapshot each; Append and Withhold take the writer. Thread-safe as storage.h asks.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "storage/failpoint.h"
#include "storage/sqlite/connections.h"
#include "storage/sqlite/id_table.h"
#include "storage/storage.h"

namespace trustlog::sqlite {

class SqliteLog final : public storage::LogWriter {
 public:
  // Reads the identity and every id (one sequential read). DataLoss: they are not what a store holds. Borrows `connections`.
  static absl::StatusOr<std::unique_ptr<SqliteLog>> Load(Connections& connections, storage::Failpoint failpoint);

  const storage::Identity& identity() const override { return identity_; }
  absl::StatusOr<merkle::TreeHead> IntegratedHead() const override;
  absl::StatusOr<std::vector<merkle::TileData>> ReadTiles(std::span<const merkle::TileId> ids) const override;
  absl::StatusOr<std::vector<storage::Record>> ReadRecords(std::uint64_t begin, std::uint64_t end) const override;
  absl::StatusOr<std::vector<storage::Record>> ReadRecordsAt(std::span<const std::uint64_t> indices) const override;
  absl::StatusOr<std::string> ReadBundle(storage::Half half, std::uint64_t index, std::uint16_t width) const override;
  absl::StatusOr<std::vector<std::optional<std::uint64_t>>> FindIds(std::span<const storage::Id> ids) const override;
  absl::StatusOr<std::optional<merkle::Hash>> HistoricRoot(std::uint64_t size) const override;

  absl::StatusOr<storage::View> Look(std::span<const storage::Id> ids) override;
  [[nodiscard]] absl::Status Append(const merkle::TreeHead& expected, const merkle::Growth& growth,
                                    std::span<const storage::Record> records) override;
  [[nodiscard]] absl::Status Withhold(std::uint64_t index) override;

  const IdTable& id_table() const { return id_table_; }

 private:
  SqliteLog(Connections& connections, storage::Failpoint failpoint) : connections_(connections), failpoint_(std::move(failpoint)) {}
  absl::Status LoadIds(Db& db);
  absl::StatusOr<std::vector<std::optional<std::uint64_t>>> FindIdsIn(Db& db, std::span<const storage::Id> ids) const;
  absl::Status RememberIds(Db& db, std::uint64_t begin, std::span<const storage::Record> records);

  Connections& connections_;
  const storage::Failpoint failpoint_;
  storage::Identity identity_;
  IdTable id_table_;
};

}  // namespace trustlog::sqlite
