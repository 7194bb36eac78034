// Who is counted as one at the door and by quotas: an IPv4 address, or the first 56 bits of an IPv6 one, which is what one customer
// of a provider has. An IPv4 address mapped into IPv6 counts as itself.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace trustlog::runtime {

// 4 or 7 bytes.
std::string CountedAddress(const sockaddr_storage& peer);
// The same of a numeric address, "192.0.2.7" or "2001:db8::7", a zone ("%eth0") left out. "" for any other text.
std::string CountedAddress(std::string_view numeric);

}  // namespace trustlog::runtime
