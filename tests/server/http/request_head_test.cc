#include "server/http/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace trustlog::http {
namespace {

using namespace std::string_literals;

int StatusOf(const std::variant<RequestHead, HttpReply>& parsed) {
  const auto* refusal = std::get_if<HttpReply>(&parsed);
  return refusal == nullptr ? 200 : refusal->status;
}

TEST(RequestHead, IsReadIntoItsParts) {
  const auto parsed = ParseRequestHead(
      "GET /tile/0/000?a=b?c HTTP/1.1\r\nHost: log.example\r\nAccept-Encoding: gzip\r\nif-none-match: \"x\"\r\nOther: 1\r\n\r\n");
  ASSERT_EQ(StatusOf(parsed), 200);
  const auto& head = std::get<RequestHead>(parsed);
  EXPECT_EQ(head.request.method, "GET");
  EXPECT_EQ(head.request.path, "/tile/0/000");
  EXPECT_EQ(head.request.query, "a=b?c");
  EXPECT_EQ(head.request.accept_encoding, "gzip");
  EXPECT_EQ(head.request.if_none_match, "\"x\"");
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, PathIsNotDecoded) {
  const auto parsed = ParseRequestHead("GET /tile/%30/../000 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(StatusOf(parsed), 200);
  EXPECT_EQ(std::get<RequestHead>(parsed).request.path, "/tile/%30/../000");
}

TEST(RequestHead, ConnectionIsKeptOnlyWhereBothSidesAgree) {
  const struct {
    const char *name, *head;
    bool keep_alive;
  } cases[] = {
      {"1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"1.1 close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
      {"1.1 close among others", "GET / HTTP/1.1\r\nHost: a\r\nConnection: te, Close\r\n\r\n", false},
      {"1.0", "GET / HTTP/1.0\r\n\r\n", false},
      {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
  };
  for (const auto& c : cases) {
    const auto parsed = ParseRequestHead(c.head);
    ASSERT_EQ(StatusOf(parsed), 200) << c.name;
    EXPECT_EQ(std::get<RequestHead>(parsed).keep_alive, c.keep_alive) << c.name;
  }
}

TEST(RequestHead, EndsAfterItsEmptyLineOrAtABareLineFeed) {
  const struct {
    const char* name;
    std::string input;
    std::optional<std::size_t> end;
  } cases[] = {
      {"nothing", "", std::nullopt},
      {"no line yet", "GET / HTTP/1.1\r", std::nullopt},
      {"no empty line yet", "GET / HTTP/1.1\r\nHost: a\r\n", std::nullopt},
      {"half an empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r", std::nullopt},
      {"whole", "GET / HTTP/1.1\r\n\r\n", 18},
      {"another behind it", "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 18},
      {"bare line feed", "GET / HTTP/1.1\nHost: a\r\n\r\n", 15},
      {"line feed first", "\nGET", 1},
      {"empty line first", "\r\nGET / HTTP/1.1\r\n\r\n", 2},
      {"two carriage returns", "GET / HTTP/1.1\r\r\n\r\n", 19},
  };
  for (const auto& c : cases) EXPECT_EQ(FindHeadEnd(c.input), c.end) << c.name;
}

// H6, over Beast's grammar.
TEST(RequestHead, RefusesWhatAnotherParserCouldReadInAnotherWay) {
  const std::string long_target(kMaxTargetBytes - 1, 'a');
  std::string fields_64, fields_65;
  for (int i = 0; i < 63; ++i) fields_64 += "A: b\r\n";
  fields_65 = fields_64 + "A: b\r\n";
  const struct {
    const char* name;
    std::string head;
    int status;
  } cases[] = {
      {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"unknown method", "FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n", 200},  // the router answers 405
      {"target of 512 bytes", "GET /" + long_target + " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"target of 513 bytes", "GET /" + long_target + "a HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"64 fields", "GET / HTTP/1.1\r\nHost: a\r\n" + fields_64 + "\r\n", 200},
      {"65 fields", "GET / HTTP/1.1\r\nHost: a\r\n" + fields_65 + "\r\n", 431},
      {"8,192 bytes", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kMaxHeadBytes - 32, 'x') + "\r\n\r\n", 200},
      {"8,193 bytes", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kMaxHeadBytes - 31, 'x') + "\r\n\r\n", 431},
      {"body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", 413},
      {"body of no bytes", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200},
      {"chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413},
      {"length and chunks", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"chunks and length", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400},
      {"length 0 and chunks", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"length and another coding", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
      {"another coding", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
      {"two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n", 400},
      {"negative length", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"length beyond 64 bits", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
      {"folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400},
      {"folded by a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", 400},
      {"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"one bare line feed", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"bare carriage return in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400},
      {"two carriage returns", "GET / HTTP/1.1\r\r\n\r\n", 400},
      {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
      {"empty field name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"s, 400},
      {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"control character in the target", "GET /a\x1b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form", "GET http://log.example/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "CONNECT log.example:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"small http", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", 200},
      {"empty line first", "\r\n", 400},
      {"nothing", "", 400},
      {"not whole", "GET / HTTP/1.1\r\nHost: a\r\n", 400},
      {"TLS", "\x16\x03\x01\x02\n"s, 400},
  };
  for (const auto& c : cases) EXPECT_EQ(StatusOf(ParseRequestHead(c.head)), c.status) << c.name;
}

// H5.
TEST(RequestHead, LimitsAreNamedWithTheValueMet) {
  const auto text = [](const std::string& head) { return *std::get<HttpReply>(ParseRequestHead(head)).body; };
  EXPECT_EQ(text("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 77\r\n\r\n"), "TOO_LARGE body limit=0 actual=77\n");
  EXPECT_EQ(text("GET /" + std::string(600, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), "TOO_LARGE target limit=512 actual=601\n");
}

TEST(RequestHead, EveryPrefixIsRefusedOrNotWhole) {
  const std::string whole = "GET /checkpoint HTTP/1.1\r\nHost: log.example\r\nAccept-Encoding: gzip\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto prefix = whole.substr(0, size);
    EXPECT_EQ(FindHeadEnd(prefix), std::nullopt) << size;
    EXPECT_EQ(StatusOf(ParseRequestHead(prefix)), 400) << size;
  }
}

}  // namespace
}  // namespace trustlog::http
