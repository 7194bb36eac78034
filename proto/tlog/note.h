// Signed notes (C2SP signed-note): text, then an empty line, then lines "— name base64(key id | signature)".
//
//   log.example/tta-2026
//   42
//   qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=
//
//   — log.example/tta-2026 ejHC0gABAg...
//
// Rules A1, A2, E1 of protocols.md. Values; verifiers and signers are thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/keys/key.h"

namespace trustlog::tlog {

inline constexpr std::size_t kMaxNoteBytes = 64 * 1024;
inline constexpr std::size_t kMaxNoteSignatures = 64;  // read; a note that we publish has at most 16 (A8)

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string signature;  // what follows the key id in the blob; at least one byte
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // ends with a line feed
  std::vector<NoteSignature> signatures;
};

// Form only. ARGUMENT_INVALID: which rule of A1, A2 or E1 is broken.
absl::StatusOr<Note> ParseNote(std::string_view note);
// The inverse of ParseNote.
std::string FormatNote(const Note& note);
std::string FormatSignatureLine(const NoteSignature& signature);                         // with its line feed
absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines);  // as witnesses answer; form only

// Signature types of vkeys: 0x01 Ed25519 over the text, 0x04 cosignature/v1 (cosignature.h).
inline constexpr std::uint8_t kTypeEd25519 = 0x01;
inline constexpr std::uint8_t kTypeCosignatureV1 = 0x04;
inline constexpr std::uint8_t kTypeMlDsa44 = 0x06;  // recognised, not built in

// A verifier key "name+hex8+base64(type | key)". Parsing checks the key id, the name and the point.
class VerifierKey final {
 public:
  static absl::StatusOr<VerifierKey> Parse(std::string_view vkey);
  static absl::StatusOr<VerifierKey> Make(std::string_view name, std::uint8_t type, const keys::PublicKey& key);

  const std::string& name() const { return name_; }
  std::uint32_t key_id() const { return key_id_; }
  std::uint8_t type() const { return type_; }
  const keys::PublicKey& key() const { return key_; }
  std::string ToString() const;  // the vkey
  bool Matches(const NoteSignature& signature) const { return signature.key_id == key_id_ && signature.name == name_; }
  // Type 0x01: signature over `text`. Type 0x04: cosignature/v1, whose time is returned by cosignature.h.
  bool Verify(std::string_view text, const NoteSignature& signature) const;

  friend bool operator==(const VerifierKey& a, const VerifierKey& b) { return a.ToString() == b.ToString(); }

 private:
  VerifierKey(std::string name, std::uint32_t key_id, std::uint8_t type, keys::PublicKey key);
  std::string name_;
  std::uint32_t key_id_;
  std::uint8_t type_;
  keys::PublicKey key_;
};

bool IsValidKeyName(std::string_view name);  // A2: non-empty, valid UTF-8, no Unicode space, no '+', at most 255 bytes
std::uint32_t ComputeKeyId(std::string_view name, std::uint8_t type, merkle::ByteView key);

struct OpenedNote {
  std::string text;
  std::vector<NoteSignature> verified;  // by known keys, in note order, first of each key
  std::vector<NoteSignature> unknown;
};
// Verifies every signature by a known key. SIGNATURE_INVALID: a known key's signature is bad (the whole note is refused), or none
// verifies. Of two lines by one key only the first is looked at (A8).
absl::StatusOr<OpenedNote> OpenNote(std::string_view note, std::span<const VerifierKey> known);

// Signs `text` with an Ed25519 key, type 0x01.  REQUIRES: text ends with a line feed and is valid (A1).
absl::StatusOr<NoteSignature> SignNote(std::string_view text, std::string_view name, const keys::PrivateKey& key);

}  // namespace trustlog::tlog
