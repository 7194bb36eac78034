#include "client/rpc/admin_client.h"

#include <grpcpp/grpcpp.h>

#include "client/rpc/grpc_status.h"
#include "trustlog/v1/admin.grpc.pb.h"

namespace trustlog::rpc {

struct AdminClient::Parts {
  std::chrono::milliseconds timeout;
  std::unique_ptr<v1::AdminService::Stub> stub;

  template <typename Request, typename Response>
  absl::Status Call(::grpc::Status (v1::AdminService::Stub::*method)(::grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) const {
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    return FromGrpc((stub.get()->*method)(&context, request, &response));
  }
};

AdminClient::AdminClient(const std::string& socket_path, std::chrono::milliseconds timeout)
    : parts_(std::make_unique<Parts>(Parts{timeout, v1::AdminService::NewStub(::grpc::CreateChannel(
                                                        "unix:" + socket_path, ::grpc::InsecureChannelCredentials()))})) {}

AdminClient::~AdminClient() = default;

absl::Status AdminClient::GetStats(const v1::GetStatsRequest& request, v1::GetStatsResponse& response) {
  return parts_->Call(&v1::AdminService::Stub::GetStats, request, response);
}

absl::Status AdminClient::WithholdStatement(const v1::WithholdStatementRequest& request, v1::WithholdStatementResponse& response) {
  return parts_->Call(&v1::AdminService::Stub::WithholdStatement, request, response);
}

}  // namespace trustlog::rpc
