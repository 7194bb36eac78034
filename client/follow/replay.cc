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

// Checks 7-16 of records.md 6.4, in their order; 6 and 18-27 are the registry's.
absl::StatusOr<attest::Statement> ParseForLog(std::string_view payload, const attest::Entry& entry,
                                              const attest::LogContext& context) {
  auto statement = attest::ParseStatement(payload, context);
  if (!statement.ok()) return statement;
  const auto derived = attest::Derive(*statement, entry.statement_id, entry.signatures);
  if (!derived.ok()) return derived.status();
  if (statement->log_origin == context.origin) return statement;
  return bytes::Refuse(Reason::kWrongLog, fmt::format("the statement was made for log {}", statement->log_origin),
                       {{"origin", statement->log_origin}});
}

// As records.md 4.2 rebuilds it.
attest::Envelope Rebuild(const attest::Entry& entry, const std::string& payload) {
  attest::Envelope envelope{.payload_type = std::string(attest::kPayloadType), .payload = payload, .signatures = {}};
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
  Item item;
  std::string payload;                    // "" once it turned out not to be this entry's
  absl::Status malformed;                 // of the statement
  std::vector<keys::PublicKey> new_keys;  // those in the statement itself
  absl::Status signatures;
};

// A violation with what is known of its cause. A record of a kind or with a key that this version has no rules for is unchecked,
// not bad.
Finding Replay::Explain(const registry::Violation& violation, const Work& work) {
  const bool well_formed = work.item.entry.ok() && work.malformed.ok();
  if (well_formed && (violation.reason == "KIND_UNKNOWN" || violation.reason == "ALGORITHM_NOT_BUILT_IN")) {
    return {violation.index, violation.reason, "unchecked, and of no effect here: this version has no rules for it", false};
  }
  std::string why;
  if (!work.item.entry.ok()) {
    why = Text(work.item.entry.status());
  } else if (!work.malformed.ok()) {
    why = Text(work.malformed);
  } else if (violation.reason == "DERIVATION" && work.item.statement) {
    const auto derived = attest::Derive(*work.item.statement, work.item.entry->statement_id, work.item.entry->signatures);
    if (derived.ok())
      why =
          fmt::format("the entry differs from its statement in: {}", fmt::join(DifferingFields(*work.item.entry, *derived), ", "));
  } else if (const auto reason = bytes::ParseReason(violation.reason)) {
    why = bytes::Describe(*reason).means;
  }
  const std::string_view effect = violation.is_void ? "void" : "counts, but is the operator's fault";
  return {violation.index, violation.reason, why.empty() ? std::string(effect) : fmt::format("{}: {}", effect, why), true};
}

void Replay::AddFact(std::uint64_t index, std::string_view entry) {
  auto decoded = attest::DecodeEntry(entry);
  if (decoded.ok()) facts_.Add(index, *std::move(decoded));
}

void Replay::Decode(Work& work) const {
  work.item.entry = attest::DecodeEntry(work.item.bytes);
  if (!work.item.entry.ok() || work.payload.empty() || attest::StatementId(work.payload) != work.item.entry->statement_id) return;
  auto statement = ParseForLog(work.payload, *work.item.entry, registry_.context());
  if (!statement.ok()) {
    work.malformed = statement.status();
    return;
  }
  work.item.statement = *std::move(statement);
  work.new_keys = registry::KeysInStatement(*work.item.statement);
}

// A key id is a digest of its key, so the arithmetic may look for keys in earlier statements of the batch, before the registry has
// them; whether each key is registered is asked again in order, in Apply.
void Replay::VerifySignatures(Work& work, const std::vector<Work>& batch) const {
  const bool is_withheld = work.item.entry.ok() && !work.item.statement && work.malformed.ok();
  if (!work.item.statement && !is_withheld) return;
  const std::span<const Work> earlier(batch.data(), static_cast<std::size_t>(&work - batch.data()));
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
    work.signatures = registry::VerifyWithheld(*work.item.entry, source);
    return;
  }
  work.signatures = registry::VerifySignatures(Rebuild(*work.item.entry, work.payload), *work.item.statement, source).status();
}

// Not OK: replay cannot go on without this statement.
absl::Status Replay::CheckPayload(Work& work, Step& step) const {
  if (!work.item.entry.ok()) return absl::OkStatus();
  const attest::Entry& entry = *work.item.entry;
  const std::uint64_t index = work.item.index;
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
  const attest::Id id = attest::StatementId(work.payload);
  if (id == entry.statement_id) return absl::OkStatus();
  work.payload.clear();
  return stop(CheckCode::kStatementMismatch, fmt::format("served is not this entry's: its id is {}", bytes::EncodeHex(id)));
}

absl::Status Replay::Apply(Work& work, std::vector<Finding>& findings) {
  registry::Replayed record{
      .index = work.item.index, .entry = work.item.entry, .statement = registry::Withheld{}, .signatures = work.signatures};
  if (work.item.statement) {
    record.statement = *work.item.statement;
  } else if (!work.malformed.ok()) {
    record.statement = registry::Malformed{work.malformed};
  }
  // records.md 10: what this program cannot check is reported as unchecked, not as bad.
  if (bytes::ReasonOf(record.signatures) == Reason::kAlgorithmNotBuiltIn) {
    findings.push_back({work.item.index, "ALGORITHM_NOT_BUILT_IN", "unchecked: this version cannot verify the signature", false});
    record.signatures = absl::OkStatus();
  }
  if (auto status = registry_.Apply(record, facts_); !status.ok()) return status;

  for (; reported_ < registry_.violations().size(); ++reported_) {
    Finding finding = Explain(registry_.violations()[reported_], work);
    const bool told = !findings.empty() && findings.back().index == finding.index && findings.back().code == finding.code;
    if (!told) findings.push_back(std::move(finding));
  }
  if (work.item.entry.ok()) facts_.Add(work.item.index, *work.item.entry);
  return absl::OkStatus();
}

absl::Status Replay::FollowSome(std::vector<Work>& batch, Step& step) {
  ParallelFor(batch.size(), [this, &batch](std::size_t i) { Decode(batch[i]); });
  ParallelFor(batch.size(), [this, &batch](std::size_t i) { VerifySignatures(batch[i], batch); });
  for (Work& work : batch) {
    if (auto status = CheckPayload(work, step); !status.ok()) return status;
    if (auto status = Apply(work, step.findings); !status.ok()) return status;
    if (!step.unserved.empty() && step.unserved.back().index == work.item.index) unserved_.push_back(step.unserved.back());
    step.items.push_back(std::move(work.item));
  }
  return absl::OkStatus();
}

Replay::Step Replay::Follow(std::vector<std::string> entries, std::vector<std::string> payloads) {
  Step step;
  std::vector<Work> batch;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t index = size() + batch.size();
    batch.push_back({.item = {.index = index, .bytes = std::move(entries[i]), .statement = std::nullopt},
                     .payload = std::move(payloads[i]),
                     .malformed = {},
                     .new_keys = {},
                     .signatures = {}});
    // Genesis alone: what it says decides how every later statement is read.
    if (index != 0 && i + 1 != entries.size()) continue;
    step.stopped = FollowSome(batch, step);
    if (!step.stopped.ok()) return step;
    batch.clear();
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
