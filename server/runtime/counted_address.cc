#include "server/runtime/counted_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace trustlog::runtime {
namespace {

constexpr std::size_t kPrefixBytes = 56 / 8;

std::string Bytes(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

std::string Counted(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return Bytes(address.s6_addr + 12, 4);
  return Bytes(address.s6_addr, kPrefixBytes);
}

}  // namespace

std::string CountedAddress(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &peer, sizeof v4);
    return Bytes(&v4.sin_addr, sizeof v4.sin_addr);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &peer, sizeof v6);
  return Counted(v6.sin6_addr);
}

std::string CountedAddress(std::string_view numeric) {
  const std::string text(numeric.substr(0, numeric.find('%')));
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return Bytes(&v4, sizeof v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return Counted(v6);
  return {};
}

}  // namespace trustlog::runtime
