// trustlog.v1.RegistryService over RegistryApi: deadlines, peers and status codes; nothing is decided here. Internal to this
// folder. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "server/api/registry_api.h"
#include "server/grpc/unary_call.h"
#include "trustlog/v1/registry.grpc.pb.h"

namespace trustlog::rpc {

class RegistryService final : public v1::RegistryService::CallbackService {
 public:
  // Borrows `api` and what `parts` names.
  RegistryService(api::RegistryApi& api, CallParts parts) : api_(api), parts_(parts) {}

  using Context = ::grpc::CallbackServerContext;
  using Reactor = ::grpc::ServerUnaryReactor;
  Reactor* ListMembers(Context* context, const v1::ListMembersRequest* request, v1::ListMembersResponse* response) override;
  Reactor* GetMember(Context* context, const v1::GetMemberRequest* request, v1::GetMemberResponse* response) override;
  Reactor* ListCommitments(Context* context, const v1::ListCommitmentsRequest* request,
                           v1::ListCommitmentsResponse* response) override;
  Reactor* ListAuditResults(Context* context, const v1::ListAuditResultsRequest* request,
                            v1::ListAuditResultsResponse* response) override;
  Reactor* EvaluateStatus(Context* context, const v1::EvaluateStatusRequest* request,
                          v1::EvaluateStatusResponse* response) override;
  Reactor* ListOverdueEngagements(Context* context, const v1::ListOverdueEngagementsRequest* request,
                                  v1::ListOverdueEngagementsResponse* response) override;
  Reactor* ListExpiring(Context* context, const v1::ListExpiringRequest* request, v1::ListExpiringResponse* response) override;
  Reactor* FindByDigest(Context* context, const v1::FindByDigestRequest* request, v1::FindByDigestResponse* response) override;
  Reactor* ListReferrers(Context* context, const v1::ListReferrersRequest* request, v1::ListReferrersResponse* response) override;
  Reactor* GetAuthorityChain(Context* context, const v1::GetAuthorityChainRequest* request,
                             v1::GetAuthorityChainResponse* response) override;
  // UNIMPLEMENTED: the API has no bundles.
  ::grpc::ServerWriteReactor<v1::GetStatusBundleResponse>* GetStatusBundle(Context* context,
                                                                           const v1::GetStatusBundleRequest* request) override;

 private:
  class BundleStream;

  api::RegistryApi& api_;
  const CallParts parts_;
  std::atomic<int> bundles_{0};
};

}  // namespace trustlog::rpc
