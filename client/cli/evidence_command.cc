// evidence verify: what a fork's evidence file proves, offline and with nothing but the log's key (E11).
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/session.h"
#include "client/follow/evidence.h"
#include "fmt/format.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

JsonObject Members(const tlog::Checkpoint& checkpoint) {
  return JsonObject().Number("treeSize", checkpoint.head.size).Hash("root", checkpoint.head.root);
}

absl::StatusOr<ExitCode> Verify(Session& session, const Arguments& arguments) {
  const auto text = ReadInput(arguments.Get("FILE"), follow::kMaxEvidenceBytes, session.in());
  if (!text.ok()) return text.status();
  const auto evidence = follow::ParseEvidence(*text);
  if (!evidence.ok()) return evidence.status();
  const auto fork = follow::VerifyEvidence(*evidence);
  if (!fork.ok()) return fork.status();
  const std::vector<JsonObject> checkpoints = {Members(fork->smaller), Members(fork->larger)};
  std::string text_form = fmt::format("PROVEN  {}\n", ShortenHashes(Escape(fork->words)));
  for (const auto& vkey : fork->vkeys) text_form += fmt::format("  signed by {}\n", Escape(vkey));
  text_form +=
      "  means   whoever holds these keys signed two histories that exclude each other. Compare the keys with those of your "
      "policy.\n";
  session.output().Result(text_form, JsonObject()
                                         .Flag("proven", true)
                                         .Text("origin", fork->larger.origin)
                                         .Text("words", fork->words)
                                         .Texts("vkeys", fork->vkeys)
                                         .Objects("checkpoints", checkpoints));
  return ExitCode::kOk;  // the file holds what it claims; what it claims is the log's fault
}

}  // namespace

Commands EvidenceCommands() {
  return {{"evidence verify", "check a fork's evidence file, offline", {{"FILE", "", "the evidence", Count::kRequired}}, Verify}};
}

}  // namespace trustlog::cli
