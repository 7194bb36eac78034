#include "server/grpc/log_service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proto/bytes/reason.h"
#include "server/grpc/status.h"
#include "server/runtime/mutex.h"

namespace trustlog::rpc {
namespace {

using bytes::Reason;
using std::chrono::seconds;

constexpr seconds kPublishedDeadline{60};
constexpr int kWaitsOfAStream = 4;  // a cancelled watch leaves its wait behind, until the next checkpoint or heartbeat

constexpr CallTimes kRead{kWriteDeadline, kReadDeadline};

}  // namespace

LogService::Reactor* LogService::AddStatement(Context* context, const v1::AddStatementRequest* request,
                                              v1::AddStatementResponse* response) {
  const auto longest = request->wait() == v1::WAIT_DURABLE ? kWriteDeadline : kPublishedDeadline;
  return RunUnary(parts_, "AddStatement", {longest, kWriteDeadline}, context, request, response, api_, &api::LogApi::AddStatement);
}

LogService::Reactor* LogService::AddStatements(Context* context, const v1::AddStatementsRequest* request,
                                               v1::AddStatementsResponse* response) {
  const auto longest = request->wait() == v1::WAIT_DURABLE ? kWriteDeadline : kPublishedDeadline;
  return RunUnary(parts_, "AddStatements", {longest, kWriteDeadline}, context, request, response, api_,
                  &api::LogApi::AddStatements);
}

LogService::Reactor* LogService::GetCheckpoint(Context* context, const v1::GetCheckpointRequest* request,
                                               v1::GetCheckpointResponse* response) {
  return RunUnary(parts_, "GetCheckpoint", kRead, context, request, response, api_, &api::LogApi::GetCheckpoint);
}

LogService::Reactor* LogService::GetEntry(Context* context, const v1::GetEntryRequest* request, v1::GetEntryResponse* response) {
  return RunUnary(parts_, "GetEntry", kRead, context, request, response, api_, &api::LogApi::GetEntry);
}

LogService::Reactor* LogService::ListEntries(Context* context, const v1::ListEntriesRequest* request,
                                             v1::ListEntriesResponse* response) {
  return RunUnary(parts_, "ListEntries", kRead, context, request, response, api_, &api::LogApi::ListEntries);
}

LogService::Reactor* LogService::GetInclusionProof(Context* context, const v1::GetInclusionProofRequest* request,
                                                   v1::GetInclusionProofResponse* response) {
  return RunUnary(parts_, "GetInclusionProof", kRead, context, request, response, api_, &api::LogApi::GetInclusionProof);
}

LogService::Reactor* LogService::BatchGetInclusionProofs(Context* context, const v1::BatchGetInclusionProofsRequest* request,
                                                         v1::BatchGetInclusionProofsResponse* response) {
  return RunUnary(parts_, "BatchGetInclusionProofs", kRead, context, request, response, api_,
                  &api::LogApi::BatchGetInclusionProofs);
}

LogService::Reactor* LogService::GetConsistencyProof(Context* context, const v1::GetConsistencyProofRequest* request,
                                                     v1::GetConsistencyProofResponse* response) {
  return RunUnary(parts_, "GetConsistencyProof", kRead, context, request, response, api_, &api::LogApi::GetConsistencyProof);
}

LogService::Reactor* LogService::GetProofBundle(Context* context, const v1::GetProofBundleRequest* request,
                                                v1::GetProofBundleResponse* response) {
  return RunUnary(parts_, "GetProofBundle", kRead, context, request, response, api_, &api::LogApi::GetProofBundle);
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
        ends_(service.parts_.clock.Now() + service.watch_limits_.age),
        after_size_(request.after_size()) {
    const int limit = service_.watch_limits_.streams;
    if (++service_.watches_ > limit || service_.waits_ > kWaitsOfAStream * limit) {
      End(bytes::Refuse(Reason::kTooManyStreams, "too many watches", {{"limit", std::to_string(limit)}, {"retry_ms", "5000"}}));
      return;
    }
    service_.parts_.metrics.Set(metrics::Gauge::kWatches, service_.watches_);
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
    service_.parts_.metrics.Set(metrics::Gauge::kWatches, --service_.watches_);
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
    const auto now = service_.parts_.clock.Now();
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
