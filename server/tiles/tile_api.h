// tlog-tiles over HTTP: checkpoint, hash tiles, entry and statement bundles of the published tree (protocols.md A9-A19). Paths are
// parsed to numbers, and only numbers reach storage. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

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
  // Full hash tiles are answered from a cache of at most `cache_bytes`; everything else is read on `reads`, which is borrowed.
  TileApi(SnapshotSource source, runtime::WorkerPool& reads, std::size_t cache_bytes);
  ~TileApi();

  // "/checkpoint" and "/tile/". The router must not outlive *this.
  void AddRoutes(http::Router& router);

 private:
  class Cache;
  void Checkpoint(const http::HttpRequest& request, const http::Respond& respond) const;
  void Tile(const http::HttpRequest& request, http::Respond respond);

  const SnapshotSource source_;
  runtime::WorkerPool& reads_;
  const std::unique_ptr<Cache> cache_;
};

}  // namespace trustlog::tiles
