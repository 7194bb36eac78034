// LogService without a transport: request message -> answer message, asynchronous (protocols.md section 3). Submissions are
// validated on one pool, proofs and reads are made on another; both are bounded and push back. A third proves what callers waited
// for. Thread-safe.
//
// Every method calls `done` exactly once, from any thread; `request` and `response` stay alive until then. A status that is not OK
// carries a reason (api/errors.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/admission/live_registry.h"
#include "server/admission/quota.h"
#include "server/admission/validator.h"
#include "server/log/log.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "server/runtime/worker_pool.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog::api {

struct Call {
  std::string address;         // of the peer, for quotas
  runtime::Deadline deadline;  // the caller's, already cut to the limits
};

using Done = std::function<void(absl::Status)>;

struct ApiOptions {
  unsigned validation_threads = 2;
  std::size_t validation_queue = 4'096;      // requests
  std::size_t submission_bytes = 64u << 20;  // of requests that wait for their answer, at least one
  unsigned read_threads = 2;                 // and as many for the proofs of what was waited for
  std::size_t read_queue = 1'024;            // requests
  std::size_t max_answer_bytes = 3u << 20;   // leaves room below the 4 MiB of a message
};

class LogApi final {
 public:
  // Borrows all.
  LogApi(log::Log& log, const admission::LiveRegistry& registry, const admission::Validator& validator, admission::Quota& quota,
         metrics::Metrics& metrics, const runtime::Clock& clock, ApiOptions options);
  ~LogApi();

  void AddStatement(const v1::AddStatementRequest* request, v1::AddStatementResponse* response, const Call& call, Done done);
  void AddStatements(const v1::AddStatementsRequest* request, v1::AddStatementsResponse* response, const Call& call, Done done);
  void GetCheckpoint(const v1::GetCheckpointRequest* request, v1::GetCheckpointResponse* response, const Call& call, Done done);
  void GetEntry(const v1::GetEntryRequest* request, v1::GetEntryResponse* response, const Call& call, Done done);
  void ListEntries(const v1::ListEntriesRequest* request, v1::ListEntriesResponse* response, const Call& call, Done done);
  void GetInclusionProof(const v1::GetInclusionProofRequest* request, v1::GetInclusionProofResponse* response, const Call& call,
                         Done done);
  void BatchGetInclusionProofs(const v1::BatchGetInclusionProofsRequest* request, v1::BatchGetInclusionProofsResponse* response,
                               const Call& call, Done done);
  void GetConsistencyProof(const v1::GetConsistencyProofRequest* request, v1::GetConsistencyProofResponse* response,
                           const Call& call, Done done);
  void GetProofBundle(const v1::GetProofBundleRequest* request, v1::GetProofBundleResponse* response, const Call& call, Done done);

  // One step of a watch: `done` with OK when a published checkpoint larger than `after_size` is in `response`, with DEADLINE when
  // there is none by the call's deadline. `proven_from`: 0, or the size to prove from.
  void NextCheckpoint(std::uint64_t after_size, std::uint64_t prove_from, v1::WatchCheckpointsResponse* response, const Call& call,
                      Done done);

  // No more work is taken; what runs ends.
  void Stop();

 private:
  static constexpr int kMaxBatch = 1'000;  // envelopes, selectors

  struct AddCall;
  void Submit(std::shared_ptr<AddCall> add);
  void Validate(const std::shared_ptr<AddCall>& add);
  void Finish(const std::shared_ptr<AddCall>& add);
  absl::Status WritePublished(AddCall& add, std::shared_ptr<const log::Published> snapshot);
  // Runs `work` on the read pool and gives its status to `done`.
  void Read(const Call& call, double proofs, Done done, std::function<absl::Status()> work);

  // The entry as a message; a statement that is withheld comes with the notice that says so.
  absl::StatusOr<v1::Entry> MakeServedEntry(std::uint64_t index, const storage::Record& record, bool with_statement) const;

  log::Log& log_;
  const admission::LiveRegistry& registry_;
  const admission::Validator& validator_;
  admission::Quota& quota_;
  metrics::Metrics& metrics_;
  const runtime::Clock& clock_;
  const std::size_t max_answer_bytes_;
  const std::size_t max_submission_bytes_;
  std::atomic<std::size_t> submission_bytes_{0};
  runtime::WorkerPool validation_;
  runtime::WorkerPool reads_;
  // Proofs for who waited for publication: apart from the log's answers, which read nothing, and from everybody's reads, behind
  // which a writer's answer must not stand. Unbounded: each caller is one that waited.
  runtime::WorkerPool proofs_;
};

}  // namespace trustlog::api
