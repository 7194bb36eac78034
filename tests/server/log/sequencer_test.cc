// One batch after another: order, duplicates, refusals, what storage may answer, and lost races.
#include "server/log/sequencer.h"

#include "tests/server/log/rig.h"

namespace trustlog::log {
namespace {

using SequencerTest = LogTest;
using bytes::Reason;

void ExpectAdded(const absl::StatusOr<Added>& answer, std::uint64_t index, bool duplicate, std::string_view text) {
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->index, index);
  EXPECT_EQ(answer->duplicate, duplicate);
  EXPECT_EQ(answer->entry, EntryOf(text, index));
}

// What the store holds, by reading it.
std::vector<std::string> EntriesIn(storage::Storage& store) {
  const auto& reader = store.reader();
  const auto records = reader.ReadRecords(0, reader.IntegratedHead()->size).value();
  std::vector<std::string> entries;
  for (const auto& record : records) entries.push_back(record.entry);
  return entries;
}

TEST_F(SequencerTest, AcceptedItemsTakeConsecutiveIndicesInOrderAndRefusedOnesNone) {
  Start();
  const auto answers = AddAndWait(Texts({"a", "bad b", "c", "bad d", "e"}));
  ExpectAdded(answers[0], 0, false, "a");
  EXPECT_EQ(ReasonOf(answers[1].status()), Reason::kSchemaViolation);
  ExpectAdded(answers[2], 1, false, "c");
  EXPECT_EQ(ReasonOf(answers[3].status()), Reason::kSchemaViolation);
  ExpectAdded(answers[4], 2, false, "e");
  ExpectAdded(AddAndWait(Texts({"f"}))[0], 3, false, "f");
  const auto records = store_->reader().ReadRecords(0, 4).value();
  EXPECT_EQ(records[1], (storage::Record{EntryOf("c", 1), IdOf("c"), "c"}));
}

TEST_F(SequencerTest, ABatchWithNothingAcceptedAppendsNothing) {
  Start();
  const auto answers = AddAndWait(Texts({"bad a", "bad b"}));
  EXPECT_FALSE(answers[0].ok() || answers[1].ok());
  EXPECT_EQ(store_->plan().count(Call::kAppend), 0U);
}

TEST_F(SequencerTest, ARepetitionIsAnsweredWithTheFirstOnesIndexAndBytes) {
  Start();
  AddAndWait(Texts({"a", "b"}));
  const auto answers = AddAndWait(Texts({"c", "b", "c", "a", "bad d", "bad d"}));
  ExpectAdded(answers[0], 2, false, "c");
  ExpectAdded(answers[1], 1, true, "b");
  ExpectAdded(answers[2], 2, true, "c");
  ExpectAdded(answers[3], 0, true, "a");
  EXPECT_FALSE(answers[4].ok()) << "the second of a refused one is decided afresh";
  EXPECT_FALSE(answers[5].ok());
  EXPECT_EQ(EntriesIn(*store_), (std::vector<std::string>{"a @0", "b @1", "c @2"}));
}

TEST_F(SequencerTest, TwoCallsWithTheSameStatementInFlightBecomeOneEntry) {
  support::Gate gate(store_->plan(), Call::kLook);
  Start();
  const Answers first(1), second(2), third(1);
  ASSERT_TRUE(log_->Add(Texts({"hold"}), first.done()).ok());
  gate.AwaitArrivals(1);
  ASSERT_TRUE(log_->Add(Texts({"a", "b"}), second.done()).ok());
  ASSERT_TRUE(log_->Add(Texts({"a"}), third.done()).ok());
  gate.Open();
  ExpectAdded(first.Wait()[0], 0, false, "hold");
  ExpectAdded(second.Wait()[0], 1, false, "a");
  ExpectAdded(third.Wait()[0], 1, true, "a");
}

TEST_F(SequencerTest, ABatchIsCutAtTheMostEntriesACommitMayHave) {
  LogOptions options;
  options.max_batch = 2;
  Start(std::move(options));
  const auto answers = AddAndWait(Texts({"a", "b", "c", "a", "d"}));
  ExpectAdded(answers[2], 2, false, "c");
  ExpectAdded(answers[3], 0, true, "a");
  ExpectAdded(answers[4], 3, false, "d");
  EXPECT_EQ(store_->plan().count(Call::kAppend), 3U);
}

TEST_F(SequencerTest, WhatStorageDidNotDoIsToldPlainlyAndTheNextBatchWorks) {
  Start();
  AddAndWait(Texts({"first"}));
  std::uint64_t size = 1;
  for (const Call call : {Call::kLook, Call::kReadRecordsAt, Call::kAppend}) {
    SCOPED_TRACE(static_cast<int>(call));
    const auto text = "text " + std::to_string(size);
    store_->Fail(call, Fault::kBefore);
    const auto refused = AddAndWait(Texts({"first", text, "bad b"}));
    EXPECT_EQ(ReasonOf(refused[0].status()), Reason::kReadOnly) << refused[0].status();
    EXPECT_EQ(ReasonOf(refused[2].status()), Reason::kReadOnly) << "a refusal rests on the head that was not written";
    EXPECT_FALSE(bytes::MetadataValue(refused[0].status(), "retry_ms").empty());
    ExpectAdded(AddAndWait(Texts({text}))[0], size++, false, text);
  }
  EXPECT_TRUE(fatals().empty());
}

TEST_F(SequencerTest, FactsThatCannotBeReadNowRefuseTheBatchAndNoMore) {
  admitter_->FailNext(absl::UnavailableError("the facts cannot be read"));
  Start();
  EXPECT_EQ(ReasonOf(AddAndWait(Texts({"a"}))[0].status()), Reason::kReadOnly);
  ExpectAdded(AddAndWait(Texts({"a"}))[0], 0, false, "a");
}

TEST_F(SequencerTest, AnUnknownOutcomeEndsAllWritingAndSigning) {
  const struct {
    const char* name;
    Call call;
    Fault fault;
    bool logged;
  } kCases[] = {
      {"append, not done", Call::kAppend, Fault::kUnknownNotDone, false},
      {"append, done", Call::kAppend, Fault::kUnknownDone, true},
      {"append, contradiction", Call::kAppend, Fault::kDataLoss, false},
      {"look, contradiction", Call::kLook, Fault::kDataLoss, false},
  };
  std::uint64_t size = 0;
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    Restart();
    support::Gate gate(store_->plan(), c.call);
    store_->Fail(c.call, c.fault);
    const auto note = StoredNote(storage::Slot::kSigned);
    const auto mark = signer_->Mark();
    const Answers lost(1), behind(2);
    ASSERT_TRUE(log_->Add(Texts({c.name}), lost.done()).ok());
    gate.AwaitArrivals(1);
    ASSERT_TRUE(log_->Add(Texts({"b", "c"}), behind.done()).ok());
    auto waiting = WaitPublished(7, Pace::kSoon);
    gate.Open();
    EXPECT_EQ(ReasonOf(lost.Wait()[0].status()), Reason::kOutcomeUnknown);
    EXPECT_EQ(ReasonOf(behind.Wait()[1].status()), Reason::kStopped) << "nothing was written for those behind";
    EXPECT_EQ(ReasonOf(waiting.get().status()), Reason::kOutcomeUnknown);
    EXPECT_EQ(ReasonOf(TryAdd(Texts({"d"}))), Reason::kStopped);
    EXPECT_EQ(fatals().size(), 1U);
    log_->Stop(clock_.Now() + std::chrono::hours(1));
    EXPECT_EQ(fatals().size(), 1U);
    EXPECT_EQ(StoredNote(storage::Slot::kSigned), note) << "nothing is signed after it";
    EXPECT_EQ(signer_->Mark(), mark);
    EXPECT_EQ(store_->plan().count(Call::kAppend), c.call == Call::kAppend ? 1U : 0U);

    Restart();  // the same statement again is safe
    ExpectAdded(AddAndWait(Texts({c.name}))[0], size, c.logged, c.name);
    ASSERT_TRUE(WaitPublished(size++, Pace::kSoon).get().ok());
  }
}

TEST_F(SequencerTest, ALostRaceIsDecidedAgainFromTheStartAndNothingIsLost) {
  Start();
  AddAndWait(Texts({"a"}));
  auto& another = store_->base().log();
  int races = 0;
  store_->plan().OnCall([&](Call call) {
    // Between Look and Append another node logs something; first it is a statement of our batch.
    if (call == Call::kAppend && races++ < 3) AppendAsAnotherNode(another, {races == 1 ? "c" : "foreign " + std::to_string(races)});
  });
  const auto answers = AddAndWait(Texts({"b", "bad", "c", "d", "c"}));
  EXPECT_EQ(races, 4);
  ExpectAdded(answers[2], 1, true, "c");
  ExpectAdded(answers[4], 1, true, "c");
  ExpectAdded(answers[0], 4, false, "b");
  ExpectAdded(answers[3], 5, false, "d");
  EXPECT_FALSE(answers[1].ok());
  EXPECT_EQ(EntriesIn(*store_), (std::vector<std::string>{"a @0", "c @1", "foreign 2 @2", "foreign 3 @3", "b @4", "d @5"}));
  log_->Stop(clock_.Now());
  EXPECT_EQ(admitter_->events(),
            (std::vector<std::string>{"keep 1", "drop", "follow 1", "drop", "follow 1", "drop", "follow 1", "keep 6"}));
}

TEST_F(SequencerTest, FollowsWhatIsCommittedBeforeTheFirstBatch) {
  AppendAsAnotherNode(store_->base().log(), {"a", "b"});
  Start();
  ExpectAdded(AddAndWait(Texts({"b"}))[0], 1, true, "b");
  log_->Stop(clock_.Now());
  EXPECT_EQ(admitter_->events(), (std::vector<std::string>{"follow 2", "keep 2"}));
}

// The publisher's recheck asks the registry for what the batch registered, so it must not hear of the head before.
TEST_F(SequencerTest, TellsOfACommitAfterItWasKeptAndBeforeItIsAnswered) {
  Queue queue({});
  runtime::WorkerPool answers("answers", 1, 100);
  std::vector<std::string> events;
  Sequencer sequencer(store_->log(), *admitter_, queue, answers, clock_, metrics_, 100,
                      {[&](const merkle::TreeHead& head) {
                         events = admitter_->events();
                         events.push_back("committed " + std::to_string(head.size));
                       },
                       [](const absl::Status& status) { ADD_FAILURE() << status; }});
  auto batch = Texts({"a", "b"});
  const Answers told(2);
  ASSERT_TRUE(queue.Push(batch, told.done(), clock_.Now()).ok());
  batch = Texts({"bad"});
  ASSERT_TRUE(queue
                  .Push(
                      batch, [](std::size_t, const absl::StatusOr<Added>&) {}, clock_.Now())
                  .ok());
  queue.Close();
  sequencer.Run();
  EXPECT_EQ(events, (std::vector<std::string>{"keep 2", "committed 2"}));
  ExpectAdded(told.Wait()[1], 1, false, "b");
}

}  // namespace
}  // namespace trustlog::log
