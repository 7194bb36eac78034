// The bytes of a connection as the public front reads them: head, router, tiles of a small published log.
#include <future>
#include <optional>
#include <string>
#include <variant>

#include "server/http/request_head.h"
#include "server/http/router.h"
#include "server/tiles/tile_api.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/memory_log.h"

namespace trustlog::http {
namespace {

struct Front {
  Front() { api.AddRoutes(router); }
  ~Front() { reads.Stop(); }

  support::MemoryLog log;
  runtime::WorkerPool reads{"reads", 1, 16};
  tiles::TileApi api{[this] {
                       const auto published = log.log().published();
                       return tiles::Snapshot{published->note, published->head.size, published->reader};
                     },
                     reads, reads, 0};
  Router router{Cors::kPublic};
};

HttpReply Answer(const Front& front, const HttpRequest& request) {
  std::promise<HttpReply> promise;
  front.router.Handle(request, [&promise](HttpReply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

bool IsPrintable(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

// Any bytes give requests or one refusal. No request has a control character in what handlers see of it, and each is answered by a
// status of the table, with a body, and with fields that nobody can break out of.
TRUSTLOG_FUZZ_TARGET(HttpRouter) {
  static const Front front;
  while (const auto end = FindHeadEnd(input)) {
    const auto head = input.substr(0, *end);
    fuzz::Expect(FindHeadEnd(head) == *end, "a head that does not end where it was cut");
    const auto parsed = ParseRequestHead(head);
    if (const auto* refusal = std::get_if<HttpReply>(&parsed)) {
      fuzz::Expect(refusal->status >= 400 && refusal->status < 600 && !refusal->body->empty(), "a refusal without a reason");
      return;
    }
    input.remove_prefix(*end);
    const auto& request = std::get<RequestHead>(parsed).request;
    fuzz::Expect(request.path.front() == '/' && request.path.size() + request.query.size() <= kMaxTargetBytes,
                 "another form of target");
    fuzz::Expect(IsPrintable(request.method) && IsPrintable(request.path) && IsPrintable(request.query),
                 "a control character in a target");
    const auto reply = Answer(front, request);
    const int status = reply.status;
    fuzz::Expect(status == 200 || status == 204 || status == 304 || status == 404 || status == 405, "a status of no table");
    fuzz::Expect(reply.body != nullptr && IsPrintable(reply.etag), "a reply that cannot be sent");
    for (const auto& [name, value] : reply.headers)
      fuzz::Expect(IsPrintable(name) && IsPrintable(value), "a field that ends early");
  }
}

}  // namespace trustlog::http
