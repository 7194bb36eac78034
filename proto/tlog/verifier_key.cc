// The verifier keys of note.h.
#include <algorithm>
#include <array>
#include <optional>

#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/ed25519.h"
#include "proto/tlog/cosignature.h"
#include "proto/tlog/note.h"
#include "proto/tlog/text.h"

namespace trustlog::tlog {
namespace {

using bytes::Reason;

constexpr std::size_t kMaxNameBytes = 255;  // the ML-DSA structure allows no more (A2)
constexpr std::size_t kEd25519KeyBytes = 32;
constexpr std::size_t kMlDsa44KeyBytes = 1312;

absl::Status BadVkey(std::string_view what) { return bytes::Refuse(Reason::kArgumentInvalid, what, {{"field", "vkey"}}); }

std::string HexOf(std::uint32_t key_id) { return fmt::format("{:08x}", key_id); }

// "name+hex8+base64", cut at the first two '+': a name has none, base64 may have some.
struct VkeyParts {
  std::string_view name;
  std::string_view key_id;
  std::string type_and_key;
};

std::optional<VkeyParts> Split(std::string_view vkey) {
  const auto first = vkey.find('+');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = vkey.find('+', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto type_and_key = bytes::DecodeBase64(vkey.substr(second + 1));
  if (!type_and_key || type_and_key->empty()) return std::nullopt;
  return VkeyParts{vkey.substr(0, first), vkey.substr(first + 1, second - first - 1), *std::move(type_and_key)};
}

std::optional<std::size_t> KeyBytesOf(std::uint8_t type) {
  switch (type) {
    case kTypeEd25519:
    case kTypeCosignatureV1:
      return kEd25519KeyBytes;
    case kTypeMlDsa44:
      return kMlDsa44KeyBytes;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool IsValidKeyName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  while (!name.empty()) {
    const auto code_point = TakeCodePoint(name);
    // Control characters can stand in no note (A1), so a name with one could never be met.
    if (!code_point || *code_point < 0x20 || *code_point == '+' || IsUnicodeSpace(*code_point)) return false;
  }
  return true;
}

std::uint32_t ComputeKeyId(std::string_view name, std::uint8_t type, merkle::ByteView key) {
  bytes::ByteWriter preimage;
  preimage.Raw(name).Raw("\n").U8(type).Raw(bytes::AsText(key));
  const auto digest = merkle::Sha256(bytes::AsBytes(preimage.data()));
  return bytes::ByteReader(bytes::AsText(digest)).U32();
}

VerifierKey::VerifierKey(std::string name, std::uint32_t key_id, std::uint8_t type, keys::PublicKey key)
    : name_(std::move(name)), key_id_(key_id), type_(type), key_(std::move(key)) {}

absl::StatusOr<VerifierKey> VerifierKey::Parse(std::string_view vkey) {
  const auto parts = Split(vkey);
  if (!parts) return BadVkey(fmt::format("{} is not \"name+hex8+base64(type | key)\"", Quote(vkey)));
  if (!IsValidKeyName(parts->name)) return BadVkey(fmt::format("{} is not a key name (A2)", Quote(parts->name)));
  const auto type = static_cast<std::uint8_t>(parts->type_and_key[0]);
  const auto key = bytes::AsBytes(parts->type_and_key).subspan(1);
  const auto key_bytes = KeyBytesOf(type);
  if (!key_bytes) {
    return BadVkey(fmt::format("{}: signature type 0x{:02x} is not one of 0x01, 0x04, 0x06", Quote(parts->name), type));
  }
  if (key.size() != *key_bytes) {
    return BadVkey(fmt::format("{}: a key of {} bytes, type 0x{:02x} has {}", Quote(parts->name), key.size(), type, *key_bytes));
  }
  const auto key_id = ComputeKeyId(parts->name, type, key);
  if (parts->key_id != HexOf(key_id)) {
    return BadVkey(
        fmt::format("{}: key id {}, but name, type and key give {}", Quote(parts->name), Quote(parts->key_id), HexOf(key_id)));
  }
  if (type == kTypeMlDsa44) {
    return bytes::Refuse(Reason::kAlgorithmNotBuiltIn,
                         fmt::format("{}: ML-DSA-44 is not built in (needs OpenSSL 3.5)", Quote(parts->name)));
  }
  const auto public_key = keys::PublicKey::FromEd25519(key);
  if (!public_key.ok()) return BadVkey(fmt::format("{}: {}", Quote(parts->name), std::string(public_key.status().message())));
  return VerifierKey(std::string(parts->name), key_id, type, *public_key);
}

absl::StatusOr<VerifierKey> VerifierKey::Make(std::string_view name, std::uint8_t type, const keys::PublicKey& key) {
  if (!IsValidKeyName(name)) return BadVkey(fmt::format("{} is not a key name (A2)", Quote(name)));
  if (type == kTypeMlDsa44) return bytes::Refuse(Reason::kAlgorithmNotBuiltIn, "ML-DSA-44 is not built in (needs OpenSSL 3.5)");
  if (type != kTypeEd25519 && type != kTypeCosignatureV1)
    return BadVkey(fmt::format("signature type 0x{:02x} is not 0x01 or 0x04", type));
  if (key.algorithm() != keys::Algorithm::kEd25519) {
    return bytes::Refuse(Reason::kAlgorithmMismatch,
                         fmt::format("notes are signed by ed25519 keys, this one is {}", keys::AlgorithmName(key.algorithm())));
  }
  return VerifierKey(std::string(name), ComputeKeyId(name, type, bytes::AsBytes(key.raw_ed25519())), type, key);
}

std::string VerifierKey::ToString() const {
  bytes::ByteWriter type_and_key;
  type_and_key.U8(type_).Raw(key_.raw_ed25519());
  return fmt::format("{}+{}+{}", name_, HexOf(key_id_), bytes::EncodeBase64(type_and_key.data()));
}

bool VerifierKey::Verify(std::string_view text, const NoteSignature& signature) const {
  if (type_ == kTypeCosignatureV1) return VerifyCosignature(text, *this, signature);
  return Matches(signature) && keys::VerifyEd25519(bytes::AsBytes(key_.raw_ed25519()), text, signature.signature);
}

}  // namespace trustlog::tlog
