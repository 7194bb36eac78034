#include "server/http/http_server.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "server/http/request_head.h"

namespace trustlog::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLingerBytes = 1u << 20;

// RFC 9110 section 5.6.7.
std::string FormatDate(std::time_t now) {
  char text[sizeof "Sun, 06 Nov 1994 08:49:37 GMT"];
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

// Status line and header fields of a reply; the body goes out beside it, uncopied. H7 holds on every reply, whoever made it.
std::string FormatHead(const HttpReply& reply, bool keep_alive) {
  const auto text = beast::http::obsolete_reason(static_cast<beast::http::status>(reply.status));
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(text.data(), text.size());
  head += "\r\nDate: " + FormatDate(std::time(nullptr)) + "\r\nContent-Type: " + reply.content_type +
          "\r\nCache-Control: " + reply.cache_control;
  head += "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer";
  if (!reply.etag.empty()) head += "\r\nETag: " + reply.etag;
  for (const auto& [name, value] : reply.headers) head += "\r\n" + name + ": " + value;
  if (reply.status != 204 && reply.status != 304) head += "\r\nContent-Length: " + std::to_string(reply.body->size());
  head += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  return head;
}

// What all sessions of a server share.
struct Front {
  const Handler handler;
  metrics::Metrics& metrics;
  const HttpTimes times;
  const int max_requests;
};

// One connection. All its handlers run on its strand, one request at a time: pipelined requests wait in `input_`. Whatever is under
// way holds the session: a read, a write, or the Respond of a handler.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, const Front& front) : stream_(std::move(socket)), front_(front), born_(Clock::now()) {
    beast::error_code error;
    const auto peer = stream_.socket().remote_endpoint(error);
    if (!error) address_ = peer.address().to_string();
  }

  void Start() { Await(front_.times.header); }

 private:
  // The next request: what is there already, or what comes within `patience`.
  void Await(std::chrono::milliseconds patience) {
    stream_.expires_after(input_.empty() ? patience : front_.times.header);
    Next();
  }

  void Next() {
    const auto end = FindHeadEnd(input_);
    if (end.has_value() || input_.size() > kMaxHeadBytes) return Handle(end.value_or(input_.size()));
    stream_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](beast::error_code error, std::size_t read) {
      if (error) return self->Close();
      if (self->input_.empty()) self->stream_.expires_after(self->front_.times.header);
      self->input_.append(self->chunk_.data(), read);
      self->Next();
    });
  }

  void Handle(std::size_t head_size) {
    started_ = Clock::now();
    auto parsed = ParseRequestHead(std::string_view(input_).substr(0, head_size));
    input_.erase(0, head_size);
    stream_.expires_never();  // the handler has its own limits
    if (auto* refusal = std::get_if<HttpReply>(&parsed)) {
      keep_alive_ = head_only_ = false;
      return Write(std::move(*refusal));
    }
    auto& head = std::get<RequestHead>(parsed);
    keep_alive_ = head.keep_alive && ++requests_ < front_.max_requests && started_ - born_ < front_.times.age;
    head_only_ = head.request.method == "HEAD";
    head.request.address = address_;
    front_.handler(head.request, [self = shared_from_this()](HttpReply reply) {
      asio::dispatch(self->stream_.get_executor(), [self, reply = std::move(reply)]() mutable { self->Write(std::move(reply)); });
    });
  }

  void Write(HttpReply reply) {
    reply_ = std::move(reply);
    head_ = FormatHead(reply_, keep_alive_);
    const std::string_view body = head_only_ ? std::string_view() : std::string_view(*reply_.body);
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head_), asio::buffer(body.data(), body.size())};
    stream_.expires_after(front_.times.write);
    asio::async_write(stream_, buffers, [self = shared_from_this()](beast::error_code error, std::size_t written) {
      self->OnWritten(error, written);
    });
  }

  void OnWritten(beast::error_code error, std::size_t written) {
    front_.metrics.CountHttp(reply_.route.empty() ? "other" : reply_.route, reply_.status, written, Clock::now() - started_);
    reply_ = {};
    if (error) return Close();
    if (keep_alive_) return Await(front_.times.idle);
    // Closing with bytes unread would reset the connection, and the last answer might not arrive.
    beast::error_code ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    stream_.expires_after(front_.times.linger);
    Discard(0);
  }

  void Discard(std::size_t read_before) {
    stream_.async_read_some(asio::buffer(chunk_),
                            [self = shared_from_this(), read_before](beast::error_code error, std::size_t read) {
                              if (error || read_before + read > kLingerBytes) return self->Close();
                              self->Discard(read_before + read);
                            });
  }

  void Close() { stream_.close(); }

  beast::tcp_stream stream_;
  const Front& front_;
  const Clock::time_point born_;
  std::string address_;
  std::string input_;  // read and not yet handled; at most kMaxHeadBytes and one chunk
  std::array<char, 4'096> chunk_;
  Clock::time_point started_{};
  HttpReply reply_;
  std::string head_;
  int requests_ = 0;
  bool keep_alive_ = false;
  bool head_only_ = false;
};

}  // namespace

struct HttpServer::Parts {
  Parts(Handler handler, metrics::Metrics& metrics, const HttpOptions& options)
      : front{std::move(handler), metrics, options.times, options.max_requests},
        context(static_cast<int>(options.threads)),
        work(asio::make_work_guard(context)) {}

  void Take(int connection) {
    Tcp::socket socket(asio::make_strand(context));
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(connection, reinterpret_cast<sockaddr*>(&address), &size);
    beast::error_code error;
    socket.assign(address.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4(), connection, error);
    if (error) {
      close(connection);
      return;
    }
    const auto executor = socket.get_executor();
    asio::dispatch(executor, [session = std::make_shared<Session>(std::move(socket), front)] { session->Start(); });
  }
  void RunThread() {
    pthread_setname_np(pthread_self(), "http");
    try {
      context.run();
    } catch (const std::exception& error) {  // our bug: nothing of ours throws, and a half-dead front helps nobody
      spdlog::critical("http thread: {}", error.what());
      std::terminate();
    }
  }

  const Front front;
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::unique_ptr<runtime::Acceptor>> acceptors;
  std::vector<std::thread> threads;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Handler handler, metrics::Metrics& metrics,
                                                              const HttpOptions& options) {
  auto parts = std::make_unique<Parts>(std::move(handler), metrics, options);
  for (const auto& address : options.listen) {
    auto acceptor = runtime::Acceptor::Listen(address, options.limits);
    if (!acceptor.ok()) return acceptor.status();
    parts->acceptors.push_back(*std::move(acceptor));
  }
  for (unsigned i = 0; i < options.threads; ++i) parts->threads.emplace_back([raw = parts.get()] { raw->RunThread(); });
  for (auto& acceptor : parts->acceptors) {
    acceptor->Start([raw = parts.get()](int, int connection) { raw->Take(connection); });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HttpServer::~HttpServer() { Stop(); }

std::vector<std::string> HttpServer::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& acceptor : parts_->acceptors) addresses.push_back(acceptor->address());
  return addresses;
}

std::size_t HttpServer::open_connections() const {
  std::size_t open = 0;
  for (const auto& acceptor : parts_->acceptors) open += acceptor->stats().open;
  return open;
}

void HttpServer::Ping(std::function<void()> done) { asio::post(parts_->context, std::move(done)); }

void HttpServer::Stop() {
  for (auto& acceptor : parts_->acceptors) acceptor->Stop();
  parts_->context.stop();
  for (auto& thread : parts_->threads) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace trustlog::http
