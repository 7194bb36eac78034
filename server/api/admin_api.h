// AdminService without a transport (protocols.md section 3): what the operator asks the running log. Reads have a thread of their
// own. Thread-safe.
//
// Every method calls `done` exactly once, from any thread; `request` and `response` stay alive until then. A status that is not OK
// carries a reason (api/errors.h).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "server/admission/live_registry.h"
#include "server/api/log_api.h"
#include "server/log/log.h"
#include "server/runtime/clock.h"
#include "server/runtime/worker_pool.h"
#include "trustlog/v1/admin.pb.h"

namespace trustlog::api {

struct AdminFacts {
  std::string version;
  std::function<std::vector<std::pair<std::string, std::uint64_t>>()> storage;  // part, bytes; empty: none
};

class AdminApi final {
 public:
  // Borrows all but `facts`. The time in use counts from here.
  AdminApi(log::Log& log, const admission::LiveRegistry& registry, const runtime::Clock& clock, AdminFacts facts);
  ~AdminApi();

  void GetStats(const v1::GetStatsRequest* request, v1::GetStatsResponse* response, const Call& call, Done done);
  // INDEX_OUT_OF_RANGE: no published entry has that index. REF_NOT_FOUND: the notice is not published, void, or about another
  // entry. REF_WRONG_KIND: it is no notice. READ_ONLY, STOPPED, OUTCOME_UNKNOWN (repeat it).
  void WithholdStatement(const v1::WithholdStatementRequest* request, v1::WithholdStatementResponse* response, const Call& call,
                         Done done);

  // No more work is taken; what runs ends.
  void Stop();

 private:
  absl::Status WriteStats(v1::GetStatsResponse& response) const;
  absl::StatusOr<std::uint64_t> EntriesSince(std::int64_t logged_at_ms) const;
  absl::Status CheckNotice(std::uint64_t index, std::uint64_t notice_index) const;
  void Run(Done done, std::function<void(Done)> work);

  log::Log& log_;
  const admission::LiveRegistry& registry_;
  const runtime::Clock& clock_;
  const AdminFacts facts_;
  const runtime::Deadline started_;
  runtime::WorkerPool reads_;
};

}  // namespace trustlog::api
