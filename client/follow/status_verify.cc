// VerifyStatusBundle of status_bundle.h: from the records of a file to the answer, with the log's own rules.
#include <optional>
#include <utility>

#include "client/follow/status_bundle.h"
#include "client/registry/memory_facts.h"
#include "client/registry/signatures.h"
#include "fmt/format.h"
#include "merkle/compact_range.h"
#include "merkle/verify.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/tlog_proof.h"

namespace trustlog::follow {
namespace {

using registry::Completeness;
using registry::StatusBundle;

std::string Text(const absl::Status& status) { return std::string(bytes::MessageOf(status)); }

class Verification final {
 public:
  Verification(const StatusBundle& bundle, const CheckpointRules& rules)
      : bundle_(bundle), rules_(rules), registry_(bundle.origin) {}

  StatusReport Run() && {
    CheckTheCheckpoint();
    CheckInclusion();
    ReplayRecords();
    CheckVerdict();
    Add("completeness", is_prefix() ? CheckResult::kOk : CheckResult::kSkipped,
        is_prefix() ? fmt::format("all {} records below the size", bundle_.records.size())
                    : "later or contrary records are not excluded");
    report_.failure = FirstFailure(report_.checks);
    return std::move(report_);
  }

 private:
  bool is_prefix() const { return bundle_.completeness == Completeness::kPrefix; }

  void Add(std::string name, CheckResult result, std::string detail) {
    report_.checks.push_back({std::move(name), result, std::move(detail), std::nullopt});
  }
  void Fail(std::string name, CheckCode code, std::string detail) {
    report_.checks.push_back({std::move(name), CheckResult::kFailed, std::move(detail), code});
  }

  void CheckTheCheckpoint() {
    std::string note = bundle_.checkpoint;
    if (!is_prefix()) {
      for (const auto& record : bundle_.records) {
        auto proof = tlog::ParseTlogProof(record.proof);
        if (!proof.ok())
          return Fail("log signature", CheckCode::kFileMalformed, fmt::format("record {}: {}", record.index, Text(proof.status())));
        if (proof->index != record.index)
          return Fail("log signature", CheckCode::kFileMalformed,
                      fmt::format("record {}: its proof is of {}", record.index, proof->index));
        if (!proofs_.empty() && proof->checkpoint != proofs_.front().checkpoint)
          return Fail("log signature", CheckCode::kFileMalformed, "the proofs have different checkpoints");
        proofs_.push_back(*std::move(proof));
      }
      note = proofs_.front().checkpoint;
    }
    CheckpointReport checked = CheckCheckpoint(note, rules_);
    std::move(checked.checks.begin(), checked.checks.end(), std::back_inserter(report_.checks));
    report_.checkpoint = std::move(checked.checkpoint);
    if (report_.checkpoint && report_.checkpoint->checkpoint.origin != bundle_.origin) {
      Fail("log signature", CheckCode::kOtherLog,
           fmt::format("the file names {}, the checkpoint {}", bundle_.origin, report_.checkpoint->checkpoint.origin));
      report_.checkpoint.reset();
    }
  }

  void CheckInclusion() {
    if (!report_.checkpoint) return Add("inclusion", CheckResult::kSkipped, "there is no checkpoint with the log's signature");
    const merkle::TreeHead& head = report_.checkpoint->checkpoint.head;
    const auto size = bundle_.question.as_of.size;
    if (is_prefix() ? head.size != size : head.size < size) {
      return Fail("inclusion", CheckCode::kProofRootMismatch,
                  fmt::format("the question is of size {}, the checkpoint of {}", size, head.size));
    }
    std::vector<merkle::ByteView> entries;
    for (const auto& record : bundle_.records) entries.push_back(bytes::AsBytes(record.entry));
    std::vector<merkle::Hash> leaves(entries.size());
    merkle::HashLeaves(entries, leaves);
    for (std::size_t i = 0; i < leaves.size() && !is_prefix(); ++i) {
      if (merkle::VerifyInclusion(proofs_[i].index, head.size, leaves[i], proofs_[i].hashes, head.root) !=
          merkle::ProofCheck::kOk) {
        return Fail("inclusion", CheckCode::kProofRootMismatch,
                    fmt::format("record {}: its proof does not lead to the signed root", bundle_.records[i].index));
      }
    }
    merkle::CompactRange range;
    if (is_prefix()) range.Append(leaves);
    if (is_prefix() && range.Root() != head.root)
      return Fail("inclusion", CheckCode::kProofRootMismatch, "the records do not give the signed root");
    included_ = true;
    Add("inclusion", CheckResult::kOk,
        fmt::format("{} records, root {} at size {}", bundle_.records.size(), bytes::EncodeHex(head.root), head.size));
  }

  // Each record as a monitor meets it. Nothing of it can be believed before inclusion is proved.
  void ReplayRecords() {
    if (!included_) {
      Add("statements", CheckResult::kSkipped, "the records are not proved to be in the log");
      return Add("rules", CheckResult::kSkipped, "the records are not proved to be in the log");
    }
    std::size_t withheld = 0;
    for (const auto& record : bundle_.records) {
      registry_.SkipTo(record.index);
      registry::Replayed replayed;
      replayed.index = record.index;
      replayed.entry = attest::DecodeEntry(record.entry);
      if (record.statement && replayed.entry.ok()) {
        if (attest::StatementId(*record.statement) != replayed.entry->statement_id) {
          Fail("statements", CheckCode::kStatementMismatch,
               fmt::format("record {}: it is not this entry's statement", record.index));
          return Add("rules", CheckResult::kSkipped, "a statement is not that of its entry");
        }
        JudgeStatement(*record.statement, replayed);
      } else {
        if (replayed.entry.ok()) {
          ++withheld;
          replayed.signatures = registry::VerifyWithheld(*replayed.entry, registry::KeysKnownTo(registry_));
        }
      }
      if (replayed.entry.ok()) report_.entries.push_back(*replayed.entry);
      // MemoryFacts does not fail, and the index is the registry's.
      if (const auto status = registry_.Apply(replayed, facts_); !status.ok())
        return Fail("rules", CheckCode::kRecordVoid, fmt::format("record {}: {}", record.index, Text(status)));
      if (replayed.entry.ok()) facts_.Add(record.index, *std::move(replayed.entry));
    }
    registry_.SkipTo(bundle_.question.as_of.size);
    Add("statements", CheckResult::kOk,
        fmt::format("{} give every field of their entries{}", bundle_.records.size() - withheld,
                    withheld == 0 ? "" : fmt::format("; {} not in the file: theirs are not checked", withheld)));
    const auto violations = registry_.violations();
    if (!is_prefix() && !violations.empty()) {
      return Fail("rules", CheckCode::kRecordVoid,
                  fmt::format("record {} is refused by the log's rules: {}", violations.front().index, violations.front().reason));
    }
    replayed_ = true;
    Add("rules", CheckResult::kOk,
        violations.empty() ? "signed by keys that may say it, and taken by the log's rules"
                           : fmt::format("replayed; {} records are void", violations.size()));
  }

  void JudgeStatement(const std::string& payload, registry::Replayed& replayed) const {
    auto statement = attest::ParseStatement(payload, registry_.context());
    if (!statement.ok()) {
      replayed.statement = registry::Malformed{statement.status()};
      return;
    }
    attest::Envelope envelope{std::string(attest::kPayloadType), payload, {}};
    for (const auto& signature : replayed.entry->signatures)
      envelope.signatures.push_back({bytes::EncodeHex(signature.key_id), signature.signature});
    replayed.signatures = registry::VerifySignatures(envelope, *statement, registry::KeysKnownTo(registry_)).status();
    replayed.statement = *std::move(statement);
  }

  void CheckVerdict() {
    if (!replayed_) return Add("verdict", CheckResult::kSkipped, "it cannot be computed from these records");
    const auto answer = registry::Evaluate(registry_, facts_, bundle_.question);
    if (!answer.ok()) return Fail("verdict", CheckCode::kVerdictMismatch, Text(answer.status()));
    if (answer->verdict != bundle_.answer.verdict) {
      return Fail(
          "verdict", CheckCode::kVerdictMismatch,
          fmt::format("the file says {}, its records give {}", VerdictName(bundle_.answer.verdict), VerdictName(answer->verdict)));
    }
    if (*answer != bundle_.answer)
      return Fail("verdict", CheckCode::kVerdictMismatch, "the file names other records than those that decide");
    Add("verdict", CheckResult::kOk, fmt::format("{}, recomputed by {}", VerdictName(answer->verdict), registry::kVerdictRules));
  }

  const StatusBundle& bundle_;
  const CheckpointRules& rules_;
  registry::Registry registry_;
  registry::MemoryFacts facts_;
  std::vector<tlog::TlogProof> proofs_;
  bool included_ = false, replayed_ = false;
  StatusReport report_;
};

}  // namespace

StatusReport VerifyStatusBundle(const registry::StatusBundle& bundle, const CheckpointRules& rules) {
  return Verification(bundle, rules).Run();
}

}  // namespace trustlog::follow
