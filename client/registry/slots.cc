#include "client/registry/slots.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::registry {
namespace {

using attest::UrnRole;
using bytes::Reason;
using bytes::Refuse;

Demand Threshold(const State& state, UrnRole role) {
  const RoleState* found = state.roles.Find(role);
  // Before genesis there is no role, and a demand that nobody can meet.
  if (found == nullptr) return {"", attest::kMaxSignatures + 1};
  return {found->urn, found->threshold};
}

std::size_t CountOf(const std::vector<Signer>& signers, std::string_view owner) {
  return static_cast<std::size_t>(std::count_if(signers.begin(), signers.end(), [&](const Signer& s) { return s.owner == owner; }));
}

bool BelongsToASlot(const Signer& signer, const std::vector<Slot>& slots) {
  return std::any_of(slots.begin(), slots.end(), [&](const Slot& slot) {
    return slot.demand.owner == signer.owner || (slot.otherwise.has_value() && slot.otherwise->owner == signer.owner);
  });
}

// The key of a statement that may sign it without being registered: of genesis those of root, of a registration the new one.
std::optional<Signer> FindInStatement(const Record& record, const keys::KeyId& id) {
  if (record.statement == nullptr) return std::nullopt;
  if (record.entry->kind == attest::Kind::kKeyRegistration) {
    if (PredicateOf<attest::KeyRegistration>(record).key.key.id() == id) return Signer{id, "", nullptr};
    return std::nullopt;
  }
  if (record.entry->kind != attest::Kind::kGenesis) return std::nullopt;
  const auto& authority = PredicateOf<attest::Genesis>(record).authority;
  const auto holds = [&](const attest::RoleKeys& role) {
    return std::any_of(role.keys.begin(), role.keys.end(), [&](const attest::KeyMember& member) { return member.key.id() == id; });
  };
  if (holds(authority.root)) return Signer{id, record.entry->issuer, nullptr};
  if (holds(authority.secretariat) || holds(authority.operators)) return Signer{id, "", nullptr};
  return std::nullopt;
}

absl::Status CheckSigner(const Signer& signer, const std::vector<Slot>& slots, Purpose purpose, std::int64_t now) {
  const auto id = [&] { return bytes::EncodeHex(signer.id); };
  if (!BelongsToASlot(signer, slots))
    return Refuse(Reason::kIssuerMismatch, fmt::format("key {} has no part in this record", id()));
  if (signer.key == nullptr) return absl::OkStatus();  // 6.3: the new key is exempt; role keys have no times
  const KeyInfo& key = *signer.key;
  if (key.revoked_at.has_value())
    return Refuse(Reason::kKeyRevoked, fmt::format("key {} was revoked by entry {}", id(), *key.revoked_at));
  const bool of_party = key.admin || key.sign;
  if (!of_party) return absl::OkStatus();
  if (now < key.valid_from || (key.valid_until != 0 && now >= key.valid_until)) {
    return Refuse(Reason::kKeyExpired, fmt::format("key {} speaks from {} until {} (0: without end), and it is {}", id(),
                                                   key.valid_from, key.valid_until, now));
  }
  if (purpose == Purpose::kAdmin ? key.admin : key.sign) return absl::OkStatus();
  return Refuse(Reason::kKeyPurpose,
                fmt::format("key {} is not registered for {}", id(), purpose == Purpose::kAdmin ? "admin" : "sign"));
}

}  // namespace

std::vector<Slot> RootOfStatement(const Case& record) {
  return {{{record.entry().issuer, PredicateOf<attest::Genesis>(record.record).authority.root.threshold}, {}}};
}

std::vector<Slot> Secretariat(const Case& record) { return {{Threshold(record.state, UrnRole::kSecretariat), {}}}; }

std::vector<Slot> NewKeyAndItsSponsor(const Case& record) {
  return {{{"", 1}, {}}, {Threshold(record.state, UrnRole::kSecretariat), Demand{record.entry().issuer, 1}}};
}

std::vector<Slot> Issuer(const Case& record) { return {{{record.entry().issuer, 1}, {}}}; }

std::vector<Slot> AuditorAndMember(const Case& record) {
  const attest::Entry& entry = record.entry();
  auto slots = Issuer(record);
  if (entry.code != "declined") slots.push_back({{entry.subjects.front(), 1}, {}});
  return slots;
}

std::vector<Slot> IssuerOrSecretariat(const Case& record) {
  const RoleState* secretariat = record.state.roles.Find(UrnRole::kSecretariat);
  return secretariat != nullptr && secretariat->urn == record.entry().issuer ? Secretariat(record) : Issuer(record);
}

absl::StatusOr<std::vector<Signer>> FindSigners(const State& state, const Record& record) {
  std::vector<Signer> signers;
  signers.reserve(record.entry->signatures.size());
  for (const auto& signature : record.entry->signatures) {
    if (auto own = FindInStatement(record, signature.key_id); own.has_value()) {
      signers.push_back(*own);
    } else if (const KeyState* known = state.keys.Find(signature.key_id); known != nullptr) {
      signers.push_back({signature.key_id, known->info.owner, &known->info});
    } else {
      return Refuse(Reason::kKeyUnknown, fmt::format("key {} is not registered at this log", bytes::EncodeHex(signature.key_id)));
    }
  }
  return signers;
}

absl::Status CheckSigners(const std::vector<Signer>& signers, const std::vector<Slot>& slots, Purpose purpose, std::int64_t now) {
  for (const Signer& signer : signers) {
    if (auto status = CheckSigner(signer, slots, purpose, now); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckSlots(const std::vector<Signer>& signers, const std::vector<Slot>& slots) {
  for (const Slot& slot : slots) {
    const auto have = CountOf(signers, slot.demand.owner);
    if (have >= slot.demand.count) continue;
    if (slot.otherwise.has_value() && CountOf(signers, slot.otherwise->owner) >= slot.otherwise->count) continue;
    // Where nobody of the first has signed, the other way is the nearer one.
    const Demand& asked = have == 0 && slot.otherwise.has_value() ? *slot.otherwise : slot.demand;
    return Refuse(
        Reason::kThresholdNotMet,
        fmt::format("{} signatures of {}, {} are needed", have, asked.owner.empty() ? "the new key" : asked.owner, asked.count),
        {{"have", fmt::to_string(have)}, {"need", fmt::to_string(asked.count)}});
  }
  return absl::OkStatus();
}

std::vector<keys::KeyId> AuthorisingKeys(const State& state, const Record& record) {
  const auto signers = FindSigners(state, record);
  const Demand secretariat = Threshold(state, UrnRole::kSecretariat);
  if (!signers.ok() || CountOf(*signers, secretariat.owner) >= secretariat.count) return {};
  std::vector<keys::KeyId> admins;
  for (const Signer& signer : *signers) {
    if (signer.owner == record.entry->issuer) admins.push_back(signer.id);
  }
  return admins;
}

}  // namespace trustlog::registry
