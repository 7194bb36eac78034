#include "storage/published_reader.h"

#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "fmt/format.h"

namespace trustlog::storage {

class TileCache final {
 public:
  explicit TileCache(std::size_t max_bytes) : max_tiles_(max_bytes / kBytesPerTile) {}

  std::optional<merkle::TileData> Find(merkle::TileId id) {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    ++(found == by_id_.end() ? stats_.misses : stats_.hits);
    if (found == by_id_.end()) return std::nullopt;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return *found->second;
  }

  void Insert(const merkle::TileData& tile) {
    const std::lock_guard lock(mutex_);
    if (max_tiles_ == 0 || by_id_.count(tile.id) > 0) return;
    newest_first_.push_front(tile);
    by_id_.emplace(tile.id, newest_first_.begin());
    if (by_id_.size() <= max_tiles_) return;
    by_id_.erase(newest_first_.back().id);
    newest_first_.pop_back();
  }

  TileCacheStats stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  // the hashes, and the two nodes that hold and find them
  static constexpr std::size_t kBytesPerTile = merkle::kTileWidth * sizeof(merkle::Hash) + 256;

  const std::size_t max_tiles_;
  mutable std::mutex mutex_;
  std::list<merkle::TileData> newest_first_;
  std::map<merkle::TileId, std::list<merkle::TileData>::iterator> by_id_;
  TileCacheStats stats_;
};

namespace {

class CappedReader final : public LogReader {
 public:
  CappedReader(const LogReader& base, merkle::TreeHead head, std::shared_ptr<TileCache> cache)
      : base_(base), head_(head), cache_(std::move(cache)) {}

  const Identity& identity() const override { return base_.identity(); }
  absl::StatusOr<merkle::TreeHead> IntegratedHead() const override { return head_; }
  absl::StatusOr<std::vector<merkle::TileData>> ReadTiles(std::span<const merkle::TileId> ids) const override;
  absl::StatusOr<std::vector<Record>> ReadRecords(std::uint64_t begin, std::uint64_t end) const override;
  absl::StatusOr<std::vector<Record>> ReadRecordsAt(std::span<const std::uint64_t> indices) const override;
  absl::StatusOr<std::string> ReadBundle(Half half, std::uint64_t index, std::uint16_t width) const override;
  absl::StatusOr<std::vector<std::optional<std::uint64_t>>> FindIds(std::span<const Id> ids) const override;
  absl::StatusOr<std::optional<merkle::Hash>> HistoricRoot(std::uint64_t size) const override;

 private:
  absl::Status Beyond(std::string_view what, std::uint64_t at) const {
    return absl::OutOfRangeError(fmt::format("{} {} is beyond size {}", what, at, head_.size));
  }
  // The tile as it is at the head. nullopt: it is not so wide there.
  std::optional<merkle::TileId> Widest(merkle::TileId id) const {
    auto widest = id.level > merkle::kMaxTileLevel ? std::nullopt : merkle::TileAtSize(id.level, id.index, head_.size);
    return widest.has_value() && id.width > 0 && id.width <= widest->width ? widest : std::nullopt;
  }
  std::optional<merkle::TileData> Find(merkle::TileId id) const;
  void Insert(const merkle::TileData& tile) const;

  const LogReader& base_;
  const merkle::TreeHead head_;
  const std::shared_ptr<TileCache> cache_;
  mutable std::mutex edge_mutex_;
  mutable std::map<merkle::TileId, merkle::TileData> edge_;  // partial tiles of the head, as read: at most 8
};

// A tile is read as wide as it is at this head, and a narrower one cut from it.
absl::StatusOr<std::vector<merkle::TileData>> CappedReader::ReadTiles(std::span<const merkle::TileId> ids) const {
  std::vector<merkle::TileData> tiles(ids.size());
  std::vector<merkle::TileId> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto widest = Widest(ids[i]);
    if (!widest.has_value()) return Beyond("tile", ids[i].index);
    auto known = Find(*widest);
    if (known.has_value()) {
      tiles[i] = *std::move(known);
    } else {
      missing.push_back(*widest);
      places.push_back(i);
    }
  }
  if (!missing.empty()) {
    auto read = base_.ReadTiles(missing);
    if (!read.ok()) return read.status();
    for (std::size_t i = 0; i < places.size(); ++i) {
      Insert((*read)[i]);
      tiles[places[i]] = std::move((*read)[i]);
    }
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    tiles[i].id = ids[i];
    tiles[i].hashes.resize(ids[i].width);
  }
  return tiles;
}

std::optional<merkle::TileData> CappedReader::Find(merkle::TileId id) const {
  if (id.width == merkle::kTileWidth) return cache_->Find(id);
  const std::lock_guard lock(edge_mutex_);
  const auto found = edge_.find(id);
  return found == edge_.end() ? std::nullopt : std::optional(found->second);
}

void CappedReader::Insert(const merkle::TileData& tile) const {
  if (tile.id.width == merkle::kTileWidth) return cache_->Insert(tile);
  const std::lock_guard lock(edge_mutex_);
  edge_.emplace(tile.id, tile);
}

absl::StatusOr<std::vector<Record>> CappedReader::ReadRecords(std::uint64_t begin, std::uint64_t end) const {
  if (end > head_.size) return Beyond("record", end - 1);
  return base_.ReadRecords(begin, end);
}

absl::StatusOr<std::vector<Record>> CappedReader::ReadRecordsAt(std::span<const std::uint64_t> indices) const {
  for (const std::uint64_t index : indices) {
    if (index >= head_.size) return Beyond("record", index);
  }
  return base_.ReadRecordsAt(indices);
}

absl::StatusOr<std::string> CappedReader::ReadBundle(Half half, std::uint64_t index, std::uint16_t width) const {
  if (!Widest({0, index, width}).has_value()) return Beyond("bundle", index);
  return base_.ReadBundle(half, index, width);
}

absl::StatusOr<std::vector<std::optional<std::uint64_t>>> CappedReader::FindIds(std::span<const Id> ids) const {
  auto found = base_.FindIds(ids);
  if (!found.ok()) return found;
  for (std::optional<std::uint64_t>& index : *found) {
    if (index.has_value() && *index >= head_.size) index.reset();
  }
  return found;
}

absl::StatusOr<std::optional<merkle::Hash>> CappedReader::HistoricRoot(std::uint64_t size) const {
  if (size > head_.size) return Beyond("head", size);
  return base_.HistoricRoot(size);
}

}  // namespace

std::shared_ptr<TileCache> MakeTileCache(std::size_t max_bytes) { return std::make_shared<TileCache>(max_bytes); }

TileCacheStats StatsOf(const TileCache& cache) { return cache.stats(); }

std::shared_ptr<const LogReader> CapReader(const LogReader& base, merkle::TreeHead head, std::shared_ptr<TileCache> cache) {
  return std::make_shared<CappedReader>(base, head, std::move(cache));
}

}  // namespace trustlog::storage
