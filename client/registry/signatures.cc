#include "client/registry/signatures.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::registry {
namespace {

using bytes::Reason;
using bytes::Refuse;

absl::Status UnknownKey(const keys::KeyId& id) {
  return Refuse(Reason::kKeyUnknown, fmt::format("key {} is not registered at this log", bytes::EncodeHex(id)));
}

// One envelope's check 17.
class Check final {
 public:
  Check(const attest::Envelope& envelope, const attest::Statement& statement, const KeySource& source)
      : envelope_(envelope),
        statement_(statement),
        source_(source),
        own_(KeysInStatement(statement)),
        pae_(attest::Pae(envelope.payload_type, envelope.payload)) {}

  absl::StatusOr<VerifiedSignatures> Run() {
    for (const auto& signature : envelope_.signatures) {
      if (auto status = VerifyOne(signature); !status.ok()) return status;
    }
    auto& found = result_.signatures;
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
    return std::move(result_);
  }

 private:
  absl::Status VerifyOne(const attest::EnvelopeSignature& signature) {
    const auto hint = attest::KeyIdHint(signature.keyid);
    if (hint.has_value()) {
      if (const auto key = Find(*hint); key.has_value()) return VerifyUnder(*key, signature.sig);
    }
    if (envelope_.signatures.size() == 1) return TryCandidates(signature.sig, hint.has_value());
    if (hint.has_value())
      return UnknownKey(*hint);
    return Refuse(Reason::kEnvelopeMalformed, "with two or more signatures each keyid is the 64 hex digits of a key id");
  }

  std::optional<keys::PublicKey> Find(const keys::KeyId& id) const {
    for (const auto& key : own_) {
      if (key.id() == id) return key;
    }
    return source_.find(id);
  }

  absl::Status VerifyUnder(const keys::PublicKey& key, const std::string& signature) {
    const bool again =
        std::any_of(result_.signatures.begin(), result_.signatures.end(), [&](const auto& s) { return s.key_id == key.id(); });
    if (again) return Refuse(Reason::kEnvelopeMalformed, fmt::format("key {} signs twice", bytes::EncodeHex(key.id())));
    if (auto status = key.Verify(pae_, signature); !status.ok()) return status;
    result_.signatures.push_back({key.id(), signature});
    return absl::OkStatus();
  }

  // 2.1: the keyid names no known key, or nothing.
  absl::Status TryCandidates(const std::string& signature, bool has_key_id) {
    const auto candidates = source_.keys_of(statement_.issuer);
    for (std::size_t i = 0; i < std::min(candidates.size(), kMaxCandidates); ++i) {
      if (!VerifyUnder(candidates[i], signature).ok()) continue;
      result_.by_candidates = true;
      return absl::OkStatus();
    }
    if (has_key_id)
      return Refuse(Reason::kKeyUnknown, "the keyid names no key of this log, and no key of the issuer verifies the signature");
    return Refuse(Reason::kSignatureInvalid, fmt::format("no key of {} verifies the signature", statement_.issuer));
  }

  const attest::Envelope& envelope_;
  const attest::Statement& statement_;
  const KeySource& source_;
  const std::vector<keys::PublicKey> own_;
  const std::string pae_;
  VerifiedSignatures result_;
};

void Append(const attest::RoleKeys& role, std::vector<keys::PublicKey>& keys) {
  for (const auto& member : role.keys) keys.push_back(member.key);
}

void Append(const attest::Authority& authority, std::vector<keys::PublicKey>& keys) {
  Append(authority.root, keys);
  Append(authority.secretariat, keys);
  Append(authority.operators, keys);
}

}  // namespace

absl::StatusOr<VerifiedSignatures> VerifySignatures(const attest::Envelope& envelope, const attest::Statement& statement,
                                                    const KeySource& source) {
  return Check(envelope, statement, source).Run();
}

absl::Status VerifyWithheld(const attest::Entry& entry, const KeySource& source) {
  for (const auto& signature : entry.signatures) {
    const auto key = source.find(signature.key_id);
    if (!key.has_value()) return UnknownKey(signature.key_id);
    if (auto status = key->VerifyDigest(entry.statement_id, signature.signature); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<keys::PublicKey> KeysInStatement(const attest::Statement& statement) {
  std::vector<keys::PublicKey> keys;
  if (const auto* genesis = std::get_if<attest::Genesis>(&statement.predicate)) Append(genesis->authority, keys);
  if (const auto* change = std::get_if<attest::RoleChange>(&statement.predicate)) Append(change->authority, keys);
  if (const auto* registration = std::get_if<attest::KeyRegistration>(&statement.predicate)) keys.push_back(registration->key.key);
  return keys;
}

}  // namespace trustlog::registry
