// Cosignature/v1 (C2SP tlog-cosignature): Ed25519 over "cosignature/v1\ntime <T>\n" | note text; blob = u64 T | 64 bytes (C4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/tlog/note.h"

namespace trustlog::tlog {

// POSIX seconds of a cosignature whose form is right (72 bytes, 1 <= T <= 2^63 - 1); does not verify.
std::optional<std::int64_t> CosignatureTime(const NoteSignature& signature);

// True iff `signature` is a cosignature/v1 of `text` by `key`.  REQUIRES: key.type() == kTypeCosignatureV1.
bool VerifyCosignature(std::string_view text, const VerifierKey& key, const NoteSignature& signature);

// REQUIRES: time >= 1.
absl::StatusOr<NoteSignature> Cosign(std::string_view text, std::string_view name, const keys::PrivateKey& key, std::int64_t time);

}  // namespace trustlog::tlog
