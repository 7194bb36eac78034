#include "server/grpc/unary_call.h"

#include <string_view>

#include "server/runtime/counted_address.h"

namespace trustlog::rpc {
namespace {

constexpr auto kBeforeDeadline = std::chrono::milliseconds(200);

}  // namespace

std::string CountedPeer(const std::string& peer) {
  const auto scheme = peer.find(':');
  const auto port = peer.rfind(':');
  if (scheme == std::string::npos || port <= scheme) return peer;
  std::string_view host = std::string_view(peer).substr(scheme + 1, port - scheme - 1);
  for (const std::string_view bracket : {"[", "%5B"}) {
    if (host.starts_with(bracket)) host.remove_prefix(bracket.size());
  }
  for (const std::string_view bracket : {"]", "%5D"}) {
    if (host.ends_with(bracket)) host.remove_suffix(bracket.size());
  }
  auto counted = runtime::CountedAddress(host);
  return counted.empty() ? std::string(host) : counted;
}

api::Call CallOf(const ::grpc::CallbackServerContext& context, const CallParts& parts, CallTimes times) {
  // A deadline that is not set is "infinitely" far away.
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline() - std::chrono::system_clock::now());
  const auto now = parts.clock.Now();
  auto deadline = now + times.usual;
  if (left < std::chrono::hours(24)) deadline = now + std::min<std::chrono::milliseconds>(left, times.longest) - kBeforeDeadline;
  return {parts.behind_proxy ? std::string() : CountedPeer(context.peer()), deadline};
}

std::string CodeName(const ::grpc::Status& status) { return std::to_string(static_cast<int>(status.error_code())); }

}  // namespace trustlog::rpc
