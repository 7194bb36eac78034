// What gRPC tests say and hear: a stub on an address, one call a line, and refusals taken apart. Tests that include this link
// trustlog_server.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/messages.h"
#include "trustlog/v1/log.grpc.pb.h"

namespace trustlog::support {

// A connection of its own for each stub.
template <typename Service = v1::LogService>
std::unique_ptr<typename Service::Stub> Connect(const std::string& address) {
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(16 << 20);
  return Service::NewStub(::grpc::CreateCustomChannel(address, ::grpc::InsecureChannelCredentials(), arguments));
}

// A refusal as a client reads it; of OK and of statuses that gRPC itself made, `reason` is "".
struct Heard {
  ::grpc::Status status;
  std::string reason;
  google::rpc::ErrorInfo info;
  std::optional<google::rpc::BadRequest> bad_request;
  std::optional<google::rpc::RetryInfo> retry;
  std::string pushback_ms;  // trailing metadata
  bool ok() const { return status.ok(); }
};

inline Heard Take(const ::grpc::Status& status, const ::grpc::ClientContext& context) {
  Heard heard{status, "", {}, {}, {}, ""};
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  for (const auto& any : details.details()) {
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&heard.info)) heard.reason = heard.info.reason();
    if (any.UnpackTo(&bad)) heard.bad_request = bad;
    if (any.UnpackTo(&retry)) heard.retry = retry;
  }
  const auto& trailers = context.GetServerTrailingMetadata();
  if (const auto at = trailers.find("grpc-retry-pushback-ms"); at != trailers.end())
    heard.pushback_ms = {at->second.data(), at->second.size()};
  return heard;
}

// Ask(*stub, &Stub::GetEntry, request, response): one call that ends within `time`.
template <typename Stub, typename Request, typename Response>
Heard Ask(Stub& stub, ::grpc::Status (Stub::*method)(::grpc::ClientContext*, const Request&, Response*), const Request& request,
          Response& response, std::chrono::milliseconds time = std::chrono::seconds(20)) {
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + time);
  response.Clear();
  const auto status = (stub.*method)(&context, request, &response);
  return Take(status, context);
}

}  // namespace trustlog::support
