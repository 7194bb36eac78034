#include "server/grpc/log_service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proto/bytes/reason.h"
#include "server/grpc/status.h"
#include "server/runtime/counted_address.h"
#include "server/runtime/mutex.h"

namespace trustlog::rpc {
namespace {

using bytes::Reason;
using std::chrono::seconds;

constexpr seconds kReadDeadline{10};
constexpr seconds kWriteDeadline{30};
constexpr seconds kPublishedDeadline{60};
constexpr int kWaitsOfAStream = 4;  // a cancelled watch leaves its wait behind, until the next checkpoint or heartbeat
constexpr auto kBeforeDeadline = std::chrono::milliseconds(200);  // so that the refusal's details arrive

// Whom quotas count: "ipv4:127.0.0.1:1234" and "ipv6:%5B2001:db8::7%5D:1234" without scheme and port.
std::string CountedPeer(const std::string& peer) {
  const auto scheme = peer.find(':');
  const auto port = peer.rfind(':');
  if (scheme == std::string::npos || port <= scheme) return peer;
  std::string_view host = std::string_view(peer).substr(scheme + 1, port - scheme - 1);
  for (const std::string_view bracket : {"[", "%5B"}) {
    if (host.starts_with(bracket)) host.remove_prefix(bracket.size());
  }
  for (const std::string_view bracket : {"]", "%5D"}) {
    if (host.ends_with(bracket)) host.remove_suffix(bracket.size());
  }
  auto counted = runtime::CountedAddress(host);
  return counted.empty() ? std::string(host) : counted;
}

std::string CodeName(const ::grpc::Status& status) { return std::to_string(static_cast<int>(status.error_code())); }

}  // namespace

// One unary call: the caller's deadline, cut to [now, now + longest]; `usual` where there is none.
template <typename Request, typename Response>
LogService::Reactor* LogService::Run(const char* method, seconds longest, seconds usual, Context* context, const Request* request,
                                     Response* response,
                                     void (api::LogApi::*call)(const Request*, Response*, const api::Call&, api::Done)) {
  auto* reactor = context->DefaultReactor();
  const auto started = clock_.Now();
  // A deadline that is not set is "infinitely" far away.
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context->deadline() - std::chrono::system_clock::now());
  auto deadline = started + usual;
  if (left < std::chrono::hours(24)) deadline = started + std::min<std::chrono::milliseconds>(left, longest) - kBeforeDeadline;
  (api_.*call)(request, response, {behind_proxy_ ? std::string() : CountedPeer(context->peer()), deadline},
               [this, method, context, reactor, started](absl::Status status) {
                 auto answer = ToGrpc(status, *context);
                 metrics_.CountRpc(method, CodeName(answer), clock_.Now() - started);
                 reactor->Finish(std::move(answer));
               });
  return reactor;
}

LogService::Reactor* LogService::AddStatement(Context* context, const v1::AddStatementRequest* request,
                                              v1::AddStatementResponse* response) {
  const auto longest = request->wait() == v1::WAIT_DURABLE ? kWriteDeadline : kPublishedDeadline;
  return Run("AddStatement", longest, kWriteDeadline, context, request, response, &api::LogApi::AddStatement);
}

LogService::Reactor* LogService::AddStatements(Context* context, const v1::AddStatementsRequest* request,
                                               v1::AddStatementsResponse* response) {
  const auto longest = request->wait() == v1::WAIT_DURABLE ? kWriteDeadline : kPublishedDeadline;
  return Run("AddStatements", longest, kWriteDeadline, context, request, response, &api::LogApi::AddStatements);
}

LogService::Reactor* LogService::GetCheckpoint(Context* context, const v1::GetCheckpointRequest* request,
                                               v1::GetCheckpointResponse* response) {
  return Run("GetCheckpoint", kWriteDeadline, kReadDeadline, context, request, response, &api::LogApi::GetCheckpoint);
}

LogService::Reactor* LogService::GetEntry(Context* context, const v1::GetEntryRequest* request, v1::GetEntryResponse* response) {
  return Run("GetEntry", kWriteDeadline, kReadDeadline, context, request, response, &api::LogApi::GetEntry);
}

LogService::Reactor* LogService::ListEntries(Context* context, const v1::ListEntriesRequest* request,
                                             v1::ListEntriesResponse* response) {
  return Run("ListEntries", kWriteDeadline, kReadDeadline, context, request, response, &api::LogApi::ListEntries);
}

LogService::Reactor* LogService::GetInclusionProof(Context* context, const v1::GetInclusionProofRequest* request,
                                                   v1::GetInclusionProofResponse* response) {
  return Run("GetInclusionProof", kWriteDeadline, kReadDeadline, context, request, response, &api::LogApi::GetInclusionProof);
}

LogService::Reactor* LogService::BatchGetInclusionProofs(Context* context, const v1::BatchGetInclusionProofsRequest* request,
                                                         v1::BatchGetInclusionProofsResponse* response) {
  return Run("BatchGetInclusionProofs", kWriteDeadline, kReadDeadline, context, request, response,
             &api::LogApi::BatchGetInclusionProofs);
}

LogService::Reactor* LogService::GetConsistencyProof(Context* context, const v1::GetConsistencyProofRequest* request,
                                                     v1::GetConsistencyProofResponse* response) {
  return Run("GetConsistencyProof", kWriteDeadline, kReadDeadline, context, request, response, &api::LogApi::GetConsistencyProof);
}

LogService::Reactor* LogService::GetProofBundle(Context* context, const v1::GetProofBundleRequest* request,
                                                v1::GetProofBundleResponse* response) {
  return Run("GetProofBundle", kWriteDeadline, kReadDeadline, context, request, response, &api::LogApi::GetProofBundle);
}

// One stream. At most one wait or one write is under way; the next starts where the last ended, so a slow reader holds nothing but
// itself. The object lives until OnDone, but a wait may outlive it: a cancelled stream ends at once, and its wait finds nobody in
// `waiting`.
class LogService::Watch final : public ::grpc::ServerWriteReactor<v1::WatchCheckpointsResponse> {
 public:
  Watch(LogService& service, Context& context, const v1::WatchCheckpointsRequest& request)
      : service_(service),
        context_(context),
        prove_(request.prove()),
        ends_(service.clock_.Now() + service.watch_limits_.age),
        after_size_(request.after_size()) {
    const int limit = service_.watch_limits_.streams;
    if (++service_.watches_ > limit || service_.waits_ > kWaitsOfAStream * limit) {
      End(bytes::Refuse(Reason::kTooManyStreams, "too many watches", {{"limit", std::to_string(limit)}, {"retry_ms", "5000"}}));
      return;
    }
    service_.metrics_.Set(metrics::Gauge::kWatches, service_.watches_);
    Next();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(::grpc::Status::CANCELLED);
    Next();
  }
  void OnCancel() override {
    if (shared_->Take() != nullptr) Finish(::grpc::Status::CANCELLED);
  }
  void OnDone() override {
    service_.metrics_.Set(metrics::Gauge::kWatches, --service_.watches_);
    delete this;
  }

 private:
  struct Shared {
    explicit Shared(std::atomic<int>& all_waits) : waits(all_waits) { ++waits; }
    ~Shared() { --waits; }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    std::atomic<int>& waits;
    runtime::Mutex mutex;
    Watch* waiting TRUSTLOG_GUARDED_BY(mutex) = nullptr;  // whose wait is under way
    v1::WatchCheckpointsResponse response;                // of the wait, then of the write

    Watch* Take() {
      const runtime::MutexLock lock(mutex);
      return std::exchange(waiting, nullptr);
    }
  };

  void Next() {
    const auto now = service_.clock_.Now();
    if (now >= ends_)
      return End(bytes::Refuse(Reason::kStreamAge, "this stream is as old as streams get; resume with the last size"));
    {
      const runtime::MutexLock lock(shared_->mutex);
      shared_->waiting = this;
    }
    // A cancellation that came before this line found nobody waiting.
    if (context_.IsCancelled()) return OnCancel();
    const auto shared = shared_;
    shared->response.Clear();
    service_.api_.NextCheckpoint(after_size_, prove_ ? after_size_ : 0, &shared->response,
                                 {"", std::min(ends_, now + service_.watch_limits_.heartbeat)}, [shared](absl::Status status) {
                                   if (auto* watch = shared->Take(); watch != nullptr) watch->Got(std::move(status));
                                 });
  }
  void Got(absl::Status status) {
    auto& response = shared_->response;
    if (bytes::ReasonOf(status) == Reason::kDeadline) {
      response.Clear();
      response.set_heartbeat(true);
    } else if (!status.ok()) {
      return End(status);
    } else {
      after_size_ = response.checkpoint().size();
    }
    StartWrite(&response);
  }
  void End(const absl::Status& status) { Finish(ToGrpc(status, context_)); }

  LogService& service_;
  Context& context_;
  const bool prove_;
  const runtime::Deadline ends_;
  std::uint64_t after_size_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>(service_.waits_);
};

::grpc::ServerWriteReactor<v1::WatchCheckpointsResponse>* LogService::WatchCheckpoints(Context* context,
                                                                                       const v1::WatchCheckpointsRequest* request) {
  return new Watch(*this, *context, *request);
}

}  // namespace trustlog::rpc
