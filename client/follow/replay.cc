#include "client/follow/replay.h"

#include <algorithm>
#include <span>
#include <variant>

#include "client/follow/check_code.h"
#include "client/follow/parallel.h"
#include "client/follow/statement_check.h"
#include "client/registry/signatures.h"
#include "client/registry/state_text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::follow {
namespace {

using bytes::Reason;

std::string Text(const absl::Status& status) { return std::string(bytes::MessageOf(status)); }

constexpr std::size_t kStride = 32;  // entries that a thread takes at a time

// Checks 7-16 of records.md 6.4, in their order; 6 and 18-27 are the registry's. `is_derived`: of an OK result, whether the
// statement gives the entry.
absl::StatusOr<attest::Statement> ParseForLog(std::string_view payload, const attest::Entry& entry,
                                              const attest::LogContext& context, std::optional<bool>& is_derived) {
  auto statement = attest::ParseStatement(payload, context);
  if (!statement.ok()) return statement;
  const auto derived = attest::IsDerivedFrom(*statement, entry);
  if (!derived.ok()) return derived.status();
  is_derived = *derived;
  if (statement->log_origin == context.origin) return statement;
  return bytes::Refuse(Reason::kWrongLog, fmt::format("the statement was made for log {}", statement->log_origin),
                       {{"origin", statement->log_origin}});
}

// As records.md 4.2 rebuilds it.
attest::Envelope Rebuild(const attest::Entry& entry, std::string_view payload) {
  attest::Envelope envelope{.payload_type = std::string(attest::kPayloadType), .payload = std::string(payload), .signatures = {}};
  for (const attest::EntrySignature& signature : entry.signatures) {
    envelope.signatures.push_back({bytes::EncodeHex(signature.key_id), signature.signature});
  }
  return envelope;
}

const keys::PublicKey* FindIn(std::span<const keys::PublicKey> keys, const keys::KeyId& id) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&id](const keys::PublicKey& key) { return key.id() == id; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

struct Replay::Work {
  std::string_view bytes;    // of the entry
  std::string_view payload;  // "" once it turned out not to be this entry's
  registry::Replayed record;
  std::optional<attest::Id> id{};           // that the payload has
  std::vector<keys::PublicKey> new_keys{};  // those in the statement itself

  const attest::Statement* statement() const { return std::get_if<attest::Statement>(&record.statement); }
  const registry::Malformed* malformed() const { return std::get_if<registry::Malformed>(&record.statement); }
};

Replay::Batch::Batch() = default;
Replay::Batch::Batch(Batch&&) noexcept = default;
Replay::Batch& Replay::Batch::operator=(Batch&&) noexcept = default;
Replay::Batch::~Batch() = default;

// A violation with what is known of its cause. A record of a kind or with a key that this version has no rules for is unchecked,
// not bad.
Finding Replay::Explain(const registry::Violation& violation, const Work& work) {
  const registry::Replayed& record = work.record;
  const bool well_formed = record.entry.ok() && work.malformed() == nullptr;
  if (well_formed && (violation.reason == "KIND_UNKNOWN" || violation.reason == "ALGORITHM_NOT_BUILT_IN")) {
    return {violation.index, violation.reason, "unchecked, and of no effect here: this version has no rules for it", false};
  }
  std::string why;
  if (!record.entry.ok()) {
    why = Text(record.entry.status());
  } else if (work.malformed() != nullptr) {
    why = Text(work.malformed()->why);
  } else if (violation.reason == "DERIVATION" && work.statement() != nullptr) {
    const auto derived = attest::Derive(*work.statement(), record.entry->statement_id, record.entry->signatures);
    if (derived.ok())
      why = fmt::format("the entry differs from its statement in: {}", fmt::join(DifferingFields(*record.entry, *derived), ", "));
  } else if (const auto reason = bytes::ParseReason(violation.reason)) {
    why = bytes::Describe(*reason).means;
  }
  const std::string_view effect = violation.is_void ? "void" : "counts, but is the operator's fault";
  return {violation.index, violation.reason, why.empty() ? std::string(effect) : fmt::format("{}: {}", effect, why), true};
}

void Replay::AddFacts(std::uint64_t begin, std::span<const std::string_view> entries) {
  std::vector<std::shared_ptr<const attest::Entry>> decoded(entries.size());
  workers_->For(entries.size(), kStride, [&](std::size_t i) {
    auto entry = attest::DecodeEntry(entries[i]);
    if (entry.ok()) decoded[i] = std::make_shared<const attest::Entry>(*std::move(entry));
  });
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (decoded[i] != nullptr) facts_.Add(begin + i, std::move(decoded[i]));
  }
}

void Replay::DecodeSome(std::span<Work> works, const attest::LogContext& context, Workers& workers) {
  workers.For(works.size(), kStride, [&](std::size_t i) {
    Work& work = works[i];
    registry::Replayed& record = work.record;
    record = {.index = record.index, .entry = attest::DecodeEntry(work.bytes), .statement = registry::Withheld{}, .signatures = {}};
    if (!record.entry.ok() || work.payload.empty()) return;
    work.id = attest::StatementId(work.payload);
    if (*work.id != record.entry->statement_id) return;
    auto statement = ParseForLog(work.payload, *record.entry, context, record.is_derived);
    if (!statement.ok()) {
      record.statement = registry::Malformed{statement.status()};
      return;
    }
    work.new_keys = registry::KeysInStatement(*statement);
    record.statement = *std::move(statement);
  });
}

Replay::Batch Replay::Decode(std::uint64_t begin, ServedItems entries, ServedItems payloads, const attest::LogContext& context,
                             Workers& workers) {
  Batch batch;
  batch.works_.reserve(entries.items.size());
  for (std::size_t i = 0; i < entries.items.size(); ++i)
    batch.works_.push_back({entries.items[i], payloads.items[i], {.index = begin + i, .statement = {}, .signatures = {}}});
  batch.entries_ = std::move(entries);
  batch.payloads_ = std::move(payloads);
  if (context.type_base.empty()) return batch;
  DecodeSome(batch.works_, context, workers);
  batch.decoded_for_ = context;
  return batch;
}

// A key id is a digest of its key, so the arithmetic may look for keys in earlier statements of the batch, before the registry has
// them; whether each key is registered is asked again in order, in Apply.
void Replay::VerifySignatures(Work& work, std::span<const Work> earlier) const {
  const bool is_withheld = work.record.entry.ok() && std::holds_alternative<registry::Withheld>(work.record.statement);
  if (work.statement() == nullptr && !is_withheld) return;
  registry::KeySource source;
  source.find = [this, earlier](const keys::KeyId& id) -> std::optional<keys::PublicKey> {
    if (const auto known = registry_.FindKey(id)) return known->key;
    for (const Work& other : earlier) {
      if (other.new_keys.empty()) continue;
      if (const keys::PublicKey* key = FindIn(other.new_keys, id); key != nullptr) return *key;
    }
    return std::nullopt;
  };
  source.keys_of = [](std::string_view) { return std::vector<keys::PublicKey>(); };  // an entry names every key
  if (is_withheld) {
    work.record.signatures = registry::VerifyWithheld(*work.record.entry, source);
    return;
  }
  work.record.signatures =
      registry::VerifySignatures(Rebuild(*work.record.entry, work.payload), *work.statement(), source).status();
}

// Not OK: replay cannot go on without this statement.
absl::Status Replay::CheckPayload(Work& work, Step& step) const {
  if (!work.record.entry.ok()) return absl::OkStatus();
  const attest::Entry& entry = *work.record.entry;
  const std::uint64_t index = work.record.index;
  const auto stop = [&](CheckCode code, std::string detail) {
    step.findings.push_back({index, std::string(Describe(code).word), detail, true});
    return attest::IsWithholdable(entry.kind) ? absl::OkStatus()
                                              : CheckFailure(code, fmt::format("entry {}: the statement {}", index, detail));
  };
  if (work.payload.empty()) {
    if (!attest::IsWithholdable(entry.kind)) return stop(CheckCode::kStatementMissing, "is not served; its kind is never withheld");
    step.unserved.push_back({index, entry.statement_id});
    return absl::OkStatus();
  }
  if (*work.id == entry.statement_id) return absl::OkStatus();
  work.payload = {};
  return stop(CheckCode::kStatementMismatch, fmt::format("served is not this entry's: its id is {}", bytes::EncodeHex(*work.id)));
}

absl::Status Replay::Apply(Work& work, std::vector<Finding>& findings) {
  registry::Replayed& record = work.record;
  // records.md 10: what this program cannot check is reported as unchecked, not as bad.
  if (bytes::ReasonOf(record.signatures) == Reason::kAlgorithmNotBuiltIn) {
    findings.push_back({record.index, "ALGORITHM_NOT_BUILT_IN", "unchecked: this version cannot verify the signature", false});
    record.signatures = absl::OkStatus();
  }
  if (auto status = registry_.Apply(record, facts_); !status.ok()) return status;

  for (; reported_ < registry_.violations().size(); ++reported_) {
    Finding finding = Explain(registry_.violations()[reported_], work);
    const bool told = !findings.empty() && findings.back().index == finding.index && findings.back().code == finding.code;
    if (!told) findings.push_back(std::move(finding));
  }
  return absl::OkStatus();
}

absl::Status Replay::FollowSome(std::span<Work> works, Step& step) {
  workers_->For(works.size(), kStride, [this, works](std::size_t i) { VerifySignatures(works[i], works.first(i)); });
  for (Work& work : works) {
    if (auto status = CheckPayload(work, step); !status.ok()) return status;
    if (auto status = Apply(work, step.findings); !status.ok()) return status;
    registry::Replayed& record = work.record;
    if (!step.unserved.empty() && step.unserved.back().index == record.index) unserved_.push_back(step.unserved.back());
    Item item{.index = record.index, .bytes = work.bytes, .entry = nullptr, .statement = std::nullopt};
    if (record.entry.ok()) {
      item.entry = std::make_shared<const attest::Entry>(*std::move(record.entry));
      facts_.Add(item.index, item.entry);
    }
    if (work.statement() != nullptr) item.statement = std::get<attest::Statement>(std::move(record.statement));
    step.items.push_back(std::move(item));
  }
  return absl::OkStatus();
}

Replay::Step Replay::Follow(Batch batch) {
  Step step;
  step.entries = std::move(batch.entries_);
  step.payloads = std::move(batch.payloads_);
  step.items.reserve(batch.works_.size());
  std::span<Work> works = batch.works_;
  while (step.stopped.ok() && !works.empty()) {
    // Genesis alone: what it says decides how every later statement is read.
    const auto some = works.first(size() == 0 ? 1 : works.size());
    if (batch.decoded_for_ != registry_.context()) DecodeSome(some, registry_.context(), *workers_);
    step.stopped = FollowSome(some, step);
    works = works.subspan(some.size());
  }
  return step;
}

// A notice names the first entry of a statement; it is about every repetition too, though those are void.
absl::StatusOr<Finding> Replay::Judge(const Unserved& unserved) const {
  const auto first = facts_.ById(unserved.id);
  if (!first.ok()) return first.status();
  const auto notice = registry_.NoticeAbout(first->has_value() ? (*first)->index : unserved.index);
  if (notice.has_value()) return Finding{unserved.index, "WITHHELD", fmt::format("notice {}", *notice), false};
  return Finding{unserved.index, std::string(Describe(CheckCode::kStatementMissing).word),
                 "is not served, and no erasure notice that the rules take is in the log", true};
}

absl::StatusOr<merkle::Hash> Replay::Digest() const {
  if (resumed_) return absl::FailedPreconditionError("the replay did not begin at entry 0");
  std::vector<std::uint64_t> missing;
  for (const Unserved& claim : unserved_) {
    const auto finding = Judge(claim);
    if (!finding.ok()) return finding.status();
    if (finding->fault) missing.push_back(claim.index);
  }
  return registry::DigestOfLog(registry_, missing, facts_);
}

}  // namespace trustlog::follow
