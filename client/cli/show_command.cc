// show: one entry, verified, field by field.
#include <algorithm>

#include "client/cli/commands.h"
#include "client/cli/entry_source.h"
#include "client/cli/report.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

std::string Interval(const attest::Entry& entry) {
  if (entry.valid_from == 0 && entry.valid_until == 0) return "-";
  return fmt::format("{} .. {}", entry.valid_from == 0 ? "" : attest::FormatTime(entry.valid_from),
                     entry.valid_until == 0 ? "" : attest::FormatTime(entry.valid_until));
}

// The escaped statement: one line a line of its text, so that what was signed is what is seen.
std::string Lines(std::string_view statement) {
  std::string text;
  while (!statement.empty()) {
    const std::size_t end = std::min(statement.find('\n'), statement.size());
    text += fmt::format("    {}\n", Escape(statement.substr(0, end)));
    statement.remove_prefix(std::min(end + 1, statement.size()));
  }
  return text;
}

std::string Fields(const attest::Entry& entry) {
  std::vector<std::string> signers;
  for (const auto& signature : entry.signatures) signers.push_back(bytes::EncodeHex(signature.key_id));
  return fmt::format(
      "  kind        {}\n  issuer      {}\n  subjects    {}\n  principles  {}\n  code        {}\n  valid       {}\n  logged at   "
      "{}\n  statement   {}\n"
      "  signed by   {}\n",
      attest::KindName(entry.kind), Escape(entry.issuer), Escape(fmt::format("{}", fmt::join(entry.subjects, " "))),
      fmt::join(entry.principles, " "), Escape(entry.code), Interval(entry), attest::FormatTime(attest::LoggedAtSeconds(entry)),
      bytes::EncodeHex(entry.statement_id), fmt::join(signers, " "));
}

absl::StatusOr<ExitCode> Show(Session& session, const Arguments& arguments) {
  const auto fetched = FetchEntry(session, arguments.Get("INDEX|ID"));
  if (!fetched.ok()) return fetched.status();
  const auto report = VerifyFetched(session, *fetched);
  if (!report.ok()) return report.status();
  Verdict verdict = VerdictOf(session, *report);
  if (follow::FirstFailure(verdict.checks)) return session.output().Report(verdict);
  const ExitCode exit = verdict.trusted ? ExitCode::kOk : ExitCode::kQuorumOrFreshness;
  if (arguments.Has("raw")) {
    session.output().Raw(fetched->entry);
    return exit;
  }
  if (fetched->statement) {
    verdict.claims.Text("statement", *fetched->statement);
  } else {
    verdict.claims.Null("statement");
  }
  session.output().Report(verdict);
  if (session.output().style().json || !report->entry) return exit;
  session.output().Raw("\n" + Fields(*report->entry));
  session.output().Raw(fetched->statement ? Lines(*fetched->statement) : "  the statement is withheld\n");
  return exit;
}

}  // namespace

Commands ShowCommands() {
  return {{"show",
           "fetch an entry, verify it and show what it says",
           {{"INDEX|ID", "", "the entry, or its statement's id", Count::kRequired},
            {"--raw", "", "the entry's bytes alone, to stdout"}},
           Show}};
}

}  // namespace trustlog::cli
