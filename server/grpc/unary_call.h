// A unary call from gRPC to an API of server/api: the caller's deadline and address, the status code, the metrics. Internal to this
// folder. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "server/api/log_api.h"
#include "server/grpc/status.h"
#include "server/metrics/metrics.h"
#include "server/runtime/clock.h"

namespace trustlog::rpc {

inline constexpr std::chrono::seconds kReadDeadline{10};  // of a read that has none
inline constexpr std::chrono::seconds kWriteDeadline{30};

struct CallParts {  // borrowed
  metrics::Metrics& metrics;
  const runtime::Clock& clock;
  bool behind_proxy = false;  // the peers' addresses are not the callers'
};

struct CallTimes {
  std::chrono::seconds longest;  // a deadline is cut to it
  std::chrono::seconds usual;    // where there is none
};

// Whom quotas count: "ipv4:127.0.0.1:1234" and "ipv6:%5B2001:db8::7%5D:1234" without scheme and port.
std::string CountedPeer(const std::string& peer);
// The call as the API sees it: its deadline ends early enough for the refusal's details to arrive.
api::Call CallOf(const ::grpc::CallbackServerContext& context, const CallParts& parts, CallTimes times);
std::string CodeName(const ::grpc::Status& status);

// `method` names the call in the metrics.
template <typename Api, typename Request, typename Response>
::grpc::ServerUnaryReactor* RunUnary(const CallParts& parts, const char* method, CallTimes times,
                                     ::grpc::CallbackServerContext* context, const Request* request, Response* response, Api& api,
                                     void (Api::*call)(const Request*, Response*, const api::Call&, api::Done)) {
  auto* reactor = context->DefaultReactor();
  const auto started = parts.clock.Now();
  (api.*call)(request, response, CallOf(*context, parts, times), [&parts, method, context, reactor, started](absl::Status status) {
    auto answer = ToGrpc(status, *context);
    parts.metrics.CountRpc(method, CodeName(answer), parts.clock.Now() - started);
    reactor->Finish(std::move(answer));
  });
  return reactor;
}

}  // namespace trustlog::rpc
