#include "server/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace trustlog::metrics {
namespace {

using Labels = std::map<std::string, std::string>;

const prometheus::Histogram::BucketBoundaries kLatency = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const prometheus::Histogram::BucketBoundaries kEntries = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

double Seconds(std::chrono::nanoseconds took) { return std::chrono::duration<double>(took).count(); }

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  std::map<Counter, prometheus::Counter*> counters;
  std::map<Gauge, prometheus::Gauge*> gauges;
  std::map<Histogram, prometheus::Histogram*> histograms;
  prometheus::Family<prometheus::Counter>* refused = nullptr;
  prometheus::Family<prometheus::Counter>* signatures = nullptr;
  prometheus::Family<prometheus::Histogram>* signature_seconds = nullptr;
  prometheus::Family<prometheus::Counter>* rpc = nullptr;
  prometheus::Family<prometheus::Histogram>* rpc_seconds = nullptr;
  prometheus::Family<prometheus::Counter>* http = nullptr;
  prometheus::Family<prometheus::Counter>* http_bytes = nullptr;
  prometheus::Family<prometheus::Histogram>* http_seconds = nullptr;
  prometheus::Gauge* resident = nullptr;
  prometheus::Gauge* descriptors = nullptr;
  prometheus::Gauge* cpu = nullptr;

  prometheus::Family<prometheus::Counter>& CounterFamily(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name("trustlog_" + name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Histogram>& HistogramFamily(const std::string& name, const std::string& help) {
    return prometheus::BuildHistogram().Name("trustlog_" + name).Help(help).Register(registry);
  }
  prometheus::Gauge* AddGauge(const std::string& name, const std::string& help, const Labels& labels = {}) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
  }
};

Metrics::Metrics(std::string_view version, std::string_view origin, std::string_view storage) : families_(std::make_unique<Families>()) {
  auto& f = *families_;
  const Labels log = {{"origin", std::string(origin)}};
  f.AddGauge("trustlog_build_info", "version of the program", {{"version", std::string(version)}, {"storage", std::string(storage)}})->Set(1);

  f.counters[Counter::kEntries] = &f.CounterFamily("append_entries_total", "entries committed").Add({});
  f.counters[Counter::kDuplicates] = &f.CounterFamily("append_duplicates_total", "repeated statements").Add({});
  f.counters[Counter::kConflicts] = &f.CounterFamily("append_conflicts_total", "lost races for the head").Add({});
  f.counters[Counter::kProofs] = &f.CounterFamily("proofs_served_total", "proofs served").Add({});
  f.counters[Counter::kStorageErrors] = &f.CounterFamily("storage_errors_total", "failed storage operations").Add({});
  f.counters[Counter::kCorruption] = &f.CounterFamily("corruption_found_total", "stored bytes that contradict the tree").Add({});

  f.gauges[Gauge::kIntegrated] = f.AddGauge("trustlog_tree_integrated_entries", "committed tree size", log);
  f.gauges[Gauge::kPublished] = f.AddGauge("trustlog_tree_published_entries", "published tree size", log);
  f.gauges[Gauge::kPublishedTime] = f.AddGauge("trustlog_tree_published_timestamp_seconds", "time of the newest publication", log);
  f.gauges[Gauge::kQueue] = f.AddGauge("trustlog_append_queue_entries", "submissions queued");
  f.gauges[Gauge::kUnpublished] = f.AddGauge("trustlog_append_unpublished_entries", "entries integrated but not published");
  auto& sizes = prometheus::BuildGauge().Name("trustlog_storage_size_bytes").Help("bytes in use").Register(f.registry);
  f.gauges[Gauge::kStorageBytes] = &sizes.Add({{"part", "store"}});
  auto& free = prometheus::BuildGauge().Name("trustlog_storage_free_bytes").Help("bytes free").Register(f.registry);
  f.gauges[Gauge::kStorageFree] = &free.Add({{"part", "store"}});
  f.gauges[Gauge::kRpcConnections] = f.AddGauge("trustlog_rpc_connections", "open gRPC connections");
  f.gauges[Gauge::kHttpConnections] = f.AddGauge("trustlog_http_connections", "open HTTP connections");
  f.gauges[Gauge::kWatches] = f.AddGauge("trustlog_watch_streams", "open watches", {{"kind", "checkpoints"}});
  f.gauges[Gauge::kTileHits] = f.AddGauge("trustlog_tile_cache_hits", "tile cache hits since the start");
  f.gauges[Gauge::kTileMisses] = f.AddGauge("trustlog_tile_cache_misses", "tile cache misses since the start");
  f.gauges[Gauge::kStopped] = f.AddGauge("trustlog_stopped", "1 = no longer writes or signs");

  f.histograms[Histogram::kBatchEntries] = &f.HistogramFamily("append_batch_entries", "entries a commit").Add({}, kEntries);
  f.histograms[Histogram::kCommit] = &f.HistogramFamily("append_commit_duration_seconds", "one commit").Add({}, kLatency);
  f.histograms[Histogram::kDurable] = &f.HistogramFamily("append_durable_duration_seconds", "queue to durable").Add({}, kLatency);
  f.histograms[Histogram::kPublish] = &f.HistogramFamily("append_publish_duration_seconds", "one publication").Add({}, kLatency);

  f.refused = &f.CounterFamily("append_refused_total", "refusals by reason");
  f.signatures = &f.CounterFamily("signature_checks_total", "signatures checked");
  f.signature_seconds = &f.HistogramFamily("signature_check_duration_seconds", "one signature check");
  f.rpc = &f.CounterFamily("rpc_requests_total", "gRPC calls");
  f.rpc_seconds = &f.HistogramFamily("rpc_duration_seconds", "gRPC calls");
  f.http = &f.CounterFamily("http_requests_total", "HTTP requests");
  f.http_bytes = &f.CounterFamily("http_response_bytes_total", "HTTP response bytes");
  f.http_seconds = &f.HistogramFamily("http_duration_seconds", "HTTP requests");
  f.resident = f.AddGauge("process_resident_memory_bytes", "resident memory");
  f.descriptors = f.AddGauge("process_open_fds", "open descriptors");
  f.cpu = f.AddGauge("process_cpu_seconds_total", "processor time used");
}

Metrics::~Metrics() = default;

void Metrics::Add(Counter counter, std::uint64_t n) { families_->counters.at(counter)->Increment(static_cast<double>(n)); }
void Metrics::Set(Gauge gauge, double value) { families_->gauges.at(gauge)->Set(value); }
void Metrics::Observe(Histogram histogram, double value) { families_->histograms.at(histogram)->Observe(value); }

void Metrics::CountRefusal(std::string_view reason) { families_->refused->Add({{"reason", std::string(reason)}}).Increment(); }

void Metrics::CountSignature(std::string_view algorithm, bool ok, std::chrono::nanoseconds took) {
  families_->signatures->Add({{"algorithm", std::string(algorithm)}, {"result", ok ? "ok" : "bad"}}).Increment();
  families_->signature_seconds->Add({{"algorithm", std::string(algorithm)}}, kLatency).Observe(Seconds(took));
}

void Metrics::CountRpc(std::string_view method, std::string_view code, std::chrono::nanoseconds took) {
  families_->rpc->Add({{"method", std::string(method)}, {"code", std::string(code)}}).Increment();
  families_->rpc_seconds->Add({{"method", std::string(method)}}, kLatency).Observe(Seconds(took));
}

void Metrics::CountHttp(std::string_view route, int code, std::size_t bytes, std::chrono::nanoseconds took) {
  families_->http->Add({{"route", std::string(route)}, {"code", std::to_string(code)}}).Increment();
  families_->http_bytes->Add({{"route", std::string(route)}}).Increment(static_cast<double>(bytes));
  families_->http_seconds->Add({{"route", std::string(route)}}, kLatency).Observe(Seconds(took));
}

std::string Metrics::Text() const {
  long pages = 0;
  long ignored = 0;
  std::ifstream("/proc/self/statm") >> ignored >> pages;
  families_->resident->Set(static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  std::error_code error;
  const std::filesystem::directory_iterator open_files("/proc/self/fd", error);
  families_->descriptors->Set(static_cast<double>(std::distance(begin(open_files), end(open_files))));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  families_->cpu->Set(static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace trustlog::metrics
