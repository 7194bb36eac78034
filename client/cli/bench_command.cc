// bench submit, batch, proofs, tiles: load on a log, every answer verified; and in the same run the smallest call there is and the
// speed of this machine at verifying, so that figures of different machines can be compared as ratios.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "client/cli/bench.h"
#include "client/cli/bench_work.h"
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/session.h"
#include "client/cli/sign.h"
#include "client/rpc/log_client.h"
#include "fmt/format.h"

namespace trustlog::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEmptyCalls = 200;
constexpr std::uint64_t kMaxClients = 1'024;

// Median of the empty call, in milliseconds.
absl::StatusOr<double> MeasureEmptyCall(rpc::LogClient& client) {
  std::vector<double> latencies;
  for (int i = 0; i < kEmptyCalls; ++i) {
    const auto begin = Clock::now();
    if (auto status = client.CheckHealth(); !status.ok()) return status;
    latencies.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(latencies.begin(), latencies.end());
  return Percentile(latencies, 0.5);
}

// Ed25519 verifications a second on one core.
absl::StatusOr<double> MeasureVerification() {
  const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519);
  if (!key.ok()) return key.status();
  const std::string message(600, 'm');
  const auto signature = key->Sign(message);
  if (!signature.ok()) return signature.status();
  std::uint64_t count = 0;
  const auto begin = Clock::now();
  while (Clock::now() - begin < std::chrono::milliseconds(300)) {
    if (auto status = key->public_key().Verify(message, *signature); !status.ok()) return status;
    ++count;
  }
  return static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - begin).count();
}

absl::StatusOr<BenchPlan> PlanFrom(const Arguments& arguments) {
  BenchPlan plan;
  const auto clients = arguments.Number("clients", 1);
  if (!clients.ok()) return clients.status();
  const auto rate = arguments.Number("rate", 0);
  if (!rate.ok()) return rate.status();
  if (*clients == 0 || *clients > kMaxClients)
    return UsageError(fmt::format("--clients {}: not within 1..{}", *clients, kMaxClients));
  plan.clients = static_cast<unsigned>(*clients);
  plan.rate = static_cast<double>(*rate);
  if (const auto text = arguments.Find("duration")) {
    const auto duration = ParseMilliseconds(*text);
    if (!duration || *duration == 0)
      return UsageError(fmt::format("--duration {}: not a duration such as 500ms, 30s or 2m", *text));
    plan.duration = std::chrono::milliseconds(*duration);
  }
  return plan;
}

struct Baseline {
  double empty_call_ms = 0;  // 0: the log is read over HTTP, not called
  double verifications_per_second = 0;
};

absl::StatusOr<ExitCode> Report(Session& session, const Arguments& arguments, std::string_view name, const BenchPlan& plan,
                                const Baseline& baseline, const BenchResult& result) {
  std::uint64_t refused = 0;
  std::string refusals;
  JsonObject by_code;
  for (const auto& item : result.refusals) {
    refused += item.second;
    refusals += fmt::format("  refused   {} x {}\n", item.second, item.first);
    by_code.Number(item.first, item.second);
  }
  const double rate = result.seconds > 0 ? static_cast<double>(result.items) / result.seconds : 0;
  const double p50 = Percentile(result.latencies_ms, 0.5), p99 = Percentile(result.latencies_ms, 0.99);
  const double rate_ratio = baseline.verifications_per_second > 0 ? rate / baseline.verifications_per_second : 0;
  const double latency_ratio = baseline.empty_call_ms > 0 ? p50 / baseline.empty_call_ms : 0;
  const JsonObject members = JsonObject()
                                 .Text("bench", name)
                                 .Number("clients", plan.clients)
                                 .Ratio("seconds", result.seconds)
                                 .Number("calls", result.calls)
                                 .Number("entries", result.items)
                                 .Ratio("entriesPerSecond", rate)
                                 .Ratio("p50Ms", p50)
                                 .Ratio("p99Ms", p99)
                                 .Number("refused", refused)
                                 .Object("refusals", by_code)
                                 .Ratio("emptyCallMs", baseline.empty_call_ms)
                                 .Ratio("verificationsPerSecond", baseline.verifications_per_second)
                                 .Ratio("entriesPerVerification", rate_ratio)
                                 .Ratio("p50PerEmptyCall", latency_ratio);
  std::string text = fmt::format(
      "BENCH     {}: {:.0f} entries/s   p50 {:.2f} ms   p99 {:.2f} ms   refused {}   ({} entries in {} calls, {} clients, {:.1f} "
      "s; all verified)\n{}",
      name, rate, p50, p99, refused, result.items, result.calls, plan.clients, result.seconds, refusals);
  text += fmt::format("  beside    {:.0f} verifications/s on one core: {:.2f} entries each", baseline.verifications_per_second,
                      rate_ratio);
  text += baseline.empty_call_ms > 0
              ? fmt::format("; an empty call takes {:.2f} ms: p50 is {:.1f} of them\n", baseline.empty_call_ms, latency_ratio)
              : "\n";
  if (const auto path = arguments.Find("out")) {
    if (auto status = WriteOutput(*path, members.Format() + "\n", arguments.AllBut("out")); !status.ok()) return status;
  }
  session.output().Result(text, members);
  if (!result.failed.ok()) return result.failed;
  return result.items > 0 ? ExitCode::kOk : ExitCode::kUnavailable;
}

absl::StatusOr<ExitCode> RunWork(Session& session, const Arguments& arguments, std::string_view name, bool by_call,
                                 const std::function<absl::StatusOr<BenchCall>(unsigned)>& make) {
  const auto plan = PlanFrom(arguments);
  if (!plan.ok()) return plan.status();
  Baseline baseline;
  if (by_call) {
    const auto client = session.Connect();
    if (!client.ok()) return client.status();
    const auto empty = MeasureEmptyCall(**client);
    if (!empty.ok()) return empty.status();
    baseline.empty_call_ms = *empty;
  }
  const auto verification = MeasureVerification();
  if (!verification.ok()) return verification.status();
  baseline.verifications_per_second = *verification;
  return Report(session, arguments, name, *plan, baseline, RunBench(*plan, make));
}

absl::StatusOr<ExitCode> BenchSubmissions(Session& session, const Arguments& arguments, std::string_view name,
                                          std::uint64_t items) {
  const auto key = ReadKey(arguments.Get("key"));
  if (!key.ok()) return key.status();
  const auto work = SubmissionWork::Create(session, arguments, *key, items);
  if (!work.ok()) return work.status();
  return RunWork(session, arguments, name, true, [&](unsigned) { return work->Make(session); });
}

absl::StatusOr<ExitCode> BenchSubmit(Session& session, const Arguments& arguments) {
  return BenchSubmissions(session, arguments, "submit", 1);
}

absl::StatusOr<ExitCode> BenchBatch(Session& session, const Arguments& arguments) {
  const auto items = arguments.Number("items", 100);
  if (!items.ok()) return items.status();
  if (*items < 2 || *items > 1'000) return UsageError(fmt::format("--items {}: not within 2..1000", *items));
  return BenchSubmissions(session, arguments, "batch", *items);
}

// The smallest call there is, as the comparator of the others: what a call costs before anybody does any work.
absl::StatusOr<ExitCode> BenchCalls(Session& session, const Arguments& arguments) {
  return RunWork(session, arguments, "calls", true, [&session](unsigned) -> absl::StatusOr<BenchCall> {
    auto client = session.Connect(Session::Retries::kSilent);
    if (!client.ok()) return client.status();
    const std::shared_ptr<rpc::LogClient> shared = *std::move(client);
    BenchCall call;
    call.prepare = [] { return absl::OkStatus(); };
    call.send = [shared] { return shared->CheckHealth(); };
    call.verify = []() -> absl::StatusOr<std::uint64_t> { return std::uint64_t{1}; };
    return call;
  });
}

absl::StatusOr<ExitCode> BenchProofs(Session& session, const Arguments& arguments) {
  const auto work = ProofWork::Create(session);
  if (!work.ok()) return work.status();
  return RunWork(session, arguments, "proofs", true, [&](unsigned client) { return work->Make(session, client); });
}

absl::StatusOr<ExitCode> BenchTiles(Session& session, const Arguments& arguments) {
  const auto work = TileWork::Create(session);
  if (!work.ok()) return work.status();
  return RunWork(session, arguments, "tiles", false, [&](unsigned client) { return work->Make(session, client); });
}

std::vector<Option> With(std::vector<Option> own) {
  const std::vector<Option> all = {{"--rate", "N", "calls a second of all clients (default: as fast as answers come)"},
                                   {"--duration", "D", "default 10s"},
                                   {"--clients", "N", "connections at once (default 1)"},
                                   {"--out", "FILE", "write the figures as JSON"}};
  own.insert(own.end(), all.begin(), all.end());
  return own;
}

std::vector<Option> SubmitOptions() {
  return {
      {"--key", "FILE", "signing key of a member", Count::kRequired},
      {"--issuer", "URN", "that member (setting: issuer)"},
      {"--ahead", "N", "statements of all clients that are signed before the clock starts (default 0); then each as it is sent"},
      {"--origin", "ORIGIN", "of the log (default: the one of the policy)"},
      {"--type-base", "URL", "of the log's predicate types (setting: type_base)"},
      {"--wait", "STATE", "published (default) or durable"}};
}

}  // namespace

Commands BenchCommands() {
  std::vector<Option> batch = SubmitOptions();
  batch.push_back({"--items", "N", "statements a call (default 100)"});
  batch.push_back(
      {"--signed-together", "N", "of a call, under one batch signature each: the log knows the key as one for batches"});
  return {{"bench submit", "load by single submissions of evidence", With(SubmitOptions()), BenchSubmit},
          {"bench batch", "load by submissions of many", With(std::move(batch)), BenchBatch},
          {"bench calls", "load by empty calls (grpc.health.v1 Check): the comparator", With({}), BenchCalls},
          {"bench proofs", "load by proofs of entries chosen at random", With({}), BenchProofs},
          {"bench tiles", "load by reading tiles and bundles", With({}), BenchTiles}};
}

}  // namespace trustlog::cli
