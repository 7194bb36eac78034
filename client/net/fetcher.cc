#include "client/net/fetcher.h"

namespace trustlog::net {

std::vector<absl::StatusOr<std::string>> Fetcher::GetMany(std::span<const GetRequest> requests) {
  std::vector<absl::StatusOr<std::string>> answers;
  answers.reserve(requests.size());
  for (const GetRequest& request : requests) answers.push_back(Get(request.path, request.max_bytes));
  return answers;
}

}  // namespace trustlog::net
