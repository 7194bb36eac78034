// A socket that speaks HTTP by hand, for tests of what no client library would send: bytes out, whole replies in. Every wait ends
// after ten seconds, so that a server that hangs fails the test. Not thread-safe.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trustlog::support {

struct RawReply {
  int status = 0;
  std::multimap<std::string, std::string> fields;  // names in lower case
  std::string body;

  // "" where there is none, all values with commas where there are several.
  std::string Field(const std::string& name) const {
    std::string all;
    for (auto [it, end] = fields.equal_range(name); it != end; ++it) all += (all.empty() ? "" : ", ") + it->second;
    return all;
  }
};

enum class Answers { kBody, kHeadOnly };

class RawConnection final {
 public:
  explicit RawConnection(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto colon = address.rfind(':');
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.substr(colon + 1).c_str())));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0;
  }
  ~RawConnection() {
    if (fd_ >= 0) close(fd_);
  }
  RawConnection(RawConnection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), rest_(std::move(other.rest_)) {}
  RawConnection& operator=(RawConnection&&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  // False: the peer does not take it any more.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void EndSending() { shutdown(fd_, SHUT_WR); }

  // The next reply; nullopt: the server closed, or was silent, before one was whole.
  std::optional<RawReply> Read(Answers answers = Answers::kBody) {
    std::size_t end;
    while ((end = rest_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return std::nullopt;
    }
    auto reply = ParseHead(rest_.substr(0, end + 2));
    rest_.erase(0, end + 4);
    const std::string length = reply.Field("content-length");
    const std::size_t body =
        answers == Answers::kHeadOnly || length.empty() ? 0 : static_cast<std::size_t>(std::atol(length.c_str()));
    while (rest_.size() < body) {
      if (!Fill()) return std::nullopt;
    }
    reply.body = rest_.substr(0, body);
    rest_.erase(0, body);
    return reply;
  }
  std::optional<RawReply> Ask(std::string_view request, Answers answers = Answers::kBody) {
    Send(request);
    return Read(answers);
  }
  // Waits for the server to close, with or without more bytes.
  bool Closed() {
    while (Fill()) rest_.clear();
    return closed_;
  }

 private:
  bool Fill() {
    char chunk[16'384];
    const auto got = recv(fd_, chunk, sizeof chunk, 0);
    closed_ = got == 0 || (got < 0 && errno == ECONNRESET);
    if (got <= 0) return false;
    rest_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  static RawReply ParseHead(const std::string& head) {
    RawReply reply;
    reply.status = head.size() > 9 ? std::atoi(head.c_str() + 9) : 0;
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(": ", at);
      std::string name = head.substr(at, colon - at);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      reply.fields.emplace(std::move(name), head.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
    return reply;
  }

  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string rest_;
};

// A request with a Host. `fields`: each line with its CR LF.
inline std::string Request(std::string_view method, std::string_view target, std::string_view fields = "") {
  return std::string(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: log.example\r\n").append(fields).append("\r\n");
}

inline std::optional<RawReply> Get(const std::string& address, std::string_view target, std::string_view fields = "") {
  return RawConnection(address).Ask(Request("GET", target, fields));
}

}  // namespace trustlog::support
