// From a commit to a published checkpoint: when, what, and what stops it. Time is moved by the tests.
#include "server/log/publisher.h"

#include "tests/server/log/rig.h"

namespace trustlog::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using PublisherTest = LogTest;
using bytes::Reason;

constexpr milliseconds kInterval{1'000};

tlog::Checkpoint Opened(const std::string& note) {
  const auto vkey = tlog::VerifierKey::Parse(TestIdentity().vkey).value();
  const auto opened = tlog::OpenNote(note, {&vkey, 1});
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() ? tlog::ParseCheckpoint(opened->text).value() : tlog::Checkpoint{};
}

TEST_F(PublisherTest, PublishesACheckpointOfTheCommittedTreeSignedByTheLog) {
  Start();
  EXPECT_EQ(log_->published(), nullptr);
  AddAndWait(Texts({"a", "b", "c"}));
  const auto published = WaitPublished(2, Pace::kSoon).get();
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ((*published)->head, store_->reader().IntegratedHead().value());
  EXPECT_EQ(Opened((*published)->note), (tlog::Checkpoint{kTestOrigin, (*published)->head}));
  EXPECT_EQ((*published)->reader->IntegratedHead().value(), (*published)->head);
  EXPECT_EQ(StoredNote(storage::Slot::kPublished), (*published)->note);
  EXPECT_EQ(StoredNote(storage::Slot::kSigned), (*published)->note);
  EXPECT_EQ(log_->published(), *published);
}

TEST_F(PublisherTest, TheSnapshotShowsNothingBeyondItsSize) {
  Start();
  AddAndWait(Texts({"a"}));
  const auto published = WaitPublished(0, Pace::kSoon).get().value();
  AddAndWait(Texts({"b"}));
  const std::uint64_t beyond = 1;
  EXPECT_TRUE(absl::IsOutOfRange(published->reader->ReadRecordsAt({&beyond, 1}).status()));
  EXPECT_EQ(WaitPublished(1, Pace::kSoon).get().value()->head.size, 2U);
  EXPECT_EQ(published->reader->IntegratedHead()->size, 1U);
}

TEST_F(PublisherTest, WithoutHurryItWaitsForTheNextTick) {
  Start();
  PublishQuietly("first");
  const auto due = clock_.Now() + kInterval;  // the tick that published was now
  AddAndWait(Texts({"a"}));
  auto watch = WaitPublished(1, Pace::kNextTick);
  clock_.AwaitSleeper(due);
  EXPECT_EQ(log_->published()->head.size, 1U);
  clock_.Advance(kInterval - milliseconds(1));
  clock_.AwaitSleeper(due);
  EXPECT_EQ(log_->published()->head.size, 1U);
  AddAndWait(Texts({"b"}));
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(watch.get().value()->head.size, 3U) << "one tick takes all that is there";
}

TEST_F(PublisherTest, AnAnswerThatWaitsBringsTheTickForward) {
  Start();
  auto before_commit = WaitPublished(1, Pace::kSoon);  // the clock stands still in all of this
  AddAndWait(Texts({"a", "b"}));
  EXPECT_TRUE(before_commit.get().ok());
  AddAndWait(Texts({"c"}));
  EXPECT_TRUE(WaitPublished(2, Pace::kSoon).get().ok());
}

TEST_F(PublisherTest, WhatIsCoveredAlreadyIsAnsweredWithTheNewest) {
  Start();
  AddAndWait(Texts({"a", "b"}));
  ASSERT_TRUE(WaitPublished(1, Pace::kSoon).get().ok());
  EXPECT_EQ(WaitPublished(0, Pace::kNextTick, clock_.Now()).get().value()->head.size, 2U);
}

TEST_F(PublisherTest, ADeadlineAnswersPublishPendingWithTheIndex) {
  Start();
  PublishQuietly("first");
  AddAndWait(Texts({"a"}));
  const auto past = WaitPublished(1, Pace::kNextTick, clock_.Now()).get();
  EXPECT_EQ(ReasonOf(past.status()), Reason::kPublishPending);
  const auto deadline = clock_.Now() + milliseconds(300);
  auto early = WaitPublished(1, Pace::kNextTick, deadline), late = WaitPublished(1, Pace::kNextTick, deadline + seconds(9));
  clock_.AwaitSleeper(deadline);
  clock_.Advance(milliseconds(300));
  const auto pending = early.get();
  EXPECT_EQ(ReasonOf(pending.status()), Reason::kPublishPending);
  EXPECT_EQ(bytes::MetadataValue(pending.status(), "index"), "1");
  clock_.Advance(kInterval);
  EXPECT_TRUE(late.get().ok()) << "his deadline ends a caller's wait, not the entry";
}

TEST_F(PublisherTest, WhatStorageDidNotDoIsDoneByTheNextTick) {
  const struct {
    const char* name;
    Call call;
    Fault fault;
    std::uint64_t nth;
  } kCases[] = {
      {"head", Call::kIntegratedHead, Fault::kBefore, 1},
      {"confirm", Call::kConfirm, Fault::kBefore, 1},
      {"stored checkpoint", Call::kLatest, Fault::kBefore, 1},
      {"published checkpoint", Call::kLatest, Fault::kBefore, 2},
      {"read back", Call::kReadRecords, Fault::kBefore, 1},
      {"swap of the signed one", Call::kSwap, Fault::kBefore, 1},
      {"swap of the published one", Call::kSwap, Fault::kBefore, 2},
      {"another node signed", Call::kSwap, Fault::kAborted, 1},
      {"another node published", Call::kSwap, Fault::kAborted, 2},
  };
  std::uint64_t size = 1;
  Start();
  PublishQuietly("first");
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    store_->Fail(c.call, c.fault, c.nth);
    const auto due = clock_.Now() + kInterval;
    auto soon = WaitPublished(size, Pace::kSoon);
    AddAndWait(Texts({c.name}));
    clock_.AwaitSleeper(due);  // the tick failed, and waits for the next one
    EXPECT_EQ(log_->published()->head.size, size);
    clock_.Advance(kInterval);
    EXPECT_EQ(soon.get().value()->head.size, ++size);
  }
  EXPECT_TRUE(fatals().empty());
}

// I7: after a step whose outcome is not known this process releases no signature, and the next one goes on from what is there.
TEST_F(PublisherTest, AfterAnUnknownStepNothingIsSigned) {
  const struct {
    const char* name;
    Call call;
    Fault fault;
    std::uint64_t nth, signed_size;
  } kCases[] = {
      {"confirm", Call::kConfirm, Fault::kUnknownDone, 1, 1},
      {"swap of the signed one, not done", Call::kSwap, Fault::kUnknownNotDone, 1, 1},
      {"swap of the signed one, done", Call::kSwap, Fault::kUnknownDone, 1, 2},
      {"swap of the published one, not done", Call::kSwap, Fault::kUnknownNotDone, 2, 2},
      {"swap of the published one, done", Call::kSwap, Fault::kUnknownDone, 2, 2},
      {"read back, contradiction", Call::kReadRecords, Fault::kDataLoss, 1, 1},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto before = store_->reader().IntegratedHead()->size;
    Restart();
    PublishQuietly(std::string(c.name) + " 1");
    store_->Fail(c.call, c.fault, c.nth);
    AddAndWait(Texts({std::string(c.name) + " 2"}));
    EXPECT_EQ(ReasonOf(WaitPublished(before + 1, Pace::kSoon).get().status()), Reason::kOutcomeUnknown);
    EXPECT_EQ(ReasonOf(TryAdd(Texts({"more"}))), Reason::kStopped);
    log_->Stop(clock_.Now() + seconds(5));
    EXPECT_EQ(fatals().size(), 1U);
    EXPECT_EQ(Opened(StoredNote(storage::Slot::kSigned)).head.size, before + c.signed_size);
    EXPECT_EQ(log_->published()->head.size, before + 1) << "nobody was told of more";

    Restart();
    EXPECT_EQ(WaitPublished(before + 1, Pace::kSoon).get().value()->head.size, before + 2);
  }
}

TEST_F(PublisherTest, WhatReadsBackOtherwiseIsNotSigned) {
  Start();
  PublishQuietly("a");
  recheck_.Answer(absl::DataLossError("entry 1 read back differs"));
  AddAndWait(Texts({"b"}));
  EXPECT_EQ(ReasonOf(WaitPublished(1, Pace::kSoon).get().status()), Reason::kOutcomeUnknown);
  EXPECT_TRUE(absl::IsDataLoss(Fatal()));
  EXPECT_EQ(Opened(StoredNote(storage::Slot::kSigned)).head.size, 1U);
  EXPECT_EQ(signer_->Mark().size, 1U);
}

// Even where the recheck would not look: the signer hashes what was read back itself.
TEST_F(PublisherTest, AFlippedBitInAnEntryStopsTheSigner) {
  Start();
  PublishQuietly("a");
  AddAndWait(Texts({"b"}));
  memory_.FlipEntryByte(1);
  EXPECT_FALSE(WaitPublished(1, Pace::kSoon).get().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Fatal()));
  EXPECT_EQ(Opened(StoredNote(storage::Slot::kSigned)).head.size, 1U);
  EXPECT_EQ(signer_->Mark().size, 1U);
}

TEST_F(PublisherTest, ServesWhatWasPublishedBeforeAStart) {
  Start();
  AddAndWait(Texts({"a", "b"}));
  const auto before = WaitPublished(1, Pace::kSoon).get().value();
  Restart();
  ASSERT_NE(log_->published(), nullptr);
  EXPECT_EQ(log_->published()->note, before->note);
}

TEST_F(PublisherTest, PublishesAfterAStartWhatWasCommittedBefore) {
  Start();
  PublishQuietly("first");
  AddAndWait(Texts({"a"}));
  clock_.AwaitSleeper(clock_.Now() + kInterval);
  store_->Fail(Call::kConfirm, Fault::kUnknownNotDone);  // dies before its last tick
  Restart();
  EXPECT_EQ(WaitPublished(1, Pace::kNextTick).get().value()->head.size, 2U);
}

TEST_F(PublisherTest, FollowsACheckpointThatAnotherNodeOfThisLogSigned) {
  Start();
  AddAndWait(Texts({"a", "b", "c"}));
  ASSERT_TRUE(WaitPublished(2, Pace::kSoon).get().ok());
  AppendAsAnotherNode(store_->base().log(), {"d", "e", "f", "g"});
  const auto head = store_->reader().IntegratedHead().value();
  const auto text = tlog::FormatCheckpoint({kTestOrigin, head});
  const auto theirs = tlog::FormatNote({text, {tlog::SignNote(text, kTestOrigin, TestLogKey()).value()}});
  ASSERT_TRUE(
      store_->base().checkpoints().Swap(kTestOrigin, storage::Slot::kSigned, StoredNote(storage::Slot::kSigned), theirs).ok());
  AddAndWait(Texts({"h"}));
  EXPECT_EQ(WaitPublished(7, Pace::kSoon).get().value()->head.size, 8U);
  log_->Stop(clock_.Now());
  EXPECT_EQ(signer_->Mark(), store_->reader().IntegratedHead().value());
}

TEST_F(PublisherTest, ANoteWithMoreSignaturesOfTheSameHeadReplacesTheOldOne) {
  Start();
  PublishQuietly("a");
  log_->Stop(clock_.Now());
  const auto signed_before = StoredNote(storage::Slot::kSigned);
  auto note = tlog::ParseNote(signed_before).value();
  note.signatures.push_back(tlog::SignNote(note.text, "witness.example/w", support::SampleKey("witness")).value());
  const auto cosigned = tlog::FormatNote(note);
  ASSERT_TRUE(store_->base().checkpoints().Swap(kTestOrigin, storage::Slot::kSigned, signed_before, cosigned).ok());
  Restart();
  log_->Stop(clock_.Now());  // after its last tick
  EXPECT_EQ(StoredNote(storage::Slot::kPublished), cosigned);
  EXPECT_EQ(log_->published()->note, cosigned);
  EXPECT_EQ(log_->published()->head.size, 1U);
  EXPECT_EQ(log_->state().published, 1U);
  EXPECT_TRUE(fatals().empty());
}

TEST_F(PublisherTest, AStoredCheckpointByAnotherKeyStopsIt) {
  Start();
  PublishQuietly("a");
  AppendAsAnotherNode(store_->base().log(), {"b"});
  const auto text = tlog::FormatCheckpoint({kTestOrigin, store_->reader().IntegratedHead().value()});
  const auto theirs = tlog::FormatNote({text, {tlog::SignNote(text, kTestOrigin, support::SampleKey("thief")).value()}});
  ASSERT_TRUE(
      store_->base().checkpoints().Swap(kTestOrigin, storage::Slot::kSigned, StoredNote(storage::Slot::kSigned), theirs).ok());
  AddAndWait(Texts({"c"}));
  EXPECT_FALSE(WaitPublished(2, Pace::kSoon).get().ok());
  EXPECT_TRUE(absl::IsDataLoss(Fatal()));
  EXPECT_EQ(signer_->Mark().size, 1U);
}

std::string WithAnotherSignature(std::string note) {
  const std::size_t at = note.size() - 12;  // inside the signature's base64
  note[at] = note[at] == 'A' ? 'B' : 'A';
  return note;
}

// The head needs no new signature, so the signer never sees the stored one again: who is answered must not get a broken one.
TEST_F(PublisherTest, AStoredSignatureThatNoLongerVerifiesIsNotPublishedAgain) {
  for (const auto slot : {storage::Slot::kSigned, storage::Slot::kPublished}) {
    SCOPED_TRACE(slot == storage::Slot::kSigned ? "signed" : "published");
    Restart();
    PublishQuietly(slot == storage::Slot::kSigned ? "a" : "b");
    const auto good = StoredNote(slot);
    log_->Stop(clock_.Now());
    ASSERT_TRUE(store_->base().checkpoints().Swap(kTestOrigin, slot, good, WithAnotherSignature(good)).ok());
    const auto status = RestartStatus();
    EXPECT_TRUE(absl::IsDataLoss(status.ok() ? Fatal() : status)) << status;  // the start, or its first tick
    EXPECT_TRUE(log_->published() == nullptr || log_->published()->note == good);
    ASSERT_TRUE(store_->base().checkpoints().Swap(kTestOrigin, slot, WithAnotherSignature(good), good).ok());
  }
}

}  // namespace
}  // namespace trustlog::log
