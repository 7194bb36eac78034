// The storage contract: durable bytes of one log. Storage knows tiles, heads and ids; it knows neither keys nor kinds.
//
// A Record is one entry with its opaque id and its companion (the statement). Records, ids, tiles and the head change together, in
// one transaction, and only from an expected head (compare-and-swap). See storage/README.md for the crash table.
//
// Errors, everywhere: Unavailable = failed before anything was written, repeat it; Unknown = it may have happened: stop; DataLoss =
// storage contradicts itself: stop; NotFound = never written; OutOfRange = beyond the integrated size; InvalidArgument = the caller
// broke a REQUIRES that can be seen. After one Unknown or DataLoss of a write, every later write of that process gets the same
// answer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/integrate.h"
#include "merkle/tile.h"

namespace trustlog::storage {

using Id = std::array<std::uint8_t, 32>;  // opaque here

inline constexpr std::size_t kMaxItemBytes = 65'535;

struct Record {
  std::string entry;      // at most kMaxItemBytes
  std::optional<Id> id;   // nullopt: a mirror stores none; never all zero
  std::string companion;  // at most kMaxItemBytes; "" = none or withheld
  friend bool operator==(const Record&, const Record&) = default;
};

// Written once by Create; Open never creates.
struct Identity {
  std::string origin;
  std::string vkey;
  std::string inception;  // "YYYY-MM-DD"
  Id store_id{};          // random
  friend bool operator==(const Identity&, const Identity&) = default;
};

// One snapshot.
struct View {
  merkle::TreeHead head;
  std::vector<merkle::TileData> edge;               // merkle::EdgeTiles(head.size)
  std::vector<std::optional<std::uint64_t>> known;  // index of each id asked for
};

enum class Half : std::uint8_t { kEntry, kCompanion };  // which half of the records a bundle holds

// Many threads at once.
class LogReader {
 public:
  virtual ~LogReader() = default;
  virtual const Identity& identity() const = 0;
  // Committed, maybe not yet published.
  virtual absl::StatusOr<merkle::TreeHead> IntegratedHead() const = 0;
  // One TileData for each id, in order, each exactly as wide as asked. OutOfRange: wider than what is integrated.
  virtual absl::StatusOr<std::vector<merkle::TileData>> ReadTiles(std::span<const merkle::TileId> ids) const = 0;
  // Records [begin, end).
  virtual absl::StatusOr<std::vector<Record>> ReadRecords(std::uint64_t begin, std::uint64_t end) const = 0;
  virtual absl::StatusOr<std::vector<Record>> ReadRecordsAt(std::span<const std::uint64_t> indices) const = 0;
  // The bundle as served: entries (or companions) 256 index .. 256 index + width - 1, each with a big-endian u16 length.
  virtual absl::StatusOr<std::string> ReadBundle(Half half, std::uint64_t index, std::uint16_t width) const = 0;
  // An index found is final. "Not found" is true only of some head between call and return.
  virtual absl::StatusOr<std::vector<std::optional<std::uint64_t>>> FindIds(std::span<const Id> ids) const = 0;
  // The root at an earlier integrated size that was the end of a batch (head history), if it was one. Size 0 counts as one.
  virtual absl::StatusOr<std::optional<merkle::Hash>> HistoricRoot(std::uint64_t size) const = 0;
};

// The node's sequencer thread only.
class LogWriter : public LogReader {
 public:
  // Head, edge tiles and the ids' indices from one snapshot.
  virtual absl::StatusOr<View> Look(std::span<const Id> ids) = 0;
  // One transaction: records, ids, tiles, head, one row of head history; its rows are read back and their leaf hashes compared with
  // `growth` before COMMIT. OK: all of it survives what this storage promises to survive.
  // Aborted: the head is not `expected`, nothing written. Unavailable, Unknown, DataLoss (also: an id that is stored already):
  // above.
  //   REQUIRES: records not empty, growth.head.size == expected.size + records.size(), growth.tiles as merkle::Integrate gives
  //   them.
  [[nodiscard]] virtual absl::Status Append(const merkle::TreeHead& expected, const merkle::Growth& growth,
                                            std::span<const Record> records) = 0;
  // companion -> "" for good, and its bytes gone from the file; idempotent. Unavailable: not both yet, repeat it.
  [[nodiscard]] virtual absl::Status Withhold(std::uint64_t index) = 0;
};

}  // namespace trustlog::storage
