// /livez /readyz /metrics /version on the admin listener (protocols.md T6). Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/http/router.h"

namespace trustlog::web {

struct Check {
  std::string name;
  bool ok = false;
  std::string value;  // shown by ?verbose
};

struct StatusSources {
  std::function<bool()> alive;                    // the main loop and the public front still answer
  std::function<std::vector<Check>()> ready;  // all ok = ready
  std::function<std::string()> metrics;       // Prometheus text
  std::string version;
};

void AddStatusPages(http::Router& router, StatusSources sources);

}  // namespace trustlog::web
