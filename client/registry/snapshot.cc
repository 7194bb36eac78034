#include "client/registry/snapshot.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "client/registry/state.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

// version line | lp8 origin | state | u64 head size | head root | SHA-256 of all before it.
//
// The layout of the state is that of the Layout functions, which Writer and Reader share: integers as in wire.h, lp8 strings, u32
// counts, rows ascending by key. The digest guards against damage, not against whoever may write the file.

namespace trustlog::registry {
namespace {

constexpr std::string_view kVersion = "trustlog-registry/2\n";
constexpr std::size_t kDigestSize = 32;

template <typename Archive, typename Log>
void LayoutOfLog(Archive& archive, Log& log) {
  archive(log.context.type_base, log.context.urn_prefix, log.max_statement_age_days, log.frozen, log.successor,
          log.authority_version, log.authority_changes, log.index_covers, log.size,
          log.last_logged_at_ms, log.key_set_version);
}
template <typename Archive, typename Role>
requires std::is_same_v<std::remove_const_t<Role>, RoleState>
void Layout(Archive& archive, Role& role) { archive(role.urn, role.threshold); }
template <typename Archive, typename Key>
requires std::is_same_v<std::remove_const_t<Key>, KeyState>
void Layout(Archive& archive, Key& key) {  // the public key itself stands before it
  archive(key.info.owner, key.info.admin, key.info.sign, key.info.valid_from, key.info.valid_until, key.info.registered_at,
          key.info.revocations, key.authorised_by);
}
template <typename Archive, typename End>
requires std::is_same_v<std::remove_const_t<End>, Revocation>
void Layout(Archive& archive, End& revocation) { archive(revocation.index, revocation.id, revocation.reason, revocation.invalid_since); }
template <typename Archive, typename Status>
requires std::is_same_v<std::remove_const_t<Status>, StatusState>
void Layout(Archive& archive, Status& in) {
  archive(in.index, in.id, in.code, in.logged_at, in.valid_from, in.valid_until);
}
template <typename Archive, typename End>
requires std::is_same_v<std::remove_const_t<End>, Ending>
void Layout(Archive& archive, End& ending) { archive(ending.index, ending.id, ending.valid_from); }
template <typename Archive, typename Party>
requires std::is_same_v<std::remove_const_t<Party>, PartyInfo>
void Layout(Archive& archive, Party& party) { archive(party.urn, party.role, party.group, party.admitted_at); }
template <typename Archive, typename Chain>
requires std::is_same_v<std::remove_const_t<Chain>, ChainKey>
void Layout(Archive& archive, Chain& chain) { archive(chain.kind, chain.subject, chain.principle); }
template <typename Archive, typename Link>
requires std::is_same_v<std::remove_const_t<Link>, Successor>
void Layout(Archive& archive, Link& successor) { archive(successor.id, successor.change, successor.index); }
template <typename Archive, typename Set>
requires std::is_same_v<std::remove_const_t<Set>, PrincipleSetState>
void Layout(Archive& archive, Set& set) {
  archive(set.index, set.valid_from, set.max_commitment_days, set.max_result_days, set.principles, set.outcomes,
          set.statuses, set.supersedes);
}
template <typename Archive, typename Accreditation>
requires std::is_same_v<std::remove_const_t<Accreditation>, AccreditationState>
void Layout(Archive& archive, Accreditation& in) {
  archive(in.index, in.valid_from, in.valid_until, in.principles, in.schemes, in.not_for, in.supersedes);
}
template <typename Archive, typename Found>
requires std::is_same_v<std::remove_const_t<Found>, Violation>
void Layout(Archive& archive, Found& violation) { archive(violation.index, violation.reason, violation.is_void); }
template <typename Archive, typename Any>
void LayoutOfTables(Archive& archive, Any& state) {
  archive(state.roles, state.parties, state.statuses, state.withdrawals, state.heads, state.superseded, state.retractions,
          state.principle_sets, state.accreditations, state.notices, state.violations);
}

class Writer final {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }
  void PutKeys(const Table<keys::KeyId, KeyState>& keys) {
    out_.U32(static_cast<std::uint32_t>(keys.rows().size()));
    for (const auto& [id, key] : keys.rows()) {
      Put(std::string(keys::AlgorithmName(key.info.key.algorithm())));
      Put(key.info.key.spki());
      Put(key);
    }
  }
  bytes::ByteWriter& out() { return out_; }

 private:
  void Put(bool value) { out_.U8(value ? 1 : 0); }
  void Put(std::uint8_t value) { out_.U8(value); }
  void Put(std::uint64_t value) { out_.U64(value); }
  void Put(std::int64_t value) { out_.I64(value); }
  void Put(const std::string& value) { out_.Lp8(value); }
  void Put(const merkle::Hash& value) { out_.Hash32(value); }
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value.has_value()) Put(*value);
  }
  template <typename T>
  void Put(const std::vector<T>& list) {
    out_.U32(static_cast<std::uint32_t>(list.size()));
    for (const T& value : list) Put(value);
  }
  template <typename Key, typename Value>
  void Put(const std::map<Key, Value, std::less<>>& map) {
    out_.U32(static_cast<std::uint32_t>(map.size()));
    for (const auto& [key, value] : map) (*this)(key, value);
  }
  template <typename Key, typename Row>
  void Put(const Table<Key, Row>& table) {
    out_.U32(static_cast<std::uint32_t>(table.rows().size()));
    for (const auto& [key, row] : table.rows()) (*this)(key, row);
  }
  template <typename T>
  void Put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      out_.U16(static_cast<std::uint16_t>(value));
    } else {
      Layout(*this, value);
    }
  }

  bytes::ByteWriter out_;
};

// After a failure every value is empty, and counts are 0.
class Reader final {
 public:
  explicit Reader(std::string_view data) : in_(data) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Get(values), ...);
  }
  void GetKeys(State& state) {
    for (auto count = in_.U32(); count > 0 && in_.ok(); --count) {
      const auto algorithm = keys::ParseAlgorithm(in_.Lp8());
      const auto spki = in_.Lp8();
      const auto key = algorithm.has_value() ? keys::PublicKey::FromSpki(spki, *algorithm) : absl::DataLossError("algorithm");
      if (!key.ok()) {
        keys_ok_ = false;
        return;
      }
      KeyState row{.info = {.key = *key, .owner = {}}, .authorised_by = {}};
      Get(row);
      state.PutKey(std::move(row));
    }
  }
  bytes::ByteReader& in() { return in_; }
  bool AtEnd() const { return keys_ok_ && in_.AtEnd(); }

 private:
  void Get(bool& value) { value = in_.U8() != 0; }
  void Get(std::uint8_t& value) { value = in_.U8(); }
  void Get(std::uint64_t& value) { value = in_.U64(); }
  void Get(std::int64_t& value) { value = in_.I64(); }
  void Get(std::string& value) { value = in_.Lp8(); }
  void Get(merkle::Hash& value) { value = in_.Hash32(); }
  template <typename T>
  void Get(std::optional<T>& value) {
    bool has = false;
    Get(has);
    if (has) Get(value.emplace());
  }
  template <typename T>
  void Get(std::vector<T>& list) {
    for (auto count = in_.U32(); count > 0 && in_.ok(); --count) Get(list.emplace_back());
  }
  template <typename Key, typename Value>
  void Get(std::map<Key, Value, std::less<>>& map) {
    for (auto count = in_.U32(); count > 0 && in_.ok(); --count) {
      Key key{};
      Value value{};
      (*this)(key, value);
      map.emplace(std::move(key), value);
    }
  }
  template <typename Key, typename Row>
  void Get(Table<Key, Row>& table) {
    for (auto count = in_.U32(); count > 0 && in_.ok(); --count) {
      Key key{};
      Row row{};
      (*this)(key, row);
      table.Put(std::move(key), std::move(row));
    }
  }
  template <typename T>
  void Get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(in_.U16());
    } else {
      Layout(*this, value);
    }
  }

  bytes::ByteReader in_;
  bool keys_ok_ = true;
};

absl::Status Bad(std::string_view what) { return absl::DataLossError(fmt::format("registry snapshot: {}", what)); }

}  // namespace

std::string FormatSnapshot(const merkle::TreeHead& head, const Registry& registry) {
  const State& state = StateOf(registry);
  Writer writer;
  writer.out().Raw(kVersion).Lp8(state.log.context.origin);
  LayoutOfLog(writer, state.log);
  writer.PutKeys(state.keys);
  LayoutOfTables(writer, state);
  writer.out().U64(head.size).Hash32(head.root);
  const auto digest = merkle::Sha256(bytes::AsBytes(writer.out().data()));
  return writer.out().Hash32(digest).Take();
}

absl::StatusOr<Snapshot> ParseSnapshot(std::string_view bytes, std::string_view origin) {
  if (!bytes.starts_with(kVersion)) return Bad("of another version");
  if (bytes.size() < kVersion.size() + kDigestSize) return Bad("cut short");
  const auto body = bytes.substr(0, bytes.size() - kDigestSize);
  if (bytes.substr(body.size()) != bytes::AsText(merkle::Sha256(bytes::AsBytes(body))))
    return Bad("damaged: its digest is another");

  Reader reader(body.substr(kVersion.size()));
  Snapshot snapshot{std::string(reader.in().Lp8()), {}, Registry(std::string(origin))};
  if (snapshot.origin != origin) return Bad(fmt::format("of another log than {}", origin));
  State& state = *snapshot.registry.state_;
  LayoutOfLog(reader, state.log);
  const auto key_set_version = state.log.key_set_version;
  reader.GetKeys(state);
  state.log.key_set_version = key_set_version;  // PutKey counted
  LayoutOfTables(reader, state);
  snapshot.head.size = reader.in().U64();
  snapshot.head.root = reader.in().Hash32();
  if (!reader.AtEnd() || snapshot.head.size != state.log.size) return Bad("not of this layout");
  return snapshot;
}

}  // namespace trustlog::registry
