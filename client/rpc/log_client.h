// The log's gRPC service as seen by a caller: one deadline for a whole call, retries inside it, and errors as absl::Status with the
// reason that the log gave (protocols.md section 3). Repeating a submission is safe after every outcome (G2), so every call may be
// retried.
//
//   auto client = LogClient::Create({.target = "log.example:7070"});
//   if (auto status = (*client)->AddStatement(request, response); !status.ok()) ...
//
// Thread-safe. Nothing that comes back is verified here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trustlog::v1 {
class AddStatementRequest;
class AddStatementResponse;
class AddStatementsRequest;
class AddStatementsResponse;
class BatchGetInclusionProofsRequest;
class BatchGetInclusionProofsResponse;
class FindByDigestRequest;
class FindByDigestResponse;
class GetProofBundleRequest;
class GetProofBundleResponse;
class GetStatusBundleRequest;
}  // namespace trustlog::v1
namespace google::rpc {
class Status;
}

namespace trustlog::rpc {

struct TlsFiles {
  std::string ca{};           // PEM; "" = the system's roots
  std::string certificate{};  // PEM; "" = no client certificate
  std::string key{};          // of the certificate
};

struct ClientOptions {
  std::string target;  // "host:port"; loopback in the clear, everything else by TLS
  TlsFiles tls{};
  std::chrono::milliseconds timeout{10'000};  // of a call, its retries included
  int tries = 5;
  std::chrono::milliseconds first_pause{100};          // doubled before each further try, with jitter; a RetryInfo may ask for more
  std::function<void(const std::string&)> on_retry{};  // told what failed and what follows
  std::function<void(std::chrono::milliseconds)> sleep{};  // empty: this thread sleeps
};

class LogClient final {
 public:
  // InvalidArgument: no host:port. FailedPrecondition: a TLS file cannot be read. Connects at the first call.
  static absl::StatusOr<std::unique_ptr<LogClient>> Create(ClientOptions options);
  ~LogClient();

  // Not OK: the reason of the log's ErrorInfo with its metadata (bytes::ReasonOf), PUBLISH_PENDING and DEADLINE among them. An
  // answer without one: Unavailable (no connection, or a server that stops; whether it was done is not known),
  // DeadlineExceeded, or the code as it came.
  [[nodiscard]] absl::Status AddStatement(const v1::AddStatementRequest& request, v1::AddStatementResponse& response);
  // The call as a whole; each item's refusal is in its result (FromRpcStatus).
  [[nodiscard]] absl::Status AddStatements(const v1::AddStatementsRequest& request, v1::AddStatementsResponse& response);
  [[nodiscard]] absl::Status GetProofBundle(const v1::GetProofBundleRequest& request, v1::GetProofBundleResponse& response);
  [[nodiscard]] absl::Status BatchGetInclusionProofs(const v1::BatchGetInclusionProofsRequest& request,
                                                     v1::BatchGetInclusionProofsResponse& response);
  // RegistryService's: one page.
  [[nodiscard]] absl::Status FindByDigest(const v1::FindByDigestRequest& request, v1::FindByDigestResponse& response);
  // The whole file in `file`, its chunks in order. OutOfRange: more than `max_bytes`.
  [[nodiscard]] absl::Status GetStatusBundle(const v1::GetStatusBundleRequest& request, std::size_t max_bytes, std::string& file);

  // grpc.health.v1 Check of the whole server: the smallest call there is. FailedPrecondition: it answers, and is not serving.
  [[nodiscard]] absl::Status CheckHealth();

 private:
  struct Parts;
  explicit LogClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// A google.rpc.Status as absl::Status: reason and metadata from its ErrorInfo, "retry_ms" from its RetryInfo. A reason that this
// program does not know stays as code and message.
absl::Status FromRpcStatus(const google::rpc::Status& status);

// True for 127.0.0.0/8, ::1, localhost and unix sockets.
bool IsLoopback(const std::string& target);

}  // namespace trustlog::rpc
