#include "storage/sqlite/sqlite_checkpoints.h"

#include "fmt/format.h"

namespace trustlog::sqlite {
namespace {

absl::StatusOr<std::string> ReadNote(Db& db, std::string_view origin, storage::Slot slot) {
  Query query(db, "SELECT note FROM slots WHERE origin = ? AND slot = ?");
  auto row = query.BindText(origin).Bind(static_cast<std::uint64_t>(slot)).Next();
  if (!row.ok()) return row.status();
  return *row ? std::string(query.Bytes(0)) : std::string();
}

}  // namespace

absl::StatusOr<std::string> SqliteCheckpoints::Latest(std::string_view origin, storage::Slot slot) const {
  auto lease = connections_.Read();
  if (!lease.ok()) return lease.status();
  auto note = ReadNote(lease->db(), origin, slot);
  if (note.ok() && note->empty())
    return absl::NotFoundError(fmt::format("slot {} of {}: no note yet", static_cast<int>(slot), origin));
  return note;
}

absl::Status SqliteCheckpoints::Swap(std::string_view origin, storage::Slot slot, std::string_view old, std::string_view now) {
  if (now.empty()) return absl::InvalidArgumentError("swap: the new note is empty");
  return connections_.Write([&](Db& db) -> absl::Status {
    auto note = ReadNote(db, origin, slot);
    if (!note.ok()) return note.status();
    if (*note != old)
      return absl::AbortedError(fmt::format("swap: slot {} of {} holds another note", static_cast<int>(slot), origin));
    return Query(db, "INSERT INTO slots(origin, slot, note) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET note = excluded.note")
        .BindText(origin)
        .Bind(static_cast<std::uint64_t>(slot))
        .BindText(now)
        .Run();
  });
}

}  // namespace trustlog::sqlite
