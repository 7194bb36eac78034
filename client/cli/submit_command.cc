// submit; commit, retract and audit engage|result|correct|close-finding (sign and submit in one step).
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/report.h"
#include "client/cli/sign.h"
#include "client/cli/statement_draft.h"
#include "client/cli/submission.h"
#include "client/follow/statement_check.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/policy.h"

namespace trustlog::cli {
namespace {

const Option kWaitOption = {"--wait", "STATE",
                            "published (default): until a checkpoint with quorum covers it; durable: until it is committed"};
const Option kOutputOption = {"-o,--output", "DIR", "save N.tlog-proof, N.tle (entry) and N.json (envelope) here"};

absl::StatusOr<WaitFor> WaitOf(const Arguments& arguments) {
  const std::string word = arguments.Get("wait", "published");
  if (word == "published") return WaitFor::kPublished;
  if (word == "durable") return WaitFor::kDurable;
  return UsageError(fmt::format("--wait {}: not one of durable, published", word));
}

std::string Logged(const Answer& answer, const attest::Id& id) {
  return fmt::format("index {}  statement {}{}", answer.index, bytes::EncodeHex(id),
                     answer.duplicate ? "  duplicate: logged before" : "");
}

JsonObject Members(const PendingEnvelope& envelope, const Answer& answer) {
  return JsonObject()
      .Text("file", envelope.name)
      .Number("index", answer.index)
      .Hash("statementId", attest::StatementId(*answer.fetched.statement))
      .Flag("duplicate", answer.duplicate)
      .Text("state", answer.fetched.tlog_proof.empty() ? "durable" : "published");
}

struct Saved {
  std::vector<std::string> paths;
  absl::Status lost;
};

// -o DIR. A place that cannot be written is told after the answer: what was logged stays logged.
Saved Save(const Arguments& arguments, const Answer& answer) {
  const auto directory = arguments.Find("output");
  if (!directory) return {};
  auto paths = SaveEntry(*directory, answer.index, answer.fetched);
  if (paths.ok()) return {*std::move(paths), absl::OkStatus()};
  return {{},
          NotWritten(fmt::format("entry {} is logged, but its proof could not be saved: {}", answer.index,
                                 bytes::MessageOf(paths.status())),
                     fmt::format("`trustlog proof get {}` gets it again: -o takes another place", answer.index))};
}

// Durable and no more: the log's word, checked as far as it can be.
absl::StatusOr<ExitCode> ReportDurable(Session& session, const Arguments& arguments, const PendingEnvelope& envelope,
                                       const Answer& answer) {
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const std::string origin = session.skips_policy() ? "" : (*policy)->logs().front().vkey.name();
  if (auto status = CheckDurable(answer, origin); !status.ok()) return status;
  JsonObject members = Members(envelope, answer);
  const Saved saved = Save(arguments, answer);
  const std::string tail = saved.paths.empty() ? "" : "   " + DescribeSaved(saved.paths);
  if (!saved.paths.empty()) members.Texts("saved", saved.paths);
  const std::string text = Logged(answer, attest::StatementId(*answer.fetched.statement));
  const ExitCode exit =
      session.output().Result(fmt::format("{}    {}  (durable, not yet published: there is no proof yet){}\n",
                                          session.skips_policy() ? "UNVERIFIED" : "LOGGED", ShortenHashes(text), Escape(tail)),
                              members, saved.lost);
  return exit == ExitCode::kOk && session.skips_policy() ? ExitCode::kQuorumOrFreshness : exit;
}

absl::StatusOr<ExitCode> ReportPublished(Session& session, const Arguments& arguments, const PendingEnvelope& envelope,
                                         const Answer& answer) {
  const auto report = VerifyFetched(session, answer.fetched);
  if (!report.ok()) return report.status();
  Verdict verdict = VerdictOf(session, *report);
  verdict.members = Members(envelope, answer).Append(verdict.members);
  if (report->index != answer.index) {
    verdict.checks.push_back({"index", follow::CheckResult::kFailed,
                              fmt::format("the answer says {}, its proof {}", answer.index,
                                          report->index ? fmt::format("{}", *report->index) : "cannot be read"),
                              follow::CheckCode::kProofRootMismatch});
  }
  if (follow::FirstFailure(verdict.checks)) return session.output().Report(verdict);
  const Saved saved = Save(arguments, answer);
  verdict.tail = DescribeSaved(saved.paths);
  verdict.lost = saved.lost;
  if (!saved.paths.empty()) verdict.members.Texts("saved", saved.paths);
  if (!verdict.trusted || session.output().style().json || session.output().style().verbose) {
    verdict.good_word = "LOGGED";
    return session.output().Report(verdict);
  }
  const auto& checkpoint = *report->checkpoint;
  const auto policy = session.Policy();
  const std::size_t witnesses = (*policy)->witnesses().size();
  const std::string cosigned = witnesses == 0 ? fmt::format("policy {} asks no witness", session.policy_name())
                                              : fmt::format("{} of {} witnesses", checkpoint.cosigners.size(), witnesses);
  const std::string text = Logged(answer, attest::StatementId(*answer.fetched.statement));
  return session.output().Result(
      fmt::format("LOGGED    {}  (published at size {}, {}){}\n", ShortenHashes(text), checkpoint.checkpoint.head.size,
                  Escape(cosigned), verdict.tail.empty() ? "" : "   " + Escape(verdict.tail)),
      {}, verdict.lost);
}

absl::StatusOr<ExitCode> SubmitEnvelopes(Session& session, const Arguments& arguments,
                                         const std::vector<PendingEnvelope>& envelopes) {
  const auto wait = WaitOf(arguments);
  if (!wait.ok()) return wait.status();
  const auto policy = session.Policy();  // before anything is sent
  if (!policy.ok()) return policy.status();
  const auto client = session.Connect();
  if (!client.ok()) return client.status();
  std::vector<Answer> answers;
  const absl::Status ended = SubmitAll(**client, envelopes, *wait, answers);
  ExitCode first_failure = ExitCode::kOk;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    ExitCode exit = ExitCode::kOk;
    if (!answer.refusal.ok()) {
      exit = session.output().ItemError(envelopes[i].name, answer.refusal);
    } else {
      const auto reported = *wait == WaitFor::kDurable ? ReportDurable(session, arguments, envelopes[i], answer)
                                                       : ReportPublished(session, arguments, envelopes[i], answer);
      exit = reported.ok() ? *reported : session.output().ItemError(envelopes[i].name, reported.status());
    }
    if (first_failure == ExitCode::kOk) first_failure = exit;
  }
  if (!ended.ok()) return ended;
  return first_failure;
}

absl::StatusOr<ExitCode> Submit(Session& session, const Arguments& arguments) {
  std::vector<PendingEnvelope> envelopes;
  for (const auto& path : arguments.All("FILE")) {
    auto text = ReadInput(path, 2 * attest::kMaxEnvelopeBytes, session.in());  // so that the log's own words name the limit
    if (!text.ok()) return text.status();
    envelopes.push_back({path, *std::move(text)});
  }
  return SubmitEnvelopes(session, arguments, envelopes);
}

// What a verb takes: a kind, and of this kind what `fits`.
struct Verb {
  attest::Kind kind;
  std::string_view what;  // "an audit result that supersedes with change correction"
  bool (*fits)(const attest::Statement& statement);
};

bool Any(const attest::Statement&) { return true; }

absl::StatusOr<ExitCode> SignAndSubmit(Session& session, const Arguments& arguments, const Verb& verb) {
  const std::string path = arguments.Get("FILE");
  const auto payload = ReadInput(path, attest::kMaxPayloadBytes, session.in());
  if (!payload.ok()) return payload.status();
  const auto statement = CheckPayload(*payload);
  if (!statement.ok()) return statement.status();
  if (statement->kind != verb.kind || !verb.fits(*statement)) {
    return UsageError(fmt::format("{} is of kind {}, and not {}", path, attest::KindName(statement->kind), verb.what),
                      "sign and submit take statements of every kind");
  }
  auto envelope = SignWithKeys(session, arguments, *payload, *statement);
  if (!envelope.ok()) return envelope.status();
  return SubmitEnvelopes(session, arguments, {{path, *std::move(envelope)}});
}

absl::StatusOr<ExitCode> Commit(Session& session, const Arguments& arguments) {
  return SignAndSubmit(session, arguments, {attest::Kind::kCommitment, "a commitment", Any});
}
absl::StatusOr<ExitCode> Engage(Session& session, const Arguments& arguments) {
  return SignAndSubmit(session, arguments, {attest::Kind::kAuditEngagement, "an audit-engagement", Any});
}
absl::StatusOr<ExitCode> Result(Session& session, const Arguments& arguments) {
  return SignAndSubmit(session, arguments, {attest::Kind::kAuditResult, "an audit-result", Any});
}
absl::StatusOr<ExitCode> Correct(Session& session, const Arguments& arguments) {
  const auto corrects = [](const attest::Statement& statement) {
    return statement.supersedes && statement.supersedes->change == attest::Rel::kCorrects;
  };
  return SignAndSubmit(session, arguments,
                       {attest::Kind::kAuditResult, "an audit-result whose supersedes has change correction", corrects});
}
absl::StatusOr<ExitCode> CloseFinding(Session& session, const Arguments& arguments) {
  const auto closes = [](const attest::Statement& statement) {
    return std::get<attest::Remediation>(statement.predicate).state == "closed";
  };
  return SignAndSubmit(session, arguments, {attest::Kind::kRemediation, "a remediation of state closed", closes});
}

// The target is fetched and verified first: a retraction names exactly its subjects (records.md 5.3), and is by default by whoever
// issued it.
absl::StatusOr<ExitCode> Retract(Session& session, const Arguments& arguments) {
  const auto fetched = FetchEntry(session, arguments.Get("INDEX|ID"));
  if (!fetched.ok()) return fetched.status();
  const auto report = VerifyFetched(session, *fetched);
  if (!report.ok()) return report.status();
  const Verdict target = VerdictOf(session, *report);
  if (follow::FirstFailure(target.checks)) return session.output().Report(target);
  auto draft = DraftFromArguments(session, arguments, attest::Kind::kRetraction);
  if (!draft.ok()) return draft.status();
  const attest::Entry& entry = *report->entry;
  if (draft->issuer.empty()) draft->issuer = entry.issuer;
  if (fetched->statement && !arguments.Has("type-base"))
    draft->type_base = follow::ContextFor(entry, *fetched->statement, report->origin).type_base;
  draft->members.emplace_back("target", QuoteJson(bytes::EncodeHex(entry.statement_id)));
  draft->members.emplace_back("about", QuoteList(entry.subjects));
  SetMembers(arguments, {{"reason", "reason"}, {"from", "validFrom"}}, *draft);
  const auto payload = MakeStatement(*draft);
  if (!payload.ok()) return payload.status();
  const auto statement = CheckPayload(*payload);
  if (!statement.ok()) return statement.status();
  auto envelope = SignWithKeys(session, arguments, *payload, *statement);
  if (!envelope.ok()) return envelope.status();
  session.output().Detail(fmt::format("retracts {}", Escape(target.what)));
  return SubmitEnvelopes(session, arguments, {{"the retraction", *std::move(envelope)}});
}

std::vector<Option> SignOptions() {
  return {{"FILE", "", "the statement", Count::kRequired},
          {"--key", "FILE", "private key; may be repeated", Count::kAtLeastOne},
          kWaitOption,
          kOutputOption};
}

}  // namespace

Commands SubmitCommands() {
  return {{"submit",
           "submit signed statements and verify the log's answer; several files in one go, in order",
           {{"FILE", "", "envelopes (.dsse.json)", Count::kAtLeastOne}, kWaitOption, kOutputOption},
           Submit},
          {"commit", "sign and submit a commitment", SignOptions(), Commit},
          {"retract", "withdraw a claim: fetch and verify it, then make, sign and submit its retraction",
           WithDraftOptions({{"INDEX|ID", "", "the claim", Count::kRequired},
                             {"--reason", "WORD", "error, superseded, fraud, legal, cancelled or other", Count::kRequired},
                             {"--from", "TIME", "retracted from then on (default: as if it had never been valid)"},
                             {"--key", "FILE", "private key; may be repeated", Count::kAtLeastOne},
                             kWaitOption,
                             kOutputOption},
                            {"document", "about", "predicate", "output"}),
           Retract},
          {"audit engage", "sign and submit an audit engagement", SignOptions(), Engage},
          {"audit result", "sign and submit an audit result", SignOptions(), Result},
          {"audit correct", "sign and submit an audit result in place of one that was wrong from the start", SignOptions(),
           Correct},
          {"audit close-finding", "sign and submit an auditor's word that a finding is closed", SignOptions(), CloseFinding}};
}

}  // namespace trustlog::cli
