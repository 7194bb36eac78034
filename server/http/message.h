// A request and a reply as plain structs: what handlers see of HTTP. Beast stays in http_server.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trustlog::http {

struct HttpRequest {
  std::string method;
  std::string path;   // as sent, undecoded, without the query
  std::string query;  // without the question mark
  std::string accept_encoding;
  std::string if_none_match;
  std::string address;  // of the peer
};

struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string cache_control = "no-store";
  std::shared_ptr<const std::string> body;  // never null when sent
  std::string etag;                         // quoted; "" = none
  std::vector<std::pair<std::string, std::string>> headers;
  std::string route;  // a template, for metrics
};

// One UTF-8 line, as errors on C2SP paths are told.
HttpReply TextReply(int status, std::string_view line);

// Called once, from any thread.
using Respond = std::function<void(HttpReply)>;
using Handler = std::function<void(const HttpRequest&, Respond)>;

}  // namespace trustlog::http
