#include "server/grpc/grpc_server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <spdlog/spdlog.h>

#include <string_view>
#include <utility>

#include "server/grpc/log_service.h"
#include "server/grpc/registry_service.h"

namespace trustlog::rpc {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;
constexpr int kMaxMetadataBytes = 8 << 10;
constexpr int kMaxStreams = 64;
constexpr std::size_t kQuotaBytes = 256u << 20;
constexpr int kQuotaThreads = 64;
constexpr int kMinute = 60'000;

constexpr std::size_t kMaxLogBytes = 256;

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kMaxLogBytes));
  for (char& c : out) {
    if (c < ' ' || c > '~' || c == '"') c = '?';
  }
  return out;
}

// A request that protobuf cannot read is the sender's business, not an event of ours.
void TakeProtobufLine(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) return spdlog::critical("protobuf: {}", Printable(message));
  spdlog::debug("protobuf: {}", Printable(message));
}

void TakeGrpcLine(gpr_log_func_args* line) {
  spdlog::log(line->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug, "grpc: {}",
              Printable(line->message));
}

void SetLimits(::grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 5 * kMinute);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 60 * kMinute);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kMinute / 2);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5 * kMinute);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  ::grpc::ResourceQuota quota("trustlogd");
  quota.Resize(kQuotaBytes).SetMaxThreads(kQuotaThreads);
  builder.SetResourceQuota(quota);
}

}  // namespace

void RouteLibraryLogs() {
  google::protobuf::SetLogHandler(TakeProtobufLine);
  gpr_set_log_function(TakeGrpcLine);
}

struct GrpcServer::Parts {
  std::unique_ptr<LogService> log_service;
  std::unique_ptr<RegistryService> registry_service;
  std::vector<std::unique_ptr<runtime::Acceptor>> acceptors;
  std::vector<std::unique_ptr<::grpc::experimental::ExternalConnectionAcceptor>> takers;
  std::unique_ptr<::grpc::Server> server;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const Apis& apis, metrics::Metrics& metrics,
                                                              const runtime::Clock& clock, const GrpcOptions& options) {
  auto parts = std::make_unique<Parts>();
  if (apis.log != nullptr)
    parts->log_service = std::make_unique<LogService>(*apis.log, metrics, clock, options.watches, options.behind_proxy);
  if (apis.registry != nullptr)
    parts->registry_service = std::make_unique<RegistryService>(*apis.registry, CallParts{metrics, clock, options.behind_proxy});
  for (const auto& address : options.listen) {
    auto acceptor = runtime::Acceptor::Listen(address, options.limits);
    if (!acceptor.ok()) return acceptor.status();
    parts->acceptors.push_back(*std::move(acceptor));
  }
  ::grpc::EnableDefaultHealthCheckService(true);
  if (options.reflection) ::grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  ::grpc::ServerBuilder builder;
  SetLimits(builder);
  for (std::size_t i = 0; i < parts->acceptors.size(); ++i) {
    parts->takers.push_back(builder.experimental().AddExternalConnectionAcceptor(
        ::grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, ::grpc::InsecureServerCredentials()));
  }
  if (parts->log_service != nullptr) builder.RegisterService(parts->log_service.get());
  if (parts->registry_service != nullptr) builder.RegisterService(parts->registry_service.get());
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr) return absl::FailedPreconditionError("the gRPC server does not start");
  for (std::size_t i = 0; i < parts->acceptors.size(); ++i) {
    parts->acceptors[i]->Start([taker = parts->takers[i].get()](int listener, int connection) {
      ::grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
      parameters.listener_fd = listener;
      parameters.fd = connection;
      taker->HandleNewConnection(&parameters);
    });
  }
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(parts)));
}

GrpcServer::GrpcServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

GrpcServer::~GrpcServer() { Stop(std::chrono::milliseconds(0)); }

std::vector<std::string> GrpcServer::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& acceptor : parts_->acceptors) addresses.push_back(acceptor->address());
  return addresses;
}

std::size_t GrpcServer::open_connections() const {
  std::size_t open = 0;
  for (const auto& acceptor : parts_->acceptors) open += acceptor->stats().open;
  return open;
}

void GrpcServer::SetServing(bool reads, bool writes) {
  auto* health = parts_->server->GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus("", reads);
  if (parts_->log_service != nullptr) health->SetServingStatus("trustlog.v1.LogService", reads);
  if (parts_->registry_service != nullptr) health->SetServingStatus("trustlog.v1.RegistryService", reads);
  health->SetServingStatus("trustlog.write", writes);
}

void GrpcServer::Stop(std::chrono::milliseconds grace) {
  for (auto& acceptor : parts_->acceptors) acceptor->Stop();
  if (parts_->server == nullptr) return;
  parts_->server->Shutdown(std::chrono::system_clock::now() + grace);
  parts_->server->Wait();
}

}  // namespace trustlog::rpc
