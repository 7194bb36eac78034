// status: the log's answer about a member and a principle, recomputed here from the records that come with it.
// status verify: the same of a file, offline (K8).
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/report.h"
#include "client/cli/session.h"
#include "client/follow/status_bundle.h"
#include "client/rpc/log_client.h"
#include "fmt/format.h"
#include "proto/attest/forms.h"
#include "trustlog/v1/registry.pb.h"

namespace trustlog::cli {
namespace {

using registry::Part;

bool IsGood(registry::Verdict verdict, std::string_view bar) {
  if (verdict == registry::Verdict::kAudited) return true;
  if (bar == "unqualified") return false;
  if (verdict == registry::Verdict::kAuditedQualified) return true;
  return bar == "self-attested" && verdict == registry::Verdict::kSelfAttested;
}

absl::StatusOr<std::string> BarOf(const Arguments& arguments) {
  const std::string bar = arguments.Has("require") ? std::string(arguments.Get("require")) : "audited";
  if (bar == "self-attested" || bar == "audited" || bar == "unqualified") return bar;
  return UsageError("--require: one of self-attested, audited, unqualified");
}

// "  result      18  nonconformant-major by urn:tta:auditor:south, logged 2026-11-01T09:00:27Z".
std::string LineOf(const registry::Named& named, const registry::StatusBundle& bundle) {
  std::string line = fmt::format("  {:<11} {:>6}", PartName(named.part), named.index);
  for (const auto& record : bundle.records) {
    if (record.index != named.index) continue;
    if (const auto entry = attest::DecodeEntry(record.entry); entry.ok()) {
      line += fmt::format("  {}{}by {}", attest::KindName(entry->kind), entry->code.empty() ? " " : " " + entry->code + " ",
                          entry->issuer);
    }
  }
  return Escape(line) + "\n";
}

JsonObject AnswerMembers(const registry::StatusBundle& bundle) {
  const auto texts = [](const std::vector<registry::Named>& list) {
    std::vector<std::string> words;
    for (const auto& [index, part] : list) words.push_back(fmt::format("{}:{}", index, PartName(part)));
    return words;
  };
  return JsonObject()
      .Text("verdict", VerdictName(bundle.answer.verdict))
      .Text("member", bundle.question.member)
      .Number("principle", bundle.question.principle)
      .Text("date", attest::FormatTime(bundle.question.as_of.date))
      .Number("treeSize", bundle.question.as_of.size)
      .Flag("complete", bundle.completeness == registry::Completeness::kPrefix)
      .Texts("deciding", texts(bundle.answer.deciding))
      .Texts("notes", texts(bundle.answer.notes));
}

// The answer, once the checks have shown that it follows; FAILED otherwise, and no verdict at all.
absl::StatusOr<ExitCode> Tell(Session& session, const registry::StatusBundle& bundle, std::string_view bar,
                              std::optional<std::int64_t> max_age) {
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto report = follow::VerifyStatusBundle(bundle, {.policy = *policy, .now = session.now(), .max_age = max_age});
  const auto date = attest::FormatTime(bundle.question.as_of.date);
  const std::string what = fmt::format("status of {}, principle {}", bundle.question.member, bundle.question.principle);
  if (report.failure) {
    Verdict failed;
    failed.what = what;
    failed.checks = report.checks;
    return session.output().Report(failed);
  }
  std::string text = fmt::format("{}  {}, principle {}, on {}, as of size {}{}\n", VerdictName(bundle.answer.verdict),
                                 Escape(bundle.question.member), bundle.question.principle, date, bundle.question.as_of.size,
                                 bundle.completeness == registry::Completeness::kPrefix ? "" : " (not proved complete)");
  for (const auto& named : bundle.answer.deciding) text += LineOf(named, bundle);
  for (const auto& named : bundle.answer.notes) text += "  note" + LineOf(named, bundle).substr(1);
  session.output().Result(text, AnswerMembers(bundle));
  for (const auto& check : report.checks) {
    session.output().Detail(
        fmt::format("{} {}: {}", check.result == follow::CheckResult::kOk ? "ok" : "skipped", check.name, Escape(check.detail)));
  }
  if (bundle.completeness == registry::Completeness::kNone) session.output().Talk("later or contrary records are not excluded");
  return IsGood(bundle.answer.verdict, bar) ? ExitCode::kOk : ExitCode::kStatusNotGood;
}

absl::StatusOr<ExitCode> VerifyFile(Session& session, const Arguments& arguments) {
  const auto bar = BarOf(arguments);
  if (!bar.ok()) return bar.status();
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  const auto file = ReadInput(arguments.Get("FILE"), registry::kMaxStatusBundleBytes, session.in());
  if (!file.ok()) return file.status();
  const auto bundle = follow::ParseStatusBundle(*file);
  if (!bundle.ok()) return bundle.status();
  return Tell(session, *bundle, *bar, *max_age);
}

// A slug stands for a member under the alliance's prefix; logs with another ask for the whole URN.
std::string MemberUrn(std::string_view word) {
  return word.starts_with("urn:") ? std::string(word) : fmt::format("urn:tta:member:{}", word);
}

absl::StatusOr<ExitCode> Ask(Session& session, const Arguments& arguments) {
  const auto bar = BarOf(arguments);
  if (!bar.ok()) return bar.status();
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  const auto principle = arguments.Number("principle", 0);
  if (!principle.ok()) return principle.status();
  const auto size = arguments.Number("at-size", 0);
  if (!size.ok()) return size.status();
  std::string date = arguments.Has("date") ? std::string(arguments.Get("date")) : attest::FormatTime(session.now());
  if (date.size() == 10) date += "T00:00:00Z";
  v1::GetStatusBundleRequest request;
  request.set_member(MemberUrn(arguments.Get("MEMBER")));
  request.set_principle(static_cast<std::uint32_t>(*principle));
  request.set_date(date);
  if (*size != 0) request.set_at_size(*size);
  request.set_mode(arguments.Has("prefix") ? v1::BUNDLE_MODE_PREFIX : v1::BUNDLE_MODE_NONE);
  const auto client = session.Connect();
  if (!client.ok()) return client.status();
  std::string file;
  if (auto status = (*client)->GetStatusBundle(request, registry::kMaxStatusBundleBytes, file); !status.ok()) return status;
  const auto bundle = follow::ParseStatusBundle(file);
  if (!bundle.ok()) return bundle.status();
  // An answer to another question proves nothing of this one.
  const auto& asked = bundle->question;
  if (asked.member != request.member() || asked.principle != *principle || attest::FormatTime(asked.as_of.date) != date ||
      (*size != 0 && asked.as_of.size != *size)) {
    return follow::CheckFailure(follow::CheckCode::kVerdictMismatch, "the log answers another question than the one asked");
  }
  if (arguments.Has("output")) {
    if (auto status = WriteOutput(arguments.Get("output"), file); !status.ok()) return status;
  }
  return Tell(session, *bundle, *bar, *max_age);
}

const Option kRequire = {"--require", "BAR", "exit 0 from self-attested, audited (the default) or unqualified on; else 10"};

}  // namespace

Commands StatusCommands() {
  return {{"status",
           "a member's standing on a principle, recomputed from the log's records",
           {{"MEMBER", "", "its URN, or the slug of a member", Count::kRequired},
            {"--principle", "N", "1..63", Count::kRequired},
            {"--date", "D", "2027-01-01 or a whole time (default: now)"},
            {"--at-size", "N", "as of this size of the log (default: the newest)"},
            {"--prefix", "", "every record below the size, so that nothing is left out"},
            {"-o,--output", "FILE", "keep the bundle: status verify reads it offline"},
            kRequire,
            {"--max-age", "D", "a quorum of witnesses must have signed within this time: 2h, 7d"}},
           Ask},
          {"status verify",
           "recompute the answer in a status bundle, offline",
           {{"FILE", "", "a .status.json", Count::kRequired},
            kRequire,
            {"--max-age", "D", "a quorum of witnesses must have signed within this time: 2h, 7d"}},
           VerifyFile}};
}

}  // namespace trustlog::cli
