// The head of one HTTP/1.1 request, from bytes to HttpRequest, or the reply that refuses it (protocols.md H2, H6). Beast reads the
// grammar; what it takes and we do not (folded lines, bare line feeds, two hosts, other target forms) is refused here. Pure and
// thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "server/http/message.h"

namespace trustlog::http {

inline constexpr std::size_t kMaxHeadBytes = 8 * 1024;
inline constexpr std::size_t kMaxFields = 64;
inline constexpr std::size_t kMaxTargetBytes = 512;

struct RequestHead {
  HttpRequest request;  // `address` is for the server to fill
  bool keep_alive = false;
};

// Where the head at the front of `input` ends; nullopt: not whole yet. It ends after its empty line, or after the first line feed
// that has no carriage return before it: nothing behind that can be trusted, and ParseRequestHead refuses it.
std::optional<std::size_t> FindHeadEnd(std::string_view input);

// `head`: as FindHeadEnd cut it. After a refusal the connection must be closed: what follows may be a body. 400 malformed, 413 a
// body, 414 the target is too long, 431 the head is too large, 505 another version.
std::variant<RequestHead, HttpReply> ParseRequestHead(std::string_view head);

}  // namespace trustlog::http
