// trustlog.v1.AdminService over AdminApi; nothing is decided here. Internal to this folder. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include "server/api/admin_api.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"
#include "trustlog/v1/admin.grpc.pb.h"

namespace trustlog::rpc {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(api::AdminApi& api, metrics::Metrics& metrics, const runtime::Clock& clock)
      : api_(api), metrics_(metrics), clock_(clock) {}

  using Context = ::grpc::CallbackServerContext;
  using Reactor = ::grpc::ServerUnaryReactor;
  Reactor* GetStats(Context* context, const v1::GetStatsRequest* request, v1::GetStatsResponse* response) override;
  Reactor* WithholdStatement(Context* context, const v1::WithholdStatementRequest* request,
                             v1::WithholdStatementResponse* response) override;

 private:
  template <typename Request, typename Response>
  Reactor* Run(const char* method, Context* context, const Request* request, Response* response,
               void (api::AdminApi::*call)(const Request*, Response*, const api::Call&, api::Done));

  api::AdminApi& api_;
  metrics::Metrics& metrics_;
  const runtime::Clock& clock_;
};

}  // namespace trustlog::rpc
