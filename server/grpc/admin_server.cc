#include "server/grpc/admin_server.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <utility>

#include "server/grpc/admin_service.h"
#include "server/runtime/acceptor.h"
#include "server/runtime/unix_socket.h"

namespace trustlog::rpc {
namespace {

constexpr int kMaxMessageBytes = 1 << 20;
constexpr runtime::AcceptLimits kLimits{16, 0};  // connections

}  // namespace

struct AdminServer::Parts {
  std::string path;
  std::unique_ptr<AdminService> service;
  std::unique_ptr<runtime::Acceptor> acceptor;
  std::unique_ptr<::grpc::experimental::ExternalConnectionAcceptor> taker;
  std::unique_ptr<::grpc::Server> server;
};

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(api::AdminApi& api, metrics::Metrics& metrics,
                                                                const runtime::Clock& clock, const std::string& socket_path) {
  const auto listener = runtime::ListenOnSocket(socket_path);
  if (!listener.ok()) return listener.status();
  auto parts = std::make_unique<Parts>();
  parts->path = socket_path;
  parts->service = std::make_unique<AdminService>(api, metrics, clock);
  parts->acceptor = runtime::Acceptor::On(*listener, socket_path, kLimits);
  ::grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  parts->taker = builder.experimental().AddExternalConnectionAcceptor(
      ::grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, ::grpc::InsecureServerCredentials());
  builder.RegisterService(parts->service.get());
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr) return absl::FailedPreconditionError("the admin server does not start");
  parts->acceptor->Start([taker = parts->taker.get()](int from, int connection) {
    ::grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = from;
    parameters.fd = connection;
    taker->HandleNewConnection(&parameters);
  });
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(parts)));
}

AdminServer::AdminServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

AdminServer::~AdminServer() { Stop(std::chrono::milliseconds(0)); }

void AdminServer::Stop(std::chrono::milliseconds grace) {
  if (parts_->server == nullptr) return;
  unlink(parts_->path.c_str());
  parts_->acceptor->Stop();
  parts_->server->Shutdown(std::chrono::system_clock::now() + grace);
  parts_->server->Wait();
  parts_->server.reset();
}

}  // namespace trustlog::rpc
