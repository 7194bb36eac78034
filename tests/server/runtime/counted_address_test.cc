// Who is counted as one: an IPv4 address, an IPv6 /56.
#include "server/runtime/counted_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace trustlog::runtime {
namespace {

using namespace std::string_view_literals;

TEST(CountedAddress, IsAnIpv4AddressOrThePrefixOfAnIpv6One) {
  EXPECT_EQ(CountedAddress("192.0.2.7"), "\xC0\x00\x02\x07"sv);
  EXPECT_EQ(CountedAddress("::ffff:192.0.2.7"), "\xC0\x00\x02\x07"sv) << "mapped";
  EXPECT_EQ(CountedAddress("2001:db8:1:2300::1"), "\x20\x01\x0D\xB8\x00\x01\x23"sv);
  EXPECT_EQ(CountedAddress("2001:db8:1:23ff:ffff::9"), CountedAddress("2001:db8:1:2300::1")) << "one customer";
  EXPECT_NE(CountedAddress("2001:db8:1:2400::1"), CountedAddress("2001:db8:1:2300::1"));
  EXPECT_EQ(CountedAddress("fe80::1%eth0"), CountedAddress("fe80::2"));
}

TEST(CountedAddress, IsEmptyForAnythingElse) {
  for (const auto text : {""sv, "localhost"sv, "192.0.2"sv, "192.0.2.7:80"sv, "[::1]"sv, "%eth0"sv, "192.0.2.07x"sv})
    EXPECT_EQ(CountedAddress(text), "") << text;
}

TEST(CountedAddress, OfASocketIsThatOfItsText) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr);
  sockaddr_storage peer{};
  std::memcpy(&peer, &v4, sizeof v4);
  EXPECT_EQ(CountedAddress(peer), CountedAddress("192.0.2.7"));
  std::memcpy(&peer, &v6, sizeof v6);
  EXPECT_EQ(CountedAddress(peer), CountedAddress("2001:db8::7"));
}

}  // namespace
}  // namespace trustlog::runtime
