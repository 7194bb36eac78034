// monitor once: every entry since the last run, replayed and checked.
#include "client/cli/commands.h"
#include "client/cli/report.h"
#include "client/cli/session.h"
#include "client/follow/monitor.h"
#include "fmt/format.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

void Say(Session& session, const follow::Finding& finding) {
  const std::string text = fmt::format("{}  entry {}  {}: {}\n", finding.fault ? "FAULT   " : "note    ", finding.index,
                                       finding.code, Escape(finding.detail));
  session.output().Result(text, JsonObject()
                                    .Text("event", "finding")
                                    .Number("index", finding.index)
                                    .Text("code", finding.code)
                                    .Text("detail", finding.detail)
                                    .Flag("fault", finding.fault));
}

void Say(Session& session, const follow::Observed& observed) {
  if (observed.entry == nullptr) return;
  session.output().Result(
      fmt::format("entry     {}  {}\n", observed.index, Escape(DescribeEntry(*observed.entry))),
      JsonObject().Text("event", "entry").Number("index", observed.index).Append(EntryMembers(*observed.entry)));
}

// `registry`: the digest of the state, the refusals and the verdicts, where the whole log was replayed.
ExitCode Summarise(Session& session, const follow::MonitorResult& result, const std::optional<merkle::Hash>& registry) {
  const auto& checkpoint = result.tracked.newest.checkpoint;
  const std::string_view word = result.faults == 0 ? "CLEAN" : "FAULTS";
  JsonObject json;
  json.Text("event", "run")
      .Text("origin", checkpoint.origin)
      .Number("treeSize", checkpoint.head.size)
      .Hash("root", checkpoint.head.root)
      .Number("begin", result.begin)
      .Number("end", result.end)
      .Number("findings", result.findings)
      .Number("faults", result.faults);
  if (registry.has_value()) json.Hash("registry", *registry);
  session.output().Result(
      fmt::format("{}  log {}, size {}: entries [{}, {}) followed, {} findings, {} faults\n", word, Escape(checkpoint.origin),
                  checkpoint.head.size, result.begin, result.end, result.findings, result.faults) +
          (registry.has_value() ? fmt::format("registry {}\n", bytes::EncodeHex(*registry)) : ""),
      std::move(json));
  return result.faults == 0 ? ExitCode::kOk : ExitCode::kVerificationFailed;
}

absl::StatusOr<ExitCode> Once(Session& session, const Arguments& arguments) {
  if (session.skips_policy() || !session.keeps_state()) {
    return UsageError("a monitor needs a policy and its memory: it proves growth from what it saw before",
                      "leave --no-state and --insecure-skip-policy out");
  }
  const auto max_age = arguments.Seconds("max-age");
  if (!max_age.ok()) return max_age.status();
  follow::MonitorOptions options{.now = session.now(), .max_age = *max_age};
  if (arguments.Has("from")) {
    const auto from = arguments.Number("from", 0);
    if (!from.ok()) return from.status();
    options.from = *from;
  }
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto fetcher = session.OpenLog();
  if (!fetcher.ok()) return fetcher.status();
  auto monitor = follow::Monitor::Open(**fetcher, **policy, session.settings().state_root());
  if (!monitor.ok()) return monitor.status();
  const bool entries = arguments.Has("entries");
  const auto result = monitor->RunOnce(options, [&](const follow::Delivery& delivery) {
    for (const auto& observed : delivery.entries) {
      if (entries) Say(session, observed);
    }
    for (const auto& finding : delivery.findings) Say(session, finding);
    return absl::OkStatus();
  });
  if (!result.ok()) return result.status();
  const auto digest = monitor->RegistryDigest();
  if (!digest.ok() && !absl::IsFailedPrecondition(digest.status())) return digest.status();
  return Summarise(session, *result, digest.ok() ? std::optional(*digest) : std::nullopt);
}

}  // namespace

Commands MonitorCommands() {
  return {{"monitor once",
           "follow the log from where the last run ended: replay, check and report what does not fit; a run from entry 0 also prints the digest of the register (state, refusals, verdicts)",
           {{"--from", "N", "report from this entry on instead"},
            {"--entries", "", "list every entry too"},
            {"--max-age", "D", "a quorum of witnesses must have signed within this time: 2h, 7d"}},
           Once}};
}

}  // namespace trustlog::cli
