#include "storage/sqlite/id_table.h"

#include "tests/storage/sample_log.h"

namespace trustlog::sqlite {
namespace {

using storage::SampleId;

std::vector<std::uint64_t> CandidatesOf(const IdTable& table, const storage::Id& id) {
  std::vector<std::uint64_t> indices;
  for (const auto& candidate : table.Candidates({&id, 1})) indices.push_back(candidate.index);
  return indices;
}
void Insert(IdTable& table, const storage::Id& id, std::uint64_t index) { table.Insert({&id, 1}, index); }

TEST(IdTable, FindsEveryIdAcrossAllItsGrowths) {
  IdTable table;
  constexpr std::uint64_t kSize = 50'000;
  for (std::uint64_t i = 0; i < kSize; ++i) Insert(table, SampleId(i), i);
  EXPECT_EQ(table.size(), kSize);
  for (std::uint64_t i = 0; i < kSize; ++i) ASSERT_EQ(CandidatesOf(table, SampleId(i)), std::vector{i}) << i;
  for (std::uint64_t i = kSize; i < 2 * kSize; ++i) ASSERT_TRUE(CandidatesOf(table, SampleId(i)).empty()) << i;
}

TEST(IdTable, TakesAtMostTwentyFourBytesAnEntry) {
  for (std::uint64_t size = 10'000; size < 4'000'000; size += size / 3) {
    IdTable table;
    table.Reserve(size);
    EXPECT_LE(table.bytes(), size * 24) << size;
  }
}

TEST(IdTable, TakesAndFindsManyAtOnce) {
  IdTable table;
  std::vector<storage::Id> ids;
  for (std::uint64_t i = 0; i < 1'000; ++i) ids.push_back(i % 10 == 3 ? storage::Id{} : SampleId(i));
  for (std::size_t begin = 0, count = 0; begin < ids.size(); begin += count) {
    count = std::min<std::size_t>(begin % 77 + 1, ids.size() - begin);
    table.Insert(std::span(ids).subspan(begin, count), begin);
  }
  EXPECT_EQ(table.size(), 900U) << "an all-zero id is none";
  std::vector<storage::Id> asked;
  std::vector<IdTable::Candidate> expected;
  for (std::uint64_t i = 0; i < 2'000; i += 3) {
    if (i < 1'000 && i % 10 != 3) expected.push_back({asked.size(), i});
    asked.push_back(i < 1'000 ? ids[i] : SampleId(i));
  }
  EXPECT_EQ(table.Candidates(asked), expected);
}

TEST(IdTable, KeepsEveryIndexOfAnIdAndEachPairOnce) {
  IdTable table;
  for (const std::uint64_t index : {7, 9, 7, 7}) Insert(table, SampleId(1), index);
  EXPECT_EQ(CandidatesOf(table, SampleId(1)), (std::vector<std::uint64_t>{7, 9}));
  EXPECT_EQ(table.size(), 2U);
}

TEST(IdTable, HoldsTheFirstIndexAndIdsThatDifferInOneBit) {
  IdTable table;
  storage::Id id = SampleId(5);
  Insert(table, id, 0);
  EXPECT_EQ(CandidatesOf(table, id), std::vector<std::uint64_t>{0});
  for (std::size_t bit = 0; bit < 256; ++bit) {
    storage::Id other = id;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_TRUE(CandidatesOf(table, other).empty()) << bit;
  }
}

}  // namespace
}  // namespace trustlog::sqlite
