#include "server/http/router.h"

#include <utility>

namespace trustlog::http {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, OPTIONS";

bool NamesTag(std::string_view if_none_match, std::string_view etag) {
  if (etag.empty() || if_none_match.empty()) return false;
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

// What every reply carries.
void Complete(HttpReply& reply, const HttpRequest& request, Cors cors) {
  if (cors == Cors::kPublic) {
    reply.headers.emplace_back("Access-Control-Allow-Origin", "*");
    reply.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After");
    reply.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  }
  if (reply.status >= 400) reply.cache_control = "no-store";
  if (reply.status == 200 && NamesTag(request.if_none_match, reply.etag)) {
    reply.status = 304;
    reply.body = std::make_shared<const std::string>();
  }
  if (reply.body == nullptr) reply.body = std::make_shared<const std::string>();
}

}  // namespace

HttpReply TextReply(int status, std::string_view line) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::make_shared<const std::string>(std::string(line) + "\n");
  return reply;
}

void Router::Get(std::string path, Handler handler) { routes_.push_back({std::move(path), std::move(handler)}); }

const Handler* Router::Find(std::string_view path) const {
  const Route* best = nullptr;
  for (const auto& route : routes_) {
    const bool prefix = route.path.size() > 1 && route.path.back() == '/';
    const bool matches = prefix ? path.substr(0, route.path.size()) == route.path : path == route.path;
    if (matches && (best == nullptr || route.path.size() > best->path.size())) best = &route;
  }
  return best == nullptr ? nullptr : &best->handler;
}

void Router::Handle(const HttpRequest& request, Respond respond) const {
  const auto reply_with = [&](HttpReply reply) {
    Complete(reply, request, cors_);
    respond(std::move(reply));
  };
  const auto* handler = Find(request.path);
  if (handler == nullptr) return reply_with(TextReply(404, "not found"));
  if (request.method == "OPTIONS") {
    HttpReply reply = TextReply(204, "");
    reply.body = std::make_shared<const std::string>();
    reply.headers.emplace_back("Access-Control-Allow-Methods", kMethods);
    reply.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type");
    reply.headers.emplace_back("Access-Control-Max-Age", "86400");
    reply.headers.emplace_back("Allow", kMethods);
    return reply_with(std::move(reply));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = TextReply(405, "only GET, HEAD and OPTIONS are answered here");
    reply.headers.emplace_back("Allow", kMethods);
    return reply_with(std::move(reply));
  }
  (*handler)(request, [request, cors = cors_, respond = std::move(respond)](HttpReply reply) {
    Complete(reply, request, cors);
    respond(std::move(reply));
  });
}

}  // namespace trustlog::http
