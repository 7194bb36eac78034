// Verdicts, members and the way a question takes; the lists over the record index are in registry_api_lists.cc.
#include "server/api/registry_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/index/index_keys.h"
#include "client/registry/claims.h"
#include "client/registry/verdict.h"
#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/attest/statement.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "server/api/errors.h"
#include "server/api/registry_question.h"
#include "server/api/registry_verdict.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;
using registry::Registry;

std::string TimeText(std::int64_t seconds) { return seconds == 0 ? std::string() : attest::FormatTime(seconds); }

absl::Status NoSuchMember(std::string_view urn) {
  return Refuse(Reason::kMemberNotFound, fmt::format("no party \"{}\" is admitted below this size", urn), {{"field", "member"}});
}

v1::Verdict ToMessage(registry::Verdict verdict) {
  switch (verdict) {
    case registry::Verdict::kNone:
      return v1::VERDICT_NONE;
    case registry::Verdict::kSelfAttested:
      return v1::VERDICT_SELF_ATTESTED;
    case registry::Verdict::kAudited:
      return v1::VERDICT_AUDITED;
    case registry::Verdict::kAuditedQualified:
      return v1::VERDICT_AUDITED_QUALIFIED;
    case registry::Verdict::kNegative:
      return v1::VERDICT_NEGATIVE;
    case registry::Verdict::kLapsed:
      return v1::VERDICT_LAPSED;
    case registry::Verdict::kSuspended:
      return v1::VERDICT_SUSPENDED;
    case registry::Verdict::kDisputed:
      return v1::VERDICT_DISPUTED;
  }
  return v1::VERDICT_UNSPECIFIED;
}

// What the registry knows of a party; names are in its admission.
v1::Member MemberOf(const Registry& registry, const registry::PartyInfo& party, registry::AsOf as_of) {
  v1::Member member;
  member.set_urn(party.urn);
  member.set_role(party.role);
  member.set_group(party.group);
  member.set_admitted_at(party.admitted_at);
  const auto standing = registry::StandingOf(registry, party.urn, as_of);
  member.set_status(standing.status);
  member.set_effect(std::string(standing.effect));
  if (standing.status_index.has_value()) member.set_status_index(*standing.status_index);
  if (standing.withdrawn_by.has_value()) member.set_withdrawn_by(*standing.withdrawn_by);
  return member;
}

absl::Status AddNames(RegistryQuestion& question, std::vector<v1::Member>& members) {
  const auto context = question.registry().With([](const Registry& registry) { return registry.context(); });
  for (auto& member : members) {
    const std::uint64_t index = member.admitted_at();
    const auto records = question.reader().ReadRecordsAt({&index, 1});
    if (!records.ok()) return records.status();
    const auto statement = attest::ParseStatement(records->front().companion, context);
    const auto* admission = statement.ok() ? std::get_if<attest::PartyAdmission>(&statement->predicate) : nullptr;
    if (admission == nullptr) return Refuse(Reason::kCorruption, fmt::format("entry {} is no admission", index));
    member.set_legal_name(admission->legal_name);
    member.set_country(admission->country);
    member.set_lei(admission->lei);
  }
  return absl::OkStatus();
}

v1::PartyKey KeyMessage(const registry::KeyInfo& key, std::uint64_t size) {
  v1::PartyKey message;
  message.set_key_id(bytes::EncodeHex(key.key.id()));
  message.set_alg(std::string(keys::AlgorithmName(key.key.algorithm())));
  if (key.admin) message.add_purposes("admin");
  if (key.sign) message.add_purposes("sign");
  message.set_valid_from(TimeText(key.valid_from));
  message.set_valid_until(TimeText(key.valid_until));
  message.set_registered_at(key.registered_at);
  for (const auto& revocation : key.revocations) {
    if (revocation.index >= size) break;
    message.set_revoked_at(revocation.index);
    message.set_revocation_reason(std::string(registry::RevocationReasonName(revocation.reason)));
  }
  return message;
}

absl::Status TellNamed(RegistryQuestion& question, const std::vector<registry::Named>& named,
                       google::protobuf::RepeatedPtrField<v1::NamedRecord>* rows) {
  std::vector<std::uint64_t> indices;
  for (const auto& one : named) indices.push_back(one.index);
  const auto facts = question.source().At(indices);
  if (!facts.ok()) return facts.status();
  if (facts->size() != named.size()) return Refuse(Reason::kCorruption, "a deciding entry does not decode");
  for (std::size_t i = 0; i < named.size(); ++i) {
    auto* row = rows->Add();
    row->set_index(named[i].index);
    row->set_statement_id(bytes::EncodeHex((*facts)[i].entry->statement_id));
    row->set_role(std::string(registry::PartName(named[i].part)));
  }
  return absl::OkStatus();
}

// What makes the signers of entry `index` speak, in the end: O(signatures in the chain).
absl::StatusOr<std::set<std::uint64_t>> AuthorityOf(RegistryQuestion& question, std::uint64_t index) {
  std::set<std::uint64_t> chain;
  std::vector<std::uint64_t> open = {index};
  const auto add = [&](std::uint64_t earlier) {
    if (earlier < index && chain.insert(earlier).second) open.push_back(earlier);
  };
  add(0);
  const auto changes = question.source().Under(index::KindKey(attest::Kind::kRoleChange), 0, query::kMaxFacts);
  if (!changes.ok()) return changes.status();
  while (!open.empty()) {
    const auto facts = question.source().At(open);
    if (!facts.ok()) return facts.status();
    open.clear();
    const auto status = question.registry().With([&](const Registry& registry) {
      if (registry.size() < question.head().size) return query::RegistryIsBehind(registry.size(), question.head().size);
      for (const auto& change : changes->facts) {
        if (!registry.IsVoid(change.index)) add(change.index);
      }
      for (const auto& fact : *facts) {
        for (const auto earlier : registry::EntitledBy(registry, fact.index, *fact.entry)) add(earlier);
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return chain;
}

}  // namespace

RegistryApi::RegistryApi(log::Log& log, const admission::LiveRegistry& registry, query::RecordIndex& index, admission::Quota& quota,
                         const runtime::Clock& clock, RegistryOptions options)
    : log_(log),
      index_(index),
      quota_(quota),
      clock_(clock),
      options_(std::move(options)),
      parts_(new QuestionParts{registry, index, clock, options_.max_answer_bytes, options_.query_time}),
      questions_("questions", options_.threads, options_.queue) {}

RegistryApi::~RegistryApi() { Stop(); }

void RegistryApi::Stop() { questions_.Stop(); }

void RegistryApi::Ask(const Call& call, Done done, std::function<absl::Status(RegistryQuestion&)> work) {
  if (auto status = quota_.TakeProof(call.address, 1); !status.ok()) return done(std::move(status));
  const auto published = log_.published();
  if (published == nullptr || published->head.size == 0)
    return done(Refuse(Reason::kCheckpointNotFound, "no checkpoint has been published yet"));
  index_.WaitIndexed(published->head.size, call.deadline,
                     [this, deadline = call.deadline, done = std::move(done),
                      work = std::move(work)](absl::StatusOr<std::shared_ptr<const log::Published>> snapshot) mutable {
                       if (!snapshot.ok()) return done(snapshot.status());
                       auto shared_done = std::make_shared<Done>(std::move(done));
                       const auto run = [this, shared_done, deadline, work = std::move(work), snapshot = *std::move(snapshot)] {
                         if (clock_.Now() >= deadline)
                           return (*shared_done)(Refuse(Reason::kDeadline, "no time was left when a thread was free"));
                         RegistryQuestion question(*parts_, snapshot);
                         (*shared_done)(work(question));
                       };
                       if (questions_.TryRun(run)) return;
                       (*shared_done)(Refuse(Reason::kPushback, "too many questions are waiting", {{"retry_ms", "200"}}));
                     });
}

void RegistryApi::EvaluateStatus(const v1::EvaluateStatusRequest* request, v1::EvaluateStatusResponse* response, const Call& call,
                                 Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const auto judged = Judge(*request, question);
    if (!judged.ok()) return judged.status();
    const auto* answer = &judged->answer;
    response->set_verdict(ToMessage(answer->verdict));
    for (const auto& [named, rows] :
         {std::pair{&answer->deciding, response->mutable_deciding()}, std::pair{&answer->notes, response->mutable_notes()}}) {
      if (auto status = TellNamed(question, *named, rows); !status.ok()) return status;
    }
    response->set_rules_version(std::string(registry::kVerdictRules));
    response->set_date(question.date_text());
    *response->mutable_as_of() = question.MakeAsOf();
    return absl::OkStatus();
  });
}

void RegistryApi::ListMembers(const v1::ListMembersRequest* request, v1::ListMembersResponse* response, const Call& call,
                              Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const std::string role = request->role().empty() ? "member" : request->role();
    const PageRequest page = {QueryOf("ListMembers").Add(role).hash(), request->at_size(), request->page_size(),
                              request->page_token()};
    if (auto status = question.BeginPage(page, request->date(), "date"); !status.ok()) return status;
    using Members = std::vector<v1::Member>;
    bool at_end = true;
    // place().part: how many come before. Whoever was admitted below a size stays, so the list at a size is always the same.
    auto members = question.Ask<Members>([&](const Registry& registry) -> absl::StatusOr<Members> {
      Members found;
      std::uint64_t number = 0;
      at_end = true;
      for (const auto& party : registry.Parties()) {
        if (party.role != role || party.admitted_at >= question.head().size || number++ < question.place().part) continue;
        at_end = found.size() < question.rows_left();
        if (!at_end) break;
        found.push_back(MemberOf(registry, party, question.as_of()));
      }
      return found;
    });
    if (!members.ok()) return members.status();
    if (auto status = AddNames(question, *members); !status.ok()) return status;
    for (auto& member : *members) {
      question.Tell(std::move(member), response->mutable_members());
      ++question.place().part;
    }
    if (!at_end) response->set_next_page_token(question.NextToken());
    response->set_date(question.date_text());
    *response->mutable_as_of() = question.MakeAsOf();
    return absl::OkStatus();
  });
}

void RegistryApi::GetMember(const v1::GetMemberRequest* request, v1::GetMemberResponse* response, const Call& call, Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    auto pinned = question.PinSize(0);
    if (pinned.ok()) pinned = question.PinDate("", "date");
    if (!pinned.ok()) return pinned;
    const auto size = question.head().size;
    std::vector<registry::KeyInfo> keys;
    using Members = std::vector<v1::Member>;
    auto members = question.Ask<Members>([&](const Registry& registry) -> absl::StatusOr<Members> {
      const auto party = registry.FindParty(request->member());
      if (!party.has_value() || party->admitted_at >= size) return NoSuchMember(request->member());
      keys = registry.KeysOf(request->member(), std::numeric_limits<std::size_t>::max());
      return Members{MemberOf(registry, *party, question.as_of())};
    });
    if (!members.ok()) return members.status();
    if (auto status = AddNames(question, *members); !status.ok()) return status;
    *response->mutable_member() = std::move(members->front());
    for (const auto& key : keys) {
      if (key.registered_at < size) *response->add_keys() = KeyMessage(key, size);
    }
    response->set_date(question.date_text());
    *response->mutable_as_of() = question.MakeAsOf();
    return absl::OkStatus();
  });
}

void RegistryApi::GetAuthorityChain(const v1::GetAuthorityChainRequest* request, v1::GetAuthorityChainResponse* response,
                                    const Call& call, Done done) {
  Ask(call, std::move(done), [request, response](RegistryQuestion& question) -> absl::Status {
    const PageRequest page = {QueryOf("GetAuthorityChain").Add(request->index()).hash(), 0, request->page_size(),
                              request->page_token()};
    if (auto status = question.BeginPage(page, "", ""); !status.ok()) return status;
    v1::Selector selector;
    selector.set_index(request->index());
    const auto index = Resolve(selector, question.reader(), question.head().size);
    if (!index.ok()) return index.status();
    const auto chain = AuthorityOf(question, *index);
    if (!chain.ok()) return chain.status();
    auto& place = question.place();
    for (auto link = chain->lower_bound(place.index); link != chain->end(); ++link) {
      if (question.IsFull()) {
        place.index = *link;
        response->set_next_page_token(question.NextToken());
        break;
      }
      const auto records = question.reader().ReadRecordsAt({&*link, 1});
      if (!records.ok()) return records.status();
      auto entry = MakeEntry(*link, records->front(), true);
      if (!entry.ok()) return entry.status();
      question.Tell(*std::move(entry), response->mutable_links());
    }
    *response->mutable_as_of() = question.MakeAsOf();
    return absl::OkStatus();
  });
}

}  // namespace trustlog::api
