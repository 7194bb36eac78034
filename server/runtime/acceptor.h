// The capped accept loop that gRPC and HTTP share (reliability.md 3.9): we bind and listen ourselves, count connections in all and
// by address, and hand over connected sockets. A flood of connections is closed at the door; running out of descriptors never ends
// the loop. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace trustlog::runtime {

struct AcceptLimits {
  std::size_t total = 1'024;
  std::size_t per_address = 32;  // counted_address.h; 0 = no limit
};

struct AcceptStats {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // over a limit
  std::uint64_t starved = 0;  // no descriptor or memory left
  std::size_t open = 0;
};

// "ADDRESS:PORT" with a numeric address, IPv6 in brackets.
bool IsListenAddress(const std::string& text);

class Acceptor final {
 public:
  // Owns the descriptor that it is given: non-blocking, close-on-exec, TCP_NODELAY and keep-alive set.
  using Take = std::function<void(int listener, int connection)>;

  // Binds "ADDRESS:PORT" (IPv6 in brackets, port 0 = any). SO_REUSEPORT is never set: a second listener fails. InvalidArgument: no
  // such form; FailedPrecondition: it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const std::string& address, AcceptLimits limits);
  // Over a listener of another family (unix_socket.h), which it owns from then on; `name` is its address().
  static std::unique_ptr<Acceptor> On(int listener, const std::string& name, AcceptLimits limits);
  ~Acceptor();  // as Stop
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const;  // as bound, "127.0.0.1:7070"
  void Start(Take take);        // once
  // Ends the thread and closes the listener. Connections that were handed over stay with their owner.
  void Stop();
  AcceptStats stats() const;

 private:
  class Connections;
  Acceptor(int listener, std::string host, std::uint16_t port, AcceptLimits limits);
  void Loop(const Take& take);
  void AcceptAll(const Take& take, Connections& open);
  void GiveUpReserve();

  int listener_;
  int wake_;                // eventfd: written once by Stop
  int reserve_;             // a descriptor given up to accept and close when none is left
  const std::string host_;  // as given, in brackets if IPv6
  const std::uint16_t port_;
  const AcceptLimits limits_;
  std::thread thread_;
  std::atomic<std::uint64_t> accepted_{0}, refused_{0}, starved_{0};
  std::atomic<std::size_t> open_{0};
};

}  // namespace trustlog::runtime
