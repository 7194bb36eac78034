#include "server/grpc/registry_service.h"

#include <algorithm>
#include <string>

#include "proto/bytes/reason.h"

namespace trustlog::rpc {
namespace {

constexpr CallTimes kRead{kWriteDeadline, kReadDeadline};
constexpr std::size_t kChunkBytes = 1u << 20;
constexpr int kMaxBundles = 4;  // at once: each is held whole until its reader has it

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

RegistryService::Reactor* RegistryService::ListOverdueEngagements(Context* context,
                                                                  const v1::ListOverdueEngagementsRequest* request,
                                                                  v1::ListOverdueEngagementsResponse* response) {
  return RunUnary(parts_, "ListOverdueEngagements", kRead, context, request, response, api_,
                  &api::RegistryApi::ListOverdueEngagements);
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

// One bundle: made whole, then written chunk by chunk as fast as its reader takes it. A stream that is cancelled while the bundle
// is made ends when it is there: by the deadline of the call.
class RegistryService::BundleStream final : public ::grpc::ServerWriteReactor<v1::GetStatusBundleResponse> {
 public:
  BundleStream(RegistryService& service, Context& context, const v1::GetStatusBundleRequest& request)
      : service_(service), context_(context), started_(service.parts_.clock.Now()) {
    if (++service_.bundles_ > kMaxBundles) {
      End(bytes::Refuse(bytes::Reason::kTooManyStreams, "too many bundles at once",
                        {{"limit", std::to_string(kMaxBundles)}, {"retry_ms", "1000"}}));
      return;
    }
    service_.api_.GetStatusBundle(&request, &file_, CallOf(context, service_.parts_, kRead), [this](absl::Status status) {
      if (!status.ok()) return End(status);
      Next();
    });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(::grpc::Status::CANCELLED);
    Next();
  }
  void OnDone() override {
    --service_.bundles_;
    delete this;
  }

 private:
  void Next() {
    if (sent_ == file_.size()) return End(absl::OkStatus());
    const std::size_t size = std::min(kChunkBytes, file_.size() - sent_);
    response_.set_chunk(file_.substr(sent_, size));
    sent_ += size;
    StartWrite(&response_);
  }
  void End(const absl::Status& status) {
    auto answer = ToGrpc(status, context_);
    service_.parts_.metrics.CountRpc("GetStatusBundle", CodeName(answer), service_.parts_.clock.Now() - started_);
    Finish(std::move(answer));
  }

  RegistryService& service_;
  Context& context_;
  const runtime::Deadline started_;
  std::string file_;
  std::size_t sent_ = 0;
  v1::GetStatusBundleResponse response_;
};

::grpc::ServerWriteReactor<v1::GetStatusBundleResponse>* RegistryService::GetStatusBundle(
    Context* context, const v1::GetStatusBundleRequest* request) {
  return new BundleStream(*this, *context, *request);
}

}  // namespace trustlog::rpc
