// The gRPC front: LogService, RegistryService, health and reflection behind the capped accept loop, with the limits of
// protocols.md section 3. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/log_api.h"
#include "server/api/registry_api.h"
#include "server/metrics/metrics.h"
#include "server/runtime/acceptor.h"
#include "server/runtime/clock.h"

namespace trustlog::rpc {

struct WatchLimits {  // G11
  int streams = 256;
  std::chrono::milliseconds heartbeat{30'000};
  std::chrono::milliseconds age{3'600'000};
};

struct GrpcOptions {
  std::vector<std::string> listen;  // "ADDRESS:PORT"
  runtime::AcceptLimits limits;     // for each listener
  bool reflection = true;
  bool behind_proxy = false;  // every peer is the proxy: limits and quotas by address are its task
  WatchLimits watches;
};

// What gRPC and protobuf would write to standard error goes to the log of the program, escaped and cut: much of it is at a
// stranger's will. Once a process, before the first server.
void RouteLibraryLogs();

struct Apis {  // what is served; null: not
  api::LogApi* log = nullptr;
  api::RegistryApi* registry = nullptr;
};

class GrpcServer final {
 public:
  // Borrows the APIs, `metrics` and `clock`. FailedPrecondition: an address cannot be bound.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const Apis& apis, metrics::Metrics& metrics, const runtime::Clock& clock,
                                                           const GrpcOptions& options);
  ~GrpcServer();

  std::vector<std::string> addresses() const;  // as bound
  std::size_t open_connections() const;
  // grpc.health.v1: every service; `trustlog.write` alone for writes.
  void SetServing(bool reads, bool writes);
  // No new connections and calls; calls under way end within `grace`.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Parts;
  explicit GrpcServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trustlog::rpc
