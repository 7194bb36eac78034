// fsck: every hash of a log recomputed from its entries.
#include <chrono>

#include "client/cli/commands.h"
#include "client/cli/server_program.h"
#include "client/cli/session.h"
#include "client/cli/verified_log.h"
#include "client/follow/fsck.h"
#include "client/net/directory_fetcher.h"
#include "fmt/format.h"

namespace trustlog::cli {
namespace {

using Clock = std::chrono::steady_clock;

absl::StatusOr<std::unique_ptr<net::Fetcher>> Open(const Session& session, const Arguments& arguments) {
  if (const auto directory = arguments.Find("dir"))
    return std::unique_ptr<net::Fetcher>(std::make_unique<net::DirectoryFetcher>(*directory));
  if (const auto url = arguments.Find("url")) return session.OpenUrl(*url);
  return session.OpenLog();
}

// K1: nothing for a second, then a line every ten.
class Progress final {
 public:
  explicit Progress(Session& session) : session_(session), next_(Clock::now() + std::chrono::seconds(1)) {}
  bool operator()(std::uint64_t done, std::uint64_t total) {
    if (Clock::now() < next_) return true;
    next_ = Clock::now() + std::chrono::seconds(10);
    session_.output().Talk(fmt::format("{} of {} entries", done, total));
    return true;
  }

 private:
  Session& session_;
  Clock::time_point next_;
};

absl::StatusOr<ExitCode> Report(Session& session, const VerifiedLog& log, const follow::FsckResult& result) {
  const bool clean = result.damage_count == 0;
  std::vector<JsonObject> damage;
  std::string lines;
  for (const auto& item : result.damage) {
    damage.push_back(JsonObject().Number("index", item.index).Text("path", item.path).Text("what", item.what));
    lines += fmt::format("damage    {}   entry {}: {}\n", Escape(item.path), item.index, Escape(item.what));
  }
  if (result.damage_count > result.damage.size())
    lines += fmt::format("damage    and {} more\n", result.damage_count - result.damage.size());
  const std::string_view word = !clean ? "DAMAGED" : session.skips_policy() ? "UNVERIFIED" : "WHOLE";
  session.output().Result(fmt::format("{}  log {}, size {}: {} entries, {} tiles, {} bundles read, {} statements withheld\n{}",
                                      word, Escape(log.checkpoint.origin), result.head.size, result.entries, result.tiles,
                                      result.bundles, result.withheld, lines),
                          JsonObject()
                              .Text("origin", log.checkpoint.origin)
                              .Number("treeSize", result.head.size)
                              .Hash("root", result.head.root)
                              .Number("entries", result.entries)
                              .Number("tiles", result.tiles)
                              .Number("bundles", result.bundles)
                              .Number("withheld", result.withheld)
                              .Number("damageCount", result.damage_count)
                              .Objects("damage", damage));
  if (!clean) return ExitCode::kVerificationFailed;
  return session.skips_policy() ? ExitCode::kQuorumOrFreshness : ExitCode::kOk;
}

absl::StatusOr<ExitCode> CheckLog(Session& session, const Arguments& arguments) {
  if (const auto storage = arguments.Find("storage")) return RunServerProgram({"fsck", "--storage", *storage});
  const auto from = arguments.Number("from", 0);
  if (!from.ok()) return from.status();
  auto fetcher = Open(session, arguments);
  if (!fetcher.ok()) return fetcher.status();
  const auto log = OpenVerifiedLog(session, *std::move(fetcher));
  if (!log.ok()) return log.status();
  follow::FsckOptions options;
  options.from = *from;
  options.progress = Progress(session);
  const auto result = follow::Fsck(*log->fetcher, log->checkpoint.origin, log->checkpoint.head, options);
  if (!result.ok()) return result.status();
  return Report(session, *log, *result);
}

}  // namespace

Commands FsckCommands() {
  return {{"fsck",
           "recompute every hash of a log from its entries and compare",
           {{"--url", "URL", "of the log (default: --log)"},
            {"--dir", "DIR", "an exported log"},
            {"--storage", "URL", "a store that is not in service (by trustlogd)"},
            {"--from", "N", "check statements from this entry on"}},
           CheckLog}};
}

}  // namespace trustlog::cli
