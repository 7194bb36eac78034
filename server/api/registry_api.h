// RegistryService without a transport: request message -> answer message, asynchronous (protocols.md section 3). A question waits,
// with the caller's deadline, until the record index has followed what was published when it came; then it is answered on a pool of
// its own, from one snapshot. Thread-safe.
//
// Every method calls `done` exactly once, from any thread; `request` and `response` stay alive until then. A status that is not OK
// carries a reason (api/errors.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/status_bundle.h"
#include "server/admission/live_registry.h"
#include "server/admission/quota.h"
#include "server/api/log_api.h"
#include "server/log/log.h"
#include "server/query/record_index.h"
#include "server/runtime/clock.h"
#include "server/runtime/worker_pool.h"
#include "trustlog/v1/registry.pb.h"

namespace trustlog::api {

class RegistryQuestion;
struct QuestionParts;

struct RegistryOptions {
  unsigned threads = 2;
  std::size_t queue = 1'024;  // questions
  std::size_t max_answer_bytes = 3u << 20;
  std::chrono::milliseconds query_time{2'000};  // after it a list gives what it has (G10)
  std::size_t max_bundle_bytes = 40u << 20;     // of records: base64 makes a third more of them, and a bundle has at most 64 MiB
  // The file of a bundle; tests put another in its place.
  std::function<std::string(const registry::StatusBundle& bundle)> format_bundle = registry::FormatStatusBundle;
};

class RegistryApi final {
 public:
  // Borrows all.
  RegistryApi(log::Log& log, const admission::LiveRegistry& registry, query::RecordIndex& index, admission::Quota& quota,
              const runtime::Clock& clock, RegistryOptions options);
  ~RegistryApi();

  void ListMembers(const v1::ListMembersRequest* request, v1::ListMembersResponse* response, const Call& call, Done done);
  void GetMember(const v1::GetMemberRequest* request, v1::GetMemberResponse* response, const Call& call, Done done);
  void ListCommitments(const v1::ListCommitmentsRequest* request, v1::ListCommitmentsResponse* response, const Call& call,
                       Done done);
  void ListAuditResults(const v1::ListAuditResultsRequest* request, v1::ListAuditResultsResponse* response, const Call& call,
                        Done done);
  void EvaluateStatus(const v1::EvaluateStatusRequest* request, v1::EvaluateStatusResponse* response, const Call& call, Done done);
  void ListOverdueEngagements(const v1::ListOverdueEngagementsRequest* request, v1::ListOverdueEngagementsResponse* response,
                              const Call& call, Done done);
  void ListExpiring(const v1::ListExpiringRequest* request, v1::ListExpiringResponse* response, const Call& call, Done done);
  void FindByDigest(const v1::FindByDigestRequest* request, v1::FindByDigestResponse* response, const Call& call, Done done);
  void ListReferrers(const v1::ListReferrersRequest* request, v1::ListReferrersResponse* response, const Call& call, Done done);
  void GetAuthorityChain(const v1::GetAuthorityChainRequest* request, v1::GetAuthorityChainResponse* response, const Call& call,
                         Done done);

  // The whole file.
  void GetStatusBundle(const v1::GetStatusBundleRequest* request, std::string* file, const Call& call, Done done);

  // No more work is taken; what runs ends.
  void Stop();

 private:
  // Waits for the index, then runs `work` on the pool and gives its status to `done`.
  void Ask(const Call& call, Done done, std::function<absl::Status(RegistryQuestion&)> work);

  log::Log& log_;
  query::RecordIndex& index_;
  admission::Quota& quota_;
  const runtime::Clock& clock_;
  const RegistryOptions options_;
  const std::unique_ptr<const QuestionParts> parts_;
  runtime::WorkerPool questions_;
};

}  // namespace trustlog::api
