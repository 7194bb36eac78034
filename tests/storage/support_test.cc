// The storage doubles that other tests rely on do what they say.
#include "tests/storage/sample_log.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/memory_storage.h"

namespace trustlog::storage {
namespace {

using support::Call;
using support::Fault;
using support::FaultyStorage;
using support::MemoryStore;

TEST(MemoryStore, AnEntryThatChangedIsFoundAtTheNextOpening) {
  MemoryStore store(SampleIdentity());
  GrowTo(store.Open().value()->log(), 300, 300);
  store.FlipEntryByte(0);
  EXPECT_TRUE(store.Open().ok()) << "not in the last bundle";
  store.FlipEntryByte(299);
  EXPECT_EQ(store.Open().status().code(), absl::StatusCode::kDataLoss);
}

TEST(FaultyStorage, FailsBeforeAfterOrUnknownAndThenGoesOn) {
  struct Case {
    Fault fault;
    absl::StatusCode code;
    bool done;
  };
  for (const Case& planned : std::vector<Case>{{Fault::kBefore, absl::StatusCode::kUnavailable, false},
                                               {Fault::kAborted, absl::StatusCode::kAborted, false},
                                               {Fault::kUnknownNotDone, absl::StatusCode::kUnknown, false},
                                               {Fault::kUnknownDone, absl::StatusCode::kUnknown, true},
                                               {Fault::kDataLoss, absl::StatusCode::kDataLoss, false}}) {
    FaultyStorage storage(support::MakeMemoryStorage());
    storage.Fail(Call::kAppend, planned.fault);
    EXPECT_EQ(AppendAll(storage.log(), SampleRecords(0, 5)).code(), planned.code);
    const std::uint64_t size = planned.done ? 5 : 0;
    EXPECT_EQ(storage.reader().IntegratedHead().value().size, size);
    EXPECT_EQ(AppendAll(storage.log(), SampleRecords(size, 5)), absl::OkStatus());
  }
}

TEST(FaultyStorage, EveryCallCanFail) {
  FaultyStorage storage(support::MakeMemoryStorage());
  const std::vector<std::pair<Call, std::function<absl::Status()>>> calls = {
      {Call::kIntegratedHead, [&] { return storage.reader().IntegratedHead().status(); }},
      {Call::kReadTiles, [&] { return storage.reader().ReadTiles({}).status(); }},
      {Call::kReadRecords, [&] { return storage.reader().ReadRecords(0, 0).status(); }},
      {Call::kReadRecordsAt, [&] { return storage.reader().ReadRecordsAt({}).status(); }},
      {Call::kReadBundle, [&] { return storage.reader().ReadBundle(Half::kEntry, 0, 1).status(); }},
      {Call::kFindIds, [&] { return storage.reader().FindIds({}).status(); }},
      {Call::kHistoricRoot, [&] { return storage.reader().HistoricRoot(0).status(); }},
      {Call::kLook, [&] { return storage.log().Look({}).status(); }},
      {Call::kAppend, [&] { return AppendAll(storage.log(), SampleRecords(0, 1)); }},
      {Call::kWithhold, [&] { return storage.log().Withhold(0); }},
      {Call::kLatest, [&] { return storage.checkpoints().Latest("o", Slot::kSigned).status(); }},
      {Call::kSwap, [&] { return storage.checkpoints().Swap("o", Slot::kSigned, "", "x"); }},
      {Call::kConfirm, [&] { return storage.checkpoints().Confirm(); }},
      {Call::kCloseCleanly, [&] { return storage.CloseCleanly(); }},
  };
  for (const auto& [call, run] : calls) {
    SCOPED_TRACE(static_cast<int>(call));
    storage.Fail(call, Fault::kDataLoss);
    EXPECT_EQ(run().code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(run().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(storage.plan().count(call), 2U);
  }
}

TEST(FaultyStorage, FailsTheNthCallAndTellsOfEachCall) {
  FaultyStorage storage(support::MakeMemoryStorage());
  std::vector<Call> seen;
  storage.plan().OnCall([&](Call call) { seen.push_back(call); });
  storage.Fail(Call::kConfirm, Fault::kBefore, 3);
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(storage.checkpoints().Confirm().ok(), i != 3) << i;
  EXPECT_EQ(seen, std::vector<Call>(4, Call::kConfirm));
  storage.SetFreeBytes(17);
  EXPECT_EQ(storage.FreeBytes().value(), 17U);
}

}  // namespace
}  // namespace trustlog::storage
