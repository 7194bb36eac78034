// Counters, gauges and histograms of protocols.md section 6, and their Prometheus text form. Thread-safe; every call is cheap.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace trustlog::metrics {

enum class Counter { kEntries, kDuplicates, kConflicts, kProofs, kStorageErrors, kCorruption };
enum class Gauge { kIntegrated, kPublished, kPublishedTime, kQueue, kUnpublished, kStorageBytes, kStorageFree, kRpcConnections, kHttpConnections,
                   kWatches, kTileHits, kTileMisses, kStopped };
enum class Histogram { kBatchEntries, kCommit, kDurable, kPublish };

class Metrics final {
 public:
  Metrics(std::string_view version, std::string_view origin, std::string_view storage);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void Add(Counter counter, std::uint64_t n = 1);
  void Set(Gauge gauge, double value);
  void Observe(Histogram histogram, double value);       // seconds, or entries
  void CountRefusal(std::string_view reason);
  void CountSignature(std::string_view algorithm, bool ok, std::chrono::nanoseconds took);
  void CountRpc(std::string_view method, std::string_view code, std::chrono::nanoseconds took);
  void CountHttp(std::string_view route, int code, std::size_t bytes, std::chrono::nanoseconds took);   // `route`: a template, never a path

  std::string Text() const;                               // Prometheus text 0.0.4, process_* included

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace trustlog::metrics
