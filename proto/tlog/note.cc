#include "proto/tlog/note.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <optional>
#include <set>

#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/text.h"

namespace trustlog::tlog {
namespace {

using bytes::Reason;

constexpr std::string_view kLinePrefix = "\xe2\x80\x94 ";  // U+2014, U+0020

absl::Status BadNote(std::string_view what) { return bytes::Refuse(Reason::kArgumentInvalid, what, {{"field", "note"}}); }

// A1: one line "— name base64", without its line feed; nullopt: another form.
std::optional<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kLinePrefix)) return std::nullopt;
  line.remove_prefix(kLinePrefix.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!IsValidKeyName(signature.name)) return std::nullopt;
  const auto blob = bytes::DecodeBase64(line.substr(space + 1));
  if (!blob) return std::nullopt;
  bytes::ByteReader reader(*blob);
  signature.key_id = reader.U32();
  signature.signature = reader.rest();
  if (!reader.ok() || signature.signature.empty()) return std::nullopt;
  return signature;
}

}  // namespace

absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines) {
  if (lines.size() > kMaxNoteBytes) {
    return BadNote(fmt::format("signature lines of {} bytes: at most {} are read", lines.size(), kMaxNoteBytes));
  }
  if (!IsNoteCharacters(lines)) return BadNote("signature lines with a control character, or that are not UTF-8");
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    const auto line = TakeLine(lines);
    if (!line) return BadNote("the last signature line does not end with a line feed");
    if (signatures.size() == kMaxNoteSignatures) return BadNote(fmt::format("more than {} signature lines", kMaxNoteSignatures));
    auto signature = ParseSignatureLine(*line);
    if (!signature) {
      return BadNote(fmt::format("signature line {} is not an em dash, a name and base64(key id | signature): {}",
                                 signatures.size() + 1, Quote(*line)));
    }
    signatures.push_back(*std::move(signature));
  }
  if (signatures.empty()) return BadNote("no signature line");
  return signatures;
}

absl::StatusOr<Note> ParseNote(std::string_view note) {
  if (note.size() > kMaxNoteBytes) {
    return BadNote(fmt::format("a note of {} bytes: at most {} are read", note.size(), kMaxNoteBytes));
  }
  if (!IsNoteCharacters(note)) return BadNote("a note with a control character, or that is not UTF-8");
  // The text may have empty lines: the last one ends it. Signature lines are never empty.
  const auto end = note.rfind("\n\n");
  if (end == std::string_view::npos) return BadNote("a note without an empty line between text and signatures");
  auto signatures = ParseSignatureLines(note.substr(end + 2));
  if (!signatures.ok()) return signatures.status();
  return Note{std::string(note.substr(0, end + 1)), *std::move(signatures)};
}

std::string FormatSignatureLine(const NoteSignature& signature) {
  bytes::ByteWriter blob;
  blob.U32(signature.key_id).Raw(signature.signature);
  return fmt::format("{}{} {}\n", kLinePrefix, signature.name, bytes::EncodeBase64(blob.data()));
}

std::string FormatNote(const Note& note) {
  std::string text = note.text + '\n';
  for (const auto& signature : note.signatures) text += FormatSignatureLine(signature);
  return text;
}

absl::StatusOr<OpenedNote> OpenNote(std::string_view note, std::span<const VerifierKey> known) {
  auto parsed = ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  OpenedNote opened{std::move(parsed->text), {}, {}};
  std::set<const VerifierKey*> seen;
  for (auto& signature : parsed->signatures) {
    const auto key =
        std::find_if(known.begin(), known.end(), [&](const VerifierKey& candidate) { return candidate.Matches(signature); });
    if (key == known.end()) {
      opened.unknown.push_back(std::move(signature));
      continue;
    }
    if (!seen.insert(&*key).second) continue;  // A8
    if (!key->Verify(opened.text, signature)) {
      return bytes::Refuse(Reason::kSignatureInvalid,
                           fmt::format("the signature by {} ({:08x}) does not verify: the whole note is refused",
                                       Quote(key->name()), key->key_id()));
    }
    opened.verified.push_back(std::move(signature));
  }
  if (opened.verified.empty()) {
    return bytes::Refuse(Reason::kSignatureInvalid, fmt::format("none of {} signatures is by a known key", opened.unknown.size()));
  }
  return opened;
}

absl::StatusOr<NoteSignature> SignNote(std::string_view text, std::string_view name, const keys::PrivateKey& key) {
  if (!text.ends_with('\n') || !IsNoteCharacters(text))
    return BadNote("the text to sign does not end with a line feed, or breaks rule A1");
  const auto vkey = VerifierKey::Make(name, kTypeEd25519, key.public_key());
  if (!vkey.ok()) return vkey.status();
  auto signature = key.Sign(text);
  if (!signature.ok()) return signature.status();
  return NoteSignature{vkey->name(), vkey->key_id(), *std::move(signature)};
}

}  // namespace trustlog::tlog
