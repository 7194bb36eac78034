#include "server/signer/local_signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "merkle/verify.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/checkpoint.h"
#include "server/runtime/failpoint.h"

namespace trustlog::signer {
namespace {

constexpr std::string_view kFailed = "the mark could not be written before: nothing is signed any more";

}  // namespace

absl::StatusOr<std::unique_ptr<LocalSigner>> LocalSigner::Open(const std::string& mark_directory, const std::string& origin,
                                                               const std::array<std::uint8_t, 32>& store_id, keys::PrivateKey key,
                                                               const runtime::Clock& clock) {
  if (key.public_key().algorithm() != keys::Algorithm::kEd25519)
    return absl::FailedPreconditionError("the log key must be Ed25519");
  auto vkey = tlog::VerifierKey::Make(origin, tlog::kTypeEd25519, key.public_key());
  if (!vkey.ok()) return vkey.status();
  auto file = MarkFile::Open(mark_directory);
  if (!file.ok()) return file.status();
  const auto& mark = (*file)->current();
  const auto foreign = [&](std::string_view what) {
    return absl::NotFoundError(
        fmt::format("the mark in {} belongs to another {}: it must never be moved between logs", mark_directory, what));
  };
  if (mark.origin != origin) return foreign("origin");
  if (mark.key_id != key.public_key().id()) return foreign("log key");
  if (mark.store_id != store_id) return foreign("store");
  return std::unique_ptr<LocalSigner>(new LocalSigner(*std::move(file), origin, std::move(key), *std::move(vkey), clock));
}

LocalSigner::LocalSigner(std::unique_ptr<MarkFile> mark, std::string origin, keys::PrivateKey key, tlog::VerifierKey vkey,
                         const runtime::Clock& clock)
    : mark_(std::move(mark)),
      origin_(std::move(origin)),
      key_(std::move(key)),
      vkey_(std::move(vkey)),
      vkey_text_(vkey_.ToString()),
      clock_(clock),
      fed_(mark_->current().range) {}

absl::Status LocalSigner::Follow(std::string_view signed_checkpoint, std::span<const merkle::Hash> proof,
                                 const merkle::CompactRange& range) {
  if (failed_) return absl::FailedPreconditionError(std::string(kFailed));
  const auto opened = tlog::OpenNote(signed_checkpoint, {&vkey_, 1});
  if (!opened.ok())
    return absl::FailedPreconditionError(fmt::format("not signed by this log's key: {}", bytes::MessageOf(opened.status())));
  const auto checkpoint = tlog::ParseCheckpoint(opened->text);
  if (!checkpoint.ok() || checkpoint->origin != origin_) return absl::FailedPreconditionError("not a checkpoint of this log");
  const auto mark = Mark();
  if (range.Head() != checkpoint->head) return absl::FailedPreconditionError("the range is not that of the checkpoint");
  if (mark.size != 0 && merkle::VerifyConsistency(mark.size, checkpoint->head.size, mark.root, checkpoint->head.root, proof) !=
                            merkle::ProofCheck::kOk) {
    return absl::FailedPreconditionError("the stored checkpoint does not extend the mark");
  }
  return MoveMark(range);
}

absl::Status LocalSigner::Feed(std::uint64_t begin, std::span<const std::string_view> entries) {
  const auto& mark = mark_->current().range;
  if (begin == mark.size()) fed_ = mark;
  if (begin != fed_.size()) return absl::InvalidArgumentError(fmt::format("fed from {} after {}", begin, fed_.size()));
  std::vector<merkle::ByteView> views;
  views.reserve(entries.size());
  for (const auto entry : entries) views.push_back(bytes::AsBytes(entry));
  std::vector<merkle::Hash> leaves(entries.size());
  merkle::HashLeaves(views, leaves);
  fed_.Append(leaves);
  return absl::OkStatus();
}

absl::StatusOr<std::string> LocalSigner::Sign(const merkle::TreeHead& head) {
  if (failed_) return absl::FailedPreconditionError(std::string(kFailed));
  if (fed_.Head() != head) {
    return absl::FailedPreconditionError(fmt::format(
        "asked to sign size {}, but the entries read back lead to another root (fed up to {})", head.size, fed_.size()));
  }
  // The same (size, root) again needs no new mark: the one on disk says it already.
  if (fed_ != mark_->current().range) {
    if (auto status = MoveMark(fed_); !status.ok()) return status;
  }
  const std::string text = tlog::FormatCheckpoint({origin_, head});
  const auto signature = tlog::SignNote(text, origin_, key_);
  if (!signature.ok()) return signature.status();
  return tlog::FormatNote({text, {*signature}});
}

absl::Status LocalSigner::MoveMark(const merkle::CompactRange& range) {
  auto next = mark_->current();
  next.range = range;
  next.last_time_ms = std::max(next.last_time_ms, clock_.WallNow().count());
  auto status = TRUSTLOG_FAILPOINT("mark.before_write");
  if (status.ok()) status = mark_->Write(std::move(next));
  if (status.ok()) status = TRUSTLOG_FAILPOINT("mark.after_sync");
  if (!status.ok()) {
    failed_ = true;
    return absl::UnknownError(status.message());
  }
  fed_ = range;
  return absl::OkStatus();
}

}  // namespace trustlog::signer
