// The registry: the authority state machine of records.md section 6 over entries in index order. Who may say what is decided here,
// by the server that admits and by every monitor that replays, with the same code. Pure: no clock, no I/O except through
// FactSource.
//
// A Registry holds what Check, Apply and verdict.h need: parties with their statuses, keys, roles, accreditations, principle sets,
// chains, corrections and retractions, each with the index at which it began, so that what held at an earlier size can be asked. It
// grows with members and corrections, not with entries. Const methods may run on many threads while no non-const one runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/registry/facts.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"
#include "proto/bytes/reason.h"
#include "proto/keys/key.h"

namespace trustlog::merkle {
struct TreeHead;
}

namespace trustlog::registry {

// A well-formed record: checks 1-4 and 7-17 of records.md 6.4 hold for it.
struct Record {
  std::uint64_t index = 0;
  const attest::Entry* entry = nullptr;          // borrowed; logged_at_ms set
  const attest::Statement* statement = nullptr;  // borrowed; null: withheld
};

struct Withheld {};  // length 0 in the bundle
struct Malformed {
  absl::Status why;
};  // the refusal of checks 7-16; another status: these bytes are not what the entry names

// A record as found in a log. A Statement was parsed from bytes that hash to entry->statement_id.
struct Replayed {
  std::uint64_t index = 0;
  absl::StatusOr<attest::Entry> entry = absl::UnknownError("not decoded");  // or why it does not decode
  std::variant<Withheld, attest::Statement, Malformed> statement;
  absl::Status signatures;  // check 17, done by the caller: OK = verified
  // Whether attest::Derive gives this entry of this statement, where the caller has found out; nullopt: Apply does.
  std::optional<bool> is_derived{};
};

// Something in the log that the rules refuse (void) or that only the operator can have done (fault).
struct Violation {
  std::uint64_t index = 0;
  std::string reason;  // a reason word, or DUPLICATE, ENTRY_MALFORMED, DERIVATION, TIME_FELL, STATEMENT_MISSING
  bool is_void = true;
  friend bool operator==(const Violation&, const Violation&) = default;
};

enum class RevocationReason : std::uint8_t { kRetired, kLost, kCompromised };
std::string_view RevocationReasonName(RevocationReason reason);  // "retired"

// The end of a key (records.md 6.7), said by the record at `index`.
struct Revocation {
  std::uint64_t index = 0;
  attest::Id id{};  // of that record
  RevocationReason reason{};
  std::uint64_t invalid_since = 0;  // of kCompromised: entries in [invalid_since, index) that the key has signed are tainted
  friend bool operator==(const Revocation&, const Revocation&) = default;
};

// What is known of a key, at the registry's size.
struct KeyInfo {
  keys::PublicKey key;
  std::string owner;                             // URN of a party or role; of a former role key the role it had last
  bool admin = false, sign = false;              // purposes (party keys)
  std::int64_t valid_from = 0, valid_until = 0;  // Unix seconds, 0 = none
  std::uint64_t registered_at = 0;               // index
  std::vector<Revocation> revocations{};         // ascending by index; at most one of kCompromised, and that is the last

  bool revoked() const { return !revocations.empty(); }
  bool compromised() const { return revoked() && revocations.back().reason == RevocationReason::kCompromised; }
};

struct PartyInfo {
  std::string urn, role, group;
  std::uint64_t admitted_at = 0;  // index
};

// What a question is asked of: the entries below `size`, on a date in Unix seconds. Admission asks of its own place and time.
struct AsOf {
  std::uint64_t size = 0;
  std::int64_t date = 0;
};

// The first erasure notice about a claim: the indices of both.
struct NoticeInfo {
  std::uint64_t target = 0;
  std::uint64_t notice = 0;
  friend bool operator==(const NoticeInfo&, const NoticeInfo&) = default;
};

class Draft;
struct Snapshot;
struct State;  // state.h

class Registry final {
 public:
  // An empty log of this origin: only a genesis record is taken.
  explicit Registry(std::string origin);
  Registry(const Registry&);
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  ~Registry();

  std::uint64_t size() const;  // records followed, void ones too
  std::uint64_t last_logged_at_ms() const;
  const attest::LogContext& context() const;  // type base and URN prefix are "" before genesis
  std::int64_t max_statement_age_days() const;
  bool frozen() const;
  // Check 6: OK, or the refusal that a frozen log answers with.
  [[nodiscard]] absl::Status CheckNotFrozen() const;

  // Whether this log would take the record at `record.index` == size(): checks 6, 11, 16, 17
  // (KEY_UNKNOWN: no such key at this place) and 18-27. OK, a refusal (reason.h),
  // or the FactSource's failure; INTERNAL: not the next record, or an authority record without its statement. Does not look for a
  // duplicate (5). Without a claim's statement the checks that read it are left out.
  [[nodiscard]] absl::Status Check(const Record& record, const FactSource& facts) const;

  // For a committed record: index must be size(). What section 6 refuses is void and listed in violations(). Not OK: the FactSource
  // failed, or INTERNAL: not the next record; nothing changed. A void record is OK.
  [[nodiscard]] absl::Status Apply(const Replayed& record, const FactSource& facts);

  // Moves on to `index` without the records in between: for a replay of chosen records (status_bundle.h). What they would have said is
  // not known to it: it may take what the log's own registry calls void.   REQUIRES: index >= size().
  void SkipTo(std::uint64_t index);

  // Takes over what the draft, made from *this and unchanged since, has accepted.
  void Absorb(Draft&& draft);

  std::span<const Violation> violations() const;
  bool IsVoid(std::uint64_t index) const;
  // The first erasure notice about the claim at this index; its statement may be withheld then. nullopt: none.
  std::optional<std::uint64_t> NoticeAbout(std::uint64_t index) const;
  std::vector<NoticeInfo> Notices() const;  // ascending by target

  // Check 17's key lookup: registered party keys, present and former role keys. nullopt: unknown.
  std::optional<KeyInfo> FindKey(const keys::KeyId& id) const;
  // Keys whose owner is `urn`, ascending by key id, at most `limit`: the candidates of records.md 2.1.
  std::vector<KeyInfo> KeysOf(std::string_view urn, std::size_t limit) const;
  std::optional<PartyInfo> FindParty(std::string_view urn) const;
  std::vector<PartyInfo> Parties() const;  // ascending by URN
  // Counts how often the set of keys changed: equal numbers, equal answers of KeysOf and FindKey.
  std::uint64_t key_set_version() const;

 private:
  friend class Draft;
  friend const State& StateOf(const Registry& registry);  // state.h
  friend absl::StatusOr<Snapshot> ParseSnapshot(std::string_view bytes, std::string_view origin);
  std::unique_ptr<State> state_;
};

}  // namespace trustlog::registry
