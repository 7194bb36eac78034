// Reads of one log's public paths ("checkpoint", "tile/0/x001/234"): over HTTP (http_fetcher.h) or from an exported directory
// (directory_fetcher.h). What comes back is bytes and nothing more: whoever reads them must check them. Thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trustlog::net {

struct GetRequest {
  std::string path;           // relative to the log's base, without a leading slash
  std::size_t max_bytes = 0;  // of the body, unpacked
};

// Status codes of one answer:
//   NotFound            absent: HTTP 404 and nothing else (A14), or no such file
//   Unavailable         no answer, 429 or 5xx, after the retries: the same call may succeed later
//   FailedPrecondition  any other status, redirects among them: asking again will not help
//   DataLoss            a body of more than max_bytes
//   InvalidArgument     a path that is not in the form above
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  virtual absl::StatusOr<std::string> Get(const std::string& path, std::size_t max_bytes) = 0;

  // One answer a request, in order. Over HTTP in parallel.
  virtual std::vector<absl::StatusOr<std::string>> GetMany(std::span<const GetRequest> requests);
};

}  // namespace trustlog::net
