#include "client/follow/fsck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "proto/attest/entry.h"
#include "tests/support/alliance_log.h"
#include "tests/support/map_fetcher.h"
#include "tests/support/sample_records.h"

namespace trustlog::follow {
namespace {

using testing::Files;
using ::testing::HasSubstr;
using testing::MapFetcher;
using testing::SyntheticLog;

const SyntheticLog& Log() {  // 700 valid records: two full bundles and a partial one
  static const SyntheticLog log = testing::SampleLog(690);
  return log;
}

absl::StatusOr<FsckResult> Check(const SyntheticLog& log, const Files& files, const FsckOptions& options = {}) {
  MapFetcher fetcher(files);
  return Fsck(fetcher, log.origin(), log.Head(), options);
}

TEST(Fsck, FindsNothingInAWholeLog) {
  const auto result = Check(Log(), Log().Publish());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->damage_count, 0U) << (result->damage.empty() ? "" : result->damage[0].what);
  EXPECT_EQ(result->entries, 700U);
  EXPECT_EQ(result->tiles, 4U);
  EXPECT_EQ(result->bundles, 6U);
  EXPECT_EQ(result->head, Log().Head());
}

TEST(Fsck, WorksOnAnEmptyLog) {
  const SyntheticLog empty;
  const auto result = Check(empty, empty.Publish());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->damage_count, 0U);
}

TEST(Fsck, FindsEachKindOfDamageWhereItIs) {
  struct Case {
    const char* name;
    std::function<void(Files&)> change;
    std::vector<std::pair<std::uint64_t, std::string>> damage;  // index, path
  };
  const auto flip = [](const char* path, std::size_t at) {
    return [path, at](Files& files) { files[path][at] = static_cast<char>(files[path][at] ^ 1); };
  };
  const Case cases[] = {
      {"one byte of an entry",
       [](Files& f) { f["tile/entries/001"][f["tile/entries/001"].size() - 1] ^= 1; },
       {{511, "tile/entries/001"}}},
      {"a leaf hash in a full tile", flip("tile/0/001", 32 * 3), {{256, "tile/1/000.p/2"}, {259, "tile/entries/001"}}},
      {"a leaf hash at the edge", flip("tile/0/002.p/188", 0), {{0, "checkpoint"}, {512, "tile/entries/002.p/188"}}},
      {"a node", flip("tile/1/000.p/2", 32), {{0, "checkpoint"}, {256, "tile/1/000.p/2"}}},
      {"no tile", [](Files& f) { f.erase("tile/0/000"); }, {{0, "tile/0/000"}}},
      {"a tile cut", [](Files& f) { f["tile/0/000"].pop_back(); }, {{0, "tile/0/000"}}},
      {"a tile with more", [](Files& f) { f["tile/0/000"] += "x"; }, {{0, "tile/0/000"}}},
      {"no node tile", [](Files& f) { f.erase("tile/1/000.p/2"); }, {{0, "checkpoint"}, {0, "tile/1/000.p/2"}}},
      {"no entries", [](Files& f) { f.erase("tile/entries/000"); }, {{0, "tile/entries/000"}}},
      {"entries cut", [](Files& f) { f["tile/entries/000"].pop_back(); }, {{0, "tile/entries/000"}}},
      {"no statements", [](Files& f) { f.erase("tile/statements/001"); }, {{256, "tile/statements/001"}}},
      {"one byte of a statement",
       [](Files& f) { f["tile/statements/001"][f["tile/statements/001"].size() - 1] ^= 1; },
       {{511, "tile/statements/001"}}},
      {"nothing of the last bundle",
       [](Files& f) { std::erase_if(f, [](const auto& file) { return file.first.ends_with(".p/188"); }); },
       {{0, "checkpoint"}, {512, "tile/0/002.p/188"}, {512, "tile/entries/002.p/188"}, {512, "tile/statements/002.p/188"}}},
  };
  for (const Case& c : cases) {
    Files files = Log().Publish();
    c.change(files);
    const auto result = Check(Log(), files);
    ASSERT_TRUE(result.ok()) << c.name << result.status();
    std::vector<std::pair<std::uint64_t, std::string>> found;
    for (const Damage& damage : result->damage) found.emplace_back(damage.index, damage.path);
    EXPECT_EQ(found, c.damage) << c.name;
    EXPECT_EQ(result->damage_count, c.damage.size()) << c.name;
  }
}

TEST(Fsck, ComparesTheRootWithTheCheckpoint) {
  MapFetcher fetcher(Log().Publish());
  merkle::TreeHead head = Log().Head();
  head.root[0] ^= 1;
  const auto result = Fsck(fetcher, Log().origin(), head, {});
  ASSERT_EQ(result->damage.size(), 1U);
  EXPECT_EQ(result->damage[0].path, "checkpoint");
}

TEST(Fsck, CountsAllAndKeepsTheFirst) {
  Files files = Log().Publish();
  for (std::size_t at = 0; at < 20; ++at) files["tile/0/002.p/188"][32 * at] ^= 1;
  const auto result = Check(Log(), files, {.max_damage = 5});
  EXPECT_EQ(result->damage.size(), 5U);
  EXPECT_EQ(result->damage_count, 21U);
}

TEST(Fsck, AStatementIsMissingWithoutANoticeOnly) {  // E12, records.md 4.3
  SyntheticLog log(testing::kVectorOrigin);
  for (auto& record : testing::VectorRecords()) log.Append(record.entry, record.statement);  // record 23 is a notice for record 10
  const auto notice = attest::DecodeEntry(log.entry(23)).value();
  std::uint64_t target = 0;
  for (std::uint64_t i = 0; i < 23; ++i) {
    if (attest::DecodeEntry(log.entry(i))->statement_id == notice.refs[0].id) target = i;
  }
  log.set_statement(target, "");
  auto result = Check(log, log.Publish());
  EXPECT_EQ(result->damage_count, 0U);
  EXPECT_EQ(result->withheld, 1U);
  log.set_statement(target == 9 ? 13 : 9, "");  // a claim without notice
  log.set_statement(2, "");                     // an authority record: never
  result = Check(log, log.Publish());
  ASSERT_EQ(result->damage.size(), 2U);
  EXPECT_EQ(result->damage[0].index, 2U);
  EXPECT_THAT(result->damage[0].what, HasSubstr("never withheld"));
  EXPECT_THAT(result->damage[1].what, HasSubstr("without an erasure notice"));
}

TEST(Fsck, ANoticeAboutAnotherIndexIsNone) {
  testing::AllianceLog log;
  const auto evidence = log.Evidence(1);
  const auto at = log.log.size();
  log.Append(evidence);
  log.Append(support::Sign(support::ErasureNoticeStatement(evidence.id(), at - 1)));
  log.log.set_statement(at, "");
  const auto result = Check(log.log, log.log.Publish());
  ASSERT_EQ(result->damage.size(), 1U);
  EXPECT_EQ(result->damage[0].index, at);
  EXPECT_THAT(result->damage[0].what, HasSubstr("without an erasure notice"));
}

TEST(Fsck, FromLeavesEarlierStatementsOut) {
  Files files = Log().Publish();
  files.erase("tile/statements/001");
  files["tile/statements/002.p/188"].back() ^= 1;
  const auto result = Check(Log(), files, {.from = 512});
  ASSERT_EQ(result->damage.size(), 1U);
  EXPECT_EQ(result->damage[0].index, 699U);
}

TEST(Fsck, TellsItsProgressAndStops) {
  const SyntheticLog log = testing::SampleLog(4990);
  MapFetcher fetcher(log.Publish());
  std::vector<std::uint64_t> seen;
  FsckOptions options;
  options.progress = [&seen](std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, 5000U);
    seen.push_back(done);
    return true;
  };
  EXPECT_TRUE(Fsck(fetcher, log.origin(), log.Head(), options).ok());
  EXPECT_THAT(seen, ::testing::ElementsAre(4096, 5000));
  options.progress = [](std::uint64_t, std::uint64_t) { return false; };
  EXPECT_TRUE(absl::IsUnavailable(Fsck(fetcher, log.origin(), log.Head(), options).status()));
}

// Several batches, some read ahead: what is kept is what comes first, in the order of the log.
TEST(Fsck, TheDamageThatIsKeptIsTheFirst) {
  SyntheticLog log;
  log.AppendOpaque(20'000);
  Files files = log.Publish();
  for (const char* path : {"tile/entries/005", "tile/entries/017", "tile/entries/018", "tile/entries/040", "tile/entries/077"})
    files[path].back() = static_cast<char>(files[path].back() ^ 1);
  files.erase("tile/0/033");
  FsckOptions options{.from = 20'000, .max_damage = 4};
  for (int run = 0; run < 20; ++run) {
    const auto result = Check(log, files, options);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->entries, 20'000U);
    EXPECT_EQ(result->bundles, 80U) << "of statements the last one alone, which may hold some from there on";
    EXPECT_EQ(result->damage_count, 6U);
    std::vector<std::string> paths;
    for (const Damage& damage : result->damage) paths.push_back(damage.path);
    EXPECT_THAT(paths, ::testing::ElementsAre("tile/entries/005", "tile/entries/017", "tile/entries/018", "tile/0/033"));
  }
}

TEST(Fsck, AsksTheFetcherFromOneThreadAtATime) {
  SyntheticLog log;
  log.AppendOpaque(20'000);
  MapFetcher fetcher(log.Publish());
  std::atomic<int> inside{0}, most{0};
  std::thread::id caller = std::this_thread::get_id();
  bool progress_elsewhere = false;
  fetcher.before = [&](const std::string&) {
    most = std::max(most.load(), ++inside);
    --inside;
  };
  FsckOptions options{.from = 20'000};
  options.progress = [&](std::uint64_t, std::uint64_t) {
    progress_elsewhere = progress_elsewhere || std::this_thread::get_id() != caller;
    return true;
  };
  ASSERT_TRUE(Fsck(fetcher, log.origin(), log.Head(), options).ok());
  EXPECT_EQ(most, 1);
  EXPECT_FALSE(progress_elsewhere);
}

TEST(Fsck, EndsWhenTheServerIsDownInALaterBatch) {
  SyntheticLog log;
  log.AppendOpaque(20'000);
  MapFetcher fetcher(log.Publish());
  fetcher.fail = [](const std::string& path) -> std::optional<absl::Status> {
    if (path == "tile/entries/040") return absl::UnavailableError("down");
    return std::nullopt;
  };
  std::uint64_t seen = 0;
  FsckOptions options{.from = 20'000};
  options.progress = [&seen](std::uint64_t done, std::uint64_t) {
    seen = done;
    return true;
  };
  EXPECT_TRUE(absl::IsUnavailable(Fsck(fetcher, log.origin(), log.Head(), options).status()));
  EXPECT_EQ(seen, 2 * 4096U) << "what was read before is checked";
}

TEST(Fsck, EndsWhenTheServerIsDown) {
  MapFetcher fetcher(Log().Publish());
  fetcher.fail = [](const std::string& path) -> std::optional<absl::Status> {
    if (path == "tile/1/000.p/2") return absl::UnavailableError("down");
    return std::nullopt;
  };
  EXPECT_TRUE(absl::IsUnavailable(Fsck(fetcher, Log().origin(), Log().Head(), {}).status()));
}

}  // namespace
}  // namespace trustlog::follow
