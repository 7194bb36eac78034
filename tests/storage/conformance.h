// What storage.h, checkpoint_store.h and open_storage.h promise, as one suite for every engine. An engine instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, Conformance, testing::Values(Engine{"Memory", [] { return std::make_unique<...>(); }}),
//   EngineName);
#pragma once

#include <functional>
#include <memory>
#include <numeric>
#include <thread>

#include "gmock/gmock.h"
#include "merkle/compact_range.h"
#include "tests/storage/sample_log.h"

namespace trustlog::storage {

// One store, empty at first; the "disk" that survives what is opened on it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  // Once, with SampleIdentity().
  virtual absl::StatusOr<std::unique_ptr<Storage>> Create() = 0;
  virtual absl::StatusOr<std::unique_ptr<Storage>> Open() = 0;
};

struct Engine {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

inline std::string EngineName(const testing::TestParamInfo<Engine>& info) { return info.param.name; }
inline void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

class Conformance : public testing::TestWithParam<Engine> {
 protected:
  Conformance() : store_(GetParam().make()), storage_(store_->Create().value()) {}

  LogWriter& log() { return storage_->log(); }
  const LogReader& reader() { return storage_->reader(); }
  CheckpointStore& slots() { return storage_->checkpoints(); }
  // As after a crash: nothing was closed.
  void Reopen() {
    storage_.reset();
    storage_ = store_->Open().value();
  }

  // All that can be read is what `records` say, in every form.
  void ExpectHolds(const std::vector<Record>& records) {
    merkle::CompactRange range;
    for (const merkle::Hash& leaf : LeavesOf(records)) range.Append(leaf);
    EXPECT_EQ(reader().IntegratedHead().value(), range.Head());
    EXPECT_EQ(reader().ReadRecords(0, records.size()).value(), records);
    std::vector<Id> ids;
    std::vector<std::optional<std::uint64_t>> indices;
    for (std::uint64_t i = 0; i < records.size(); ++i) {
      if (!records[i].id.has_value()) continue;
      ids.push_back(*records[i].id);
      indices.push_back(i);
    }
    EXPECT_EQ(reader().FindIds(ids).value(), indices);
    const View view = log().Look(ids).value();
    EXPECT_EQ(view.head, range.Head());
    EXPECT_EQ(view.known, indices);
    EXPECT_EQ(merkle::EdgeRange(view.head.size, view.edge),
              std::vector<merkle::Hash>(range.hashes().begin(), range.hashes().end()));
  }

  std::unique_ptr<StoreUnderTest> store_;
  std::unique_ptr<Storage> storage_;
};

TEST_P(Conformance, NewStoreIsEmptyAndKnowsWhatItIs) {
  EXPECT_EQ(reader().identity(), SampleIdentity());
  EXPECT_EQ(log().identity(), SampleIdentity());
  EXPECT_TRUE(storage_->opened_unclean());
  EXPECT_EQ(reader().HistoricRoot(0).value(), merkle::EmptyRoot());
  EXPECT_EQ(reader().FindIds(std::vector<Id>{SampleId(0)}).value(), std::vector<std::optional<std::uint64_t>>{std::nullopt});
  ExpectHolds({});
  Reopen();
  EXPECT_EQ(reader().identity(), SampleIdentity());
  ExpectHolds({});
}

TEST_P(Conformance, WhatIsAppendedIsFoundAtOnceAndAfterEachReopening) {
  std::vector<Record> all;
  for (const std::uint64_t width : {1, 1, 2, 252, 1, 255, 256, 1, 254, 600, 64, 1000, 300}) {
    const auto batch = SampleRecords(all.size(), width);
    all.insert(all.end(), batch.begin(), batch.end());
    ASSERT_EQ(AppendAll(log(), batch), absl::OkStatus()) << all.size();
    ExpectHolds(all);
    Reopen();
    ExpectHolds(all);
  }
}

TEST_P(Conformance, ServesBundlesAtEveryWidth) {
  GrowTo(log(), 700, 77);
  for (std::uint64_t index = 0; index < 3; ++index) {
    bytes::ByteWriter entries, companions;
    for (std::uint16_t width = 1; index * 256 + width <= 700 && width <= 256; ++width) {
      const Record record = SampleRecord(index * 256 + width - 1);
      entries.Lp16(record.entry);
      companions.Lp16(record.companion);
      ASSERT_EQ(reader().ReadBundle(Half::kEntry, index, width).value(), entries.data()) << index << "/" << width;
      ASSERT_EQ(reader().ReadBundle(Half::kCompanion, index, width).value(), companions.data()) << index << "/" << width;
    }
  }
}

TEST_P(Conformance, ServesTilesAtEveryWidthAsPrefixesOfTheWidest) {
  constexpr std::uint64_t kSize = 65536 + 513;
  GrowTo(log(), kSize, 4096);
  for (std::uint8_t level = 0; level < 3; ++level) {
    const std::uint64_t tiles = (merkle::NodesAtTileLevel(level, kSize) + 255) / 256;
    for (const std::uint64_t index : {std::uint64_t{0}, tiles - 1}) {
      const merkle::TileId widest = merkle::TileAtSize(level, index, kSize).value();
      const auto whole = reader().ReadTiles({&widest, 1}).value().front();
      ASSERT_EQ(whole.id, widest);
      for (std::uint16_t width = 1; width <= widest.width; ++width) {
        const merkle::TileId id{level, index, width};
        const auto tile = reader().ReadTiles({&id, 1}).value().front();
        ASSERT_EQ(tile.id, id);
        ASSERT_EQ(tile.hashes, std::vector<merkle::Hash>(whole.hashes.begin(), whole.hashes.begin() + width));
      }
    }
  }
}

TEST_P(Conformance, ReadsTilesInTheOrderAsked) {
  GrowTo(log(), 600, 600);
  const std::vector<merkle::TileId> ids = {{1, 0, 2}, {0, 2, 88}, {0, 0, 256}, {0, 2, 3}, {1, 0, 1}};
  const auto tiles = reader().ReadTiles(ids).value();
  ASSERT_EQ(tiles.size(), ids.size());
  const auto leaves = LeavesOf(SampleRecords(0, 600));
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(tiles[i].id, ids[i]);
  EXPECT_EQ(tiles[3].hashes, std::vector<merkle::Hash>(leaves.begin() + 512, leaves.begin() + 515));
  EXPECT_EQ(tiles[2].hashes, std::vector<merkle::Hash>(leaves.begin(), leaves.begin() + 256));
}

TEST_P(Conformance, ReadsRecordsInAnyOrder) {
  GrowTo(log(), 600, 50);
  const std::vector<std::uint64_t> indices = {599, 0, 255, 256, 0, 512, 511, 3};
  const auto records = reader().ReadRecordsAt(indices).value();
  ASSERT_EQ(records.size(), indices.size());
  for (std::size_t i = 0; i < indices.size(); ++i) EXPECT_EQ(records[i], SampleRecord(indices[i]));
  EXPECT_EQ(reader().ReadRecords(250, 520).value(), SampleRecords(250, 270));
  EXPECT_TRUE(reader().ReadRecords(520, 520).value().empty());
}

TEST_P(Conformance, RefusesWhatLiesBeyondTheHead) {
  GrowTo(log(), 300, 300);
  constexpr std::uint64_t kFar = std::uint64_t{1} << 63;
  EXPECT_EQ(reader().ReadRecords(299, 301).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(reader().ReadRecords(0, kFar).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(reader().ReadRecords(2, 1).status().code(), absl::StatusCode::kInvalidArgument);
  for (const std::uint64_t index : {std::uint64_t{300}, kFar, UINT64_MAX}) {
    EXPECT_EQ(reader().ReadRecordsAt({&index, 1}).status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(log().Withhold(index).code(), absl::StatusCode::kOutOfRange);
  }
  for (const auto& [index, width] :
       std::vector<std::pair<std::uint64_t, std::uint16_t>>{{1, 45}, {0, 0}, {0, 257}, {2, 1}, {kFar, 1}}) {
    EXPECT_EQ(reader().ReadBundle(Half::kEntry, index, width).status().code(), absl::StatusCode::kOutOfRange)
        << index << "/" << width;
    EXPECT_EQ(reader().ReadBundle(Half::kCompanion, index, width).status().code(), absl::StatusCode::kOutOfRange);
  }
  for (const merkle::TileId id :
       std::vector<merkle::TileId>{{0, 1, 45}, {1, 0, 2}, {2, 0, 1}, {8, 0, 1}, {0, 0, 0}, {0, kFar, 1}}) {
    EXPECT_EQ(reader().ReadTiles({&id, 1}).status().code(), absl::StatusCode::kOutOfRange) << int{id.level} << "/" << id.index;
  }
  EXPECT_EQ(reader().HistoricRoot(301).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(Conformance, RemembersTheHeadAtTheEndOfEachBatch) {
  std::vector<merkle::TreeHead> heads = {{}};
  for (const std::uint64_t width : {3, 300, 1, 256}) {
    ASSERT_EQ(AppendAll(log(), SampleRecords(heads.back().size, width)), absl::OkStatus());
    heads.push_back(reader().IntegratedHead().value());
  }
  Reopen();
  for (const merkle::TreeHead& head : heads) EXPECT_EQ(reader().HistoricRoot(head.size).value(), head.root);
  EXPECT_EQ(reader().HistoricRoot(2).value(), std::nullopt);
  EXPECT_EQ(reader().HistoricRoot(256).value(), std::nullopt);
}

TEST_P(Conformance, KeepsTheLargestTheSmallestAndTheOddestBytes) {
  std::vector<Record> records = SampleRecords(0, 300);
  records[0] = {"", std::nullopt, ""};
  records[1] = {std::string(kMaxItemBytes, '\xff'), SampleId(1), std::string(kMaxItemBytes, '\0')};
  records[2] = {std::string("\0\0end\0", 6), SampleId(2), std::string("\0", 1)};
  records[299] = {std::string(kMaxItemBytes, '\0'), SampleId(299), std::string("\0\0\0", 3)};
  ASSERT_EQ(AppendAll(log(), records), absl::OkStatus());
  ExpectHolds(records);
  Reopen();
  ExpectHolds(records);
}

TEST_P(Conformance, KeepsRecordsWithoutIds) {
  auto records = SampleRecords(0, 400);
  for (Record& record : records) record.id.reset();
  ASSERT_EQ(AppendAll(log(), records), absl::OkStatus());
  Reopen();
  ExpectHolds(records);
}

TEST_P(Conformance, StaleHeadIsAbortedAndLeavesNothing) {
  for (const std::uint64_t width : {1, 300}) {
    const std::uint64_t size = reader().IntegratedHead().value().size;
    const Batch late = Prepare(log(), {SampleRecord(9000), SampleRecord(9001)});
    ASSERT_EQ(AppendAll(log(), SampleRecords(size, width)), absl::OkStatus());
    EXPECT_EQ(Commit(log(), late).code(), absl::StatusCode::kAborted);
    Batch other_root = Prepare(log(), {SampleRecord(9000)});
    other_root.expected.root[0] ^= 1;
    EXPECT_EQ(Commit(log(), other_root).code(), absl::StatusCode::kAborted);
    ExpectHolds(SampleRecords(0, size + width));
    EXPECT_EQ(reader().FindIds(std::vector<Id>{SampleId(9000)}).value().front(), std::nullopt);
    Reopen();
    ExpectHolds(SampleRecords(0, size + width));
  }
}

TEST_P(Conformance, RefusesAnAppendThatContradictsItself) {
  GrowTo(log(), 300, 300);
  struct Case {
    const char* name;
    std::function<void(Batch&)> spoil;
    absl::StatusCode code;
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kContradiction = absl::StatusCode::kDataLoss;
  const std::vector<Case> cases = {
      {"no records", [](Batch& batch) { batch.records.clear(); }, kInvalid},
      {"a record less", [](Batch& batch) { batch.records.pop_back(); }, kInvalid},
      {"a smaller head", [](Batch& batch) { batch.growth.head.size = 299; }, kInvalid},
      {"an entry too large", [](Batch& batch) { batch.records[0].entry.resize(kMaxItemBytes + 1); }, kInvalid},
      {"a companion too large", [](Batch& batch) { batch.records[0].companion.resize(kMaxItemBytes + 1); }, kInvalid},
      {"an all-zero id", [](Batch& batch) { batch.records[0].id = Id{}; }, kInvalid},
      {"a tile without its last hash", [](Batch& batch) { batch.growth.tiles[0].hashes.pop_back(); }, kInvalid},
      {"a tile of another width", [](Batch& batch) { --batch.growth.tiles.back().id.width; }, kInvalid},
      {"another entry", [](Batch& batch) { batch.records[5].entry += '!'; }, kContradiction},
      {"another entry in a full bundle", [](Batch& batch) { batch.records[230].entry[0] ^= 1; }, kContradiction},
      {"another leaf in a full tile", [](Batch& batch) { batch.growth.tiles[0].hashes[250][0] ^= 1; }, kContradiction},
      {"another leaf in the last tile", [](Batch& batch) { batch.growth.tiles[1].hashes.back()[0] ^= 1; }, kContradiction},
      {"another old leaf", [](Batch& batch) { batch.growth.tiles[0].hashes[3][0] ^= 1; }, kContradiction},
      {"another old node", [](Batch& batch) { batch.growth.tiles.back().hashes[0][0] ^= 1; }, kContradiction},
      {"an id stored already, in the tail", [](Batch& batch) { batch.records[7].id = SampleId(299); }, kContradiction},
      {"an id stored already, in a full bundle", [](Batch& batch) { batch.records[7].id = SampleId(17); }, kContradiction},
      {"an id twice", [](Batch& batch) { batch.records[250].id = batch.records[2].id; }, kContradiction},
  };
  for (const Case& spoilt : cases) {
    SCOPED_TRACE(spoilt.name);
    Batch batch = Prepare(log(), SampleRecords(300, 260));
    spoilt.spoil(batch);
    EXPECT_EQ(Commit(log(), batch).code(), spoilt.code);
    ExpectHolds(SampleRecords(0, 300));
    const Batch next = Prepare(log(), SampleRecords(300, 1));
    if (spoilt.code == kContradiction) {
      EXPECT_EQ(Commit(log(), next).code(), kContradiction) << "goes on after it contradicted itself";
      EXPECT_EQ(slots().Swap("o", Slot::kSigned, "", "note").code(), kContradiction);
      EXPECT_EQ(slots().Confirm().code(), kContradiction);
      EXPECT_EQ(log().Withhold(0).code(), kContradiction);
      EXPECT_FALSE(storage_->CloseCleanly().ok());
    }
    Reopen();
    ExpectHolds(SampleRecords(0, 300));
  }
  ASSERT_EQ(AppendAll(log(), SampleRecords(300, 260)), absl::OkStatus());
  ExpectHolds(SampleRecords(0, 560));
}

TEST_P(Conformance, WithholdingEmptiesOneCompanionAndNothingElse) {
  auto records = SampleRecords(0, 300);
  ASSERT_EQ(AppendAll(log(), records), absl::OkStatus());
  for (const std::uint64_t index : {0, 17, 255, 256, 299, 17, 256}) {
    ASSERT_EQ(log().Withhold(index), absl::OkStatus()) << index;
    records[index].companion.clear();
    ExpectHolds(records);
  }
  const auto more = SampleRecords(300, 300);
  ASSERT_EQ(AppendAll(log(), more), absl::OkStatus());  // the bundle of 256 and 299 is full now
  records.insert(records.end(), more.begin(), more.end());
  ExpectHolds(records);
  ASSERT_EQ(log().Withhold(298), absl::OkStatus());
  records[298].companion.clear();
  Reopen();
  ExpectHolds(records);
  bytes::ByteWriter bundle;
  for (std::uint64_t i = 256; i < 512; ++i) bundle.Lp16(records[i].companion);
  EXPECT_EQ(reader().ReadBundle(Half::kCompanion, 1, 256).value(), bundle.data());
}

TEST_P(Conformance, SlotsMoveByCompareAndSwapOnly) {
  EXPECT_EQ(slots().Latest("a", Slot::kSigned).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(slots().Swap("a", Slot::kSigned, "old", "new").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(slots().Swap("a", Slot::kSigned, "", "").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(slots().Latest("a", Slot::kSigned).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(slots().Swap("a", Slot::kSigned, "", "first\n"), absl::OkStatus());
  EXPECT_EQ(slots().Swap("a", Slot::kSigned, "", "second\n").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(slots().Swap("a", Slot::kSigned, "first", "second\n").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(slots().Latest("a", Slot::kSigned).value(), "first\n");
  ASSERT_EQ(slots().Swap("a", Slot::kSigned, "first\n", "second\n"), absl::OkStatus());
  EXPECT_EQ(slots().Confirm(), absl::OkStatus());
  Reopen();
  EXPECT_EQ(slots().Latest("a", Slot::kSigned).value(), "second\n");
}

TEST_P(Conformance, SlotsOfOtherOriginsAndNamesAreOtherSlots) {
  std::vector<std::pair<std::string, Slot>> all;
  for (const char* origin : {"a", "b", "a/b"}) {
    for (const Slot slot : {Slot::kSigned, Slot::kPublished, Slot::kLatest, Slot::kPending, Slot::kOwn})
      all.emplace_back(origin, slot);
  }
  const auto note = [](const std::string& origin, Slot slot) { return fmt::format("{} {}", origin, static_cast<int>(slot)); };
  for (const auto& [origin, slot] : all) ASSERT_EQ(slots().Swap(origin, slot, "", note(origin, slot)), absl::OkStatus());
  Reopen();
  for (const auto& [origin, slot] : all) EXPECT_EQ(slots().Latest(origin, slot).value(), note(origin, slot));
}

TEST_P(Conformance, IsOpenedOnlyOnceAtATime) {
  EXPECT_EQ(store_->Open().status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(AppendAll(log(), SampleRecords(0, 1)), absl::OkStatus());
  ExpectHolds(SampleRecords(0, 1));
}

TEST_P(Conformance, KnowsWhetherTheLastWriterStoppedInOrder) {
  ASSERT_EQ(AppendAll(log(), SampleRecords(0, 300)), absl::OkStatus());
  Reopen();
  EXPECT_TRUE(storage_->opened_unclean());
  ASSERT_EQ(storage_->CloseCleanly(), absl::OkStatus());
  Reopen();
  EXPECT_FALSE(storage_->opened_unclean());
  ExpectHolds(SampleRecords(0, 300));
  Reopen();
  EXPECT_FALSE(storage_->opened_unclean()) << "nothing was written since";
  ASSERT_EQ(slots().Swap("o", Slot::kSigned, "", "note"), absl::OkStatus());
  Reopen();
  EXPECT_TRUE(storage_->opened_unclean());
}

TEST_P(Conformance, ReadersSeeWholeBatchesAndTheirIdsWhileTheLogGrows) {
  constexpr std::uint64_t kSize = 3000;
  std::vector<Id> ids;
  for (std::uint64_t i = 0; i < kSize; ++i) ids.push_back(SampleId(i));
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([this, &ids] {
      std::uint64_t size = 0;
      while (size < kSize) {
        const auto head = reader().IntegratedHead().value();
        ASSERT_GE(head.size, size);
        size = head.size;
        const auto found = reader().FindIds({ids.data(), size}).value();
        for (std::uint64_t j = 0; j < size; ++j) ASSERT_EQ(found[j], j) << "of " << size;
        if (size > 0) {
          ASSERT_EQ(reader().ReadRecords(size - 1, size).value().front(), SampleRecord(size - 1));
          ASSERT_EQ(reader().HistoricRoot(size).value(), head.root);
        }
      }
    });
  }
  for (std::uint64_t at = 0; at < kSize;) {
    const std::uint64_t width = std::min(at % 150 + 1, kSize - at);
    ASSERT_EQ(AppendAll(log(), SampleRecords(at, width)), absl::OkStatus());
    at += width;
  }
  for (std::thread& thread : readers) thread.join();
}

TEST_P(Conformance, CountsItsBytes) {
  GrowTo(log(), 300, 300);
  EXPECT_GT(storage_->FreeBytes().value(), 0U);
  EXPECT_GT(storage_->UsedBytes().value(), 300U * 20);
}

}  // namespace trustlog::storage
