#include "client/registry/registry.h"

#include <fmt/format.h>

#include <utility>

#include "client/registry/case.h"
#include "client/registry/references.h"
#include "client/registry/rules.h"
#include "client/registry/state.h"
#include "proto/attest/derive.h"

namespace trustlog::registry {
namespace {

using attest::Entry;
using attest::Statement;
using bytes::Reason;

// The reason's word; `otherwise` for a status that carries none.
std::string WordOf(const absl::Status& refusal, std::string_view otherwise) {
  const auto reason = bytes::ReasonOf(refusal);
  return std::string(reason.has_value() ? bytes::Describe(*reason).word : otherwise);
}

// A statement that checks 7-16 refuse, at its place in the order: 6 comes before them.
std::string FlawOfMalformed(const State& state, const absl::Status& why) {
  if (state.log.frozen) return std::string(bytes::Describe(Reason::kLogFrozen).word);
  return WordOf(why, "DERIVATION");
}

bool IsDerived(const Entry& entry, const Statement& statement) {
  auto derived = attest::Derive(statement, entry.statement_id, entry.signatures);
  if (!derived.ok()) return false;
  derived->logged_at_ms = entry.logged_at_ms;
  return *derived == entry;
}

// Why the rules refuse a record that decodes: "" where they take it. Not OK: the source failed.
absl::StatusOr<std::string> FindFlaw(const State& state, const Replayed& replayed, const FactSource& facts) {
  const Entry& entry = *replayed.entry;
  const auto first = facts.ById(entry.statement_id);
  if (!first.ok()) return first.status();
  if (first->has_value() && (*first)->index < replayed.index) return "DUPLICATE";  // 5

  if (const auto* malformed = std::get_if<Malformed>(&replayed.statement)) return FlawOfMalformed(state, malformed->why);
  const Record record{replayed.index, &entry, std::get_if<Statement>(&replayed.statement)};
  if (record.statement == nullptr && !attest::IsWithholdable(entry.kind)) return "STATEMENT_MISSING";  // 4.3
  if (auto status = CheckBeforeSignatures(state, record); !status.ok()) return WordOf(status, "");
  const auto is_derived = [&] {
    return replayed.is_derived.has_value() ? *replayed.is_derived : IsDerived(entry, *record.statement);
  };
  if (record.statement == nullptr ? !IsDerivable(entry) : !is_derived()) return "DERIVATION";
  if (!replayed.signatures.ok()) return WordOf(replayed.signatures, bytes::Describe(Reason::kSignatureInvalid).word);

  const auto found = FindCase(state, record, facts);
  if (!found.ok()) return found.status();
  if (auto status = CheckFromSignatures(*found); !status.ok()) return WordOf(status, "");
  return "";
}

}  // namespace

std::string_view RevocationReasonName(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kRetired:
      return "retired";
    case RevocationReason::kLost:
      return "lost";
    case RevocationReason::kCompromised:
      return "compromised";
  }
  return "";
}

const State& StateOf(const Registry& registry) { return *registry.state_; }

Registry::Registry(std::string origin) : state_(std::make_unique<State>()) { state_->log.context.origin = std::move(origin); }
Registry::Registry(const Registry& other) : state_(std::make_unique<State>(*other.state_)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

std::uint64_t Registry::size() const { return state_->log.size; }
std::uint64_t Registry::last_logged_at_ms() const { return state_->log.last_logged_at_ms; }
const attest::LogContext& Registry::context() const { return state_->log.context; }
std::int64_t Registry::max_statement_age_days() const { return state_->log.max_statement_age_days; }
bool Registry::frozen() const { return state_->log.frozen; }
absl::Status Registry::CheckNotFrozen() const { return registry::CheckNotFrozen(*state_); }
std::span<const Violation> Registry::violations() const { return state_->violations; }
bool Registry::IsVoid(std::uint64_t index) const { return state_->IsVoid(index); }
std::optional<std::uint64_t> Registry::NoticeAbout(std::uint64_t index) const {
  const auto* notice = state_->notices.Find(index);
  return notice == nullptr ? std::nullopt : std::optional(*notice);
}
std::vector<NoticeInfo> Registry::Notices() const {
  std::vector<NoticeInfo> notices;
  for (const auto& [target, notice] : state_->notices.rows()) notices.push_back({target, notice});
  return notices;
}
std::optional<KeyInfo> Registry::FindKey(const keys::KeyId& id) const { return state_->FindKey(id); }
std::vector<KeyInfo> Registry::KeysOf(std::string_view urn, std::size_t limit) const { return state_->KeysOf(urn, limit); }
std::uint64_t Registry::key_set_version() const { return state_->log.key_set_version; }

std::optional<PartyInfo> Registry::FindParty(std::string_view urn) const {
  const PartyInfo* party = state_->parties.Find(urn);
  if (party == nullptr) return std::nullopt;
  return *party;
}

std::vector<PartyInfo> Registry::Parties() const {
  std::vector<PartyInfo> parties;
  for (const auto& [urn, party] : state_->parties.rows()) parties.push_back(party);
  return parties;
}

void Registry::SkipTo(std::uint64_t index) { state_->log.size = index; }

absl::Status Registry::Check(const Record& record, const FactSource& facts) const { return CheckRecord(*state_, record, facts); }

absl::Status Registry::Apply(const Replayed& record, const FactSource& facts) {
  State& state = *state_;
  if (record.index != state.log.size) {
    return absl::InternalError(fmt::format("record {} given to a registry of size {}", record.index, state.log.size));
  }
  if (!record.entry.ok()) {
    state.violations.push_back({record.index, "ENTRY_MALFORMED", true});
    ++state.log.size;
    return absl::OkStatus();
  }
  const Entry& entry = *record.entry;
  auto flaw = FindFlaw(state, record, facts);
  if (!flaw.ok()) return flaw.status();
  if (entry.logged_at_ms < state.log.last_logged_at_ms) state.violations.push_back({record.index, "TIME_FELL", false});
  if (flaw->empty()) {
    Accept(state, {record.index, &entry, std::get_if<Statement>(&record.statement)});
    return absl::OkStatus();
  }
  state.violations.push_back({record.index, *std::move(flaw), true});
  state.log.size = record.index + 1;
  state.log.last_logged_at_ms = entry.logged_at_ms;
  return absl::OkStatus();
}

}  // namespace trustlog::registry
