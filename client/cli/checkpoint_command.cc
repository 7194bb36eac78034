// checkpoint get, verify, compare.
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/report.h"
#include "client/cli/verified_log.h"
#include "client/follow/evidence.h"
#include "client/follow/tile_reader.h"
#include "fmt/format.h"
#include "merkle/verify.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/tlog/note.h"

namespace trustlog::cli {
namespace {

using follow::Check;
using follow::CheckCode;
using follow::CheckResult;

std::string_view WordOf(follow::Movement movement) {
  switch (movement) {
    case follow::Movement::kFirst:
      return "the first one seen: nothing to compare it with";
    case follow::Movement::kSame:
      return "the same as your saved one";
    case follow::Movement::kMoved:
      return "grown from your saved one, proved";
    case follow::Movement::kOlder:
      return "older than your saved one, and a prefix of it";
  }
  return "";
}

JsonObject Claims(const tlog::Checkpoint& checkpoint, const std::optional<follow::SignedCheckpoint>& opened) {
  JsonObject claims;
  claims.Text("origin", checkpoint.origin).Number("treeSize", checkpoint.head.size).Hash("root", checkpoint.head.root);
  if (!opened) return claims;
  std::vector<JsonObject> cosigners;
  for (const auto& cosigner : opened->cosigners)
    cosigners.push_back(JsonObject().Text("name", cosigner.name).Time("time", cosigner.time));
  return claims.Text("vkey", opened->vkey).Objects("cosigners", cosigners);
}

std::string Describe(const tlog::Checkpoint& checkpoint) {
  return fmt::format("checkpoint of log {}, size {}, root {}", checkpoint.origin, checkpoint.head.size,
                     bytes::EncodeHex(checkpoint.head.root));
}

absl::StatusOr<ExitCode> Get(Session& session, const Arguments& arguments) {
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  const auto log = OpenVerifiedLog(session, *max_age);
  if (!log.ok()) return log.status();
  Verdict verdict;
  verdict.trusted = !session.skips_policy();
  verdict.what = Describe(log->checkpoint);
  verdict.claims = Claims(log->checkpoint, log->signed_checkpoint);
  if (verdict.trusted) {
    const auto policy = session.Policy();
    verdict.checks = follow::CheckCheckpoint(log->note, {.policy = *policy, .now = session.now(), .max_age = *max_age}).checks;
    verdict.checks.push_back({"consistency", log->movement ? CheckResult::kOk : CheckResult::kSkipped,
                              std::string(log->movement ? WordOf(*log->movement) : "--no-state: nothing to compare it with"),
                              std::nullopt});
  }
  if (const auto path = arguments.Find("output")) {
    if (*path == "-") {
      session.output().Raw(log->note);
      return verdict.trusted ? ExitCode::kOk : ExitCode::kQuorumOrFreshness;
    }
    if (auto status = WriteOutput(*path, log->note, arguments.AllBut("output")); !status.ok()) return status;
    verdict.tail = "saved " + *path;
    verdict.members.Text("saved", *path);
  }
  return session.output().Report(verdict);
}

absl::StatusOr<ExitCode> VerifyFile(Session& session, const Arguments& arguments) {
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto note = ReadInput(arguments.Get("FILE"), tlog::kMaxNoteBytes, session.in());
  if (!note.ok()) return note.status();
  auto report = follow::CheckCheckpoint(*note, {.policy = *policy, .now = session.now(), .max_age = *max_age});
  Verdict verdict;
  verdict.trusted = !session.skips_policy();
  verdict.checks = report.checks;
  if (!verdict.trusted) SkipSignatureChecks(verdict.checks);
  verdict.what = report.checkpoint ? Describe(report.checkpoint->checkpoint) : "checkpoint " + arguments.Get("FILE");
  if (report.checkpoint) verdict.claims = Claims(report.checkpoint->checkpoint, report.checkpoint);
  return session.output().Report(verdict);
}

absl::StatusOr<follow::SignedCheckpoint> OpenFile(Session& session, const std::string& path, const tlog::Policy& policy) {
  const auto note = ReadInput(path, tlog::kMaxNoteBytes, session.in());
  if (!note.ok()) return note.status();
  return follow::OpenCheckpoint(*note, {.policy = &policy, .now = session.now()});
}

Check Fork(Session& session, const follow::Evidence& evidence, Verdict& verdict) {
  const auto fork = follow::VerifyEvidence(evidence);  // nobody is accused by a file that does not hold
  if (!fork.ok()) return {"consistency", CheckResult::kFailed, std::string(fork.status().message()), CheckCode::kConsistencyFailed};
  const std::string path = SaveEvidence(session, evidence);  // E11: before anybody is told
  verdict.members.Text("evidence", path);
  verdict.remedy = fmt::format("keep the evidence file {}, and show it to others: trustlog evidence verify {}", path, path);
  return {"consistency", CheckResult::kFailed, fork->words, CheckCode::kForkProven};
}

// Growth between two sizes is shown by the log's tiles at the larger one.
absl::StatusOr<Check> CompareGrowth(Session& session, const follow::SignedCheckpoint& smaller,
                                    const follow::SignedCheckpoint& larger, Verdict& verdict) {
  const merkle::TreeHead& before = smaller.checkpoint.head;
  if (before.size == 0) return Check{"consistency", CheckResult::kOk, "every log begins empty", std::nullopt};
  const auto fetcher = session.OpenLog();
  if (!fetcher.ok()) return fetcher.status();
  follow::TileReader reader(**fetcher, larger.checkpoint.head);
  const auto range = reader.RangeAt(before.size);
  if (!range.ok()) return range.status();
  auto proof = reader.Consistency(before.size, larger.checkpoint.head.size);
  if (!proof.ok()) return proof.status();
  const merkle::Hash root = range->Root();
  if (root != before.root) return Fork(session, follow::ForkAtTwoSizes(smaller, larger, root, *std::move(proof)), verdict);
  return Check{"consistency", CheckResult::kOk, fmt::format("size {} grew to size {}", before.size, larger.checkpoint.head.size),
               std::nullopt};
}

absl::StatusOr<ExitCode> Compare(Session& session, const Arguments& arguments) {
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto a = OpenFile(session, arguments.Get("A"), **policy);
  if (!a.ok()) return a.status();
  const auto b = OpenFile(session, arguments.Get("B"), **policy);
  if (!b.ok()) return b.status();
  if (a->checkpoint.origin != b->checkpoint.origin) {
    return follow::CheckFailure(CheckCode::kOtherLog, fmt::format("one checkpoint is of log {}, the other of {}",
                                                                  a->checkpoint.origin, b->checkpoint.origin));
  }
  const auto& smaller = a->checkpoint.head.size <= b->checkpoint.head.size ? *a : *b;
  const auto& larger = &smaller == &*a ? *b : *a;
  Verdict verdict;
  verdict.what = fmt::format("two checkpoints of log {}, sizes {} and {}", a->checkpoint.origin, smaller.checkpoint.head.size,
                             larger.checkpoint.head.size);
  verdict.claims = Claims(larger.checkpoint, larger);
  if (smaller.checkpoint.head.size == larger.checkpoint.head.size) {
    const bool same = smaller.checkpoint.head.root == larger.checkpoint.head.root;
    verdict.checks.push_back(same ? Check{"consistency", CheckResult::kOk, "the same tree", std::nullopt}
                                  : Fork(session, follow::ForkAtOneSize(smaller, larger), verdict));
  } else {
    auto check = CompareGrowth(session, smaller, larger, verdict);
    if (!check.ok()) return check.status();
    verdict.checks.push_back(*std::move(check));
  }
  return session.output().Report(verdict);
}

}  // namespace

Commands CheckpointCommands() {
  const Option max_age = {"--max-age", "D", "a quorum of witnesses must have signed within this time: 2h, 7d"};
  return {{"checkpoint get",
           "fetch the newest checkpoint, verify it and remember it",
           {max_age, {"-o,--output", "FILE", "save the note; - is stdout"}},
           Get},
          {"checkpoint verify",
           "check a checkpoint file against your policy, offline",
           {{"FILE", "", "a checkpoint", Count::kRequired}, max_age},
           VerifyFile},
          {"checkpoint compare",
           "do two checkpoints belong to one history? Different sizes need the log's tiles",
           {{"A", "", "a checkpoint", Count::kRequired}, {"B", "", "another", Count::kRequired}},
           Compare}};
}

}  // namespace trustlog::cli
