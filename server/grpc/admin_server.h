// The admin front: AdminService on a unix socket of mode 0660 in a directory that others cannot enter (0750 or less); never on TCP.
// Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/api/admin_api.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"

namespace trustlog::rpc {

class AdminServer final {
 public:
  // Makes the directory (0750) where it is missing, and takes the place of a socket that nobody listens on. Borrows `api`,
  // `metrics` and `clock`. FailedPrecondition: the directory is open to others, somebody listens there, or it cannot be bound.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(api::AdminApi& api, metrics::Metrics& metrics,
                                                            const runtime::Clock& clock, const std::string& socket_path);
  ~AdminServer();

  // No new connections and calls; calls under way end within `grace`. The socket file is removed.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Parts;
  explicit AdminServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trustlog::rpc
