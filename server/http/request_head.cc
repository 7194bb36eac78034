#include "server/http/request_head.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <iterator>
#include <string>

namespace trustlog::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

HttpReply Refuse(int status, std::string_view line) {
  auto reply = TextReply(status, line);
  reply.route = "malformed";
  return reply;
}

// RFC 9112 section 2.2 and 5.2: a bare line feed or a folded field is where two parsers disagree about where a request ends.
bool HasStrangeLines(std::string_view head) {
  for (auto at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    if (at == 0 || head[at - 1] != '\r') return true;
    if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) return true;
  }
  return false;
}

// "METHOD TARGET HTTP/D.D": only then is it a matter of versions.
bool NamesAVersion(std::string_view head) {
  const auto line = head.substr(0, head.find("\r\n"));
  if (std::count(line.begin(), line.end(), ' ') != 2) return false;
  const auto version = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]);
}

HttpReply TooLarge(int status, std::string_view what, std::size_t limit, std::size_t actual) {
  return Refuse(status, "TOO_LARGE " + std::string(what) + " limit=" + std::to_string(limit) + " actual=" + std::to_string(actual));
}

}  // namespace

std::optional<std::size_t> FindHeadEnd(std::string_view input) {
  for (auto at = input.find('\n'); at != std::string_view::npos; at = input.find('\n', at + 1)) {
    const bool bare = at == 0 || input[at - 1] != '\r';
    const bool empty_line = at == 1 || (at >= 3 && input.substr(at - 3, 4) == "\r\n\r\n");
    if (bare || empty_line) return at + 1;
  }
  return std::nullopt;
}

std::variant<RequestHead, HttpReply> ParseRequestHead(std::string_view head) {
  if (head.size() > kMaxHeadBytes) return TooLarge(431, "request head", kMaxHeadBytes, head.size());
  if (HasStrangeLines(head)) return Refuse(400, "bare line feeds and folded fields are not taken");
  beast::http::request_parser<beast::http::empty_body> parser;
  parser.header_limit(kMaxHeadBytes);
  parser.body_limit(boost::none);
  beast::error_code error;
  const auto used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == beast::http::error::bad_version && NamesAVersion(head)) return Refuse(505, "HTTP/1.1 is spoken here");
  if (error) return Refuse(400, "malformed request");
  if (!parser.is_header_done() || used != head.size()) return Refuse(400, "malformed request");

  const auto& message = parser.get();
  const auto fields = static_cast<std::size_t>(std::distance(message.begin(), message.end()));
  if (fields > kMaxFields) return TooLarge(431, "header fields", kMaxFields, fields);
  const auto target = View(message.target());
  if (target.size() > kMaxTargetBytes) return TooLarge(414, "target", kMaxTargetBytes, target.size());
  if (target.empty() || target.front() != '/') return Refuse(400, "only the origin form of a target is answered");
  const auto hosts = message.count(field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return Refuse(400, "one Host is needed");
  if (message.count(field::transfer_encoding) != 0) {
    if (message.count(field::content_length) != 0) return Refuse(400, "Content-Length and Transfer-Encoding together");
    return parser.chunked() ? Refuse(413, "TOO_LARGE body limit=0: chunks are not read here")
                            : Refuse(400, "unknown Transfer-Encoding");
  }
  if (const auto body = parser.content_length().value_or(0); body != 0) return TooLarge(413, "body", 0, body);

  RequestHead out;
  const auto question = target.find('?');
  out.request.method = std::string(View(message.method_string()));
  out.request.path = std::string(target.substr(0, question));
  if (question != std::string_view::npos) out.request.query = std::string(target.substr(question + 1));
  out.request.accept_encoding = std::string(View(message[field::accept_encoding]));
  out.request.if_none_match = std::string(View(message[field::if_none_match]));
  out.keep_alive = message.version() == 11 && message.keep_alive();  // 1.0 would have to be told, and nothing current needs it
  return out;
}

}  // namespace trustlog::http
