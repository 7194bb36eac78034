// A Fetcher over files in memory, for tests: what is put in comes out, and a hook can make any path fail or lie. Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/net/fetcher.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::testing {

class MapFetcher final : public net::Fetcher {
 public:
  MapFetcher() = default;
  explicit MapFetcher(Files f) : files(std::move(f)) {}

  absl::StatusOr<std::string> Get(const std::string& path, std::size_t max_bytes) override {
    asked.push_back(path);
    if (before) before(path);
    if (fail) {
      if (auto status = fail(path)) return *std::move(status);
    }
    const auto file = files.find(path);
    if (file == files.end()) return absl::NotFoundError(path);
    if (file->second.size() > max_bytes) return absl::DataLossError(path + " is too long");
    return file->second;
  }

  Files files;
  std::vector<std::string> asked;
  std::function<void(const std::string&)> before;
  std::function<std::optional<absl::Status>(const std::string&)> fail;
};

}  // namespace trustlog::testing
