#include "client/registry/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "client/registry/references.h"
#include "client/registry/state.h"

namespace trustlog::registry {
namespace {

using attest::Id;
using attest::Kind;
using attest::Rel;

constexpr std::pair<Verdict, std::string_view> kVerdicts[] = {
    {Verdict::kNone, "NONE"},         {Verdict::kSelfAttested, "SELF_ATTESTED"}, {Verdict::kAudited, "AUDITED"},
    {Verdict::kAuditedQualified, "AUDITED_QUALIFIED"}, {Verdict::kNegative, "NEGATIVE"}, {Verdict::kLapsed, "LAPSED"},
    {Verdict::kSuspended, "SUSPENDED"}, {Verdict::kDisputed, "DISPUTED"},
};
constexpr std::pair<Part, std::string_view> kParts[] = {
    {Part::kCommitment, "commitment"}, {Part::kEngagement, "engagement"}, {Part::kObjection, "objection"},
    {Part::kResult, "result"},         {Part::kRetraction, "retraction"}, {Part::kRevocation, "revocation"},
    {Part::kStatus, "status"},         {Part::kWithdrawal, "withdrawal"},
};

bool HasRef(const attest::Entry& entry, Rel rel, const Id& id) {
  return std::find(entry.refs.begin(), entry.refs.end(), attest::Ref{rel, id}) != entry.refs.end();
}

// A record with the name it is found by.
struct Cited {
  Named named;
  Id id{};
};
Cited Cite(const Fact& fact, Part part) { return {{fact.index, part}, fact.entry->statement_id}; }

// One question, and what is found on the way.
class Evaluation final {
 public:
  Evaluation(const State& state, const RecordSource& source, const Question& question)
      : state_(state), source_(source), question_(question), as_of_(question.as_of) {}

  absl::StatusOr<Answer> Run() {
    Answer answer;
    answer.verdict = Judge();
    if (!failure_.ok()) return failure_;
    for (const Cited& cited : deciding_) answer.deciding.push_back(cited.named);
    AddObjections(answer.notes);
    AddOverdue(answer.notes);
    if (!failure_.ok()) return failure_;
    for (auto* list : {&answer.deciding, &answer.notes}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    return answer;
  }

 private:
  // A result that is valid on the date: what it says, and whether its word can be relied on.
  struct Result {
    Fact fact;
    Effect effect{};
    bool shaky = false;
  };

  // The numbers are those of 7.2: the first line that applies ends it.
  Verdict Judge() {
    const PartyInfo* member = state_.parties.Find(question_.member);
    if (member == nullptr || member->admitted_at >= as_of_.size) return Verdict::kNone;  // 1
    about_ = Found(source_.About(question_.member, question_.principle, as_of_.size));

    const StatusState* status = state_.StatusAt(question_.member, as_of_);
    const Effect standing = state_.StatusEffectAt(question_.member, as_of_);
    if (standing == Effect::kNegative || standing == Effect::kEnded) {  // 2
      deciding_ = {CiteStatus(*status)};
      return Verdict::kSuspended;
    }
    const auto commitments = Commitments();
    if (commitments.empty()) return Verdict::kNone;  // 3
    const Fact* commitment = InForce(commitments);
    if (commitment == nullptr) {  // 4
      return std::any_of(commitments.begin(), commitments.end(), [&](const Fact& c) { return state_.HasBegun(*c.entry, as_of_); }) ? Verdict::kLapsed
                                                                                                           : Verdict::kNone;
    }
    const Cited promise = Cite(*commitment, Part::kCommitment);
    if (const Ending* left = state_.WithdrawalAt(question_.member, as_of_); left != nullptr) {  // 5
      deciding_ = {{{left->index, Part::kWithdrawal}, left->id}, promise};
      return Verdict::kLapsed;
    }
    if (state_.IsRetracted(promise.id, as_of_)) {
      const Ending* retraction = state_.RetractionOf(promise.id, as_of_.size);
      deciding_ = {{{retraction->index, Part::kRetraction}, retraction->id}, promise};
      return Verdict::kLapsed;
    }
    deciding_ = {promise};
    if (as_of_.date >= commitment->entry->valid_until) return Verdict::kLapsed;
    if (AddTaints(*commitment)) return Verdict::kDisputed;  // 6

    const auto results = ResultsOn(promise.id);  // 7
    const auto decide = [&](bool shaky, std::initializer_list<Effect> effects) {
      bool any = false;
      for (const Result& result : results) {
        if (result.shaky != shaky || std::find(effects.begin(), effects.end(), result.effect) == effects.end()) continue;
        deciding_.push_back(Cite(result.fact, Part::kResult));
        any = true;
      }
      return any;
    };
    if (decide(false, {Effect::kNegative})) return Verdict::kNegative;            // 8
    if (decide(true, {Effect::kNegative})) return Verdict::kDisputed;             // 9
    if (decide(false, {Effect::kQualified})) return Verdict::kAuditedQualified;   // 10
    if (decide(false, {Effect::kPositive})) {
      if (standing != Effect::kQualified) return Verdict::kAudited;  // 11
      deciding_.push_back(CiteStatus(*status));
      return Verdict::kAuditedQualified;  // 10
    }
    if (decide(true, {Effect::kPositive, Effect::kQualified})) return Verdict::kDisputed;  // 12
    return Verdict::kSelfAttested;                                                         // 13
  }

  static Cited CiteStatus(const StatusState& status) { return {{status.index, Part::kStatus}, status.id}; }

  bool Counts(const Fact& fact) const { return fact.index < as_of_.size && !state_.IsVoid(fact.index); }

  std::vector<Fact> Commitments() const {
    std::vector<Fact> commitments;
    for (const Fact& fact : about_) {
      const attest::Entry& entry = *fact.entry;
      const bool of_chain = entry.kind == Kind::kCommitment && entry.issuer == question_.member &&
                            entry.principles == std::vector<std::uint8_t>{question_.principle};
      if (of_chain && Counts(fact)) commitments.push_back(fact);
    }
    return commitments;
  }

  // chain(head, date): each commitment supersedes the one before it, so the list is the chain and its last is the head.
  const Fact* InForce(const std::vector<Fact>& chain) const {
    const auto found = std::find_if(chain.rbegin(), chain.rend(), [&](const Fact& link) { return state_.HasBegun(*link.entry, as_of_); });
    return found == chain.rend() ? nullptr : &*found;
  }

  // Adds the revocations that taint the record.
  bool AddTaints(const Fact& fact) {
    const auto taints = state_.TaintsOf(fact.index, *fact.entry, as_of_.size);
    for (const Revocation& revocation : taints) deciding_.push_back({{revocation.index, Part::kRevocation}, revocation.id});
    return !taints.empty();
  }

  // R of 7.2: of each auditor the newest result on the commitment that is valid on the date.
  std::vector<Result> ResultsOn(const Id& commitment) const {
    std::map<std::string_view, const Fact*> newest;  // by auditor
    for (const Fact& fact : about_) {
      const attest::Entry& entry = *fact.entry;
      const bool of_member = entry.kind == Kind::kAuditResult && entry.subjects == std::vector<std::string>{question_.member} &&
                             std::binary_search(entry.principles.begin(), entry.principles.end(), question_.principle);
      if (!of_member || !Counts(fact) || !HasRef(entry, Rel::kCommitment, commitment)) continue;
      if (state_.IsDead(entry.statement_id, as_of_.size) || state_.IsRetracted(entry.statement_id, as_of_)) continue;
      if (as_of_.date < entry.valid_from || as_of_.date >= entry.valid_until) continue;
      newest[entry.issuer] = &fact;
    }
    std::vector<Result> results;
    for (const auto& [auditor, fact] : newest) {
      const AsOf when_logged = {as_of_.size, attest::LoggedAtSeconds(*fact->entry)};
      const Effect standing = state_.StatusEffectAt(auditor, when_logged);
      const bool tainted = !state_.TaintsOf(fact->index, *fact->entry, as_of_.size).empty();
      results.push_back({*fact, state_.EffectOfOutcome(fact->entry->code, when_logged),
                         tainted || standing == Effect::kNegative || standing == Effect::kEnded});
    }
    return results;
  }

  void AddObjections(std::vector<Named>& notes) {
    for (const Cited& cited : deciding_) {
      for (const Fact& fact : Found(source_.ReferringTo(cited.id, as_of_.size))) {
        const bool objects = fact.entry->kind == Kind::kObjection && HasRef(*fact.entry, Rel::kTarget, cited.id);
        if (objects && Counts(fact)) notes.push_back({fact.index, Part::kObjection});
      }
    }
  }

  void AddOverdue(std::vector<Named>& notes) {
    for (const Fact& fact : about_) {
      const attest::Entry& entry = *fact.entry;
      const bool of_member = entry.kind == Kind::kAuditEngagement && entry.subjects == std::vector<std::string>{question_.member} &&
                             std::binary_search(entry.principles.begin(), entry.principles.end(), question_.principle);
      if (!of_member || !Counts(fact)) continue;
      const auto found = Engagement(fact);
      if (found == EngagementState::kOverdue) notes.push_back({fact.index, Part::kEngagement});
    }
  }

  std::vector<Fact> Found(absl::StatusOr<std::vector<Fact>> facts) {
    if (facts.ok()) return *std::move(facts);
    failure_ = facts.status();
    return {};
  }

 public:
  EngagementState Engagement(const Fact& fact) {
    const Successor* successor = state_.superseded.Find(fact.entry->statement_id);
    if (successor != nullptr && successor->index < as_of_.size) return EngagementState::kSuperseded;
    for (std::optional<Fact> link = fact; link.has_value();) {
      const Id& id = link->entry->statement_id;
      for (const Fact& referrer : Found(source_.ReferringTo(id, as_of_.size))) {
        const bool reports = referrer.entry->kind == Kind::kAuditResult && HasRef(*referrer.entry, Rel::kEngagement, id);
        if (reports && Counts(referrer) && !state_.IsDead(referrer.entry->statement_id, as_of_.size)) {
          return EngagementState::kReported;
        }
      }
      const attest::Ref* earlier = SupersededBy(*link->entry);
      if (earlier == nullptr) break;
      auto found = source_.ById(earlier->id);
      if (!found.ok()) failure_ = found.status();
      link = found.ok() ? *std::move(found) : std::nullopt;
    }
    if (state_.IsRetracted(fact.entry->statement_id, as_of_)) return EngagementState::kCancelled;
    return fact.entry->valid_until <= as_of_.date ? EngagementState::kOverdue : EngagementState::kOpen;
  }
  const absl::Status& failure() const { return failure_; }

 private:
  const State& state_;
  const RecordSource& source_;
  const Question& question_;
  const AsOf as_of_;
  std::vector<Fact> about_;
  std::vector<Cited> deciding_;
  absl::Status failure_;  // of the source
};

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  return std::find_if(std::begin(kVerdicts), std::end(kVerdicts), [&](const auto& row) { return row.first == verdict; })->second;
}

std::optional<Verdict> ParseVerdict(std::string_view name) {
  for (const auto& [verdict, word] : kVerdicts) {
    if (word == name) return verdict;
  }
  return std::nullopt;
}

std::string_view PartName(Part part) {
  return std::find_if(std::begin(kParts), std::end(kParts), [&](const auto& row) { return row.first == part; })->second;
}

std::optional<Part> ParsePart(std::string_view name) {
  for (const auto& [part, word] : kParts) {
    if (word == name) return part;
  }
  return std::nullopt;
}

absl::StatusOr<Answer> Evaluate(const Registry& registry, const RecordSource& source, const Question& question) {
  if (question.as_of.size > registry.size()) {
    return absl::InvalidArgumentError(fmt::format("size {} asked of a registry of size {}", question.as_of.size, registry.size()));
  }
  return Evaluation(StateOf(registry), source, question).Run();
}

absl::StatusOr<EngagementState> StateOfEngagement(const Registry& registry, const RecordSource& source, const Fact& engagement,
                                                  AsOf as_of) {
  const Question question = {{}, 0, as_of};
  Evaluation evaluation(StateOf(registry), source, question);
  const auto found = evaluation.Engagement(engagement);
  if (!evaluation.failure().ok()) return evaluation.failure();
  return found;
}

absl::StatusOr<bool> IsExpiring(const Registry& registry, const RecordSource& source, const Fact& claim, std::int64_t begin,
                                std::int64_t end, AsOf as_of) {
  const State& state = StateOf(registry);
  const attest::Entry& entry = *claim.entry;
  if (entry.valid_until < begin || entry.valid_until >= end) return false;
  if (state.IsDead(entry.statement_id, as_of.size) || state.IsRetracted(entry.statement_id, as_of)) return false;
  const auto referrers = source.ReferringTo(entry.statement_id, as_of.size);
  if (!referrers.ok()) return referrers.status();
  return std::none_of(referrers->begin(), referrers->end(), [&](const Fact& referrer) {
    return referrer.index < as_of.size && !state.IsVoid(referrer.index) && HasRef(*referrer.entry, Rel::kRenews, entry.statement_id) &&
           referrer.entry->valid_from <= entry.valid_until;
  });
}

}  // namespace trustlog::registry
