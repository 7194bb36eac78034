// A Signer in this process: mark file and key. Publisher thread only.
#pragma once

#include <memory>
#include <string>

#include "proto/keys/key.h"
#include "proto/tlog/note.h"
#include "server/runtime/clock.h"
#include "server/signer/mark_file.h"
#include "server/signer/signer.h"

namespace trustlog::signer {

class LocalSigner final : public Signer {
 public:
  // Borrows `clock`. Opens the mark in `mark_directory` and checks that it belongs to this origin, key and store (I9).
  // NotFound: there is no mark, or that of another log. FailedPrecondition: the key is not Ed25519, or as MarkFile::Open; DataLoss:
  // as there.
  static absl::StatusOr<std::unique_ptr<LocalSigner>> Open(const std::string& mark_directory, const std::string& origin,
                                                           const std::array<std::uint8_t, 32>& store_id, keys::PrivateKey key,
                                                           const runtime::Clock& clock);

  const std::string& vkey() const override { return vkey_text_; }
  merkle::TreeHead Mark() const override { return mark_->current().range.Head(); }
  [[nodiscard]] absl::Status Follow(std::string_view signed_checkpoint, std::span<const merkle::Hash> proof,
                                    const merkle::CompactRange& range) override;
  [[nodiscard]] absl::Status Feed(std::uint64_t begin, std::span<const std::string_view> entries) override;
  absl::StatusOr<std::string> Sign(const merkle::TreeHead& head) override;

  std::int64_t last_time_ms() const { return mark_->current().last_time_ms; }
  bool opened_torn() const { return mark_->opened_torn(); }

 private:
  LocalSigner(std::unique_ptr<MarkFile> mark, std::string origin, keys::PrivateKey key, tlog::VerifierKey vkey,
              const runtime::Clock& clock);
  [[nodiscard]] absl::Status MoveMark(const merkle::CompactRange& range);

  const std::unique_ptr<MarkFile> mark_;
  const std::string origin_;
  const keys::PrivateKey key_;
  const tlog::VerifierKey vkey_;
  const std::string vkey_text_;
  const runtime::Clock& clock_;
  merkle::CompactRange fed_;  // the mark's range grown by what was fed
  bool failed_ = false;       // a mark write failed: nothing is signed any more (I7)
};

}  // namespace trustlog::signer
