// HTTP/1.1 behind the capped accept loop: limits and time-outs of protocols.md H6 and H7, keep-alive, pipelining in order. No TLS
// in this version: a reverse proxy ends it. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/message.h"
#include "server/metrics/metrics.h"
#include "server/runtime/acceptor.h"

namespace trustlog::http {

// H6.
struct HttpTimes {
  std::chrono::milliseconds header{5'000};  // from the first byte of a request, or from the connection, to the end of its head
  std::chrono::milliseconds write{10'000};  // a whole answer
  std::chrono::milliseconds idle{15'000};   // between two requests
  std::chrono::milliseconds age{300'000};   // of a connection: the next answer is its last
  std::chrono::milliseconds linger{1'000};  // after the last answer, so that it arrives although more was sent to us than we read
};

struct HttpOptions {
  std::vector<std::string> listen;  // "ADDRESS:PORT"
  runtime::AcceptLimits limits{1'024, 128};
  unsigned threads = 1;
  HttpTimes times;
  int max_requests = 1'000;  // on one connection
};

class HttpServer final {
 public:
  // `handler` runs on an I/O thread and must not block; it answers by Respond, at once or later, from any thread. Borrows
  // `metrics`. FailedPrecondition: an address cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Handler handler, metrics::Metrics& metrics, const HttpOptions& options);
  ~HttpServer();  // as Stop
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::vector<std::string> addresses() const;  // as bound
  std::size_t open_connections() const;
  // Asks the I/O threads whether they still run: `done` from one of them.
  void Ping(std::function<void()> done);
  // Takes no more requests and ends the threads. A handler may still Respond (nobody hears it), but not after *this is gone.
  void Stop();

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trustlog::http
