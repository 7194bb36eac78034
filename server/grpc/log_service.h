// trustlog.v1.LogService over LogApi: deadlines, peers and status codes; nothing is decided here. Internal to this folder.
// Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "server/api/log_api.h"
#include "server/grpc/grpc_server.h"
#include "server/grpc/unary_call.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "trustlog/v1/log.grpc.pb.h"

namespace trustlog::rpc {

class LogService final : public v1::LogService::CallbackService {
 public:
  // `behind_proxy`: the peers' addresses are not the callers'.
  LogService(api::LogApi& api, metrics::Metrics& metrics, const runtime::Clock& clock, WatchLimits watch_limits, bool behind_proxy)
      : api_(api), parts_{metrics, clock, behind_proxy}, watch_limits_(watch_limits) {}

  using Context = ::grpc::CallbackServerContext;
  using Reactor = ::grpc::ServerUnaryReactor;
  Reactor* AddStatement(Context* context, const v1::AddStatementRequest* request, v1::AddStatementResponse* response) override;
  Reactor* AddStatements(Context* context, const v1::AddStatementsRequest* request, v1::AddStatementsResponse* response) override;
  Reactor* GetCheckpoint(Context* context, const v1::GetCheckpointRequest* request, v1::GetCheckpointResponse* response) override;
  Reactor* GetEntry(Context* context, const v1::GetEntryRequest* request, v1::GetEntryResponse* response) override;
  Reactor* ListEntries(Context* context, const v1::ListEntriesRequest* request, v1::ListEntriesResponse* response) override;
  Reactor* GetInclusionProof(Context* context, const v1::GetInclusionProofRequest* request,
                             v1::GetInclusionProofResponse* response) override;
  Reactor* BatchGetInclusionProofs(Context* context, const v1::BatchGetInclusionProofsRequest* request,
                                   v1::BatchGetInclusionProofsResponse* response) override;
  Reactor* GetConsistencyProof(Context* context, const v1::GetConsistencyProofRequest* request,
                               v1::GetConsistencyProofResponse* response) override;
  Reactor* GetProofBundle(Context* context, const v1::GetProofBundleRequest* request,
                          v1::GetProofBundleResponse* response) override;
  ::grpc::ServerWriteReactor<v1::WatchCheckpointsResponse>* WatchCheckpoints(Context* context,
                                                                             const v1::WatchCheckpointsRequest* request) override;

 private:
  class Watch;

  api::LogApi& api_;
  const CallParts parts_;
  const WatchLimits watch_limits_;
  std::atomic<int> watches_{0};
  std::atomic<int> waits_{0};  // of watches, cancelled ones too
};

}  // namespace trustlog::rpc
