#include "server/web/status_pages.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace trustlog::web {
namespace {

http::HttpReply Page(int status, std::string body, std::string route) {
  http::HttpReply reply;
  reply.status = status;
  reply.body = std::make_shared<const std::string>(std::move(body));
  reply.route = std::move(route);
  return reply;
}

http::HttpReply Unavailable(std::string body, std::string route) {
  auto reply = Page(503, std::move(body), std::move(route));
  reply.headers.emplace_back("Retry-After", "1");  // H5
  return reply;
}

std::string Verbose(const std::vector<Check>& checks) {
  std::string text;
  for (const auto& check : checks) text += (check.ok ? "ok      " : "FAILED  ") + check.name + ": " + check.value + "\n";
  return text;
}

}  // namespace

void AddStatusPages(http::Router& router, StatusSources sources) {
  const auto shared = std::make_shared<const StatusSources>(std::move(sources));
  router.Get("/livez", [shared](const http::HttpRequest&, const http::Respond& respond) {
    respond(shared->alive() ? Page(200, "ok\n", "/livez") : Unavailable("not answering\n", "/livez"));
  });
  router.Get("/readyz", [shared](const http::HttpRequest& request, const http::Respond& respond) {
    const auto checks = shared->ready();
    const bool ready = std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok; });
    const bool verbose = request.query == "verbose";
    respond(ready ? Page(200, verbose ? Verbose(checks) : "ok\n", "/readyz") : Unavailable(Verbose(checks), "/readyz"));
  });
  router.Get("/metrics", [shared](const http::HttpRequest&, const http::Respond& respond) {
    auto reply = Page(200, shared->metrics(), "/metrics");
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    respond(std::move(reply));
  });
  router.Get("/version", [shared](const http::HttpRequest&, const http::Respond& respond) {
    respond(Page(200, shared->version + "\n", "/version"));
  });
}

}  // namespace trustlog::web
