// What the registry knows (records.md 6.1), as tables that can lie over those of another state: a draft is a State whose tables
// look into their own rows first and into the base's rows after that, so it costs what its batch changes. Internal to
// client/registry.
//
// A value without locks: const methods may run on many threads while no non-const one runs.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <string_view>
#include <utility>
#include <vector>

#include "client/registry/registry.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"
#include "proto/keys/key.h"

namespace trustlog::registry {

// Rows by key. Rows are added and replaced, never removed, so an overlay needs no tombstones. Ordered, and so the same in every
// program and at O(log n) for any keys.
template <typename Key, typename Value>
class Table final {
 public:
  using Rows = std::map<Key, Value, std::less<>>;

  Table() = default;
  explicit Table(const Table* base) : base_(base) {}  // borrows `base`, which must not change

  // Null: none. Valid until the table changes.
  template <typename Lookup>
  const Value* Find(const Lookup& key) const {
    const auto row = rows_.find(key);
    if (row != rows_.end()) return &row->second;
    return base_ == nullptr ? nullptr : base_->Find(key);
  }
  void Put(Key key, Value value) { rows_.insert_or_assign(std::move(key), std::move(value)); }
  // Takes over the rows of an overlay of *this, in O(its rows).
  void Absorb(Table&& overlay) {
    while (!overlay.rows_.empty()) {
      auto placed = rows_.insert(overlay.rows_.extract(overlay.rows_.begin()));
      if (!placed.inserted) placed.position->second = std::move(placed.node.mapped());
    }
  }
  // Of this layer, ascending by key.
  const Rows& rows() const { return rows_; }

 private:
  const Table* base_ = nullptr;
  Rows rows_;
};

// What a code says about the party it is said of: declared by principle sets; a code that none declares is kNegative.
enum class Effect : std::uint8_t { kPositive, kQualified, kNeutral, kNegative, kEnded };
std::optional<Effect> ParseEffect(std::string_view word);
std::string_view EffectName(Effect effect);  // "positive"

struct KeyState {
  KeyInfo info;
  std::vector<keys::KeyId> authorised_by;  // admin keys; empty: role keys, and those that the secretariat let in
};

struct RoleState {
  std::string urn;
  std::uint8_t threshold = 0;
};

// One record of a chain that is judged by its content. `supersedes` leads to the one before it in the chain.
struct PrincipleSetState {
  std::uint64_t index = 0;
  std::int64_t valid_from = 0;
  std::optional<std::int64_t> max_commitment_days, max_result_days;
  std::vector<std::uint8_t> principles;                  // ascending
  std::map<std::string, Effect, std::less<>> outcomes;   // of audit results
  std::map<std::string, Effect, std::less<>> statuses;   // of parties
  std::optional<attest::Id> supersedes;
};
struct AccreditationState {
  std::uint64_t index = 0;
  std::int64_t valid_from = 0, valid_until = 0;
  std::vector<std::uint8_t> principles;  // ascending
  std::vector<std::string> schemes;      // empty = any
  std::vector<std::string> not_for;      // URNs
  std::optional<attest::Id> supersedes;
};

// "One chain" of records.md 5.2, 5.3: all principle sets; the accreditations of an auditor; the commitments of a member on a
// principle.
struct ChainKey {
  attest::Kind kind{};
  std::string subject;         // "" for principle sets
  std::uint8_t principle = 0;  // 0 where the kind has none
  friend auto operator<=>(const ChainKey&, const ChainKey&) = default;
};

struct Successor {
  attest::Id id{};
  attest::Rel change{};     // kRenews or kCorrects
  std::uint64_t index = 0;  // of the record that supersedes
};

struct StatusState {  // a status-change (kind 7)
  std::uint64_t index = 0;
  attest::Id id{};
  std::string code;
  std::int64_t logged_at = 0;                    // its T
  std::int64_t valid_from = 0, valid_until = 0;  // [from, until), until 0 = no end
};

// A retraction or a withdrawal: from `valid_from` on; of a retraction 0 = as if the target had never been valid.
struct Ending {
  std::uint64_t index = 0;
  attest::Id id{};
  std::int64_t valid_from = 0;
};

// The part of a state that is no table: copied into each draft.
struct LogState {
  attest::LogContext context;
  std::int64_t max_statement_age_days = 0;
  bool frozen = false;
  std::string successor;  // origin of the log that a freeze names; "" = none
  std::int64_t authority_version = 0;
  std::vector<std::uint64_t> authority_changes;  // indices of genesis and the role-changes
  std::uint64_t index_covers = 0;  // largest coversSize of an index head
  std::uint64_t size = 0;
  std::uint64_t last_logged_at_ms = 0;
  std::uint64_t key_set_version = 0;
};

struct State {
  LogState log;
  Table<attest::UrnRole, RoleState> roles;  // root, secretariat, operator; empty before genesis
  Table<keys::KeyId, KeyState> keys;
  Table<std::string, std::vector<keys::KeyId>> keys_by_owner;  // by URN; key ids ascending
  Table<std::string, PartyInfo> parties;                       // by URN
  Table<std::string, std::vector<StatusState>> statuses;       // by URN; ascending by index
  Table<std::string, std::vector<Ending>> withdrawals;         // by URN; ascending by index
  Table<ChainKey, attest::Id> heads;
  Table<attest::Id, Successor> superseded;  // but for renewals in a chain: there the head says it
  Table<attest::Id, Ending> retractions;
  Table<attest::Id, PrincipleSetState> principle_sets;
  Table<attest::Id, AccreditationState> accreditations;
  Table<std::uint64_t, std::uint64_t> notices;  // index of a claim -> of the first erasure notice about it
  std::vector<Violation> violations;  // ascending by index; none in an overlay
  const State* base = nullptr;        // of an overlay

  // Every table above: what an overlay borrows and Absorb takes over. A new table joins here, and in LayoutOfTables of snapshot.cc.
  auto Tables() {
    return std::tie(roles, keys, keys_by_owner, parties, statuses, withdrawals, heads, superseded, retractions, principle_sets,
                    accreditations, notices);
  }
  auto Tables() const {
    return std::tie(roles, keys, keys_by_owner, parties, statuses, withdrawals, heads, superseded, retractions, principle_sets,
                    accreditations, notices);
  }

  static State Over(const State& base);  // an empty overlay that borrows `base`
  void Absorb(State&& overlay);          // REQUIRES: made by Over(*this), unchanged since

  bool IsVoid(std::uint64_t index) const;
  // An admitted party or, after genesis, one of the three roles.
  bool IsKnown(std::string_view urn) const;
  bool IsRole(std::string_view urn, attest::UrnRole role) const;

  std::optional<KeyInfo> FindKey(const keys::KeyId& id) const;
  std::vector<KeyInfo> KeysOf(std::string_view urn, std::size_t limit) const;
  void PutKey(KeyState key);  // adds or replaces; only a role key can change its owner, to another role
  std::vector<keys::KeyId> PresentKeysOf(attest::UrnRole role) const;  // ascending

  const attest::Id* Head(const ChainKey& chain) const { return heads.Find(chain); }
  // Where the chain that `id` belongs to ends: O(chain). Not for kinds with one chain: theirs is the head.
  attest::Id NewestOf(const attest::Id& id) const;

  // The words of records.md 7.1. Ids are statement ids.   REQUIRES: as_of.size <= log.size.
  bool IsDead(const attest::Id& id, std::uint64_t size) const;  // superseded by a correction
  const Ending* RetractionOf(const attest::Id& id, std::uint64_t size) const;
  bool IsRetracted(const attest::Id& id, AsOf as_of) const;
  // What chain() asks of a link: neither dead nor retracted from the start, and begun on the date.
  bool HasBegun(const attest::Entry& claim, AsOf as_of) const;
  // set(date): the set in force, else the first of the chain; null: there is no set.
  const PrincipleSetState* SetAt(AsOf as_of) const;
  // effect(code, date) of an audit outcome, of a party status.
  Effect EffectOfOutcome(std::string_view code, AsOf as_of) const;
  Effect EffectOfStatus(std::string_view code, AsOf as_of) const;
  // status(party, date); null: none. And its effect.
  const StatusState* StatusAt(std::string_view party, AsOf as_of) const;
  Effect StatusEffectAt(std::string_view party, AsOf as_of) const;
  // withdrawn(party, date): the first such withdrawal; null: none.
  const Ending* WithdrawalAt(std::string_view party, AsOf as_of) const;
  // accredited(auditor, date); null: none in force.
  const AccreditationState* AccreditationAt(std::string_view auditor, AsOf as_of) const;
  // The revocations that taint a record, one for each of its compromised keys.
  std::vector<Revocation> TaintsOf(std::uint64_t index, const attest::Entry& entry, std::uint64_t size) const;

  // Asked at admission only: of log.size.
  bool IsActive(std::string_view party, std::int64_t at) const;  // check 22
  // Whether the set is the one in force at `at` or a later one of the chain.
  bool IsCurrentSet(const attest::Id& id, std::int64_t at) const;
};

const State& StateOf(const Registry& registry);

// The chains' keys.
ChainKey PrincipleSetChain();
ChainKey AccreditationChain(std::string_view auditor);
ChainKey CommitmentChain(std::string_view member, std::uint8_t principle);

}  // namespace trustlog::registry
