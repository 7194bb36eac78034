// verify: one entry against its proof and a policy, offline (K8).
#include "client/cli/commands.h"
#include "client/cli/entry_source.h"
#include "client/cli/report.h"

namespace trustlog::cli {
namespace {

absl::StatusOr<ExitCode> Verify(Session& session, const Arguments& arguments) {
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto files = ReadEntryFiles(session, arguments.Get("FILE"), arguments);
  if (!files.ok()) return files.status();
  const auto report = VerifyFetched(session, *files, *max_age);
  if (!report.ok()) return report.status();
  return session.output().Report(VerdictOf(session, *report));
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
