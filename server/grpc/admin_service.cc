#include "server/grpc/admin_service.h"

#include <string>

#include "server/grpc/status.h"

namespace trustlog::rpc {

template <typename Request, typename Response>
AdminService::Reactor* AdminService::Run(const char* method, Context* context, const Request* request, Response* response,
                                         void (api::AdminApi::*call)(const Request*, Response*, const api::Call&, api::Done)) {
  auto* reactor = context->DefaultReactor();
  const auto started = clock_.Now();
  (api_.*call)(request, response, {}, [this, method, context, reactor, started](const absl::Status& status) {
    auto answer = ToGrpc(status, *context);
    metrics_.CountRpc(method, std::to_string(static_cast<int>(answer.error_code())), clock_.Now() - started);
    reactor->Finish(std::move(answer));
  });
  return reactor;
}

AdminService::Reactor* AdminService::GetStats(Context* context, const v1::GetStatsRequest* request,
                                              v1::GetStatsResponse* response) {
  return Run("GetStats", context, request, response, &api::AdminApi::GetStats);
}

AdminService::Reactor* AdminService::WithholdStatement(Context* context, const v1::WithholdStatementRequest* request,
                                                       v1::WithholdStatementResponse* response) {
  return Run("WithholdStatement", context, request, response, &api::AdminApi::WithholdStatement);
}

}  // namespace trustlog::rpc
