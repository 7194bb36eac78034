#include "client/net/http_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "fmt/format.h"
#include "tests/client/net/scripted_server.h"

namespace trustlog::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::ScriptedServer;

// gzip -9 of "hello, log\n" and of 4,000 zero bytes.
constexpr char kGzipHello[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\xc9\x4f\xe7\x02\x00\x7c\xc8\x0e\xbf\x0b\x00\x00\x00";
constexpr char kGzipZeros[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x0c\x1f\xa0\x00\x00\x00\x80\xb7\x01"
    "\xbe\x93\x8b\x3a\xa0\x0f\x00\x00";

std::string Response(int code, std::string_view headers, std::string_view body) {
  return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", code, headers, body.size(), body);
}

class HttpFetcherTest : public ::testing::Test {
 protected:
  std::unique_ptr<HttpFetcher> Open(const std::string& url, HttpOptions options = {}) {
    options.sleep = [this](milliseconds pause) { pauses_.push_back(pause); };
    auto fetcher = HttpFetcher::Create(url, std::move(options));
    EXPECT_TRUE(fetcher.ok()) << fetcher.status();
    return *std::move(fetcher);
  }

  std::vector<milliseconds> pauses_;
};

TEST_F(HttpFetcherTest, GetsABodyAndSaysWhoAsks) {
  ScriptedServer server([](const std::string&) { return Response(200, "", "body"); });
  auto fetcher = Open(server.url(), {.user_agent = "trustlog/9 (ops@example.com)"});
  const auto body = fetcher->Get("tile/0/000", 4);
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(*body, "body");
  ASSERT_EQ(server.heads().size(), 1U);
  EXPECT_THAT(server.heads()[0], HasSubstr("GET /log/tile/0/000 HTTP/1.1"));
  EXPECT_THAT(server.heads()[0], HasSubstr("Accept-Encoding: gzip, identity"));  // E2
  EXPECT_THAT(server.heads()[0], HasSubstr("User-Agent: trustlog/9 (ops@example.com)"));
}

TEST_F(HttpFetcherTest, TurnsStatusesIntoCodes) {  // A14
  struct Case {
    const char* name;
    int http;
    absl::StatusCode code;
    std::size_t asked;
  };
  const Case cases[] = {
      {"absent", 404, absl::StatusCode::kNotFound, 1},
      {"gone is not absent", 410, absl::StatusCode::kFailedPrecondition, 1},
      {"forbidden", 403, absl::StatusCode::kFailedPrecondition, 1},
      {"no redirect is followed", 301, absl::StatusCode::kFailedPrecondition, 1},
      {"part of a body", 206, absl::StatusCode::kFailedPrecondition, 1},
      {"too many requests", 429, absl::StatusCode::kUnavailable, 3},
      {"down", 503, absl::StatusCode::kUnavailable, 3},
      {"broken", 500, absl::StatusCode::kUnavailable, 3},
  };
  for (const Case& c : cases) {
    ScriptedServer server([&c](const std::string&) { return Response(c.http, "Location: /log/checkpoint\r\n", "text"); });
    EXPECT_EQ(Open(server.url(), {.tries = 3})->Get("checkpoint", 100).status().code(), c.code) << c.name;
    EXPECT_EQ(server.heads().size(), c.asked) << c.name;
  }
}

TEST_F(HttpFetcherTest, TriesAgainWithGrowingPausesUntilTheAnswerComes) {
  int asked = 0;
  ScriptedServer server([&asked](const std::string&) {
    if (++asked == 1) return std::string();  // hangs up
    if (asked == 2) return Response(503, "", "");
    return Response(200, "", "at last");
  });
  EXPECT_EQ(*Open(server.url(), {.first_pause = milliseconds(100)})->Get("checkpoint", 100), "at last");
  ASSERT_EQ(pauses_.size(), 2U);
  EXPECT_TRUE(pauses_[0] >= milliseconds(50) && pauses_[0] <= milliseconds(100)) << pauses_[0].count();
  EXPECT_TRUE(pauses_[1] >= milliseconds(100) && pauses_[1] <= milliseconds(200)) << pauses_[1].count();
}

TEST_F(HttpFetcherTest, WaitsAsLongAsRetryAfterSays) {
  int asked = 0;
  ScriptedServer server([&asked](const std::string&) {
    if (++asked == 1) return Response(429, "Retry-After: 3\r\n", "");
    if (asked == 2) {
      const std::time_t then = std::time(nullptr) + 6;
      char date[64];
      std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
      return Response(503, fmt::format("Retry-After: {}\r\n", date), "");
    }
    return Response(200, "", "ok");
  });
  EXPECT_TRUE(Open(server.url())->Get("checkpoint", 100).ok());
  ASSERT_EQ(pauses_.size(), 2U);
  EXPECT_EQ(pauses_[0], milliseconds(3000));
  EXPECT_TRUE(pauses_[1] > milliseconds(3000) && pauses_[1] <= milliseconds(6000)) << pauses_[1].count();
}

TEST_F(HttpFetcherTest, GivesUpAtOnceWhenToldToWaitTooLong) {
  ScriptedServer server([](const std::string&) { return Response(503, "Retry-After: 3600\r\n", ""); });
  EXPECT_TRUE(absl::IsUnavailable(Open(server.url())->Get("checkpoint", 100).status()));
  EXPECT_EQ(server.heads().size(), 1U);
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(HttpFetcherTest, BoundsWhatItTakes) {
  struct Case {
    const char* name;
    std::string response;
    bool fits;
  };
  const std::string gzip = "Content-Encoding: gzip\r\n";
  const Case cases[] = {
      {"just fits", Response(200, "", std::string(1000, 'x')), true},
      {"a byte too long", Response(200, "", std::string(1001, 'x')), false},
      {"a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx" + std::string(ScriptedServer::kEndless), false},
      {"no end", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(ScriptedServer::kEndless), false},
      {"gzip that grows", Response(200, gzip, {kGzipZeros, sizeof kGzipZeros - 1}), false},
  };
  for (const Case& c : cases) {
    ScriptedServer server([&c](const std::string&) { return c.response; });
    const auto body = Open(server.url())->Get("checkpoint", 1000);
    EXPECT_EQ(body.ok(), c.fits) << c.name << body.status();
    EXPECT_EQ(absl::IsDataLoss(body.status()), !c.fits) << c.name << body.status();
    EXPECT_EQ(server.heads().size(), 1U) << c.name;
  }
}

TEST_F(HttpFetcherTest, UnpacksGzip) {
  ScriptedServer server([](const std::string&) {
    return Response(200, "Content-Encoding: gzip\r\n", {kGzipHello, sizeof kGzipHello - 1});
  });
  EXPECT_EQ(*Open(server.url())->Get("tile/entries/000", 11), "hello, log\n");
}

TEST_F(HttpFetcherTest, TakesNoPartOfABodyForTheWhole) {
  ScriptedServer server(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nshort"; });
  HttpOptions options{.timeout = milliseconds(200), .tries = 2};
  EXPECT_TRUE(absl::IsUnavailable(Open(server.url(), std::move(options))->Get("checkpoint", 100).status()));
}

TEST_F(HttpFetcherTest, EndsATryThatTakesTooLong) {
  ScriptedServer server([](const std::string&) { return std::string(ScriptedServer::kSilence); });
  EXPECT_TRUE(absl::IsUnavailable(Open(server.url(), {.timeout = milliseconds(50), .tries = 2})->Get("checkpoint", 100).status()));
  EXPECT_EQ(pauses_.size(), 1U);
}

TEST_F(HttpFetcherTest, KeepsConnectionsBetweenCalls) {
  ScriptedServer server([](const std::string&) { return Response(200, "", "x"); });
  auto fetcher = Open(server.url());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(fetcher->Get("checkpoint", 10).ok());
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpFetcherTest, AnswersManyInOrderOverAFewConnections) {
  ScriptedServer server([](const std::string& head) {
    const std::string path = head.substr(0, head.find(" HTTP"));
    return path.ends_with("7") ? Response(404, "", "") : Response(200, "", path);
  });
  auto fetcher = Open(server.url(), {.parallel = 4});
  std::vector<GetRequest> requests;
  for (int i = 0; i < 50; ++i) requests.push_back({fmt::format("n/{}", i), 100});
  requests.push_back({"../up", 100});
  const auto answers = fetcher->GetMany(requests);
  ASSERT_EQ(answers.size(), 51U);
  for (int i = 0; i < 50; ++i) {
    if (i % 10 == 7) {
      EXPECT_TRUE(absl::IsNotFound(answers[i].status())) << i;
    } else {
      EXPECT_EQ(*answers[i], fmt::format("GET /log/n/{}", i));
    }
  }
  EXPECT_TRUE(absl::IsInvalidArgument(answers[50].status()));
  EXPECT_LE(server.connections(), 4U);
}

TEST_F(HttpFetcherTest, RetriesOfManyOnlyWhatFailed) {
  int failures = 0;
  ScriptedServer server([&failures](const std::string& head) {
    if (head.find("n/3") != std::string::npos && failures++ == 0) return Response(500, "", "");
    return Response(200, "", "x");
  });
  std::vector<GetRequest> requests;
  for (int i = 0; i < 8; ++i) requests.push_back({fmt::format("n/{}", i), 100});
  for (const auto& answer : Open(server.url())->GetMany(requests)) EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(server.heads().size(), 9U);
}

TEST_F(HttpFetcherTest, RefusesPathsThatAreNotPlain) {
  ScriptedServer server([](const std::string&) { return Response(200, "", "x"); });
  auto fetcher = Open(server.url());
  for (const char* path : {"", "/checkpoint", "..", "../x", "a/../b", "a/..", "a b", "a\r\nHost: b", "a#b", "a\\b", "a\xc3\xa9"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(fetcher->Get(path, 100).status())) << path;
  }
  EXPECT_TRUE(server.heads().empty());
}

TEST(HttpFetcherCreate, TakesHttpsAndHttpToThisMachineOnly) {
  struct Case {
    const char* url;
    bool ok;
  };
  const Case cases[] = {
      {"https://log.example/tta-2026/", true},
      {"https://log.example", true},
      {"http://127.0.0.1:8080/", true},
      {"http://localhost/log", true},
      {"http://[::1]:99/", true},
      {"http://127.3.4.5/", true},
      {"http://log.example/", false},
      {"http://127.0.0.1.evil.example/", false},
      {"http://localhost.evil.example/", false},
      {"ftp://log.example/", false},
      {"file:///etc/", false},
      {"https://user@log.example/", false},
      {"https://u:p@log.example/", false},
      {"https://log.example/?a=b", false},
      {"https://log.example/#x", false},
      {"", false},
      {"log.example", false},
      {"https://", false},
  };
  for (const Case& c : cases) EXPECT_EQ(HttpFetcher::Create(c.url).ok(), c.ok) << c.url;
}

}  // namespace
}  // namespace trustlog::net
