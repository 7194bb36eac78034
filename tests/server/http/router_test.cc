#include "server/http/router.h"

#include <gtest/gtest.h>

#include <optional>

namespace trustlog::http {
namespace {

std::string Field(const HttpReply& reply, std::string_view name) {
  for (const auto& [field, value] : reply.headers) {
    if (field == name) return value;
  }
  return "";
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    for (const auto* path : {"/", "/a", "/tile/", "/tile/entries/"}) {
      router_.Get(path, [path](const HttpRequest&, const Respond& respond) {
        auto reply = TextReply(200, path);
        reply.etag = "\"0123\"";
        reply.cache_control = "max-age=300";
        respond(std::move(reply));
      });
    }
  }
  HttpReply Handle(const std::string& method, const std::string& path, const std::string& if_none_match = "") const {
    return HandleBy(router_, method, path, if_none_match);
  }
  static HttpReply HandleBy(const Router& router, const std::string& method, const std::string& path,
                            const std::string& if_none_match = "") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.if_none_match = if_none_match;
    std::optional<HttpReply> got;
    router.Handle(request, [&got](HttpReply reply) { got = std::move(reply); });
    return got.value();
  }
  Router router_{Cors::kPublic};
};

TEST_F(RouterTest, LongestRouteWinsAndAnExactOneIsExact) {
  const struct {
    const char *path, *answer;
  } cases[] = {
      {"/", "/\n"},
      {"/a", "/a\n"},
      {"/a/", "not found\n"},
      {"/b", "not found\n"},
      {"", "not found\n"},
      {"//", "not found\n"},
      {"/tile/0", "/tile/\n"},
      {"/tile/", "/tile/\n"},
      {"/tile", "not found\n"},
      {"/tile/entries/0", "/tile/entries/\n"},
      {"/A", "not found\n"},
      {"/a?x", "not found\n"},
      {"/./a", "not found\n"},
      {"/tile/../a", "/tile/\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(*Handle("GET", c.path).body, c.answer) << c.path;
}

// H1.
TEST_F(RouterTest, OtherMethodsAreRefusedWithThoseThatAreTaken) {
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "FROBNICATE", ""}) {
    const auto reply = Handle(method, "/a");
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(Field(reply, "Allow"), "GET, HEAD, OPTIONS") << method;
    EXPECT_EQ(reply.cache_control, "no-store");
    EXPECT_EQ(Handle(method, "/none").status, 404) << method;
  }
}

TEST_F(RouterTest, OptionsAreAnsweredWithoutABody) {
  const auto reply = Handle("OPTIONS", "/a");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(*reply.body, "");
  EXPECT_EQ(Field(reply, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(Field(reply, "Access-Control-Allow-Headers"), "Content-Type");
  EXPECT_EQ(Field(reply, "Access-Control-Max-Age"), "86400");
  EXPECT_EQ(Field(reply, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(Handle("OPTIONS", "/none").status, 404);
}

// H1, A19: errors too, so that a browser sees why.
TEST_F(RouterTest, EveryPublicReplyMayBeReadByAnyOrigin) {
  for (const auto* path : {"/a", "/none"}) {
    const auto reply = Handle("GET", path);
    EXPECT_EQ(Field(reply, "Access-Control-Allow-Origin"), "*") << path;
    EXPECT_EQ(Field(reply, "Access-Control-Expose-Headers"), "ETag, Retry-After") << path;
    EXPECT_EQ(Field(reply, "Access-Control-Allow-Credentials"), "") << path;
  }
  const Router inner(Cors::kNone);
  EXPECT_EQ(Field(HandleBy(inner, "GET", "/a"), "Access-Control-Allow-Origin"), "");
}

// H3.
TEST_F(RouterTest, AKnownTagIsAnsweredWithoutTheBody) {
  const struct {
    const char *name, *if_none_match;
    int status;
  } cases[] = {
      {"none", "", 200},
      {"the same", "\"0123\"", 304},
      {"weak", "W/\"0123\"", 304},
      {"one of several", "\"a\", \"0123\"", 304},
      {"any", "*", 304},
      {"another", "\"4567\"", 200},
      {"a prefix", "\"012\"", 200},
      {"longer", "\"0123-gz\"", 200},
      {"without quotes", "0123", 200},
  };
  for (const auto& c : cases) {
    const auto reply = Handle("GET", "/a", c.if_none_match);
    EXPECT_EQ(reply.status, c.status) << c.name;
    EXPECT_EQ(reply.body->empty(), c.status == 304) << c.name;
    EXPECT_EQ(reply.etag, "\"0123\"") << c.name;
    EXPECT_EQ(reply.cache_control, "max-age=300") << c.name;
  }
  EXPECT_EQ(Handle("GET", "/none", "*").status, 404);
}

TEST_F(RouterTest, AReplyWithoutABodyIsSentAsAnEmptyOne) {
  Router router(Cors::kPublic);
  router.Get("/x", [](const HttpRequest&, const Respond& respond) { respond({}); });
  ASSERT_NE(HandleBy(router, "GET", "/x").body, nullptr);
}

}  // namespace
}  // namespace trustlog::http
