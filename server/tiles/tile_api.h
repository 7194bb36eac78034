// tlog-tiles over HTTP: checkpoint, hash tiles, entry and statement bundles of the published tree (protocols.md A9-A19). Paths are
// parsed to numbers, and only numbers reach storage. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "merkle/tile.h"
#include "proto/tlog/tile_path.h"
#include "server/http/message.h"
#include "server/http/router.h"
#include "server/runtime/worker_pool.h"
#include "storage/storage.h"

namespace trustlog::tiles {

// What is published now. `reader` is capped at the published size; null: nothing is published yet.
struct Snapshot {
  std::string note;
  std::uint64_t size = 0;
  std::shared_ptr<const storage::LogReader> reader;
};
using SnapshotSource = std::function<Snapshot()>;

class TileApi final {
 public:
  // Full hash tiles and full entry bundles are answered from a cache of at most `cache_bytes` (bodies, and 512 bytes for each); other
  // tiles are read on `tile_reads`, bundles read and compressed on `bundle_reads`, where equal requests share one read and one body. While the bodies of bundles that are being sent
  // hold more than `max_bundle_bytes`, more bundles are 503. Borrows the pools.
  TileApi(SnapshotSource source, runtime::WorkerPool& tile_reads, runtime::WorkerPool& bundle_reads, std::size_t cache_bytes,
          std::size_t max_bundle_bytes = 64u << 20);
  ~TileApi();

  // "/checkpoint" and "/tile/". The router must not outlive *this.
  void AddRoutes(http::Router& router);

 private:
  class Cache;
  class Bundles;
  void Checkpoint(const http::HttpRequest& request, const http::Respond& respond) const;
  void Tile(const http::HttpRequest& request, http::Respond respond);
  void ReadOneTile(const merkle::TileId& id, Snapshot snapshot, http::Respond respond);
  void ReadOneBundle(const tlog::BundleId& id, bool gzip, Snapshot snapshot, http::Respond respond);

  const SnapshotSource source_;
  runtime::WorkerPool& tile_reads_;
  runtime::WorkerPool& bundle_reads_;
  const std::unique_ptr<Cache> cache_;
  const std::unique_ptr<Bundles> bundles_;
};

}  // namespace trustlog::tiles
