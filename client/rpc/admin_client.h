// AdminService of a log on this machine, by its socket (protocols.md section 3). One try a call: whoever asks looks at the answer.
// Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trustlog::v1 {
class GetStatsRequest;
class GetStatsResponse;
class WithholdStatementRequest;
class WithholdStatementResponse;
}  // namespace trustlog::v1

namespace trustlog::rpc {

class AdminClient final {
 public:
  // Connects with the first call: UNAVAILABLE where nobody listens, or this user may not.
  AdminClient(const std::string& socket_path, std::chrono::milliseconds timeout);
  ~AdminClient();
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  [[nodiscard]] absl::Status GetStats(const v1::GetStatsRequest& request, v1::GetStatsResponse& response);
  // May be repeated after every outcome.
  [[nodiscard]] absl::Status WithholdStatement(const v1::WithholdStatementRequest& request,
                                               v1::WithholdStatementResponse& response);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace trustlog::rpc
