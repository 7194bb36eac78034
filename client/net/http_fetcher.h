// A Fetcher over HTTP by libcurl: kept-alive connections, gzip, no redirects, https only except to loopback, bounded in bytes and
// time; retries 429, 5xx and connection errors, and obeys Retry-After (E2, A14). Thread-safe: each call borrows its own set of
// handles.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "client/net/fetcher.h"

namespace trustlog::net {

struct HttpOptions {
  std::string user_agent = "trustlog/0.1.0";               // with a contact in brackets when one is configured
  std::chrono::milliseconds timeout{10'000};               // of one try, connecting included
  int tries = 4;                                           // in all, for each path
  std::chrono::milliseconds first_pause{200};              // doubled before each further try, with jitter
  std::chrono::milliseconds longest_pause{10'000};         // a longer Retry-After ends the call: Unavailable
  std::size_t parallel = 16;                               // requests in flight of one GetMany
  std::function<void(std::chrono::milliseconds)> sleep{};  // empty: this thread sleeps
};

class HttpFetcher final : public Fetcher {
 public:
  // `base_url`: "https://host[:port]/prefix/", or http to localhost, 127.0.0.0/8 or [::1]; the last slash may be missing.
  // InvalidArgument: anything else, user names, queries and fragments among it.
  static absl::StatusOr<std::unique_ptr<HttpFetcher>> Create(const std::string& base_url, HttpOptions options = {});
  ~HttpFetcher() override;

  // Paths are of printable ASCII without blanks, '#', '\' and ".." segments.
  absl::StatusOr<std::string> Get(const std::string& path, std::size_t max_bytes) override;
  std::vector<absl::StatusOr<std::string>> GetMany(std::span<const GetRequest> requests) override;

 private:
  class Engine;
  struct Pool;
  HttpFetcher(std::string base_url, HttpOptions options);
  void Sleep(std::chrono::milliseconds pause) const;

  const std::string base_url_;  // ends with a slash
  const HttpOptions options_;
  const std::unique_ptr<Pool> pool_;
};

}  // namespace trustlog::net
