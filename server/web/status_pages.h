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
  std::function<std::vector<Check>()> ready;  // all ok = ready
  std::function<std::string()> metrics;       // Prometheus text
  std::string version;
};

// The main loop answers for /livez by the reply itself: it is made on the I/O thread.
void AddStatusPages(http::Router& router, StatusSources sources);

}  // namespace trustlog::web
