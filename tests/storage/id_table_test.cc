#include "storage/sqlite/id_table.h"

#include "tests/storage/sample_log.h"

namespace trustlog::sqlite {
namespace {

using storage::SampleId;

TEST(IdTable, FindsEveryIdAcrossAllItsGrowths) {
  IdTable table;
  constexpr std::uint64_t kSize = 50'000;
  for (std::uint64_t i = 0; i < kSize; ++i) table.Insert(SampleId(i), i);
  EXPECT_EQ(table.size(), kSize);
  for (std::uint64_t i = 0; i < kSize; ++i) ASSERT_EQ(table.Candidates(SampleId(i)), std::vector{i}) << i;
  for (std::uint64_t i = kSize; i < 2 * kSize; ++i) ASSERT_TRUE(table.Candidates(SampleId(i)).empty()) << i;
}

TEST(IdTable, TakesAtMostTwentyFourBytesAnEntry) {
  for (std::uint64_t size = 10'000; size < 4'000'000; size += size / 3) {
    IdTable table;
    table.Reserve(size);
    EXPECT_LE(table.bytes(), size * 24) << size;
  }
}

TEST(IdTable, KeepsEveryIndexOfAnIdAndEachPairOnce) {
  IdTable table;
  for (const std::uint64_t index : {7, 9, 7, 7}) table.Insert(SampleId(1), index);
  EXPECT_EQ(table.Candidates(SampleId(1)), (std::vector<std::uint64_t>{7, 9}));
  EXPECT_EQ(table.size(), 2U);
}

TEST(IdTable, HoldsTheFirstIndexAndIdsThatDifferInOneBit) {
  IdTable table;
  storage::Id id = SampleId(5);
  table.Insert(id, 0);
  EXPECT_EQ(table.Candidates(id), std::vector<std::uint64_t>{0});
  for (std::size_t bit = 0; bit < 256; ++bit) {
    storage::Id other = id;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_TRUE(table.Candidates(other).empty()) << bit;
  }
}

}  // namespace
}  // namespace trustlog::sqlite
