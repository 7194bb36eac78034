#include "server/grpc/registry_service.h"

namespace trustlog::rpc {
namespace {

constexpr CallTimes kRead{kWriteDeadline, kReadDeadline};

}  // namespace

RegistryService::Reactor* RegistryService::ListMembers(Context* context, const v1::ListMembersRequest* request,
                                                       v1::ListMembersResponse* response) {
  return RunUnary(parts_, "ListMembers", kRead, context, request, response, api_, &api::RegistryApi::ListMembers);
}

RegistryService::Reactor* RegistryService::GetMember(Context* context, const v1::GetMemberRequest* request,
                                                     v1::GetMemberResponse* response) {
  return RunUnary(parts_, "GetMember", kRead, context, request, response, api_, &api::RegistryApi::GetMember);
}

RegistryService::Reactor* RegistryService::ListCommitments(Context* context, const v1::ListCommitmentsRequest* request,
                                                           v1::ListCommitmentsResponse* response) {
  return RunUnary(parts_, "ListCommitments", kRead, context, request, response, api_, &api::RegistryApi::ListCommitments);
}

RegistryService::Reactor* RegistryService::ListAuditResults(Context* context, const v1::ListAuditResultsRequest* request,
                                                            v1::ListAuditResultsResponse* response) {
  return RunUnary(parts_, "ListAuditResults", kRead, context, request, response, api_, &api::RegistryApi::ListAuditResults);
}

RegistryService::Reactor* RegistryService::EvaluateStatus(Context* context, const v1::EvaluateStatusRequest* request,
                                                          v1::EvaluateStatusResponse* response) {
  return RunUnary(parts_, "EvaluateStatus", kRead, context, request, response, api_, &api::RegistryApi::EvaluateStatus);
}

RegistryService::Reactor* RegistryService::ListOverdueEngagements(Context* context, const v1::ListOverdueEngagementsRequest* request,
                                                                  v1::ListOverdueEngagementsResponse* response) {
  return RunUnary(parts_, "ListOverdueEngagements", kRead, context, request, response, api_, &api::RegistryApi::ListOverdueEngagements);
}

RegistryService::Reactor* RegistryService::ListExpiring(Context* context, const v1::ListExpiringRequest* request,
                                                        v1::ListExpiringResponse* response) {
  return RunUnary(parts_, "ListExpiring", kRead, context, request, response, api_, &api::RegistryApi::ListExpiring);
}

RegistryService::Reactor* RegistryService::FindByDigest(Context* context, const v1::FindByDigestRequest* request,
                                                        v1::FindByDigestResponse* response) {
  return RunUnary(parts_, "FindByDigest", kRead, context, request, response, api_, &api::RegistryApi::FindByDigest);
}

RegistryService::Reactor* RegistryService::ListReferrers(Context* context, const v1::ListReferrersRequest* request,
                                                         v1::ListReferrersResponse* response) {
  return RunUnary(parts_, "ListReferrers", kRead, context, request, response, api_, &api::RegistryApi::ListReferrers);
}

RegistryService::Reactor* RegistryService::GetAuthorityChain(Context* context, const v1::GetAuthorityChainRequest* request,
                                                             v1::GetAuthorityChainResponse* response) {
  return RunUnary(parts_, "GetAuthorityChain", kRead, context, request, response, api_, &api::RegistryApi::GetAuthorityChain);
}

}  // namespace trustlog::rpc
