// A LogReader capped at the published size: what may be served. Caches full hash tiles, and of its own size the partial ones of the
// right edge, so that the proofs of what was just published read nothing. Thread-safe.
#pragma once

#include <memory>

#include "storage/storage.h"

namespace trustlog::storage {

// Full hash tiles, which never change, least recently used out first. Shared by the readers of successive sizes. Thread-safe.
class TileCache;
std::shared_ptr<TileCache> MakeTileCache(std::size_t max_bytes);
struct TileCacheStats {
  std::uint64_t hits = 0, misses = 0;
};
TileCacheStats StatsOf(const TileCache& cache);

// A reader of `base` as it was at `head`: IntegratedHead() is `head`, and nothing beyond it is read (OutOfRange) or found. Borrows
// `base`.
std::shared_ptr<const LogReader> CapReader(const LogReader& base, merkle::TreeHead head, std::shared_ptr<TileCache> cache);

}  // namespace trustlog::storage
