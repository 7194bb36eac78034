#include "server/runtime/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "server/runtime/counted_address.h"

namespace trustlog::runtime {
namespace {

constexpr int kSweepMs = 250;
constexpr auto kStarvedPause = std::chrono::milliseconds(50);
constexpr int kUserTimeoutMs = 20'000;

void CloseAtOnce(int fd) {
  const linger zero{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &zero, sizeof zero);
  close(fd);
}

void SetOptions(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
}

using AddressInfo = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

// Null: not a numeric address with a port.
AddressInfo Resolve(const std::string& text) {
  AddressInfo none(nullptr, freeaddrinfo);
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return none;
  std::string host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || bracketed != (host.find(':') != std::string::npos)) return none;
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65'535)
    return none;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return none;
  return {found, freeaddrinfo};
}

}  // namespace

// Who is connected. The owner of a connection reports no close, so a sweep compares each descriptor's socket inode.
class Acceptor::Connections {
 public:
  bool HasRoom(const AcceptLimits& limits, const std::string& address) {
    const auto full = [&] {
      const auto it = by_address_.find(address);
      return open_.size() >= limits.total ||
             (limits.per_address != 0 && it != by_address_.end() && it->second >= limits.per_address);
    };
    if (!full()) return true;
    Sweep();
    return !full();
  }
  void Add(int fd, std::string address) {
    struct stat status {};
    fstat(fd, &status);
    // The descriptor of a connection that was closed unseen comes back for a new one.
    if (const auto before = open_.find(fd); before != open_.end()) Remove(before);
    ++by_address_[address];
    open_.emplace(fd, Open{status.st_ino, std::move(address)});
  }
  void Sweep() {
    for (auto it = open_.begin(); it != open_.end();) {
      struct stat status {};
      const bool gone = fstat(it->first, &status) != 0 || status.st_ino != it->second.inode;
      const auto at = it++;
      if (gone) Remove(at);
    }
  }
  std::size_t size() const { return open_.size(); }

 private:
  struct Open {
    ino_t inode;
    std::string address;
  };
  void Remove(std::map<int, Open>::iterator at) {
    const auto counted = by_address_.find(at->second.address);
    if (--counted->second == 0) by_address_.erase(counted);
    open_.erase(at);
  }
  std::map<int, Open> open_;
  std::map<std::string, std::size_t> by_address_;
};

bool IsListenAddress(const std::string& text) { return Resolve(text) != nullptr; }

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const std::string& address, AcceptLimits limits) {
  const auto found = Resolve(address);
  if (found == nullptr) return absl::InvalidArgumentError("not a numeric ADDRESS:PORT: " + address);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
      listen(fd, SOMAXCONN) != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) close(fd);
    return absl::FailedPreconditionError("cannot listen on " + address + ": " + why);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  in_port_t bound_port = 0;  // at the same place for both families
  std::memcpy(&bound_port, reinterpret_cast<const char*>(&bound) + offsetof(sockaddr_in, sin_port), sizeof bound_port);
  return std::unique_ptr<Acceptor>(new Acceptor(fd, address.substr(0, address.rfind(':')), ntohs(bound_port), limits));
}

std::unique_ptr<Acceptor> Acceptor::On(int listener, const std::string& name, AcceptLimits limits) {
  return std::unique_ptr<Acceptor>(new Acceptor(listener, name, 0, limits));
}

Acceptor::Acceptor(int listener, std::string host, std::uint16_t port, AcceptLimits limits)
    : listener_(listener),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      reserve_(open("/dev/null", O_RDONLY | O_CLOEXEC)),
      host_(std::move(host)),
      port_(port),
      limits_(limits) {}

Acceptor::~Acceptor() {
  Stop();
  close(wake_);
  if (reserve_ >= 0) close(reserve_);
}

std::string Acceptor::address() const { return port_ == 0 ? host_ : host_ + ":" + std::to_string(port_); }

void Acceptor::Start(Take take) {
  thread_ = std::thread([this, take = std::move(take)] { Loop(take); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);
    thread_.join();
  }
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

AcceptStats Acceptor::stats() const { return {accepted_, refused_, starved_, open_}; }

void Acceptor::Loop(const Take& take) {
  pthread_setname_np(pthread_self(), "accept");
  Connections open;
  while (true) {
    pollfd events[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    const int ready = poll(events, 2, kSweepMs);
    if (ready > 0 && events[1].revents != 0) return;
    if (ready > 0 && events[0].revents != 0) AcceptAll(take, open);
    if (ready == 0) open.Sweep();
    open_ = open.size();
  }
}

void Acceptor::AcceptAll(const Take& take, Connections& open) {
  while (true) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) GiveUpReserve();
      return;
    }
    std::string address = CountedAddress(peer);
    if (!open.HasRoom(limits_, address)) {
      ++refused_;
      CloseAtOnce(fd);
      continue;
    }
    SetOptions(fd);
    open.Add(fd, std::move(address));
    ++accepted_;
    open_ = open.size();
    take(listener_, fd);
  }
}

// No descriptor left: the waiting connection would make poll return for ever. One is given up, so that it can be accepted and
// closed.
void Acceptor::GiveUpReserve() {
  ++starved_;
  if (reserve_ >= 0) close(reserve_);
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd >= 0) CloseAtOnce(fd);
  reserve_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::this_thread::sleep_for(kStarvedPause);
}

}  // namespace trustlog::runtime
