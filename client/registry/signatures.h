// Check 17 of records.md 6.4: every signature of an envelope, in order: its key, not used twice, form, arithmetic. The arithmetic
// may be done before and apart from the registry: a key id is a digest of its key, so only the key's bytes are needed. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/keys/key.h"

namespace trustlog::registry {

// Where keys come from: a registry, a draft, or those of earlier statements of a request.
struct KeySource {
  std::function<std::optional<keys::PublicKey>(const keys::KeyId&)> find;
  std::function<std::vector<keys::PublicKey>(std::string_view issuer)> keys_of;  // ascending by key id, at most 8
};

inline constexpr std::size_t kMaxCandidates = 8;  // keys tried for a signature without a key id (records.md 2.1)

// The keys that `owner`, a Registry or a Draft, knows. Borrows it.
template <typename Owner>
KeySource KeysKnownTo(const Owner& owner) {
  KeySource source;
  source.find = [&owner](const keys::KeyId& id) -> std::optional<keys::PublicKey> {
    const auto info = owner.FindKey(id);
    return info.has_value() ? std::optional(info->key) : std::nullopt;
  };
  source.keys_of = [&owner](std::string_view issuer) {
    std::vector<keys::PublicKey> keys;
    for (auto& info : owner.KeysOf(issuer, kMaxCandidates)) keys.push_back(std::move(info.key));
    return keys;
  };
  return source;
}

struct VerifiedSignatures {
  std::vector<attest::EntrySignature> signatures;  // ascending by key id
  bool by_candidates = false;  // a signature was matched by trying the issuer's keys: depends on KeySource::keys_of
};

// Keys in the statement itself (kinds 0, 1, 4) are found before `source` is asked. At most 8 verifications.
// KEY_UNKNOWN, ENVELOPE_MALFORMED (a key twice), SIGNATURE_ENCODING, SIGNATURE_INVALID.
absl::StatusOr<VerifiedSignatures> VerifySignatures(const attest::Envelope& envelope, const attest::Statement& statement,
                                                    const KeySource& source);

// What remains of check 17 where the statement is withheld: each key is known, each signature has its form, and those that depend on
// the statement's id alone verify (P-256 and batch signatures). KEY_UNKNOWN, SIGNATURE_ENCODING, SIGNATURE_INVALID.
absl::Status VerifyWithheld(const attest::Entry& entry, const KeySource& source);

// The keys that a statement of kind 0, 1 or 4 itself carries.
std::vector<keys::PublicKey> KeysInStatement(const attest::Statement& statement);

}  // namespace trustlog::registry
