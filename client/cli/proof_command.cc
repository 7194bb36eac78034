// proof get, proof show.
#include "client/cli/commands.h"
#include "client/cli/entry_source.h"
#include "client/cli/files.h"
#include "client/cli/report.h"
#include "fmt/format.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "proto/tlog/tlog_proof.h"

namespace trustlog::cli {
namespace {

// -o X.json: a bundle. -o DIR/: entry, proof and envelope. Else the proof alone.
absl::StatusOr<std::vector<std::string>> Save(const Arguments& arguments, std::uint64_t index, const FetchedEntry& fetched) {
  const std::string path = arguments.Get("output");
  if (path.ends_with("/")) return SaveEntry(path, index, fetched);
  const std::string content = path.ends_with(".json") ? BundleOf(fetched, index) : fetched.tlog_proof;
  const auto status = WriteOutput(path, content, arguments.AllBut("output"));
  if (!status.ok()) return status;
  return std::vector<std::string>{path};
}

absl::StatusOr<ExitCode> GetProof(Session& session, const Arguments& arguments) {
  const auto fetched = FetchEntry(session, arguments.Get("INDEX|ID"));
  if (!fetched.ok()) return fetched.status();
  const auto report = VerifyFetched(session, *fetched);
  if (!report.ok()) return report.status();
  Verdict verdict = VerdictOf(session, *report);
  const bool good = !follow::FirstFailure(verdict.checks);
  const auto path = arguments.Find("output");
  if (good && path && *path != "-") {
    const auto paths = Save(arguments, *report->index, *fetched);
    if (!paths.ok()) return paths.status();
    verdict.tail = "saved " + *path;
    verdict.members.Texts("saved", *paths);
  } else if (good && !session.output().style().json) {
    session.output().Raw(fetched->tlog_proof);
    session.output().Talk(fmt::format("{}  {}", verdict.trusted ? "VERIFIED" : "UNVERIFIED", Escape(verdict.what)));
    return verdict.trusted ? ExitCode::kOk : ExitCode::kQuorumOrFreshness;
  } else if (good) {
    verdict.members.Text("tlogProof", fetched->tlog_proof);
  }
  return session.output().Report(verdict);
}

absl::StatusOr<ExitCode> ShowProof(Session& session, const Arguments& arguments) {
  const auto text = ReadInput(arguments.Get("FILE"), follow::kMaxProofBundleBytes, session.in());
  if (!text.ok()) return text.status();
  const auto proof = tlog::ParseTlogProof(*text);
  if (!proof.ok()) return follow::CheckFailure(follow::CheckCode::kFileMalformed, bytes::MessageOf(proof.status()));
  const auto note = tlog::ParseNote(proof->checkpoint);
  const auto checkpoint = note.ok() ? tlog::ParseCheckpoint(note->text) : note.status();
  if (!checkpoint.ok()) return follow::CheckFailure(follow::CheckCode::kFileMalformed, bytes::MessageOf(checkpoint.status()));
  std::string lines;
  std::vector<std::string> hashes, signers;
  for (const auto& hash : proof->hashes) {
    hashes.push_back(bytes::EncodeHex(hash));
    lines += fmt::format("path      {}\n", hashes.back());
  }
  for (const auto& signature : note->signatures) {
    signers.push_back(fmt::format("{}+{:08x}", signature.name, signature.key_id));
    lines += fmt::format("signed    {} (not checked)\n", Escape(signers.back()));
  }
  session.output().Result(
      fmt::format("proof     entry {} of log {}, not verified\nsize      {}\nroot      {}\n{}", proof->index,
                  Escape(checkpoint->origin), checkpoint->head.size, bytes::EncodeHex(checkpoint->head.root), lines),
      JsonObject()
          .Number("index", proof->index)
          .Text("origin", checkpoint->origin)
          .Number("treeSize", checkpoint->head.size)
          .Hash("root", checkpoint->head.root)
          .Texts("hashes", hashes)
          .Texts("signatures", signers));
  return ExitCode::kOk;
}

}  // namespace

Commands ProofCommands() {
  return {{"proof get",
           "fetch an entry's proof and verify it",
           {{"INDEX|ID", "", "the entry, or its statement's id", Count::kRequired},
            {"-o,--output", "FILE", "FILE.tlog-proof, a bundle FILE.json, or DIR/ for entry, proof and envelope; default: stdout"}},
           GetProof},
          {"proof show",
           "what a .tlog-proof file says, without verifying it",
           {{"FILE", "", "a .tlog-proof", Count::kRequired}},
           ShowProof}};
}

}  // namespace trustlog::cli
