#include "server/web/public_pages.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <utility>

#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"

namespace trustlog::web {
namespace {

namespace json = boost::json;

http::HttpReply Page(std::string body, std::string content_type, std::string route) {
  http::HttpReply reply;
  reply.content_type = std::move(content_type);
  reply.cache_control = "max-age=300";
  reply.body = std::make_shared<const std::string>(std::move(body));
  reply.route = std::move(route);
  return reply;
}

std::string FrontPage(const PublicFacts& facts) {
  const std::string url = facts.public_url.empty() ? "URL-OF-THIS-LOG" : facts.public_url;
  return fmt::format(
      "trustlog {}\n\n"
      "This is the transparency log {}.\n"
      "Its key (compare it with one that you got elsewhere): {}\n\n"
      "Check it without trusting this server:\n"
      "  trustlog policy new --vkey '{}' -o log.policy\n"
      "  trustlog checkpoint get --log {} --policy log.policy\n"
      "  trustlog proof get 0 --log {} --policy log.policy -o 0.tlog-proof\n"
      "  trustlog monitor once --log {} --policy log.policy\n",
      facts.version, facts.origin, facts.vkey, facts.vkey, url, url, url);
}

}  // namespace

std::string FormatWellKnown(const PublicFacts& facts) {
  const json::object document{{"schema", 1},
                              {"origin", facts.origin},
                              {"vkeys", json::array{facts.vkey}},
                              {"state", facts.state()},
                              {"successor", nullptr},
                              {"urls", json::object{{"tiles", facts.public_url},
                                                    {"grpc", facts.grpc_address},
                                                    {"policy", facts.public_url.empty() ? "" : facts.public_url + "/policy"}}},
                              {"entryFormat", "TLE1"},
                              {"payloadType", std::string(attest::kPayloadType)},
                              {"typeBase", facts.type_base},
                              {"urnPrefix", facts.urn_prefix},
                              {"indexFunction", "trustlog-index/1"},
                              {"minimumIndex", 0},
                              {"publishIntervalMs", facts.publish_interval_ms},
                              {"quorum", json::object{{"rule", "none"}, {"withoutQuorum", false}}},
                              {"witnesses", json::array{}},
                              {"mirrors", json::array{}},
                              {"limits", json::object{{"payloadBytes", attest::kMaxPayloadBytes},
                                                      {"envelopeBytes", attest::kMaxEnvelopeBytes},
                                                      {"entryBytes", attest::kMaxEntryBytes},
                                                      {"signatures", attest::kMaxSignatures},
                                                      {"batchItems", 1'000}}},
                              {"contact", facts.contact},
                              {"version", facts.version}};
  return json::serialize(document) + "\n";
}

void AddPublicPages(http::Router& router, PublicFacts facts) {
  const auto shared = std::make_shared<const PublicFacts>(std::move(facts));
  router.Get("/.well-known/trustlog.json", [shared](const http::HttpRequest&, const http::Respond& respond) {
    respond(Page(FormatWellKnown(*shared), "application/json", "/.well-known/trustlog.json"));
  });
  router.Get("/policy", [shared](const http::HttpRequest&, const http::Respond& respond) {
    respond(Page(shared->policy, "text/plain; charset=utf-8", "/policy"));
  });
  router.Get("/", [page = FrontPage(*shared)](const http::HttpRequest&, const http::Respond& respond) {
    respond(Page(page, "text/plain; charset=utf-8", "/"));
  });
}

}  // namespace trustlog::web
