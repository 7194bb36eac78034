// The server over real sockets, with a client that can be wrong in every way (protocols.md H1, H6, H7).
#include "server/http/http_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "server/http/router.h"
#include "tests/support/raw_http.h"

namespace trustlog::http {
namespace {

using std::chrono::milliseconds;
using support::Answers;
using support::RawConnection;
using support::Request;

constexpr std::size_t kBigBody = 8u << 20;

HttpReply Plain(std::string body) {
  HttpReply reply;
  reply.body = std::make_shared<const std::string>(std::move(body));
  reply.etag = "\"tag\"";
  return reply;
}

// Routes: /text, /big, /path/ (tells the path), /later (answered by another thread), /dropped (never answered).
class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    router_.Get("/text", [](const HttpRequest&, const Respond& respond) { respond(Plain("some text\n")); });
    router_.Get("/big", [](const HttpRequest&, const Respond& respond) { respond(Plain(std::string(kBigBody, 'b'))); });
    router_.Get("/path/",
                [](const HttpRequest& request, const Respond& respond) { respond(Plain(request.path + "?" + request.query)); });
    router_.Get("/address", [](const HttpRequest& request, const Respond& respond) { respond(Plain(request.address)); });
    router_.Get("/later", [this](const HttpRequest&, Respond respond) {
      threads_.emplace_back([respond = std::move(respond)] { respond(Plain("later\n")); });
    });
    router_.Get("/dropped", [](const HttpRequest&, const Respond&) {});
  }
  ~HttpServerTest() override {
    if (server_ != nullptr) server_->Stop();
    for (auto& thread : threads_) thread.join();
  }
  // In place of the defaults: patience that no test has to wait for.
  static HttpOptions Options() {
    HttpOptions options;
    options.listen = {"127.0.0.1:0"};
    options.times.linger = milliseconds(100);
    return options;
  }
  void Start(HttpOptions options = Options()) {
    auto server = HttpServer::Start(
        [this](const HttpRequest& request, Respond respond) { router_.Handle(request, std::move(respond)); }, metrics_, options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    address_ = server_->addresses().front();
  }
  RawConnection Connect() const { return RawConnection(address_); }
  std::optional<support::RawReply> Get(std::string_view target, std::string_view fields = "") const {
    return support::Get(address_, target, fields);
  }
  // A close is seen a little later, so the place of a connection is free a little later.
  void ExpectServedSoon() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    auto reply = Get("/text");
    while (!reply.has_value() && std::chrono::steady_clock::now() < end) reply = Get("/text");
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 200);
  }
  // Connections are counted by a sweep, so a close is seen a little later.
  void ExpectNoConnectionLeft() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_->open_connections() != 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(server_->open_connections(), 0U);
  }

  metrics::Metrics metrics_{"test", "log.example", "memory"};
  Router router_{Cors::kPublic};
  std::vector<std::thread> threads_;  // of the I/O thread, until it has ended
  std::unique_ptr<HttpServer> server_;
  std::string address_;
};

TEST_F(HttpServerTest, AnswersWithTheFieldsOfEveryReply) {
  Start();
  const auto reply = Get("/text");
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "some text\n");
  EXPECT_EQ(reply->Field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply->Field("content-length"), "10");
  EXPECT_EQ(reply->Field("cache-control"), "no-store");
  EXPECT_EQ(reply->Field("etag"), "\"tag\"");
  EXPECT_EQ(reply->Field("access-control-allow-origin"), "*");
  EXPECT_EQ(reply->Field("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply->Field("referrer-policy"), "no-referrer");
  EXPECT_EQ(reply->Field("connection"), "");
  EXPECT_EQ(reply->Field("set-cookie"), "");
  std::tm date{};
  const std::string text = reply->Field("date");
  EXPECT_NE(strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date), nullptr) << text;
  EXPECT_LE(std::abs(std::difftime(timegm(&date), std::time(nullptr))), 60) << text;
}

TEST_F(HttpServerTest, HeadHasTheFieldsOfGetAndNoBody) {
  Start();
  auto connection = Connect();
  auto head = connection.Ask(Request("HEAD", "/text"), Answers::kHeadOnly);
  auto get = connection.Ask(Request("GET", "/text"));
  ASSERT_TRUE(head.has_value() && get.has_value());  // had HEAD sent a body, this reply would not be readable
  EXPECT_EQ(head->status, 200);
  for (auto* reply : {&*head, &*get}) EXPECT_EQ(reply->fields.erase("date"), 1U);  // a second may lie between them
  EXPECT_EQ(head->fields, get->fields);
}

TEST_F(HttpServerTest, RepliesWithoutABodyHaveNoLength) {
  Start();
  auto connection = Connect();
  const auto options = connection.Ask(Request("OPTIONS", "/text"));
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->status, 204);
  EXPECT_EQ(options->Field("content-length"), "");
  const auto known = connection.Ask(Request("GET", "/text", "If-None-Match: \"tag\"\r\n"));
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->status, 304);
  EXPECT_EQ(known->Field("content-length"), "");
  EXPECT_EQ(known->Field("etag"), "\"tag\"");
  EXPECT_EQ(connection.Ask(Request("GET", "/text"))->status, 200);
}

TEST_F(HttpServerTest, HandlerHearsPathQueryAndPeer) {
  Start();
  EXPECT_EQ(Get("/path/%2e%2e/a?x=/y?z")->body, "/path/%2e%2e/a?x=/y?z");
  EXPECT_EQ(Get("/address")->body, "127.0.0.1");
}

TEST_F(HttpServerTest, AnswerMayComeFromAnotherThreadLater) {
  Start();
  auto connection = Connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(connection.Ask(Request("GET", "/later"))->body, "later\n");
}

TEST_F(HttpServerTest, RequestThatNobodyAnswersClosesItsConnection) {
  Start();
  auto connection = Connect();
  connection.Send(Request("GET", "/dropped"));
  EXPECT_TRUE(connection.Closed());
  ExpectNoConnectionLeft();
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  auto connection = Connect();
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += Request("GET", i % 3 == 0 ? "/later" : "/path/" + std::to_string(i));
  std::thread sender([&] { connection.Send(requests); });
  for (int i = 0; i < 100; ++i) {
    const auto reply = connection.Read();
    ASSERT_TRUE(reply.has_value()) << i;
    EXPECT_EQ(reply->body, i % 3 == 0 ? "later\n" : "/path/" + std::to_string(i) + "?");
  }
  sender.join();
}

TEST_F(HttpServerTest, RequestMayComeByteByByte) {
  Start();
  auto connection = Connect();
  for (const char c : Request("GET", "/text")) connection.Send({&c, 1});
  EXPECT_EQ(connection.Read()->body, "some text\n");
}

TEST_F(HttpServerTest, ClientThatEndsItsSideStillGetsItsAnswer) {
  Start();
  auto connection = Connect();
  connection.Send(Request("GET", "/text"));
  connection.EndSending();
  EXPECT_EQ(connection.Read()->body, "some text\n");
  EXPECT_TRUE(connection.Closed());
}

// H6: what is wrong is answered once, with a reason, and the connection ends: what follows may be a body.
TEST_F(HttpServerTest, LimitsOfARequestAreAnsweredAndEndTheConnection) {
  Start();
  std::string many_fields;
  for (int i = 0; i < 64; ++i) many_fields += "A: b\r\n";
  const struct {
    const char* name;
    std::string bytes;
    int status;
  } cases[] = {
      {"head above 8 KiB", Request("GET", "/text", "X: " + std::string(9'000, 'x') + "\r\n"), 431},
      {"head without an end", "GET /text HTTP/1.1\r\nX: " + std::string(20'000, 'x'), 431},
      {"65 fields", Request("GET", "/text", many_fields), 431},
      {"target above 512 bytes", Request("GET", "/" + std::string(600, 'a')), 414},
      {"body", Request("POST", "/text", "Content-Length: 100000\r\n") + std::string(100'000, 'x'), 413},
      {"body that never comes", Request("GET", "/text", "Content-Length: 5\r\n"), 413},
      {"chunks", Request("POST", "/text", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n", 413},
      {"length and chunks", Request("POST", "/text", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"folded field", Request("GET", "/text", "X: a\r\n b\r\n"), 400},
      {"bare line feeds", "GET /text HTTP/1.1\nHost: a\n\n", 400},
      {"absolute form", Request("GET", "http://log.example/text"), 400},
      {"garbage", "\x16\x03\x01\x02\x03\r\n\r\n", 400},
      {"version 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
  };
  for (const auto& c : cases) {
    auto connection = Connect();
    connection.Send(c.bytes + Request("GET", "/text"));
    const auto reply = connection.Read();
    ASSERT_TRUE(reply.has_value()) << c.name;
    EXPECT_EQ(reply->status, c.status) << c.name;
    EXPECT_EQ(reply->Field("connection"), "close") << c.name;
    EXPECT_EQ(reply->Field("cache-control"), "no-store") << c.name;
    EXPECT_EQ(reply->Field("x-content-type-options"), "nosniff") << c.name;
    EXPECT_EQ(connection.Read(), std::nullopt) << c.name << ": something was answered behind a refusal";
  }
  EXPECT_EQ(Get("/text")->status, 200);
  ExpectNoConnectionLeft();
}

TEST_F(HttpServerTest, SlowHeadIsClosed) {
  auto options = Options();
  options.times.header = milliseconds(50);
  Start(options);
  auto silent = Connect();
  EXPECT_TRUE(silent.Closed());
  auto slow = Connect();
  slow.Send("GET /text HTTP/1.1\r\nHost: ");
  EXPECT_TRUE(slow.Closed());
  auto second = Connect();
  EXPECT_EQ(second.Ask(Request("GET", "/text"))->status, 200);
  second.Send("G");
  EXPECT_TRUE(second.Closed()) << "the second head may be slow";
}

// Each byte within the time, the head never: the time is that of the whole head.
TEST_F(HttpServerTest, HeadThatDripsIsClosed) {
  auto options = Options();
  options.times.header = milliseconds(100);
  Start(options);
  auto connection = Connect();
  const auto started = std::chrono::steady_clock::now();
  connection.Send("GET /text HTTP/1.1\r\n");
  std::thread dripper([&connection] {
    while (connection.Send("X: y\r\n")) std::this_thread::sleep_for(milliseconds(10));
  });
  EXPECT_TRUE(connection.Closed());
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  dripper.join();
}

TEST_F(HttpServerTest, IdleConnectionIsClosed) {
  auto options = Options();
  options.times.idle = milliseconds(50);
  Start(options);
  auto connection = Connect();
  EXPECT_EQ(connection.Ask(Request("GET", "/text"))->status, 200);
  EXPECT_TRUE(connection.Closed());
}

TEST_F(HttpServerTest, ClientThatDoesNotReadIsClosed) {
  auto options = Options();
  options.times.write = milliseconds(50);
  Start(options);
  auto connection = Connect();
  const int small = 4'096;
  setsockopt(connection.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  for (int i = 0; i < 8; ++i) connection.Send(Request("GET", "/big"));
  ExpectNoConnectionLeft();
}

TEST_F(HttpServerTest, ConnectionEndsAfterItsRequests) {
  Start();
  auto connection = Connect();
  for (int i = 1; i <= 1'000; ++i) {
    const auto reply = connection.Ask(Request("GET", "/text"));
    ASSERT_TRUE(reply.has_value()) << i;
    EXPECT_EQ(reply->Field("connection"), i == 1'000 ? "close" : "") << i;
  }
  EXPECT_TRUE(connection.Closed());
}

TEST_F(HttpServerTest, ConnectionEndsAtItsAge) {
  auto options = Options();
  options.times.age = milliseconds(0);
  Start(options);
  auto connection = Connect();
  EXPECT_EQ(connection.Ask(Request("GET", "/text"))->Field("connection"), "close");
  EXPECT_TRUE(connection.Closed());
}

TEST_F(HttpServerTest, ClientMayAskForTheEnd) {
  Start();
  auto connection = Connect();
  EXPECT_EQ(connection.Ask(Request("GET", "/text", "Connection: close\r\n"))->Field("connection"), "close");
  EXPECT_TRUE(connection.Closed());
  auto old = Connect();
  EXPECT_EQ(old.Ask("GET /text HTTP/1.0\r\n\r\n")->body, "some text\n");
  EXPECT_TRUE(old.Closed());
}

TEST_F(HttpServerTest, ConnectionsAboveTheLimitOfAnAddressAreClosedAtOnce) {
  Start();  // 128 for an address
  std::vector<RawConnection> held;
  for (int i = 0; i < 128; ++i) {
    held.push_back(Connect());
    ASSERT_EQ(held.back().Ask(Request("GET", "/text"))->status, 200) << i;
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Connect().Closed()) << i;
  EXPECT_EQ(held.front().Ask(Request("GET", "/text"))->status, 200);
  EXPECT_EQ(server_->open_connections(), 128U);
  held.clear();
  ExpectServedSoon();
  ExpectNoConnectionLeft();
}

TEST_F(HttpServerTest, ConnectionsAboveTheLimitOfAllAreClosedAtOnce) {
  auto options = Options();
  options.limits = {4, 0};
  Start(options);
  std::vector<RawConnection> held;
  for (int i = 0; i < 4; ++i) {
    held.push_back(Connect());
    ASSERT_EQ(held.back().Ask(Request("GET", "/text"))->status, 200);
  }
  EXPECT_TRUE(Connect().Closed());
  held.pop_back();
  ExpectServedSoon();
}

TEST_F(HttpServerTest, GarbageNeverHurts) {
  auto options = Options();
  options.times.header = milliseconds(20);
  options.times.linger = milliseconds(20);
  Start(options);
  std::mt19937 random(20261124);
  const std::string whole = Request("GET", "/path/x", "Accept-Encoding: gzip\r\n");
  for (int i = 0; i < 300; ++i) {
    std::string bytes = whole;
    if (i % 3 == 0) {
      bytes.resize(random() % 4'096);
      for (char& c : bytes) c = static_cast<char>(random());
    } else {
      for (unsigned changes = random() % 4 + 1; changes > 0; --changes)
        bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    auto connection = Connect();
    connection.Send(bytes);
    connection.EndSending();
    EXPECT_TRUE(connection.Closed()) << i;
  }
  EXPECT_EQ(Get("/text")->status, 200);
  ExpectNoConnectionLeft();
}

TEST_F(HttpServerTest, ManyClientsAtOnceAreServed) {
  auto options = Options();
  options.threads = 2;
  Start(options);
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      auto connection = Connect();
      for (int k = 0; k < 100; ++k) {
        const auto reply = connection.Ask(Request("GET", "/path/" + std::to_string(k)));
        if (reply.has_value() && reply->body == "/path/" + std::to_string(k) + "?") ++good;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 1'600);
}

TEST_F(HttpServerTest, StopEndsOpenConnectionsAndLateAnswersAreHeardByNobody) {
  Respond late;
  std::atomic<bool> asked{false};
  router_.Get("/held", [&](const HttpRequest&, Respond respond) {
    late = std::move(respond);
    asked = true;
  });
  Start();
  auto held = Connect();
  auto idle = Connect();
  EXPECT_EQ(idle.Ask(Request("GET", "/text"))->status, 200);
  held.Send(Request("GET", "/held"));
  while (!asked) std::this_thread::yield();
  server_->Stop();
  late(Plain("nobody"));
  late = nullptr;
  server_.reset();
  EXPECT_TRUE(held.Closed());
  EXPECT_TRUE(idle.Closed());
}

TEST_F(HttpServerTest, PingIsAnsweredByTheThreadsThatServe) {
  Start();
  std::atomic<bool> answered{false};
  server_->Ping([&] { answered = true; });
  while (!answered) std::this_thread::yield();
}

TEST_F(HttpServerTest, ASecondServerOnTheSamePortFails) {
  Start();
  HttpOptions options;
  options.listen = {address_};
  EXPECT_TRUE(absl::IsFailedPrecondition(HttpServer::Start([](const HttpRequest&, const Respond&) {}, metrics_, options).status()));
}

TEST_F(HttpServerTest, RequestsAreCountedByRouteAndNeverByPath) {
  Start();
  auto connection = Connect();
  connection.Ask(Request("GET", "/none/of/this"));
  connection.Ask(Request("GET", "/text"));  // so the first has been counted
  const std::string text = metrics_.Text();
  EXPECT_NE(text.find("route=\"other\""), std::string::npos) << text;
  EXPECT_EQ(text.find("none/of/this"), std::string::npos);
}

}  // namespace
}  // namespace trustlog::http
