#include "client/follow/verify_entry.h"

#include <algorithm>

#include "client/follow/statement_check.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "merkle/verify.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/note.h"
#include "proto/tlog/tlog_proof.h"

namespace trustlog::follow {
namespace {

using merkle::Hash;
using merkle::ProofCheck;

Check Ok(std::string_view name, std::string detail) {
  return {std::string(name), CheckResult::kOk, std::move(detail), std::nullopt};
}
Check Skipped(std::string_view name, std::string detail) {
  return {std::string(name), CheckResult::kSkipped, std::move(detail), std::nullopt};
}
Check Failed(std::string_view name, CheckCode code, std::string detail) {
  return {std::string(name), CheckResult::kFailed, std::move(detail), code};
}

std::string Text(const absl::Status& status) { return std::string(bytes::MessageOf(status)); }

// What the inputs turned out to be.
struct Parsed {
  Hash leaf{};
  absl::StatusOr<attest::Entry> entry = absl::UnknownError("");
  absl::StatusOr<tlog::TlogProof> proof = absl::UnknownError("");
  std::optional<tlog::Checkpoint> unsigned_checkpoint;  // for the checks that go on although a signature is bad
};

Parsed Parse(const EntryInput& input) {
  Parsed parsed;
  parsed.leaf = merkle::HashLeaf(bytes::AsBytes(input.entry));
  parsed.entry = attest::DecodeEntry(input.entry);
  parsed.proof = tlog::ParseTlogProof(input.tlog_proof);
  if (!parsed.proof.ok()) return parsed;
  const auto note = tlog::ParseNote(parsed.proof->checkpoint);
  if (!note.ok()) return parsed;
  auto checkpoint = tlog::ParseCheckpoint(note->text);
  if (checkpoint.ok()) parsed.unsigned_checkpoint = *std::move(checkpoint);
  return parsed;
}

Check CheckEntry(const EntryInput& input, const Parsed& parsed) {
  if (!parsed.entry.ok())
    return Failed("entry", CheckCode::kFileMalformed, fmt::format("not an entry: {}", Text(parsed.entry.status())));
  if (input.leaf_hash && *input.leaf_hash != parsed.leaf) {
    return Failed("entry", CheckCode::kEntryHashMismatch,
                  fmt::format("hashes to {}, the leaf is {}", bytes::EncodeHex(parsed.leaf), bytes::EncodeHex(*input.leaf_hash)));
  }
  return Ok("entry", fmt::format("leaf hash {}", bytes::EncodeHex(parsed.leaf)));
}

void CheckLogAndWitnesses(const Parsed& parsed, const CheckpointRules& rules, EntryReport& report) {
  if (parsed.proof.ok()) {
    CheckpointReport checkpoint = CheckCheckpoint(parsed.proof->checkpoint, rules);
    std::move(checkpoint.checks.begin(), checkpoint.checks.end(), std::back_inserter(report.checks));
    report.checkpoint = std::move(checkpoint.checkpoint);
    return;
  }
  report.checks.push_back(
      Failed("log signature", CheckCode::kFileMalformed, fmt::format("not a tlog-proof: {}", Text(parsed.proof.status()))));
  report.checks.push_back(Skipped("witnesses", "there is no checkpoint to look at"));
  if (rules.max_age) report.checks.push_back(Skipped("freshness", "there is no checkpoint to look at"));
}

Check CheckInclusion(const Parsed& parsed) {
  if (!parsed.unsigned_checkpoint) return Skipped("inclusion", "there is no checkpoint to look at");
  const tlog::TlogProof& proof = *parsed.proof;
  const merkle::TreeHead& head = parsed.unsigned_checkpoint->head;
  switch (merkle::VerifyInclusion(proof.index, head.size, parsed.leaf, proof.hashes, head.root)) {
    case ProofCheck::kOk:
      return Ok("inclusion", fmt::format("root {} at size {}", bytes::EncodeHex(head.root), head.size));
    case ProofCheck::kOutOfRange:
      return Failed("inclusion", CheckCode::kProofRootMismatch,
                    fmt::format("index {} is not within size {}", proof.index, head.size));
    case ProofCheck::kWrongLength:
      return Failed("inclusion", CheckCode::kProofRootMismatch,
                    fmt::format("{} hashes do not fit index {} at size {}", proof.hashes.size(), proof.index, head.size));
    case ProofCheck::kRootMismatch:
      break;
  }
  return Failed("inclusion", CheckCode::kProofRootMismatch,
                fmt::format("computed {}, checkpoint has {} at size {}",
                            bytes::EncodeHex(merkle::RootFromInclusion(proof.index, head.size, parsed.leaf, proof.hashes).value()),
                            bytes::EncodeHex(head.root), head.size));
}

Check ForkFound(const Evidence& evidence, EntryReport& report) {
  const auto fork = VerifyEvidence(evidence);  // nobody is accused by a file that does not hold
  if (!fork.ok()) return Failed("consistency", CheckCode::kConsistencyFailed, Text(fork.status()));
  report.evidence = evidence;
  return Failed("consistency", CheckCode::kForkProven, fork->words);
}

Check CheckGrowth(const EntryInput& input, EntryReport& report) {
  if (input.saved == nullptr) return Skipped("consistency", "no saved checkpoint");
  if (!report.checkpoint) return Skipped("consistency", "there is no checkpoint with the log's signature");
  const SignedCheckpoint& saved = *input.saved;
  const merkle::TreeHead& before = saved.checkpoint.head;
  const merkle::TreeHead& now = report.checkpoint->checkpoint.head;
  const std::string ok = fmt::format("with your saved checkpoint (size {})", before.size);
  if (saved.checkpoint.origin != report.checkpoint->checkpoint.origin) {
    return Failed("consistency", CheckCode::kOtherLog,
                  fmt::format("your saved checkpoint is for another log: {}", saved.checkpoint.origin));
  }
  if (before.size == now.size)
    return before.root == now.root ? Ok("consistency", ok) : ForkFound(ForkAtOneSize(saved, *report.checkpoint), report);
  if (before.size == 0) return Ok("consistency", ok);
  if (before.size > now.size)
    return Skipped("consistency", fmt::format("the proof is older than your saved checkpoint (size {})", before.size));
  if (input.consistency == nullptr)
    return Skipped("consistency", fmt::format("no proof of growth from your saved checkpoint (size {}) given", before.size));
  const ConsistencyProof& proof = *input.consistency;
  if (proof.old_size != before.size) {
    return Skipped("consistency", fmt::format("the proof of growth begins at size {}, your saved checkpoint has size {}",
                                              proof.old_size, before.size));
  }
  if (merkle::VerifyConsistency(before.size, now.size, before.root, now.root, proof.hashes) == ProofCheck::kOk)
    return Ok("consistency", ok);
  if (const auto other = OldRootOfProof(before.size, now.size, proof.hashes, now.root)) {
    return ForkFound(ForkAtTwoSizes(saved, *report.checkpoint, *other, proof.hashes), report);
  }
  return Failed("consistency", CheckCode::kConsistencyFailed,
                fmt::format("the proof does not lead from your saved checkpoint (size {}) to size {}", before.size, now.size));
}

// `payload` is set to the statement's bytes, taken out of their envelope if they came in one.
Check CheckTheStatement(const EntryInput& input, const Parsed& parsed, std::optional<std::string>& payload) {
  if (!input.statement) return Skipped("statement", "not given");
  if (input.statement->empty())
    return Failed("statement", CheckCode::kStatementMissing, "withheld, and no erasure notice is at hand");
  const auto envelope = attest::ParseEnvelope(*input.statement);
  payload = envelope.ok() ? envelope->payload : std::string(*input.statement);
  if (!parsed.entry.ok() || !parsed.unsigned_checkpoint)
    return Skipped("statement", "there is no entry or no checkpoint to compare it with");
  const auto context = ContextFor(*parsed.entry, *payload, parsed.unsigned_checkpoint->origin);
  const auto statement = CheckStatement(*parsed.entry, *payload, context);
  if (!statement.ok()) return Failed("statement", CheckCode::kStatementMismatch, Text(statement.status()));
  return Ok("statement", fmt::format("id {}, gives every field of the entry", bytes::EncodeHex(parsed.entry->statement_id)));
}

Check CheckSignatures(const EntryInput& input, const Parsed& parsed, const std::optional<std::string>& payload) {
  if (!parsed.entry.ok()) return Skipped("signatures", "there is no entry to look at");
  if (!payload) return Skipped("signatures", "they are over the statement, which is not given");
  const std::string message = attest::Pae(attest::kPayloadType, *payload);
  std::vector<std::string> verified, unknown;
  for (const attest::EntrySignature& signature : parsed.entry->signatures) {
    const auto key = std::find_if(input.keys.begin(), input.keys.end(),
                                  [&signature](const keys::PublicKey& k) { return k.id() == signature.key_id; });
    const std::string id = bytes::EncodeHex(signature.key_id);
    if (key == input.keys.end()) {
      unknown.push_back(id);
    } else if (const absl::Status status = key->Verify(message, signature.signature); !status.ok()) {
      return Failed("signatures", CheckCode::kStatementMismatch,
                    fmt::format("the signature by key {} is bad: {}", id, Text(status)));
    } else {
      verified.push_back(id);
    }
  }
  if (unknown.empty()) return Ok("signatures", fmt::format("{} good: {}", verified.size(), fmt::join(verified, " ")));
  return Skipped("signatures", fmt::format("the keys are registered in the log and were not given: {}", fmt::join(unknown, " ")));
}

}  // namespace

EntryReport VerifyEntry(const EntryInput& input, const CheckpointRules& rules) {
  const Parsed parsed = Parse(input);
  EntryReport report;
  if (parsed.entry.ok()) report.entry = *parsed.entry;
  if (parsed.proof.ok()) report.index = parsed.proof->index;
  if (parsed.unsigned_checkpoint) report.origin = parsed.unsigned_checkpoint->origin;
  report.checks.push_back(CheckEntry(input, parsed));
  CheckLogAndWitnesses(parsed, rules, report);
  report.checks.push_back(CheckInclusion(parsed));
  report.checks.push_back(CheckGrowth(input, report));
  std::optional<std::string> payload;
  report.checks.push_back(CheckTheStatement(input, parsed, payload));
  if (input.statement || !input.keys.empty()) report.checks.push_back(CheckSignatures(input, parsed, payload));
  report.failure = FirstFailure(report.checks);
  return report;
}

}  // namespace trustlog::follow
