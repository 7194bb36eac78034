// The whole core: limits, states and the orderly end.
#include "server/log/log.h"

#include <thread>

#include "tests/server/log/rig.h"

namespace trustlog::log {
namespace {

using bytes::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(LogTest, PushesBackWhileTheQueueIsFullAndLosesNothing) {
  support::Gate gate(store_->plan(), Call::kLook);
  LogOptions options;
  options.queue = {.entries = 3, .bytes = 1'000, .issuer_share = 1};
  Start(std::move(options));
  const Answers held(1), queued(2);
  ASSERT_TRUE(log_->Add(Texts({"hold"}), held.done()).ok());
  gate.AwaitArrivals(1);
  ASSERT_TRUE(log_->Add(Texts({"a", "b"}), queued.done()).ok());
  EXPECT_EQ(log_->state().queued, 2U);
  EXPECT_EQ(ReasonOf(TryAdd(Texts({"c", "d"}))), Reason::kPushback);
  gate.Open();
  EXPECT_EQ(queued.Wait()[1]->index, 2U);
  EXPECT_EQ(AddAndWait(Texts({"c", "d"}))[1]->index, 4U);
}

TEST_F(LogTest, PushesBackWhileTooMuchIsUnpublished) {
  LogOptions options;
  options.max_unpublished = 2;
  Start(std::move(options));
  PublishQuietly("first");
  AddAndWait(Texts({"a", "b"}));
  AddAndWait(Texts({"c"}));
  const auto status = TryAdd(Texts({"d"}));
  EXPECT_EQ(ReasonOf(status), Reason::kPushback);
  EXPECT_EQ(bytes::MetadataValue(status, "limit"), "2");
  auto published = WaitPublished(3, Pace::kNextTick);
  clock_.Advance(seconds(1));
  ASSERT_TRUE(published.get().ok());
  EXPECT_EQ(AddAndWait(Texts({"d"}))[0]->index, 4U);
}

TEST_F(LogTest, RefusesWritesBelowTheFreeSpaceFloorUntilThereIsTwiceThat) {
  LogOptions options;
  options.min_free_bytes = 1'000;
  Start(std::move(options));
  const struct {
    std::uint64_t free;
    bool taken;
  } kSteps[] = {{1'000, true}, {999, false}, {1'000, false}, {1'999, false}, {2'000, true}, {1'000, true}, {0, false}};
  int n = 0;
  for (const auto& step : kSteps) {
    SCOPED_TRACE(step.free);
    store_->SetFreeBytes(step.free);
    clock_.Advance(milliseconds(500));
    const auto text = "text " + std::to_string(n++);
    if (step.taken) {
      EXPECT_TRUE(AddAndWait(Texts({text}))[0].ok());
      EXPECT_EQ(log_->state().writes, "ok");
    } else {
      EXPECT_EQ(ReasonOf(TryAdd(Texts({text}))), Reason::kReadOnly);
      EXPECT_NE(log_->state().writes, "ok");
    }
  }
}

TEST_F(LogTest, TellsItsState) {
  Start();
  PublishQuietly("first");
  AddAndWait(Texts({"a", "b"}));
  clock_.Advance(milliseconds(400));
  auto state = log_->state();
  EXPECT_EQ(state.writes, "ok");
  EXPECT_EQ(state.integrated, 3U);
  EXPECT_EQ(state.published, 1U);
  EXPECT_EQ(state.unpublished_for, milliseconds(400));
  EXPECT_NE(metrics_.Text().find("append_unpublished_entries"), std::string::npos);
  auto published = WaitPublished(2, Pace::kNextTick);
  clock_.Advance(milliseconds(600));
  ASSERT_TRUE(published.get().ok());
  log_->Stop(clock_.Now());
  state = log_->state();
  EXPECT_NE(state.writes, "ok");
  EXPECT_EQ(state.published, 3U);
  EXPECT_EQ(state.unpublished_for, milliseconds(0));

  AppendAsAnotherNode(store_->base().log(), {"c"});
  log_.reset();
  admitter_ = std::make_unique<TextAdmitter>();
  store_->Fail(Call::kConfirm, Fault::kBefore);
  Start();
  clock_.AwaitSleeper(clock_.Now() + seconds(1));
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(log_->state().integrated, 4U);
  EXPECT_EQ(log_->state().published, 3U);
  EXPECT_EQ(log_->state().unpublished_for, milliseconds(100)) << "also what was left by the process before";
}

TEST_F(LogTest, ThePublicationOfEarlierEntriesDoesNotMakeTheNextOnesYounger) {
  Start();
  PublishQuietly("first");
  AddAndWait(Texts({"a"}));
  auto published = WaitPublished(1, Pace::kNextTick);
  support::Gate gate(store_->plan(), Call::kSwap);
  clock_.Advance(seconds(1));
  gate.AwaitArrivals(1);  // a tick that does not see the next entry
  AddAndWait(Texts({"b"}));
  clock_.Advance(milliseconds(400));
  EXPECT_EQ(log_->state().unpublished_for, milliseconds(1'400));
  gate.Open();
  ASSERT_TRUE(published.get().ok());
  EXPECT_EQ(log_->state().published, 2U);
  EXPECT_EQ(log_->state().unpublished_for, milliseconds(400));
}

TEST_F(LogTest, StopCommitsTheQueuePublishesAndAnswersEverybody) {
  support::Gate gate(store_->plan(), Call::kLook);
  Start();
  const Answers first(1), second(2);
  ASSERT_TRUE(log_->Add(Texts({"a"}), first.done()).ok());
  gate.AwaitArrivals(1);
  ASSERT_TRUE(log_->Add(Texts({"b", "c"}), second.done()).ok());
  auto covered = WaitPublished(2, Pace::kNextTick), beyond = WaitPublished(3, Pace::kNextTick);
  std::thread stopper([&] { log_->Stop(clock_.Now() + seconds(10)); });
  while (log_->state().writes == "ok") std::this_thread::yield();
  EXPECT_EQ(ReasonOf(TryAdd(Texts({"d"}))), Reason::kStopped);
  gate.Open();
  EXPECT_EQ(second.Wait()[1]->index, 2U);
  EXPECT_EQ(covered.get().value()->head.size, 3U);
  EXPECT_EQ(ReasonOf(beyond.get().status()), Reason::kStopped);
  stopper.join();

  log_->Stop(clock_.Now());
  EXPECT_TRUE(WaitPublished(2, Pace::kSoon).get().ok()) << "who asks later is answered too";
  EXPECT_EQ(ReasonOf(WaitPublished(3, Pace::kSoon).get().status()), Reason::kStopped);
}

// A log with entry 1 unpublished, being stopped while storage refuses its first `failures` ticks.
class StopTest : public LogTest {
 protected:
  ~StopTest() override { stopper_.join(); }
  void StopWithFailures(runtime::Deadline deadline, std::uint64_t failures) {
    Start();
    PublishQuietly("first");
    for (std::uint64_t nth = 1; nth <= failures; ++nth) store_->Fail(Call::kConfirm, Fault::kBefore, nth);
    AddAndWait(Texts({"last"}));
    const auto ticks = store_->plan().count(Call::kConfirm);
    stopper_ = std::thread([this, deadline] { log_->Stop(deadline); });
    AwaitCalls(Call::kConfirm, ticks + 1);  // the last tick, the first that fails
  }
  std::thread stopper_;
};

TEST_F(StopTest, TriesToPublishWhileStorageIsUnavailable) {
  StopWithFailures(clock_.Now() + seconds(10), 2);
  auto waiting = WaitPublished(1, Pace::kNextTick);
  for (int i = 0; i < 2; ++i) {
    clock_.AwaitSleeper(clock_.Now() + seconds(1));
    clock_.Advance(seconds(1));
  }
  EXPECT_EQ(waiting.get().value()->head.size, 2U);
}

TEST_F(StopTest, GivesUpAtItsDeadline) {
  const auto deadline = clock_.Now() + milliseconds(1'000 + 2'500);  // the first entry takes one second
  StopWithFailures(deadline, 100);
  auto waiting = WaitPublished(1, Pace::kNextTick);
  for (const auto step : {seconds(1), seconds(1), seconds(1)}) {
    clock_.AwaitSleeper(std::min(clock_.Now() + step, deadline));
    clock_.Advance(step);
  }
  EXPECT_EQ(ReasonOf(waiting.get().status()), Reason::kStopped);
  EXPECT_EQ(log_->published()->head.size, 1U);
  EXPECT_TRUE(fatals().empty());
}

TEST_F(LogTest, ALogThatMayNotStartRefusesWritesAndServesWhatWasPublished) {
  Start();
  AddAndWait(Texts({"a", "b"}));
  const auto published = WaitPublished(1, Pace::kSoon).get().value();
  log_.reset();
  signer_.reset();
  store_.reset();
  Open();
  store_->Fail(Call::kReadTiles, Fault::kDataLoss);
  MakeLog();
  EXPECT_TRUE(absl::IsDataLoss(log_->Start()));
  EXPECT_EQ(ReasonOf(TryAdd(Texts({"c"}))), Reason::kReadOnly);
  EXPECT_EQ(log_->published()->note, published->note);
  EXPECT_EQ(log_->state().integrated, 2U);
  EXPECT_NE(log_->state().writes, "ok");
  log_->Stop(clock_.Now());
  EXPECT_EQ(signer_->Mark().size, 2U);
}

TEST_F(LogTest, FindsAndReadsWhatIsCommittedThoughNotPublished) {
  Start();
  AddAndWait(Texts({"a", "b"}));
  const storage::Id ids[] = {IdOf("b"), IdOf("nothing")};
  EXPECT_EQ(log_->FindIds(ids).value(), (std::vector<std::optional<std::uint64_t>>{1, std::nullopt}));
  const std::uint64_t index = 1;
  EXPECT_EQ(log_->ReadCommitted({&index, 1}).value()[0].entry, EntryOf("b", 1));
  EXPECT_EQ(log_->identity(), TestIdentity());
}

}  // namespace
}  // namespace trustlog::log
