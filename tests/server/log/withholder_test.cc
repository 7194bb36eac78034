// What a published notice is about loses its companion: at publication, at a start, on request, and whatever storage answers.
#include "server/log/withholder.h"

#include "tests/server/log/rig.h"

namespace trustlog::log {
namespace {

using bytes::Reason;

class WithholderTest : public LogTest {
 protected:
  std::string Companion(std::uint64_t index) const { return store_->base().reader().ReadRecordsAt({&index, 1})->front().companion; }
  void AwaitWithheld(std::uint64_t count) const {
    while (log_->state().withholding.withheld < count) std::this_thread::yield();
  }
  void AwaitDue(std::uint64_t count) const {
    while (log_->state().withholding.due != count) std::this_thread::yield();
  }
  absl::StatusOr<bool> Request(std::uint64_t index) const {
    std::promise<absl::StatusOr<bool>> answer;
    log_->Withhold(index, [&answer](absl::StatusOr<bool> status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
};

TEST_F(WithholderTest, AStatementGoesWhenItsNoticeIsPublishedAndNotBefore) {
  Start();
  PublishQuietly("a");
  AddAndWait(Texts({"b", "erase 0"}));
  AddAndWait(Texts({"c"}));  // the sequencer came round
  EXPECT_EQ(Companion(0), "a") << "the notice is logged and not published";
  EXPECT_EQ(log_->state().withholding.due, 0U);
  clock_.Advance(LogOptions().publish_interval);
  AwaitWithheld(1);
  EXPECT_EQ(Companion(0), "");
  EXPECT_EQ(Companion(1), "b");
  EXPECT_EQ(store_->plan().count(Call::kWithhold), 1U);
  EXPECT_EQ(log_->state().withholding.due, 0U);
}

TEST_F(WithholderTest, ARepetitionIsADuplicateAndRestoresNothing) {
  Start();
  PublishQuietly("a");
  PublishQuietly("erase 0");
  AwaitWithheld(1);
  const auto again = AddAndWait(Texts({"a"}));
  ASSERT_TRUE(again[0].ok());
  EXPECT_TRUE(again[0]->duplicate);
  EXPECT_EQ(again[0]->index, 0U);
  EXPECT_EQ(Companion(0), "");
}

TEST_F(WithholderTest, AStartRepeatsWhatWasNotDoneAndCountsWhatWas) {
  Start();
  store_->Fail(Call::kWithhold, Fault::kBefore);
  PublishQuietly("a");
  PublishQuietly("erase 0");
  AwaitDue(1);
  EXPECT_EQ(Companion(0), "a");
  Restart();
  AwaitWithheld(1);
  EXPECT_EQ(Companion(0), "");
  EXPECT_EQ(store_->plan().count(Call::kWithhold), 1U);
  Restart();
  AwaitWithheld(1);
  EXPECT_EQ(store_->plan().count(Call::kWithhold), 0U) << "it is gone, and only counted";
}

TEST_F(WithholderTest, WhatStorageDidNotDoIsTriedAgainLaterAndWritersGoOn) {
  Start();
  store_->Fail(Call::kWithhold, Fault::kBefore);
  PublishQuietly("a");
  PublishQuietly("erase 0");
  AwaitDue(1);
  ASSERT_TRUE(AddAndWait(Texts({"b"}))[0].ok());
  EXPECT_EQ(store_->plan().count(Call::kWithhold), 1U) << "not with every batch";
  clock_.Advance(std::chrono::seconds(1));
  AwaitWithheld(1);
  EXPECT_EQ(Companion(0), "");
  EXPECT_TRUE(fatals().empty());
}

TEST_F(WithholderTest, AnUnknownOutcomeEndsAllWriting) {
  std::uint64_t before = 0;
  for (const Fault fault : {Fault::kUnknownNotDone, Fault::kUnknownDone, Fault::kDataLoss}) {
    SCOPED_TRACE(static_cast<int>(fault));
    Start();
    AwaitWithheld(before++);  // what the last one left
    store_->Fail(Call::kWithhold, fault);
    const auto text = "text " + std::to_string(static_cast<int>(fault));
    const auto index = AddAndWait(Texts({text}))[0]->index;
    const auto added = AddAndWait(Texts({"erase " + std::to_string(index)}));
    static_cast<void>(WaitPublished(added[0]->index, Pace::kSoon));
    while (fatals().empty()) std::this_thread::yield();
    EXPECT_EQ(ReasonOf(TryAdd(Texts({"later"}))), Reason::kStopped);
    Reopen();
  }
}

TEST_F(WithholderTest, ARequestIsDoneAtOnceAndSaysWhetherItWasDoneBefore) {
  Start();
  PublishQuietly("a");
  EXPECT_EQ(Request(0).value(), false) << "who asks has looked at the notice";
  EXPECT_EQ(Companion(0), "");
  EXPECT_EQ(Request(0).value(), true);
  EXPECT_EQ(store_->plan().count(Call::kWithhold), 2U) << "again, so that its bytes are surely gone";
}

TEST_F(WithholderTest, ARequestThatStorageDoesNotServeIsToBeRepeated) {
  Start();
  PublishQuietly("a");
  store_->Fail(Call::kWithhold, Fault::kBefore);
  EXPECT_EQ(ReasonOf(Request(0).status()), Reason::kOutcomeUnknown);
  EXPECT_EQ(Request(0).value(), false);
  log_->Stop(clock_.Now());
  EXPECT_EQ(ReasonOf(Request(0).status()), Reason::kStopped);
}

}  // namespace
}  // namespace trustlog::log
