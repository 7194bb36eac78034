#include "client/follow/checkpoint_check.h"

#include <algorithm>
#include <set>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/statement.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/cosignature.h"
#include "proto/tlog/note.h"

namespace trustlog::follow {
namespace {

Check Ok(std::string name, std::string detail) { return {std::move(name), CheckResult::kOk, std::move(detail), std::nullopt}; }
Check Failed(std::string name, CheckCode code, std::string detail) {
  return {std::move(name), CheckResult::kFailed, std::move(detail), code};
}
Check Skipped(std::string name, std::string detail) {
  return {std::move(name), CheckResult::kSkipped, std::move(detail), std::nullopt};
}

// The first line by `key`: a second one is never looked at (A8).
const tlog::NoteSignature* LineBy(const tlog::Note& note, const tlog::VerifierKey& key) {
  const auto found =
      std::find_if(note.signatures.begin(), note.signatures.end(), [&key](const auto& line) { return key.Matches(line); });
  return found == note.signatures.end() ? nullptr : &*found;
}

// `vkey` is set to the key that signed.
Check CheckLogSignature(const tlog::Note& note, const std::string& origin, const tlog::Policy& policy, std::string& vkey) {
  constexpr std::string_view kName = "log signature";
  std::vector<std::string> names;
  bool known = false;
  for (const tlog::Policy::Log& log : policy.logs()) {
    names.push_back(log.vkey.name());
    if (log.vkey.name() != origin) continue;  // origin = key name (A5)
    known = true;
    const tlog::NoteSignature* line = LineBy(note, log.vkey);
    if (line == nullptr) continue;
    if (!log.vkey.Verify(note.text, *line)) {
      return Failed(std::string(kName), CheckCode::kLogSignatureInvalid,
                    fmt::format("the signature by {} is bad", log.vkey.ToString()));
    }
    if (vkey.empty()) vkey = log.vkey.ToString();
  }
  if (!known) {
    return Failed(std::string(kName), CheckCode::kOtherLog,
                  fmt::format("the checkpoint is of log {}, the policy is for {}", origin, fmt::join(names, ", ")));
  }
  if (vkey.empty()) return Failed(std::string(kName), CheckCode::kLogSignatureInvalid, "no signature by a log key of the policy");
  return Ok(std::string(kName), fmt::format("key {}", vkey));
}

Check CheckWitnesses(const tlog::Note& note, const CheckpointRules& rules, std::vector<Cosigner>& cosigners) {
  std::vector<std::string> bad, ahead;
  std::set<std::string> names;
  std::int64_t newest = 0;
  for (const tlog::Policy::Witness& witness : rules.policy->witnesses()) {
    const tlog::NoteSignature* line = LineBy(note, witness.vkey);
    if (line == nullptr) continue;
    const auto time = tlog::CosignatureTime(*line);
    if (!time || !witness.vkey.Verify(note.text, *line)) {
      bad.push_back(witness.name);
    } else if (*time > rules.now + kMaxClockSkew) {
      ahead.push_back(witness.name);  // E13: not counted
    } else {
      cosigners.push_back({witness.name, *time});
      names.insert(witness.name);
      newest = std::max(newest, *time);
    }
  }
  std::string detail = fmt::format("{} of {}, quorum {}", names.size(), rules.policy->witnesses().size(), rules.policy->quorum());
  if (!names.empty()) detail += fmt::format(": {} (newest {})", fmt::join(names, " "), attest::FormatTime(newest));
  if (!ahead.empty()) detail += fmt::format("; time in the future: {}", fmt::join(ahead, " "));
  if (!bad.empty())
    return Failed("witnesses", CheckCode::kCosignatureInvalid, fmt::format("bad signature of {}; {}", fmt::join(bad, " "), detail));
  if (!rules.policy->IsQuorum(names)) return Failed("witnesses", CheckCode::kQuorumNotMet, detail);
  return Ok("witnesses", detail);
}

// Fresh cosignatures must be a quorum themselves: one witness that runs ahead cannot make a checkpoint young.
Check CheckFreshness(const std::vector<Cosigner>& cosigners, const CheckpointRules& rules) {
  std::set<std::string> fresh;
  for (const Cosigner& cosigner : cosigners) {
    if (rules.now - cosigner.time <= *rules.max_age) fresh.insert(cosigner.name);
  }
  const std::string detail =
      fmt::format("{} of {} cosignatures are at most {} s old", fresh.size(), cosigners.size(), *rules.max_age);
  if (fresh.empty() || !rules.policy->IsQuorum(fresh)) return Failed("freshness", CheckCode::kCheckpointStale, detail);
  return Ok("freshness", detail);
}

CheckpointReport Malformed(const absl::Status& why, const CheckpointRules& rules) {
  CheckpointReport report;
  report.checks.push_back(Failed("log signature", CheckCode::kFileMalformed, std::string(bytes::MessageOf(why))));
  report.checks.push_back(Skipped("witnesses", "there is no checkpoint to look at"));
  if (rules.max_age) report.checks.push_back(Skipped("freshness", "there is no checkpoint to look at"));
  return report;
}

}  // namespace

CheckpointReport CheckCheckpoint(std::string_view text, const CheckpointRules& rules) {
  const auto note = tlog::ParseNote(text);
  if (!note.ok()) return Malformed(note.status(), rules);
  const auto checkpoint = tlog::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return Malformed(checkpoint.status(), rules);

  CheckpointReport report;
  SignedCheckpoint found{.note = std::string(text), .checkpoint = *checkpoint, .vkey = "", .cosigners = {}};
  report.checks.push_back(CheckLogSignature(*note, checkpoint->origin, *rules.policy, found.vkey));
  const bool signed_by_log = report.checks.back().result == CheckResult::kOk;
  report.checks.push_back(CheckWitnesses(*note, rules, found.cosigners));
  if (rules.max_age) report.checks.push_back(CheckFreshness(found.cosigners, rules));
  if (signed_by_log) report.checkpoint = std::move(found);
  return report;
}

absl::StatusOr<SignedCheckpoint> OpenCheckpoint(std::string_view note, const CheckpointRules& rules) {
  CheckpointReport report = CheckCheckpoint(note, rules);
  const auto first = FirstFailure(report.checks);
  if (!first) return *std::move(report.checkpoint);
  const auto check = std::find_if(report.checks.begin(), report.checks.end(), [&first](const Check& c) { return c.code == first; });
  return CheckFailure(*first, fmt::format("checkpoint: {}: {}", check->name, check->detail));
}

absl::StatusOr<tlog::Policy> ParsePolicy(std::string_view text) {
  auto policy = tlog::Policy::Parse(text);
  if (!policy.ok()) return CheckFailure(CheckCode::kPolicyInvalid, fmt::format("policy: {}", bytes::MessageOf(policy.status())));
  return policy;
}

}  // namespace trustlog::follow
