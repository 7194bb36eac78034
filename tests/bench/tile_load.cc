// GET of one file over HTTP/1.1, again and again, from many connections and one thread: the load under which our server and another
// serve the same bytes. Not a general client: a Content-Length must be there. One JSON object on standard output.
//
//   tile_load --port N --path /tile/0/000 [--connections N] [--seconds S] [--bytes N]
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace trustlog::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 0;
  std::string path;
  unsigned connections = 64;
  double seconds = 5;
  std::size_t bytes = 8'192;  // that each body must have
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "tile_load: %s\n", what.c_str());
  std::exit(1);
}

class Connection final {
 public:
  Connection(const Options& options, const std::string& request) : options_(options), request_(request) { Connect(); }

  int fd() const { return fd_; }
  void Connect() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The only cast of the sockets interface.
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) Die("cannot connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }

  // False: the server has closed the connection, as it may between answers; it is closed here too.
  bool Send() {
    sent_ = SteadyClock::now();
    missing_ = 0;
    if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size())) return true;
    ::close(fd_);
    return false;
  }
  enum class Progress { kMore, kWhole, kClosed };
  // kClosed: as Send's false, the answer to the last request still owed.
  Progress Read() {
    std::array<char, 65'536> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0 && missing_ == 0 && head_.empty()) {
      ::close(fd_);
      return Progress::kClosed;
    }
    if (got <= 0) Die("the server closed a connection in the middle of an answer");
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (missing_ == 0) {
      head_ += bytes;
      const auto end = head_.find("\r\n\r\n");
      if (end == std::string::npos) return Progress::kMore;
      if (head_.rfind("HTTP/1.1 200", 0) != 0) Die("not 200: " + head_.substr(0, head_.find('\r')));
      const std::size_t beyond = head_.size() - end - 4;
      head_.clear();
      if (beyond > options_.bytes) Die("a longer body than --bytes");
      missing_ = options_.bytes - beyond;
    } else {
      if (bytes.size() > missing_) Die("a longer body than --bytes");
      missing_ -= bytes.size();
    }
    return missing_ == 0 ? Progress::kWhole : Progress::kMore;
  }
  double LatencyMs() const { return std::chrono::duration<double, std::milli>(SteadyClock::now() - sent_).count(); }

 private:
  const Options& options_;
  const std::string& request_;
  int fd_ = -1;
  SteadyClock::time_point sent_;
  std::string head_;
  std::size_t missing_ = 0;  // of the body; 0: its head is not read yet
};

void Run(const Options& options) {
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", options.path, options.port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections;
  connections.reserve(options.connections);
  const auto open = [&](std::uint32_t number) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = number;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, connections[number].fd(), &event);
    if (!connections[number].Send()) Die("a new connection was closed at once");
  };
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    connections.emplace_back(options, request);
    open(i);
  }
  const auto begin = SteadyClock::now() + std::chrono::milliseconds(300);  // warmed up
  const auto end = begin + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(options.seconds));
  std::vector<double> latencies;
  std::array<epoll_event, 64> events;
  for (auto now = SteadyClock::now(); now < end; now = SteadyClock::now()) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1'000);
    if (ready == 0) Die("no answer within a second");
    for (int i = 0; i < ready; ++i) {
      const std::uint32_t number = events[static_cast<std::size_t>(i)].data.u32;
      Connection& connection = connections[number];
      switch (connection.Read()) {
        case Connection::Progress::kMore:
          break;
        case Connection::Progress::kWhole:
          if (now >= begin) latencies.push_back(connection.LatencyMs());
          if (connection.Send()) break;
          [[fallthrough]];
        case Connection::Progress::kClosed:
          connection.Connect();
          open(number);
          break;
      }
    }
  }
  std::sort(latencies.begin(), latencies.end());
  const auto share = [&](double part) {
    return latencies.empty() ? 0 : latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  fmt::print("{{\"rate\":{:.0f},\"answers\":{},\"seconds\":{},\"p50Ms\":{:.3f},\"p99Ms\":{:.3f}}}\n",
             static_cast<double>(latencies.size()) / options.seconds, latencies.size(), options.seconds, share(0.5), share(0.99));
}

}  // namespace
}  // namespace trustlog::bench

int main(int argc, char** argv) {
  trustlog::bench::Options options;
  CLI::App app("one file over HTTP/1.1 from many connections of the loopback");
  app.add_option("--port", options.port, "of the server")->required();
  app.add_option("--path", options.path, "of the file")->required();
  app.add_option("--connections", options.connections, "at once (64)")->check(CLI::Range(1, 10'000));
  app.add_option("--seconds", options.seconds, "of the load, after 0.3 s not counted (5)")->check(CLI::PositiveNumber);
  app.add_option("--bytes", options.bytes, "of the body (8,192)");
  CLI11_PARSE(app, argc, argv);
  trustlog::bench::Run(options);
  return 0;
}
