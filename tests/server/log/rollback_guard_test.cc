// The guard: what a store may look like before this node signs or appends again.
#include "server/log/rollback_guard.h"

#include <filesystem>

#include "tests/server/log/rig.h"
#include "tests/support/reference_tree.h"

namespace trustlog::log {
namespace {

std::vector<std::string> SampleTexts(std::uint64_t size) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < size; ++i) texts.push_back("text " + std::to_string(i));
  return texts;
}

merkle::CompactRange RangeOf(std::uint64_t size) {
  merkle::CompactRange range;
  for (std::uint64_t i = 0; i < size; ++i) range.Append(support::ReferenceLeaf(EntryOf("text " + std::to_string(i), i)));
  return range;
}

merkle::CompactRange Fork(std::uint64_t size) {
  auto range = RangeOf(size - 1);
  range.Append(support::ReferenceLeaf("another entry"));
  return range;
}

// A signer that only remembers.
class Memory final : public signer::Signer {
 public:
  explicit Memory(merkle::CompactRange range) : range_(std::move(range)) {}
  const std::string& vkey() const override { return vkey_; }
  merkle::TreeHead Mark() const override { return range_.Head(); }
  absl::Status Follow(std::string_view, std::span<const merkle::Hash>, const merkle::CompactRange&) override {
    return absl::UnimplementedError("");
  }
  absl::Status Feed(std::uint64_t, std::span<const std::string_view>) override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::string> Sign(const merkle::TreeHead&) override { return absl::UnimplementedError(""); }

 private:
  const std::string vkey_;
  const merkle::CompactRange range_;
};

std::string NoteOf(const merkle::TreeHead& head) {
  const auto text = tlog::FormatCheckpoint({kTestOrigin, head});
  return tlog::FormatNote({text, {tlog::SignNote(text, kTestOrigin, TestLogKey()).value()}});
}

struct GuardCase {
  const char* name;
  std::uint64_t store;
  merkle::CompactRange mark;
  std::string signed_note, published_note;
  absl::StatusCode expected;
};

TEST(RollbackGuard, ComparesTheHeadWithEveryMemory) {
  const auto ok = absl::StatusCode::kOk, behind = absl::StatusCode::kFailedPrecondition, fork = absl::StatusCode::kDataLoss;
  const auto note = [](std::uint64_t size) { return NoteOf(RangeOf(size).Head()); };
  const GuardCase kCases[] = {
      {"an empty log", 0, RangeOf(0), "", "", ok},
      {"all equal", 300, RangeOf(300), note(300), note(300), ok},
      {"committed, not signed", 300, RangeOf(257), note(257), note(257), ok},
      {"marked, not stored", 300, RangeOf(300), note(256), note(255), ok},
      {"stored, mark torn", 300, RangeOf(1), note(300), note(299), ok},
      {"nothing stored yet", 2, RangeOf(0), "", "", ok},
      {"behind the mark", 300, RangeOf(301), note(300), note(300), behind},
      {"behind the signed checkpoint", 300, RangeOf(300), note(301), note(300), behind},
      {"behind the published checkpoint", 300, RangeOf(300), note(300), note(301), behind},
      {"an empty store behind the mark", 0, RangeOf(1), "", "", behind},
      {"another root at the mark", 300, Fork(300), note(300), note(300), fork},
      {"another root below the mark", 300, Fork(299), note(300), note(300), fork},
      {"another root signed", 300, RangeOf(300), NoteOf(Fork(300).Head()), note(300), fork},
      {"another root published", 300, RangeOf(300), note(300), NoteOf(Fork(299).Head()), fork},
      {"a malformed stored note", 300, RangeOf(300), "nonsense", note(300), fork},
      {"a malformed stored checkpoint", 300, RangeOf(300), note(300), "one line\n\n\xe2\x80\x94 x AAAAAAA=\n", fork},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    support::MemoryStore memory(TestIdentity());
    const auto store = memory.Open().value();
    if (c.store > 0) AppendAsAnotherNode(store->log(), SampleTexts(c.store));
    for (const auto& [slot, note_text] :
         {std::pair(storage::Slot::kSigned, c.signed_note), std::pair(storage::Slot::kPublished, c.published_note)}) {
      if (note_text.empty()) continue;
      ASSERT_TRUE(store->checkpoints().Swap(kTestOrigin, slot, "", note_text).ok());
    }
    const auto status = CheckAgainstMemory(store->reader(), store->checkpoints(), kTestOrigin, Memory(c.mark));
    EXPECT_EQ(status.code(), c.expected) << status;
  }
}

TEST(RollbackGuard, AComparisonThatCannotBeMadeIsNoPermission) {
  for (const auto call : {Call::kIntegratedHead, Call::kReadTiles, Call::kLatest}) {
    support::MemoryStore memory(TestIdentity());
    support::FaultyStorage store(memory.Open().value());
    AppendAsAnotherNode(store.base().log(), SampleTexts(5));
    store.Fail(call, Fault::kBefore);
    const auto status = CheckAgainstMemory(store.reader(), store.checkpoints(), kTestOrigin, Memory(RangeOf(5)));
    EXPECT_TRUE(absl::IsUnavailable(status)) << static_cast<int>(call) << status;
  }
}

TEST(ReadRange, IsTheRangeOfEverySizeOfTheTree) {
  support::MemoryStore memory(TestIdentity());
  const auto store = memory.Open().value();
  AppendAsAnotherNode(store->log(), SampleTexts(300));
  for (std::uint64_t size = 0; size <= 300; ++size) {
    const auto range = ReadRange(store->reader(), size, 300);
    ASSERT_TRUE(range.ok()) << size << range.status();
    ASSERT_EQ(*range, RangeOf(size)) << size;
  }
  EXPECT_TRUE(absl::IsOutOfRange(ReadRange(store->reader(), 301, 300).status()));
}

// A real log whose store is put back to an old copy, as a restored backup is: the mark is newer.
TEST_F(LogTest, AnOldCopyOfTheDatabaseIsNeitherSignedNorAppendedTo) {
  const std::string store_directory = temporary_.path() + "/store", copy = temporary_.path() + "/copy",
                    url = "sqlite:" + store_directory + "/log.db";
  std::filesystem::create_directory(store_directory);
  const auto run = [&](const std::vector<std::string>& texts) {
    Start();
    AddAndWait(Texts(texts));
    ASSERT_TRUE(WaitPublished(store_->reader().IntegratedHead()->size - 1, Pace::kSoon).get().ok());
    log_->Stop(clock_.Now());
    log_.reset();
    ASSERT_TRUE(store_->CloseCleanly().ok());
    store_.reset();
  };
  store_ = std::make_unique<support::FaultyStorage>(storage::CreateStorage(url, TestIdentity()).value());
  run({"a", "b", "c"});
  std::filesystem::copy(store_directory, copy);
  admitter_ = std::make_unique<TextAdmitter>();
  store_ = std::make_unique<support::FaultyStorage>(storage::OpenStorage(url).value());
  run({"d", "e"});
  std::filesystem::remove_all(store_directory);
  std::filesystem::rename(copy, store_directory);

  admitter_ = std::make_unique<TextAdmitter>();
  store_ = std::make_unique<support::FaultyStorage>(storage::OpenStorage(url).value());
  MakeLog();
  const auto status = log_->Start();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(ReasonOf(TryAdd(Texts({"d"}))), bytes::Reason::kReadOnly);
  EXPECT_EQ(log_->published()->head.size, 3U) << "what was published is served";
  log_->Stop(clock_.Now() + std::chrono::seconds(10));
  EXPECT_EQ(store_->reader().IntegratedHead()->size, 3U);
  EXPECT_EQ(signer_->Mark().size, 5U);
  EXPECT_EQ(StoredNote(storage::Slot::kSigned), StoredNote(storage::Slot::kPublished));
}

}  // namespace
}  // namespace trustlog::log
