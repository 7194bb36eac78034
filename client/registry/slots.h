// Who may sign (records.md 6.3): the slots that a record of each kind has, and checks 17 (the part that depends on the place in the
// log), 20 and 21 over them. Internal to client/registry. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/case.h"

namespace trustlog::registry {

// So many distinct keys of one owner. No owner: keys that the statement itself carries: of genesis and of a role-change those of its
// root, of a registration the new key.
struct Demand {
  std::string_view owner;  // URN; borrows the state or the entry
  std::size_t count = 1;
};

// Met by `demand`, or by `otherwise`.
struct Slot {
  Demand demand;
  std::optional<Demand> otherwise;
};

// In the order of 6.3.   REQUIRES: genesis, or a state after genesis; the statements of authority kinds are not withheld.
std::vector<Slot> RootOfStatement(const Case& record);
std::vector<Slot> RootAndNewRoot(const Case& record);
std::vector<Slot> Secretariat(const Case& record);
std::vector<Slot> NewKeyAndItsSponsor(const Case& record);
std::vector<Slot> Issuer(const Case& record);
std::vector<Slot> AuditorAndMember(const Case& record);
std::vector<Slot> IssuerOrSecretariat(const Case& record);
std::vector<Slot> Operator(const Case& record);
std::vector<Slot> OperatorAndSecretariat(const Case& record);

// What a party's key must be registered for; role keys are not asked.
enum class Purpose { kSign, kAdmin };

// A signature's key at this place of the log.
struct Signer {
  keys::KeyId id{};
  const KeyInfo* key = nullptr;  // borrows the state; null: not known to the log yet, or the new key of a registration
  bool of_statement = false;     // one of the keys that a demand without owner means

  std::string_view owner() const { return key == nullptr ? std::string_view() : std::string_view(key->owner); }
};

// Check 17. In the order of the entry's signatures. KEY_UNKNOWN.
absl::StatusOr<std::vector<Signer>> FindSigners(const State& state, const Record& record);
// Check 20. ISSUER_MISMATCH, KEY_REVOKED, KEY_EXPIRED, KEY_PURPOSE.
[[nodiscard]] absl::Status CheckSigners(const Case& record, const std::vector<Signer>& signers, const std::vector<Slot>& slots,
                                        Purpose purpose);
// Check 21. THRESHOLD_NOT_MET{have,need}.
[[nodiscard]] absl::Status CheckSlots(const std::vector<Signer>& signers, const std::vector<Slot>& slots);

// Of a key registration that was accepted: the admin keys that authorise it; empty when the secretariat does (6.3).
std::vector<keys::KeyId> AuthorisingKeys(const State& state, const Record& record);

}  // namespace trustlog::registry
