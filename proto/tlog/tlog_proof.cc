#include "proto/tlog/tlog_proof.h"

#include <optional>

#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "proto/tlog/text.h"

namespace trustlog::tlog {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kMaxHashes = 63;
constexpr std::size_t kMaxLineBytes = 64 * 1024 - 1;  // with its line feed: what a Go scanner holds (E4)

absl::Status BadProof(std::string_view what) { return bytes::Refuse(bytes::Reason::kArgumentInvalid, what, {{"field", "proof"}}); }

}  // namespace

absl::StatusOr<TlogProof> ParseTlogProof(std::string_view text) {
  TlogProof proof;
  if (TakeLine(text) != kFirstLine) return BadProof(fmt::format("the first line is not {}", Quote(kFirstLine)));
  auto line = TakeLine(text);
  if (line && line->starts_with(kExtra)) {
    const auto extra = line->size() < kMaxLineBytes ? bytes::DecodeBase64(line->substr(kExtra.size())) : std::nullopt;
    if (!extra || extra->empty()) return BadProof("the extra line is empty, not base64 or as long as 64 KiB");
    proof.extra = *extra;
    line = TakeLine(text);
  }
  const auto index = line && line->starts_with(kIndex) ? ParseDecimal(line->substr(kIndex.size()), kMaxTreeSize) : std::nullopt;
  if (!index) return BadProof("the line after the first is not \"index N\"");
  proof.index = *index;
  for (line = TakeLine(text); line && !line->empty(); line = TakeLine(text)) {
    const auto hash = ParseBase64Hash(*line);
    if (!hash) return BadProof(fmt::format("proof line {} is not a hash: {}", proof.hashes.size() + 1, Quote(*line)));
    if (proof.hashes.size() == kMaxHashes) return BadProof(fmt::format("more than {} hashes", kMaxHashes));
    proof.hashes.push_back(*hash);
  }
  if (!line) return BadProof("no empty line between proof and checkpoint");
  const auto note = ParseNote(text);
  if (!note.ok()) return BadProof(fmt::format("the checkpoint: {}", std::string(note.status().message())));
  proof.checkpoint = text;
  return proof;
}

std::string FormatTlogProof(std::uint64_t index, const std::vector<merkle::Hash>& hashes, std::string_view checkpoint) {
  std::string text = fmt::format("{}\n{}{}\n", kFirstLine, kIndex, index);
  for (const auto& hash : hashes) text += bytes::EncodeBase64(hash) + '\n';
  text += '\n';
  text += checkpoint;
  return text;
}

}  // namespace trustlog::tlog
