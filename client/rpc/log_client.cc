#include "client/rpc/log_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>
#include <utility>

#include "client/rpc/grpc_status.h"
#include "fmt/format.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proto/bytes/reason.h"
#include "trustlog/v1/log.grpc.pb.h"
#include "trustlog/v1/registry.grpc.pb.h"

namespace trustlog::rpc {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kMaxMessageBytes = 4 << 20;
constexpr milliseconds kLeastTry{250};  // a try needs so much of the deadline to be worth it

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good()) return absl::FailedPreconditionError(fmt::format("cannot read {}", path));
  return text.str();
}

absl::StatusOr<std::shared_ptr<::grpc::ChannelCredentials>> Credentials(const ClientOptions& options) {
  const TlsFiles& tls = options.tls;
  if (tls.ca.empty() && tls.certificate.empty() && IsLoopback(options.target)) return ::grpc::InsecureChannelCredentials();
  ::grpc::SslCredentialsOptions ssl;
  const std::pair<const std::string&, std::string&> files[] = {
      {tls.ca, ssl.pem_root_certs}, {tls.certificate, ssl.pem_cert_chain}, {tls.key, ssl.pem_private_key}};
  for (const auto& file : files) {
    auto pem = ReadPem(file.first);
    if (!pem.ok()) return pem.status();
    file.second = *std::move(pem);
  }
  return ::grpc::SslCredentials(ssl);
}

// What the server asks to wait; 0: it does not say.
milliseconds AskedPause(const absl::Status& status) {
  const std::string text = bytes::MetadataValue(status, "retry_ms");
  return milliseconds(text.empty() ? 0 : std::strtol(text.c_str(), nullptr, 10));
}

// UNAVAILABLE, time-outs that the server reports (each try may take all that is left of ours) and, after RetryInfo,
// RESOURCE_EXHAUSTED.
bool MayRetry(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return true;
  return absl::IsResourceExhausted(status) && AskedPause(status).count() > 0;
}

// Full jitter over the upper half, so that callers that failed together do not come back together.
milliseconds Jittered(milliseconds pause) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return pause / 2 + milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, (pause / 2).count())(random));
}

}  // namespace

absl::Status FromGrpc(const ::grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details()) && details.code() == status.error_code()) {
    return FromRpcStatus(details);
  }
  // Nothing here cancels a call: the server did, as it stopped. Whether the call was done is not known.
  if (status.error_code() == ::grpc::StatusCode::CANCELLED)
    return absl::UnavailableError(fmt::format("the server broke the call off: {}", status.error_message()));
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

struct LogClient::Parts {
  ClientOptions options;
  std::shared_ptr<::grpc::Channel> channel;
  std::unique_ptr<v1::LogService::Stub> stub;
  std::unique_ptr<v1::RegistryService::Stub> registry;

  // `call` makes one try.
  absl::Status Retry(const std::function<::grpc::Status(::grpc::ClientContext&)>& call) const;
};

absl::Status LogClient::Parts::Retry(const std::function<::grpc::Status(::grpc::ClientContext&)>& call) const {
  const auto end = Clock::now() + options.timeout;
  const auto wall_end = std::chrono::system_clock::now() + options.timeout;
  milliseconds pause = options.first_pause;
  for (int attempt = 1;; ++attempt, pause *= 2) {
    ::grpc::ClientContext context;
    context.set_deadline(wall_end);
    const absl::Status status = FromGrpc(call(context));
    if (status.ok() || !MayRetry(status) || attempt == options.tries) return status;
    const milliseconds wait = std::max(Jittered(pause), AskedPause(status));
    if (Clock::now() + wait + kLeastTry > end) return status;
    if (options.on_retry)
      options.on_retry(fmt::format("try {} failed: {}; the next in {} ms", attempt, bytes::MessageOf(status), wait.count()));
    if (options.sleep) {
      options.sleep(wait);
    } else {
      std::this_thread::sleep_for(wait);
    }
  }
}

absl::StatusOr<std::unique_ptr<LogClient>> LogClient::Create(ClientOptions options) {
  if (!options.target.starts_with("unix:") && options.target.find(':') == std::string::npos) {
    return absl::InvalidArgumentError(fmt::format("\"{}\" is not an address of the form host:port", options.target));
  }
  auto credentials = Credentials(options);
  if (!credentials.ok()) return credentials.status();
  ::grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);             // one place retries: Retry
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // clients of one process do not share a connection
  auto parts = std::make_unique<Parts>();
  parts->channel = ::grpc::CreateCustomChannel(options.target, *credentials, arguments);
  parts->stub = v1::LogService::NewStub(parts->channel);
  parts->registry = v1::RegistryService::NewStub(parts->channel);
  parts->options = std::move(options);
  return std::unique_ptr<LogClient>(new LogClient(std::move(parts)));
}

LogClient::LogClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LogClient::~LogClient() = default;

absl::Status LogClient::AddStatement(const v1::AddStatementRequest& request, v1::AddStatementResponse& response) {
  return parts_->Retry([&](::grpc::ClientContext& context) { return parts_->stub->AddStatement(&context, request, &response); });
}

absl::Status LogClient::AddStatements(const v1::AddStatementsRequest& request, v1::AddStatementsResponse& response) {
  return parts_->Retry([&](::grpc::ClientContext& context) { return parts_->stub->AddStatements(&context, request, &response); });
}

absl::Status LogClient::GetProofBundle(const v1::GetProofBundleRequest& request, v1::GetProofBundleResponse& response) {
  return parts_->Retry([&](::grpc::ClientContext& context) { return parts_->stub->GetProofBundle(&context, request, &response); });
}

absl::Status LogClient::BatchGetInclusionProofs(const v1::BatchGetInclusionProofsRequest& request,
                                                v1::BatchGetInclusionProofsResponse& response) {
  return parts_->Retry(
      [&](::grpc::ClientContext& context) { return parts_->stub->BatchGetInclusionProofs(&context, request, &response); });
}

absl::Status LogClient::FindByDigest(const v1::FindByDigestRequest& request, v1::FindByDigestResponse& response) {
  return parts_->Retry(
      [&](::grpc::ClientContext& context) { return parts_->registry->FindByDigest(&context, request, &response); });
}

absl::Status LogClient::GetStatusBundle(const v1::GetStatusBundleRequest& request, std::size_t max_bytes, std::string& file) {
  return parts_->Retry([&](::grpc::ClientContext& context) {
    file.clear();
    const auto reader = parts_->registry->GetStatusBundle(&context, request);
    v1::GetStatusBundleResponse response;
    while (reader->Read(&response)) {
      if (file.size() + response.chunk().size() > max_bytes) {
        context.TryCancel();
        while (reader->Read(&response)) continue;
        static_cast<void>(reader->Finish());
        return ::grpc::Status(::grpc::StatusCode::OUT_OF_RANGE, "the log sends more than a status bundle may have");
      }
      file += response.chunk();
    }
    return reader->Finish();
  });
}

// The health service's message types are not packaged: HealthCheckRequest of the whole server is empty, HealthCheckResponse one
// enum in field 1, SERVING = 1.
absl::Status LogClient::CheckHealth() {
  std::string answer;
  const auto status = parts_->Retry([&](::grpc::ClientContext& context) {
    ::grpc::GenericStub stub(parts_->channel);
    ::grpc::CompletionQueue queue;
    const ::grpc::Slice empty("");
    const auto reader = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", ::grpc::ByteBuffer(&empty, 1), &queue);
    reader->StartCall();
    ::grpc::ByteBuffer buffer;
    ::grpc::Status result;
    reader->Finish(&buffer, &result, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    ::grpc::Slice slice;
    answer = result.ok() && buffer.DumpToSingleSlice(&slice).ok() ? std::string(slice.begin(), slice.end()) : "";
    return result;
  });
  if (!status.ok()) return status;
  if (answer != "\x08\x01") return absl::FailedPreconditionError("the server answers, and says that it is not serving");
  return absl::OkStatus();
}

absl::Status FromRpcStatus(const google::rpc::Status& status) {
  std::optional<bytes::Reason> reason;
  bytes::Metadata metadata;
  for (const auto& detail : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info) && info.domain() == "trustlog") {
      reason = bytes::ParseReason(info.reason());
      for (const auto& pair : info.metadata()) {
        if (pair.first != "retry_ms") metadata.emplace_back(pair.first, pair.second);
      }
    } else if (detail.UnpackTo(&retry)) {
      metadata.emplace_back("retry_ms",
                            fmt::format("{}", retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1'000'000));
    }
  }
  std::sort(metadata.begin(), metadata.end());  // the map on the wire has no order
  // The pair is ours to trust only as far as it agrees: a reason of another code would change the exit code.
  if (reason && static_cast<int>(bytes::Describe(*reason).code) == status.code())
    return bytes::Refuse(*reason, status.message(), metadata);
  return {static_cast<absl::StatusCode>(status.code()), status.message()};
}

bool IsLoopback(const std::string& target) {
  if (target.starts_with("unix:") || target.starts_with("localhost:") || target.starts_with("[::1]:")) return true;
  // An address, not a name that begins like one.
  return target.starts_with("127.") && target.find_first_not_of("0123456789.") == target.find(':') &&
         target.find(':') != std::string::npos;
}

}  // namespace trustlog::rpc
