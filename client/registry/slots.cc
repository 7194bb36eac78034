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

bool Counts(const Signer& signer, const Demand& demand) {
  return demand.owner.empty() ? signer.of_statement : signer.owner() == demand.owner;
}

std::size_t CountOf(const std::vector<Signer>& signers, const Demand& demand) {
  return static_cast<std::size_t>(
      std::count_if(signers.begin(), signers.end(), [&](const Signer& signer) { return Counts(signer, demand); }));
}

bool BelongsToASlot(const Signer& signer, const std::vector<Slot>& slots) {
  return std::any_of(slots.begin(), slots.end(), [&](const Slot& slot) {
    return Counts(signer, slot.demand) || (slot.otherwise.has_value() && Counts(signer, *slot.otherwise));
  });
}

bool Holds(const attest::RoleKeys& role, const keys::KeyId& id) {
  return std::any_of(role.keys.begin(), role.keys.end(), [&](const attest::KeyMember& member) { return member.key.id() == id; });
}

// Whether the key stands in the statement, and whether a demand without owner means it.
struct InStatement {
  bool present = false, meant = false;
};
InStatement FindInStatement(const Record& record, const keys::KeyId& id) {
  if (record.statement == nullptr) return {};
  const auto in_authority = [&](const attest::Authority& authority) -> InStatement {
    const bool of_root = Holds(authority.root, id);
    return {of_root || Holds(authority.secretariat, id) || Holds(authority.operators, id), of_root};
  };
  switch (record.entry->kind) {
    case attest::Kind::kGenesis:
      return in_authority(PredicateOf<attest::Genesis>(record).authority);
    case attest::Kind::kRoleChange:
      return in_authority(PredicateOf<attest::RoleChange>(record).authority);
    case attest::Kind::kKeyRegistration: {
      const bool is_new = PredicateOf<attest::KeyRegistration>(record).key.key.id() == id;
      return {is_new, is_new};
    }
    default:
      return {};
  }
}

// 5: "a key that revokes itself needs no purpose".
bool RevokesItself(const Case& record, const keys::KeyId& id) {
  return record.entry().kind == attest::Kind::kKeyRevocation && PredicateOf<attest::KeyRevocation>(record.record).key_id == id;
}

absl::Status CheckSigner(const Case& record, const Signer& signer, const std::vector<Slot>& slots, Purpose purpose) {
  const auto id = [&] { return bytes::EncodeHex(signer.id); };
  if (!BelongsToASlot(signer, slots))
    return Refuse(Reason::kIssuerMismatch, fmt::format("key {} has no part in this record", id()));
  if (signer.key == nullptr) return absl::OkStatus();  // 6.3: the new key is exempt
  const KeyInfo& key = *signer.key;
  if (key.revoked())
    return Refuse(Reason::kKeyRevoked, fmt::format("key {} was revoked by entry {}", id(), key.revocations.front().index));
  const bool of_party = key.admin || key.sign;
  if (!of_party) return absl::OkStatus();  // role keys have no times and no purposes
  const auto now = record.now();
  if (now < key.valid_from || (key.valid_until != 0 && now >= key.valid_until)) {
    return Refuse(Reason::kKeyExpired, fmt::format("key {} speaks from {} until {} (0: without end), and it is {}", id(),
                                                   key.valid_from, key.valid_until, now));
  }
  if ((purpose == Purpose::kAdmin ? key.admin : key.sign) || RevokesItself(record, signer.id)) return absl::OkStatus();
  return Refuse(Reason::kKeyPurpose,
                fmt::format("key {} is not registered for {}", id(), purpose == Purpose::kAdmin ? "admin" : "sign"));
}

}  // namespace

std::vector<Slot> RootOfStatement(const Case& record) {
  return {{{"", PredicateOf<attest::Genesis>(record.record).authority.root.threshold}, {}}};
}

std::vector<Slot> RootAndNewRoot(const Case& record) {
  const auto& root = PredicateOf<attest::RoleChange>(record.record).authority.root;
  std::vector<Slot> slots = {{Threshold(record.state, UrnRole::kRoot), {}}};
  const auto present = record.state.PresentKeysOf(UrnRole::kRoot);
  const bool same_keys = present.size() == root.keys.size() &&
                         std::all_of(present.begin(), present.end(), [&](const keys::KeyId& id) { return Holds(root, id); });
  if (!same_keys || slots.front().demand.count != root.threshold) slots.push_back({{"", root.threshold}, {}});
  return slots;
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
  return record.state.IsRole(record.entry().issuer, UrnRole::kSecretariat) ? Secretariat(record) : Issuer(record);
}

std::vector<Slot> Operator(const Case& record) { return {{Threshold(record.state, UrnRole::kOperator), {}}}; }

std::vector<Slot> OperatorAndSecretariat(const Case& record) {
  return {{Threshold(record.state, UrnRole::kOperator), {}}, {Threshold(record.state, UrnRole::kSecretariat), {}}};
}

absl::StatusOr<std::vector<Signer>> FindSigners(const State& state, const Record& record) {
  std::vector<Signer> signers;
  signers.reserve(record.entry->signatures.size());
  for (const auto& signature : record.entry->signatures) {
    const KeyState* known = state.keys.Find(signature.key_id);
    const auto own = FindInStatement(record, signature.key_id);
    if (known == nullptr && !own.present) {
      return Refuse(Reason::kKeyUnknown, fmt::format("key {} is not registered at this log", bytes::EncodeHex(signature.key_id)));
    }
    // A new key's signature shows possession and nothing else, also where the key is known already and KEY_EXISTS comes later.
    const bool is_new = own.meant && record.entry->kind == attest::Kind::kKeyRegistration;
    signers.push_back({signature.key_id, known == nullptr || is_new ? nullptr : &known->info, own.meant});
  }
  return signers;
}

absl::Status CheckSigners(const Case& record, const std::vector<Signer>& signers, const std::vector<Slot>& slots, Purpose purpose) {
  for (const Signer& signer : signers) {
    if (auto status = CheckSigner(record, signer, slots, purpose); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckSlots(const std::vector<Signer>& signers, const std::vector<Slot>& slots) {
  for (const Slot& slot : slots) {
    const auto have = CountOf(signers, slot.demand);
    if (have >= slot.demand.count) continue;
    if (slot.otherwise.has_value() && CountOf(signers, *slot.otherwise) >= slot.otherwise->count) continue;
    // Where nobody of the first has signed, the other way is the nearer one.
    const Demand& asked = have == 0 && slot.otherwise.has_value() ? *slot.otherwise : slot.demand;
    return Refuse(
        Reason::kThresholdNotMet,
        fmt::format("{} signatures of {}, {} are needed", have, asked.owner.empty() ? "the keys in the statement" : asked.owner, asked.count),
        {{"have", fmt::to_string(have)}, {"need", fmt::to_string(asked.count)}});
  }
  return absl::OkStatus();
}

std::vector<keys::KeyId> AuthorisingKeys(const State& state, const Record& record) {
  const auto signers = FindSigners(state, record);
  const Demand secretariat = Threshold(state, UrnRole::kSecretariat);
  if (!signers.ok() || CountOf(*signers, secretariat) >= secretariat.count) return {};
  std::vector<keys::KeyId> admins;
  for (const Signer& signer : *signers) {
    if (signer.owner() == record.entry->issuer) admins.push_back(signer.id);
  }
  return admins;
}

}  // namespace trustlog::registry
