// The log core in this process: opaque entries of 300 bytes in batches of 4,096, durable, integrated, exactly deduplicated, published
// under signed checkpoints. One JSON object a line; tests/bench/run reads them. Nothing here passes or fails on a time.
//
//   core_bench --goal p5 [--rounds N] [--entries N]              beside bare SQLite, turn by turn
//   core_bench --goal p6 [--rounds N] [--entries N]              a log of N beside one of a million, turn by turn; growth lines before
//   core_bench --grow N --folder D                               one line a million
//   core_bench --append N --folder D                             onto what is there
//   core_bench --start --folder D                                open what is there, and how long that took
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "tests/bench/bare_sqlite.h"
#include "tests/bench/opaque_log.h"
#include "tests/bench/process_figures.h"

namespace trustlog::bench {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

struct Options {
  std::string goal, folder;
  std::uint64_t rounds = 5, entries = 0, grow = 0, append = 0;
  bool start = false;
};

std::uint64_t WholeBatches(std::uint64_t entries) { return (entries + kBatchEntries - 1) / kBatchEntries * kBatchEntries; }

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "core_bench: %s\n", result.status().ToString().c_str());
  std::exit(1);
}
void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "core_bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

void Print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

// What one turn left for the kernel to write is not paid by the next.
void WriteBack(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::syncfs(fd);
  ::close(fd);
}

// Of the log in `folder`: what is durable but not yet in its place. A log that keeps up keeps this bounded.
std::uintmax_t WalBytes(const std::string& folder) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(folder + "/log.db-wal", none);
  return none ? 0 : bytes;
}

double Rate(std::uint64_t entries, double seconds) { return seconds > 0 ? static_cast<double>(entries) / seconds : 0; }

double Share(const std::vector<double>& ascending, double share) {
  return ascending.empty() ? 0 : ascending[static_cast<std::size_t>(share * static_cast<double>(ascending.size() - 1))];
}

std::string Figures(const Appended& appended) {
  return fmt::format(
      R"("entries":{},"seconds":{:.4f},"rate":{:.0f},"publishedRate":{:.0f},"p50Ms":{:.2f},"p99Ms":{:.2f},"writtenBytes":{},"writtenPerEntryByte":{:.3f})",
      appended.entries, appended.durable_seconds, Rate(appended.entries, appended.durable_seconds),
      Rate(appended.entries, appended.published_seconds), Share(appended.latencies_ms, 0.5), Share(appended.latencies_ms, 0.99),
      appended.written_bytes, static_cast<double>(appended.written_bytes) / static_cast<double>(appended.entries * kEntryBytes));
}

std::unique_ptr<OpaqueLog> NewLog(const std::string& folder) {
  std::filesystem::create_directories(folder);
  return Must(OpaqueLog::Open(folder));
}

// Exact: every entry of the last batches is a duplicate of itself.
void CheckDuplicates(OpaqueLog& log) {
  const std::uint64_t end = log.size(), begin = end - kBatchEntries;
  if (Must(log.CountDuplicates(begin, end)) != kBatchEntries) Must(absl::DataLossError("a duplicate was not found"));
}

void Grow(OpaqueLog& log, const std::string& folder, std::uint64_t target) {
  while (log.size() < target) {
    const std::uint64_t next = (log.size() / kMillion + 1) * kMillion;
    const auto appended = Must(log.Append(WholeBatches(std::min(next, target) - log.size())));
    Print(fmt::format(R"({{"kind":"growth","size":{},{},"walBytes":{},"residentBytes":{}}})", log.size(), Figures(appended),
                      WalBytes(folder), ResidentBytes()));
  }
  WriteBack(folder);
}

void BesideBareSqlite(const Options& options) {
  const auto log = NewLog(options.folder + "/p5-log");
  BareSqlite bare(options.folder + "/p5-bare.db");
  const std::uint64_t entries = WholeBatches(options.entries > 0 ? options.entries : 500'000);
  for (std::uint64_t round = 0; round <= options.rounds; ++round) {  // the first warms both up and is not counted
    const double seconds = bare.Append(entries);
    WriteBack(options.folder);
    const auto appended = Must(log->Append(entries));
    WriteBack(options.folder);
    if (round == 0) continue;
    Print(fmt::format(R"({{"kind":"p5","round":{},"bareRate":{:.0f},{},"walBytes":{}}})", round, Rate(entries, seconds),
                      Figures(appended), WalBytes(options.folder + "/p5-log")));
  }
  CheckDuplicates(*log);
  Must(log->Close());
}

void BesideSmallerLog(const Options& options) {
  const std::uint64_t target = options.entries > 0 ? options.entries : 10 * kMillion;
  const std::string large_folder = options.folder + "/p6-large", small_folder = options.folder + "/p6-small";
  const auto large = NewLog(large_folder);
  Grow(*large, large_folder, target);
  const auto small = NewLog(small_folder);
  Must(small->Append(WholeBatches(kMillion)));
  WriteBack(small_folder);
  constexpr std::uint64_t kTurn = 32 * kBatchEntries;
  for (std::uint64_t round = 1; round <= options.rounds; ++round) {
    const std::uint64_t sizes[] = {small->size(), large->size()};
    const auto at_small = Must(small->Append(kTurn));
    WriteBack(small_folder);
    const auto at_large = Must(large->Append(kTurn));
    WriteBack(large_folder);
    Print(fmt::format(R"({{"kind":"p6","round":{},"smallSize":{},"smallRate":{:.0f},"largeSize":{},"largeRate":{:.0f}}})", round,
                      sizes[0], Rate(kTurn, at_small.durable_seconds), sizes[1], Rate(kTurn, at_large.durable_seconds)));
  }
  CheckDuplicates(*large);
  Must(small->Close());
  Must(large->Close());
}

void AppendOnce(const Options& options) {
  const auto log = NewLog(options.folder);
  const auto appended = Must(log->Append(WholeBatches(options.append)));
  Print(fmt::format(R"({{"kind":"append","size":{},{},"residentBytes":{}}})", log->size(), Figures(appended), ResidentBytes()));
  Must(log->Close());
  WriteBack(options.folder);
}

void Start(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const auto log = Must(OpaqueLog::Open(options.folder));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Print(fmt::format(R"({{"kind":"start","size":{},"seconds":{:.4f},"residentBytes":{}}})", log->size(), seconds, ResidentBytes()));
  Must(log->Close());
}

int Run(const Options& options) {
  if (options.goal == "p5") {
    BesideBareSqlite(options);
  } else if (options.goal == "p6") {
    BesideSmallerLog(options);
  } else if (options.grow > 0) {
    const auto log = NewLog(options.folder);
    Grow(*log, options.folder, options.grow);
    Must(log->Close());
  } else if (options.append > 0) {
    AppendOnce(options);
  } else if (options.start) {
    Start(options);
  } else {
    std::fputs("core_bench: nothing to do (see --help)\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace trustlog::bench

int main(int argc, char** argv) {
  trustlog::bench::Options options;
  CLI::App app("the log core in this process, beside bare SQLite and beside itself");
  app.add_option("--goal", options.goal, "p5: beside bare SQLite; p6: a large log beside a small one")
      ->check(CLI::IsMember({"p5", "p6"}));
  app.add_option("--folder", options.folder, "where logs are made; stays")->required();
  app.add_option("--rounds", options.rounds, "turns of each side");
  app.add_option("--entries", options.entries, "p5: of one turn (500,000); p6: of the large log (10,000,000)");
  app.add_option("--grow", options.grow, "to this size, one line a million");
  app.add_option("--append", options.append, "so many onto what is there");
  app.add_flag("--start", options.start, "open what is there and close it");
  CLI11_PARSE(app, argc, argv);
  return trustlog::bench::Run(options);
}
