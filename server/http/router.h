// Which handler answers which path, and the rules that hold on every route (protocols.md H1-H5): methods, HEAD, OPTIONS, CORS,
// conditional requests. A reply is made by one pure function from a request; nothing here knows a socket. Immutable after
// construction, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace trustlog::http {

enum class Cors { kPublic, kNone };

class Router final {
 public:
  explicit Router(Cors cors) : cors_(cors) {}

  // `path`: an exact path, or a prefix if it ends with "/". The longest match wins. Before the first Handle.
  void Get(std::string path, Handler handler);

  // 404 where no route matches; 405 with Allow for methods other than GET, HEAD, OPTIONS; 204 for OPTIONS; 304 where If-None-Match
  // names the ETag. `respond` is called once. HEAD keeps the body: the server leaves it out.
  void Handle(const HttpRequest& request, Respond respond) const;

 private:
  struct Route {
    std::string path;
    Handler handler;
  };
  const Handler* Find(std::string_view path) const;

  const Cors cors_;
  std::vector<Route> routes_;
};

}  // namespace trustlog::http
