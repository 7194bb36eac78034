#include "tests/support/memory_storage.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "fmt/format.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "storage/right_edge.h"

namespace trustlog::support {

using storage::Half;
using storage::Id;
using storage::Identity;
using storage::LogReader;
using storage::LogWriter;
using storage::Record;
using storage::Slot;
using storage::View;
using Indices = std::vector<std::optional<std::uint64_t>>;

struct MemoryStore::State {
  explicit State(Identity the_identity) : identity(std::move(the_identity)) {}

  const Identity identity;
  std::mutex mutex;  // guards all below
  bool open = false, clean = false;
  std::vector<Record> records;
  std::map<Id, std::uint64_t> ids;
  std::map<std::pair<std::uint8_t, std::uint64_t>, std::vector<merkle::Hash>> tiles;  // by (level, index), at the widest
  std::map<std::uint64_t, merkle::Hash> heads = {{0, merkle::EmptyRoot()}};
  std::map<std::pair<std::string, Slot>, std::string> slots;
  absl::Status stopped;

  merkle::TreeHead Head() const { return {heads.rbegin()->first, heads.rbegin()->second}; }
};

namespace {

absl::Status Beyond(std::string_view what, std::uint64_t at, std::uint64_t size) {
  return absl::OutOfRangeError(fmt::format("{} {} is beyond size {}", what, at, size));
}

absl::StatusOr<std::vector<merkle::TileData>> TilesOf(const MemoryStore::State& state, std::span<const merkle::TileId> ids) {
  std::vector<merkle::TileData> found;
  for (const merkle::TileId& id : ids) {
    const auto widest = id.level > merkle::kMaxTileLevel ? std::nullopt : merkle::TileAtSize(id.level, id.index, state.Head().size);
    if (!widest.has_value() || id.width == 0 || id.width > widest->width) return Beyond("tile", id.index, state.Head().size);
    const std::vector<merkle::Hash>& hashes = state.tiles.at({id.level, id.index});
    found.push_back({id, {hashes.begin(), hashes.begin() + id.width}});
  }
  return found;
}

Indices FindIn(const MemoryStore::State& state, std::span<const Id> ids) {
  Indices found;
  for (const Id& id : ids) {
    const auto at = state.ids.find(id);
    found.push_back(at == state.ids.end() ? std::nullopt : std::optional<std::uint64_t>(at->second));
  }
  return found;
}

bool IsWellFormed(const merkle::TreeHead& expected, const merkle::Growth& growth, std::span<const Record> records) {
  const auto fits = [](const Record& record) {
    return record.entry.size() <= storage::kMaxItemBytes && record.companion.size() <= storage::kMaxItemBytes && record.id != Id{};
  };
  const auto belongs = [&](const merkle::TileData& tile) {
    return tile.hashes.size() == tile.id.width && tile.id.level <= merkle::kMaxTileLevel &&
           merkle::TileAtSize(tile.id.level, tile.id.index, growth.head.size) == tile.id;
  };
  return !records.empty() && growth.head.size == expected.size + records.size() &&
         std::all_of(records.begin(), records.end(), fits) && std::all_of(growth.tiles.begin(), growth.tiles.end(), belongs);
}

class MemoryLog final : public LogWriter {
 public:
  explicit MemoryLog(MemoryStore::State& state) : state_(state) {}

  const Identity& identity() const override { return state_.identity; }

  absl::StatusOr<merkle::TreeHead> IntegratedHead() const override {
    const std::lock_guard lock(state_.mutex);
    return state_.Head();
  }

  absl::StatusOr<std::vector<merkle::TileData>> ReadTiles(std::span<const merkle::TileId> ids) const override {
    const std::lock_guard lock(state_.mutex);
    return TilesOf(state_, ids);
  }

  absl::StatusOr<std::vector<Record>> ReadRecords(std::uint64_t begin, std::uint64_t end) const override {
    if (begin > end) return absl::InvalidArgumentError("begin beyond end");
    const std::lock_guard lock(state_.mutex);
    if (end > state_.records.size()) return Beyond("record", end - 1, state_.records.size());
    const auto first = state_.records.begin();
    return std::vector<Record>(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end));
  }

  absl::StatusOr<std::vector<Record>> ReadRecordsAt(std::span<const std::uint64_t> indices) const override {
    const std::lock_guard lock(state_.mutex);
    std::vector<Record> found;
    for (const std::uint64_t index : indices) {
      if (index >= state_.records.size()) return Beyond("record", index, state_.records.size());
      found.push_back(state_.records[index]);
    }
    return found;
  }

  absl::StatusOr<std::string> ReadBundle(Half half, std::uint64_t index, std::uint16_t width) const override {
    const std::lock_guard lock(state_.mutex);
    const auto widest = merkle::TileAtSize(0, index, state_.records.size());
    if (!widest.has_value() || width == 0 || width > widest->width) return Beyond("bundle", index, state_.records.size());
    bytes::ByteWriter bundle;
    for (std::uint64_t i = index * merkle::kTileWidth; i < index * merkle::kTileWidth + width; ++i) {
      bundle.Lp16(half == Half::kEntry ? state_.records[i].entry : state_.records[i].companion);
    }
    return bundle.Take();
  }

  absl::StatusOr<Indices> FindIds(std::span<const Id> ids) const override {
    const std::lock_guard lock(state_.mutex);
    return FindIn(state_, ids);
  }

  absl::StatusOr<std::optional<merkle::Hash>> HistoricRoot(std::uint64_t size) const override {
    const std::lock_guard lock(state_.mutex);
    if (size > state_.Head().size) return Beyond("head", size, state_.Head().size);
    const auto at = state_.heads.find(size);
    return at == state_.heads.end() ? std::nullopt : std::optional<merkle::Hash>(at->second);
  }

  absl::StatusOr<View> Look(std::span<const Id> ids) override {
    const std::lock_guard lock(state_.mutex);
    auto edge = TilesOf(state_, merkle::EdgeTiles(state_.Head().size));
    if (!edge.ok()) return edge.status();
    return View{state_.Head(), *std::move(edge), FindIn(state_, ids)};
  }

  absl::Status Append(const merkle::TreeHead& expected, const merkle::Growth& growth, std::span<const Record> records) override {
    if (!IsWellFormed(expected, growth, records)) return absl::InvalidArgumentError("append: not a growth of these records");
    const std::lock_guard lock(state_.mutex);
    if (!state_.stopped.ok()) return state_.stopped;
    if (state_.Head() != expected) return absl::AbortedError("append: the head is another");
    state_.stopped = CheckBatch(growth, records);
    if (!state_.stopped.ok()) return state_.stopped;
    for (const Record& record : records) {
      if (record.id.has_value()) state_.ids.emplace(*record.id, state_.records.size());
      state_.records.push_back(record);
    }
    for (const merkle::TileData& tile : growth.tiles) state_.tiles[{tile.id.level, tile.id.index}] = tile.hashes;
    state_.heads.emplace(growth.head.size, growth.head.root);
    state_.clean = false;
    return absl::OkStatus();
  }

  absl::Status Withhold(std::uint64_t index) override {
    const std::lock_guard lock(state_.mutex);
    if (!state_.stopped.ok()) return state_.stopped;
    if (index >= state_.records.size()) return Beyond("record", index, state_.records.size());
    state_.records[index].companion.clear();
    state_.clean = false;
    return absl::OkStatus();
  }

 private:
  // What an engine finds out by reading back: leaves that are not those of the entries, tiles that change, ids that are there
  // already.
  absl::Status CheckBatch(const merkle::Growth& growth, std::span<const Record> records) const {
    std::map<Id, std::uint64_t> added;
    for (const Record& record : records) {
      if (record.id.has_value() && (state_.ids.count(*record.id) > 0 || !added.emplace(*record.id, 0).second)) {
        return bytes::Refuse(bytes::Reason::kCorruption, "append: an id is stored already");
      }
    }
    for (const merkle::TileData& tile : growth.tiles) {
      const auto stored = state_.tiles.find({tile.id.level, tile.id.index});
      if (stored != state_.tiles.end() && !std::equal(stored->second.begin(), stored->second.end(), tile.hashes.begin())) {
        return bytes::Refuse(bytes::Reason::kCorruption, "append: a tile changes");
      }
      for (std::uint64_t i = 0; tile.id.level == 0 && i < tile.id.width; ++i) {
        const std::uint64_t index = tile.id.index * merkle::kTileWidth + i;
        const Record& record = index < state_.records.size() ? state_.records[index] : records[index - state_.records.size()];
        if (merkle::HashLeaf(bytes::AsBytes(record.entry)) != tile.hashes[i]) {
          return bytes::Refuse(bytes::Reason::kCorruption, "append: an entry does not hash to its leaf");
        }
      }
    }
    return absl::OkStatus();
  }

  MemoryStore::State& state_;
};

class MemoryCheckpoints final : public storage::CheckpointStore {
 public:
  explicit MemoryCheckpoints(MemoryStore::State& state) : state_(state) {}

  absl::StatusOr<std::string> Latest(std::string_view origin, Slot slot) const override {
    const std::lock_guard lock(state_.mutex);
    const auto at = state_.slots.find({std::string(origin), slot});
    if (at == state_.slots.end()) return absl::NotFoundError("no note yet");
    return at->second;
  }

  absl::Status Swap(std::string_view origin, Slot slot, std::string_view old, std::string_view now) override {
    if (now.empty()) return absl::InvalidArgumentError("swap: the new note is empty");
    const std::lock_guard lock(state_.mutex);
    if (!state_.stopped.ok()) return state_.stopped;
    const auto at = state_.slots.find({std::string(origin), slot});
    if ((at == state_.slots.end() ? std::string_view() : at->second) != old) return absl::AbortedError("swap: another note");
    state_.slots[{std::string(origin), slot}] = now;
    state_.clean = false;
    return absl::OkStatus();
  }

  absl::Status Confirm() override {
    const std::lock_guard lock(state_.mutex);
    return state_.stopped;
  }

 private:
  MemoryStore::State& state_;
};

class MemoryStorage final : public storage::Storage {
 public:
  explicit MemoryStorage(std::shared_ptr<MemoryStore::State> state)
      : state_(std::move(state)), unclean_(!state_->clean), log_(*state_), checkpoints_(*state_) {}
  ~MemoryStorage() override {
    const std::lock_guard lock(state_->mutex);
    state_->open = false;
  }

  LogWriter& log() override { return log_; }
  const LogReader& reader() const override { return log_; }
  storage::CheckpointStore& checkpoints() override { return checkpoints_; }
  absl::StatusOr<std::uint64_t> FreeBytes() const override { return std::uint64_t{1} << 40; }
  absl::StatusOr<std::uint64_t> UsedBytes() const override {
    const std::lock_guard lock(state_->mutex);
    std::uint64_t used = 0;
    for (const Record& record : state_->records) used += record.entry.size() + record.companion.size();
    return used;
  }
  bool opened_unclean() const override { return unclean_; }
  absl::Status CloseCleanly() override {
    const std::lock_guard lock(state_->mutex);
    state_->clean = state_->stopped.ok();
    return state_->stopped;
  }

 private:
  const std::shared_ptr<MemoryStore::State> state_;
  const bool unclean_;
  MemoryLog log_;
  MemoryCheckpoints checkpoints_;
};

}  // namespace

MemoryStore::MemoryStore(Identity identity) : state_(std::make_shared<State>(std::move(identity))) {}

absl::StatusOr<std::unique_ptr<storage::Storage>> MemoryStore::Open() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->open) return absl::FailedPreconditionError("the store is in use");
    state_->open = true;
    state_->stopped = absl::OkStatus();
  }
  auto opened = std::make_unique<MemoryStorage>(state_);
  if (auto sound = storage::CheckRightEdge(opened->reader()); !sound.ok()) return sound;
  return opened;
}

void MemoryStore::FlipEntryByte(std::uint64_t index) {
  const std::lock_guard lock(state_->mutex);
  state_->records.at(index).entry.at(0) = static_cast<char>(state_->records[index].entry[0] ^ 1);
}

std::unique_ptr<storage::Storage> MakeMemoryStorage(Identity identity) { return *MemoryStore(std::move(identity)).Open(); }

}  // namespace trustlog::support
