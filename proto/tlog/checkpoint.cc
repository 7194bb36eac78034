#include "proto/tlog/checkpoint.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/note.h"
#include "proto/tlog/text.h"

namespace trustlog::tlog {
namespace {

absl::Status BadCheckpoint(std::string_view what) {
  return bytes::Refuse(bytes::Reason::kArgumentInvalid, what, {{"field", "checkpoint"}});
}

bool IsOriginCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("._~/:-").find(c) != std::string_view::npos;
}

}  // namespace

bool IsValidOrigin(std::string_view origin) {
  return IsValidKeyName(origin) && std::all_of(origin.begin(), origin.end(), IsOriginCharacter);
}

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  assert(IsValidOrigin(checkpoint.origin) && checkpoint.head.size <= kMaxTreeSize);
  return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.head.size, bytes::EncodeBase64(checkpoint.head.root));
}

absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  const auto origin = TakeLine(text);
  if (!origin || !IsValidOrigin(*origin)) return BadCheckpoint("the first line of a checkpoint is not an origin");
  const auto size_line = TakeLine(text);
  const auto size = size_line ? ParseDecimal(*size_line, kMaxTreeSize) : std::nullopt;
  if (!size) return BadCheckpoint(fmt::format("checkpoint of {}: the second line is not a size in 0 .. 2^63 - 1", Quote(*origin)));
  const auto root_line = TakeLine(text);
  const auto root = root_line ? ParseBase64Hash(*root_line) : std::nullopt;
  if (!root) return BadCheckpoint(fmt::format("checkpoint of {}: the third line is not a root hash", Quote(*origin)));
  if (!text.empty()) return BadCheckpoint(fmt::format("checkpoint of {}: lines after the third (A4)", Quote(*origin)));
  if (*size == 0 && *root != merkle::EmptyRoot()) {
    return BadCheckpoint(fmt::format("checkpoint of {}: size 0 with another root than that of no leaves", Quote(*origin)));
  }
  return Checkpoint{std::string(*origin), {*size, *root}};
}

}  // namespace trustlog::tlog
