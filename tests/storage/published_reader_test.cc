#include "storage/published_reader.h"

#include "tests/storage/sample_log.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/memory_storage.h"

namespace trustlog::storage {
namespace {

using support::Call;
using support::Fault;

class PublishedReaderTest : public testing::Test {
 protected:
  PublishedReaderTest() : storage_(support::MakeMemoryStorage()) { Grow(600); }

  void Grow(std::uint64_t size) { GrowTo(storage_.log(), size, size); }
  std::shared_ptr<const LogReader> Cap() {
    return CapReader(storage_.reader(), storage_.reader().IntegratedHead().value(), cache_);
  }
  std::uint64_t reads() { return storage_.plan().count(Call::kReadTiles); }

  support::FaultyStorage storage_;
  std::shared_ptr<TileCache> cache_ = MakeTileCache(1 << 20);
};

std::vector<merkle::TileData> Read(const LogReader& reader, std::vector<merkle::TileId> ids) {
  return reader.ReadTiles(ids).value();
}

TEST_F(PublishedReaderTest, ShowsTheLogAsItWas) {
  const auto reader = Cap();
  const auto head = storage_.reader().IntegratedHead().value();
  const auto root = storage_.reader().HistoricRoot(600).value();
  Grow(1000);
  EXPECT_EQ(reader->IntegratedHead().value(), head);
  EXPECT_EQ(reader->identity(), storage_.reader().identity());
  EXPECT_EQ(reader->ReadRecords(0, 600).value(), SampleRecords(0, 600));
  EXPECT_EQ(reader->ReadRecordsAt(std::vector<std::uint64_t>{599, 1}).value().front(), SampleRecord(599));
  EXPECT_EQ(reader->ReadBundle(Half::kEntry, 2, 88).value(), storage_.reader().ReadBundle(Half::kEntry, 2, 88).value());
  EXPECT_EQ(reader->HistoricRoot(600).value(), root);
  EXPECT_EQ(reader->FindIds(std::vector<Id>{SampleId(599), SampleId(600), SampleId(5000)}).value(),
            (std::vector<std::optional<std::uint64_t>>{599, std::nullopt, std::nullopt}));
}

TEST_F(PublishedReaderTest, ReadsNothingBeyondItsHead) {
  const auto reader = Cap();
  Grow(1000);
  constexpr auto kOutOfRange = absl::StatusCode::kOutOfRange;
  EXPECT_EQ(reader->ReadRecords(0, 601).status().code(), kOutOfRange);
  EXPECT_EQ(reader->ReadRecordsAt(std::vector<std::uint64_t>{0, 600}).status().code(), kOutOfRange);
  EXPECT_EQ(reader->ReadBundle(Half::kEntry, 2, 89).status().code(), kOutOfRange);
  EXPECT_EQ(reader->ReadBundle(Half::kCompanion, 3, 1).status().code(), kOutOfRange);
  EXPECT_EQ(reader->HistoricRoot(1000).status().code(), kOutOfRange);
  for (const merkle::TileId id : std::vector<merkle::TileId>{{0, 2, 89}, {0, 2, 256}, {0, 3, 1}, {1, 0, 3}, {2, 0, 1}, {9, 0, 1}}) {
    EXPECT_EQ(reader->ReadTiles({&id, 1}).status().code(), kOutOfRange) << int{id.level} << "/" << id.index << "/" << id.width;
  }
  EXPECT_EQ(reader->ReadTiles(std::vector<merkle::TileId>{{0, 0, 0}}).status().code(), kOutOfRange);
}

TEST_F(PublishedReaderTest, ReadsAFullTileOnceForAllSizes) {
  const auto first = Read(*Cap(), {{0, 1, 256}, {0, 2, 88}, {0, 0, 256}});
  EXPECT_EQ(reads(), 1U);
  Grow(1000);
  const auto later = Cap();
  EXPECT_EQ(Read(*later, {{0, 0, 256}, {0, 1, 256}}), (std::vector<merkle::TileData>{first[2], first[0]}));
  const auto reads_before = reads();
  EXPECT_EQ(Read(*later, {{0, 2, 256}, {0, 0, 256}, {0, 3, 100}}).at(1), first[2]);
  EXPECT_EQ(reads(), reads_before + 1) << "one read for all that is missing";
  EXPECT_EQ(Read(*later, {{0, 2, 88}}).front(), first[1]);
  EXPECT_EQ(StatsOf(*cache_).hits, 4U) << "the narrower one is cut from it";
  EXPECT_EQ(StatsOf(*cache_).misses, 3U);
}

TEST_F(PublishedReaderTest, ReadsItsEdgeOnceAndCutsNarrowerTiles) {
  const auto reader = Cap();
  const auto wide = Read(*reader, {{0, 2, 88}, {1, 0, 2}, {0, 0, 256}});
  const auto reads_before = reads();
  for (const int each : {1, 50, 87, 88}) {
    const auto width = static_cast<std::uint16_t>(each);
    const auto narrow = Read(*reader, {{0, 2, width}, {0, 0, width}, {1, 0, 1}});
    EXPECT_EQ(narrow, storage_.reader().ReadTiles(std::vector<merkle::TileId>{{0, 2, width}, {0, 0, width}, {1, 0, 1}}).value());
  }
  EXPECT_EQ(reads(), reads_before + 4) << "those of the test itself";
  Grow(1000);
  EXPECT_EQ(Read(*reader, {{0, 2, 88}}).front(), wide[0]);
  EXPECT_EQ(Read(*Cap(), {{0, 2, 256}, {0, 3, 232}}), storage_.reader().ReadTiles(std::vector<merkle::TileId>{{0, 2, 256}, {0, 3, 232}}).value());
}

TEST_F(PublishedReaderTest, GoesOnFromTheCacheWhileStorageIsAway) {
  const auto reader = Cap();
  const auto tile = Read(*reader, {{0, 1, 256}});
  storage_.Fail(Call::kReadTiles, Fault::kBefore, 1);
  EXPECT_EQ(Read(*reader, {{0, 1, 256}}), tile);
  EXPECT_EQ(reader->ReadTiles(std::vector<merkle::TileId>{{0, 0, 256}}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(PublishedReaderTest, ForgetsTheTileThatWasNotUsedForLongest) {
  Grow(256 * 4);
  cache_ = MakeTileCache(2 * 9000);
  const auto reader = Cap();
  const auto misses = [&] { return StatsOf(*cache_).misses; };
  for (const std::uint64_t index : {0, 1, 0, 2}) Read(*reader, {{0, index, 256}});
  EXPECT_EQ(misses(), 3U);
  Read(*reader, {{0, 0, 256}});
  EXPECT_EQ(misses(), 3U) << "used more lately than 1";
  Read(*reader, {{0, 1, 256}});
  EXPECT_EQ(misses(), 4U);
}

TEST_F(PublishedReaderTest, ACacheWithoutRoomKeepsNothing) {
  cache_ = MakeTileCache(100);
  const auto reader = Cap();
  EXPECT_EQ(Read(*reader, {{0, 0, 256}}), Read(*reader, {{0, 0, 256}}));
  EXPECT_EQ(StatsOf(*cache_).misses, 2U);
}

}  // namespace
}  // namespace trustlog::storage
