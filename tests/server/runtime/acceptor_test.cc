#include "server/runtime/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "tests/support/child_process.h"

namespace trustlog::runtime {
namespace {

// A client's end, closed at the end. It knows from the wire whether it was taken: a refused connection is reset.
class Client {
 public:
  explicit Client(std::uint16_t port, const char* from = "127.0.0.1") : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    inet_pton(AF_INET, from, &local.sin_addr);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
    sockaddr_in remote{};
    remote.sin_family = AF_INET;
    remote.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &remote.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&remote), sizeof remote) == 0;
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(fd_); }

  // Blocks until the server writes or closes. True: the greeting came.
  bool WasTaken() const {
    char byte = 0;
    return connected_ && read(fd_, &byte, 1) == 1 && byte == 'x';
  }

 private:
  int fd_;
  bool connected_ = false;
};

// What the acceptor hands over: greeted, and kept open until released.
class Server {
 public:
  explicit Server(AcceptLimits limits) : acceptor_(*Acceptor::Listen("127.0.0.1:0", limits)) {
    acceptor_->Start([this](int, int connection) {
      const std::lock_guard lock(mutex_);
      open_.push_back(connection);  // before the greeting: a client that was taken is found here
      EXPECT_EQ(write(connection, "x", 1), 1);
    });
  }
  ~Server() {
    acceptor_->Stop();
    while (!open_.empty()) CloseOldest();
  }
  // REQUIRES: a client that was taken.
  void CloseOldest() {
    const std::lock_guard lock(mutex_);
    close(open_.front());
    open_.pop_front();
  }
  int newest() const {
    const std::lock_guard lock(mutex_);
    return open_.back();
  }
  Acceptor& operator*() { return *acceptor_; }
  Acceptor* operator->() { return acceptor_.get(); }

 private:
  mutable std::mutex mutex_;
  std::deque<int> open_;
  const std::unique_ptr<Acceptor> acceptor_;
};

TEST(Acceptor, RefusesAddressesOfAnotherForm) {
  for (const char* address : {"", "7070", ":7070", "127.0.0.1", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:-1", "127.0.0.1:123456",
                              "::1:7070", "[::1]", "localhost:7070", "[]:1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Acceptor::Listen(address, {}).status())) << address;
  }
}

TEST(Acceptor, TellsWhereItListensAndASecondListenerFails) {
  const auto first = Acceptor::Listen("127.0.0.1:0", {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE((*first)->port(), 0);
  EXPECT_EQ((*first)->address(), "127.0.0.1:" + std::to_string((*first)->port()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Acceptor::Listen((*first)->address(), {}).status()));
}

TEST(Acceptor, HandsOverNonBlockingSocketsWithTheirOptionsSet) {
  Server server({});
  const Client client(server->port());
  ASSERT_TRUE(client.WasTaken());
  const int fd = server.newest();
  EXPECT_NE(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  int value = 0;
  socklen_t size = sizeof value;
  ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_NE(value, 0);
  ASSERT_EQ(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
  EXPECT_NE(value, 0);
  ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size), 0);
  EXPECT_EQ(value, 20'000);
}

TEST(Acceptor, ClosesConnectionsBeyondTheTotalAndTakesThemAgainWhenOneEnds) {
  Server server({.total = 2, .per_address = 0});
  const Client a(server->port()), b(server->port());
  ASSERT_TRUE(a.WasTaken());
  ASSERT_TRUE(b.WasTaken());
  const Client refused(server->port());
  EXPECT_FALSE(refused.WasTaken());
  server.CloseOldest();  // nobody tells the acceptor: at the limit it looks for itself
  const Client again(server->port());
  EXPECT_TRUE(again.WasTaken());
  EXPECT_EQ(server->stats().accepted, 3U);
  EXPECT_EQ(server->stats().refused, 1U);
  EXPECT_EQ(server->stats().open, 2U);
}

TEST(Acceptor, CountsEachAddressByItself) {
  Server server({.total = 100, .per_address = 2});
  const Client a(server->port()), b(server->port());
  ASSERT_TRUE(a.WasTaken());
  ASSERT_TRUE(b.WasTaken());
  EXPECT_FALSE(Client(server->port()).WasTaken());
  const Client neighbour(server->port(), "127.0.0.2");
  EXPECT_TRUE(neighbour.WasTaken());
}

TEST(Acceptor, AfterStopNobodyIsTaken) {
  Server server({});
  const auto port = server->port();
  ASSERT_TRUE(Client(port).WasTaken());
  server->Stop();
  EXPECT_FALSE(Client(port).WasTaken());
  EXPECT_TRUE(Acceptor::Listen("127.0.0.1:" + std::to_string(port), {}).ok());
}

// In a process of its own: descriptors run out for all of it.
TEST(Acceptor, OutlivesAnEndOfDescriptors) {
  if (!support::IsChild()) {
    EXPECT_EQ(support::RunThisTestInAChild({}), 0);
    return;
  }
  Server server({});
  const Client first(server->port());
  ASSERT_TRUE(first.WasTaken());
  std::vector<int> hoard;
  // One descriptor is left, for the client; its connection finds none.
  const rlimit few{64, 64};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  for (int fd = 0; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) hoard.push_back(fd);
  close(hoard.back());
  hoard.pop_back();
  EXPECT_FALSE(Client(server->port()).WasTaken()) << "closed at once, by the descriptor in reserve";
  EXPECT_GE(server->stats().starved, 1U);
  for (const int fd : hoard) close(fd);
  const Client after(server->port());
  EXPECT_TRUE(after.WasTaken());
}

}  // namespace
}  // namespace trustlog::runtime
