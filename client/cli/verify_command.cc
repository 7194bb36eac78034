// verify: one entry against its proof and a policy, offline (K8).
#include "client/cli/commands.h"
#include "client/cli/entry_source.h"
#include "client/cli/files.h"
#include "client/cli/report.h"
#include "client/cli/verified_log.h"
#include "client/follow/verify_entry.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/tlog/note.h"

namespace trustlog::cli {
namespace {

constexpr std::size_t kMaxProofFile = follow::kMaxProofBundleBytes;

struct Files {
  std::string proof, entry;
  std::optional<std::string> statement;
  std::optional<follow::ConsistencyProof> consistency;
};

absl::StatusOr<Files> ReadFiles(const Session& session, const Arguments& arguments) {
  Files files;
  const std::string path = arguments.Get("FILE");
  auto content = ReadInput(path, kMaxProofFile, session.in());
  if (!content.ok()) return content.status();
  if (content->starts_with("{")) {
    auto bundle = follow::ParseProofBundle(*content);
    if (!bundle.ok()) return bundle.status();
    files = {std::move(bundle->tlog_proof), std::move(bundle->entry), std::move(bundle->statement), std::move(bundle->consistency)};
  } else {
    files.proof = *std::move(content);
    const auto entry_path = arguments.Find("entry");
    if (!entry_path)
      return UsageError("--entry FILE is missing: a proof alone says nothing",
                        "give the entry's bytes (N.tle), or a bundle as FILE");
    auto entry = ReadInput(*entry_path, attest::kMaxEntryBytes, session.in());
    if (!entry.ok()) return entry.status();
    files.entry = *std::move(entry);
  }
  if (const auto statement_path = arguments.Find("statement")) {
    auto statement = ReadInput(*statement_path, attest::kMaxEnvelopeBytes, session.in());
    if (!statement.ok()) return statement.status();
    files.statement = *std::move(statement);
  }
  return files;
}

absl::StatusOr<ExitCode> Verify(Session& session, const Arguments& arguments) {
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto files = ReadFiles(session, arguments);
  if (!files.ok()) return files.status();
  const auto saved = SavedCheckpoint(session);
  if (!saved.ok()) return saved.status();
  follow::EntryInput input{.entry = files->entry, .tlog_proof = files->proof};
  if (files->statement) input.statement = *files->statement;
  if (saved->has_value()) input.saved = &**saved;
  if (files->consistency) input.consistency = &*files->consistency;
  const auto report = follow::VerifyEntry(input, {.policy = *policy, .now = session.now(), .max_age = *max_age});
  return session.output().Report(VerdictOf(session, report));
}

}  // namespace

Commands VerifyCommands() {
  return {{"verify",
           "check an entry against its proof and your policy, offline",
           {{"FILE", "", "a .tlog-proof, or a bundle (.json) that holds all of it", Count::kRequired},
            {"--entry", "FILE", "the entry's bytes (.tle); not with a bundle"},
            {"--statement", "FILE", "the statement, or its envelope"},
            {"--max-age", "D", "a quorum of witnesses must have signed within this time: 2h, 7d"}},
           Verify}};
}

}  // namespace trustlog::cli
