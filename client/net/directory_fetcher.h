// A Fetcher over a directory with the paths of A20: `checkpoint`, `tile/...`. File names are built from the parsed numbers of the
// tile path, never from the text asked for, so no path leads out of the directory (H2). Thread-safe.
#pragma once

#include <string>

#include "client/net/fetcher.h"

namespace trustlog::net {

class DirectoryFetcher final : public Fetcher {
 public:
  explicit DirectoryFetcher(std::string directory) : directory_(std::move(directory)) {}

  // NotFound also for any path that is neither "checkpoint" nor a tile path in its one spelling. Unavailable: the file cannot be
  // read.
  absl::StatusOr<std::string> Get(const std::string& path, std::size_t max_bytes) override;

 private:
  const std::string directory_;
};

}  // namespace trustlog::net
