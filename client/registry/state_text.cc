#include "client/registry/state_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "client/registry/state.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::registry {
namespace {

std::string OrDash(std::string_view word) { return word.empty() ? "-" : std::string(word); }

std::string Joined(const std::vector<keys::KeyId>& ids) {  // ascending
  std::string joined;
  for (const auto& id : ids) joined += (joined.empty() ? "" : ",") + bytes::EncodeHex(id);
  return OrDash(joined);
}

std::string Joined(const std::vector<Named>& list) {
  std::string joined;
  for (const auto& [index, part] : list) joined += fmt::format("{}{}:{}", joined.empty() ? "" : ",", index, PartName(part));
  return OrDash(joined);
}

std::string_view Purposes(const KeyInfo& key) {
  if (key.admin) return key.sign ? "admin,sign" : "admin";
  return key.sign ? "sign" : "-";
}

class Lines final {
 public:
  template <typename... Values>
  void Add(fmt::format_string<Values...> format, Values&&... values) {
    lines_.push_back(fmt::format(format, std::forward<Values>(values)...) + "\n");
  }
  std::string Sorted() {
    std::sort(lines_.begin(), lines_.end());
    return fmt::format("{}", fmt::join(lines_, ""));
  }

 private:
  std::vector<std::string> lines_;
};

void AddKeys(const State& state, Lines& lines) {
  for (const auto& [role, of_role] : state.roles.rows()) {
    lines.Add("role {} {} {}", attest::UrnRoleName(role), of_role.threshold, Joined(state.PresentKeysOf(role)));
  }
  for (const auto& [id, key] : state.keys.rows()) {
    auto authorised_by = key.authorised_by;
    std::sort(authorised_by.begin(), authorised_by.end());
    lines.Add("key {} {} {} {} {} {} {} {}", bytes::EncodeHex(id), key.info.owner, keys::AlgorithmName(key.info.key.algorithm()),
              Purposes(key.info), key.info.valid_from, key.info.valid_until, key.info.registered_at, Joined(authorised_by));
    for (const Revocation& revocation : key.info.revocations) {
      const bool taints = revocation.reason == RevocationReason::kCompromised;
      lines.Add("revocation {} {} {} {}", bytes::EncodeHex(id), revocation.index, RevocationReasonName(revocation.reason),
                taints ? fmt::to_string(revocation.invalid_since) : "-");
    }
  }
}

void AddParties(const State& state, Lines& lines) {
  for (const auto& [urn, party] : state.parties.rows()) {
    lines.Add("party {} {} {} {}", urn, party.role, OrDash(party.group), party.admitted_at);
  }
  for (const auto& [urn, withdrawals] : state.withdrawals.rows()) {
    for (const Ending& withdrawal : withdrawals) lines.Add("withdrawal {} {} {}", urn, withdrawal.index, withdrawal.valid_from);
  }
  for (const auto& [urn, statuses] : state.statuses.rows()) {
    for (const StatusState& status : statuses) {
      lines.Add("status {} {} {} {} {}", urn, status.index, status.code, status.valid_from, status.valid_until);
    }
  }
}

void AddRecords(const State& state, std::span<const std::uint64_t> missing, Lines& lines) {
  for (const auto& [chain, id] : state.heads.rows()) {
    lines.Add("head {} {} {} {}", static_cast<unsigned>(chain.kind), OrDash(chain.subject), chain.principle, bytes::EncodeHex(id));
    if (chain.kind != attest::Kind::kAuditorAccreditation) continue;
    for (const attest::Id* link = &id; link != nullptr;) {
      const auto* accreditation = state.accreditations.Find(*link);
      lines.Add("accreditation {} {} {} {}", chain.subject, accreditation->index, accreditation->valid_from,
                accreditation->valid_until);
      link = accreditation->supersedes.has_value() ? &*accreditation->supersedes : nullptr;
    }
  }
  for (const auto& [id, set] : state.principle_sets.rows()) lines.Add("set {} {}", set.index, set.valid_from);
  for (const auto& [id, successor] : state.superseded.rows()) {
    if (successor.change == attest::Rel::kCorrects) lines.Add("corrected {} {}", bytes::EncodeHex(id), successor.index);
  }
  for (const auto& [id, retraction] : state.retractions.rows()) {
    lines.Add("retraction {} {} {}", bytes::EncodeHex(id), retraction.index, retraction.valid_from);
  }
  for (const auto& [target, notice] : state.notices.rows()) lines.Add("covered {} {}", target, notice);
  for (const auto index : missing) lines.Add("missing {}", index);
  for (const Violation& violation : state.violations) {
    lines.Add("{} {} {}", violation.is_void ? "void" : "fault", violation.index, violation.reason);
  }
}

}  // namespace

std::string StateText(const Registry& registry, std::span<const std::uint64_t> missing) {
  const State& state = StateOf(registry);
  Lines lines;
  lines.Add("log {} {} {} {} {} {}", state.log.context.origin, state.log.size, state.log.frozen ? 1 : 0,
            state.log.authority_version, state.log.last_logged_at_ms, state.log.index_covers);
  AddKeys(state, lines);
  AddParties(state, lines);
  AddRecords(state, missing, lines);
  return "trustlog-registry-state/1\n" + lines.Sorted();
}

std::string VerdictLine(const Question& question, const Answer& answer) {
  return fmt::format("verdict {} {} {} {} {} {} {}\n", question.member, question.principle,
                     attest::FormatTime(question.as_of.date), question.as_of.size, VerdictName(answer.verdict),
                     Joined(answer.deciding), Joined(answer.notes));
}

absl::StatusOr<std::string> VerdictText(const Registry& registry, const RecordSource& source) {
  const State& state = StateOf(registry);
  const auto at = static_cast<std::int64_t>(state.log.last_logged_at_ms / 1000);
  const AsOf now = {state.log.size, std::clamp(at, attest::kMinTime, attest::kMaxTime)};
  const PrincipleSetState* set = state.SetAt(now);
  std::string text;
  if (set == nullptr) return text;
  for (const auto& [urn, party] : state.parties.rows()) {
    if (party.role != "member") continue;
    for (const auto principle : set->principles) {
      const Question question = {urn, principle, now};
      const auto answer = Evaluate(registry, source, question);
      if (!answer.ok()) return answer.status();
      text += VerdictLine(question, *answer);
    }
  }
  return text;
}

absl::StatusOr<merkle::Hash> DigestOfLog(const Registry& registry, std::span<const std::uint64_t> missing,
                                         const RecordSource& source) {
  const auto verdicts = VerdictText(registry, source);
  if (!verdicts.ok()) return verdicts.status();
  return merkle::Sha256(bytes::AsBytes(StateText(registry, missing) + *verdicts));
}

}  // namespace trustlog::registry
