#include "proto/tlog/cosignature.h"

#include <cassert>
#include <limits>

#include "fmt/format.h"
#include "proto/bytes/wire.h"
#include "proto/keys/ed25519.h"

namespace trustlog::tlog {
namespace {

constexpr std::size_t kBlobBytes = 8 + 64;  // u64 T | Ed25519

std::string CosignedMessage(std::string_view text, std::int64_t time) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time, text);
}

}  // namespace

std::optional<std::int64_t> CosignatureTime(const NoteSignature& signature) {
  if (signature.signature.size() != kBlobBytes) return std::nullopt;
  // B3: T is 1..2^63 - 1. As a signed number, 2^63 and more are negative.
  const auto time = bytes::ByteReader(signature.signature).I64();
  if (time < 1) return std::nullopt;
  return time;
}

bool VerifyCosignature(std::string_view text, const VerifierKey& key, const NoteSignature& signature) {
  assert(key.type() == kTypeCosignatureV1);
  const auto time = CosignatureTime(signature);
  if (!time || !key.Matches(signature)) return false;
  return keys::VerifyEd25519(bytes::AsBytes(key.key().raw_ed25519()), CosignedMessage(text, *time),
                             std::string_view(signature.signature).substr(8));
}

absl::StatusOr<NoteSignature> Cosign(std::string_view text, std::string_view name, const keys::PrivateKey& key, std::int64_t time) {
  assert(time >= 1);
  const auto vkey = VerifierKey::Make(name, kTypeCosignatureV1, key.public_key());
  if (!vkey.ok()) return vkey.status();
  const auto signature = key.Sign(CosignedMessage(text, time));
  if (!signature.ok()) return signature.status();
  bytes::ByteWriter blob;
  blob.I64(time).Raw(*signature);
  return NoteSignature{vkey->name(), vkey->key_id(), blob.Take()};
}

}  // namespace trustlog::tlog
