// The crash table of design.md section 11: a process that runs a log over SQLite and a mark file ends at a named place, and the
// next one goes on.
//
// The process is this test again, in a child: it submits the same texts each time, in batches, and one text of its own. Two files
// outside the store remember what it must not break: `acknowledged` (index, text; written when an answer came) and `signatures`
// (size, root; written when a signature exists, before it is used).
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "proto/bytes/hex.h"
#include "server/runtime/failpoint.h"
#include "tests/server/log/rig.h"
#include "tests/support/child_process.h"
#include "tests/support/reference_tree.h"

namespace trustlog::log {
namespace {

constexpr int kFailpointExit = 70;
constexpr char kDirectoryVariable[] = "TRUSTLOG_TEST_DIRECTORY";
constexpr char kRunVariable[] = "TRUSTLOG_TEST_RUN";
constexpr char kFailpointVariable[] = "TRUSTLOG_FAILPOINT";
constexpr char kSecret[] = "a text that must not be found";

const std::vector<std::string>& Places() {
  static const std::vector<std::string> places = {
      "guard.compared",      "look.done",       "append.half",   "append.readback", "append.before_commit",
      "append.after_commit", "answer.durable",  "confirm.done",  "follow.done",     "recheck.done",
      "mark.before_write",   "mark.after_sync", "signed.stored", "publish.before",  "publish.after"};
  return places;
}

void AppendLine(const std::string& path, const std::string& line) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string text = line + "\n";
  if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(3);
  close(fd);
}

std::vector<std::pair<std::uint64_t, std::string>> ReadLines(const std::string& path) {
  std::vector<std::pair<std::uint64_t, std::string>> lines;
  std::ifstream file(path);
  std::uint64_t number = 0;
  std::string rest;
  while (file >> number && std::getline(file >> std::ws, rest)) lines.emplace_back(number, rest);
  return lines;
}

std::string StoreUrl(const std::string& directory) { return "sqlite:" + directory + "/log.db"; }

// Writes down each signature before anybody can use it.
class RecordingSigner final : public signer::Signer {
 public:
  RecordingSigner(signer::Signer& base, std::string path) : base_(base), path_(std::move(path)) {}
  const std::string& vkey() const override { return base_.vkey(); }
  merkle::TreeHead Mark() const override { return base_.Mark(); }
  absl::Status Follow(std::string_view note, std::span<const merkle::Hash> proof, const merkle::CompactRange& range) override {
    return base_.Follow(note, proof, range);
  }
  absl::Status Feed(std::uint64_t begin, std::span<const std::string_view> entries) override { return base_.Feed(begin, entries); }
  absl::StatusOr<std::string> Sign(const merkle::TreeHead& head) override {
    auto note = base_.Sign(head);
    if (note.ok()) AppendLine(path_, std::to_string(head.size) + " " + bytes::EncodeHex(head.root));
    return note;
  }

 private:
  signer::Signer& base_;
  const std::string path_;
};

// The whole life of one process: Start, then `work`. It ends by itself, or at the failpoint.
template <typename Work>
void RunLog(const std::string& directory, const Work& work) {
  const auto failpoint = []([[maybe_unused]] std::string_view point) { return TRUSTLOG_FAILPOINT(point); };
  const auto store = storage::OpenStorage(StoreUrl(directory), {failpoint});
  ASSERT_TRUE(store.ok()) << store.status();
  const runtime::RealClock clock;
  const auto signer = signer::LocalSigner::Open(directory + "/mark", kTestOrigin, TestIdentity().store_id, TestLogKey(), clock);
  ASSERT_TRUE(signer.ok()) << signer.status();
  RecordingSigner recording(**signer, directory + "/signatures");
  TextAdmitter admitter;
  const TextRecheck recheck;
  metrics::Metrics metrics("test", kTestOrigin, "sqlite");
  LogOptions options;
  options.publish_interval = std::chrono::milliseconds(1);
  options.fatal = [](const absl::Status& status) { ADD_FAILURE() << status; };
  Log log({**store, recording, admitter, recheck, clock, metrics}, std::move(options));
  const auto started = log.Start();
  ASSERT_TRUE(started.ok()) << started;
  work(log);
  log.Stop(clock.Now() + std::chrono::seconds(10));
  ASSERT_TRUE((*store)->CloseCleanly().ok());
}

void AwaitPublished(Log& log, std::uint64_t index) {
  std::promise<PublishedAnswer> published;
  log.WaitPublished(index, Pace::kSoon, runtime::Deadline::max(),
                    [&](PublishedAnswer answer) { published.set_value(std::move(answer)); });
  ASSERT_TRUE(published.get_future().get().ok());
}

void SubmitTexts(Log& log, const std::string& directory, const std::string& run) {
  const std::vector<std::vector<std::string>> batches = {{"a", "b"}, {"run " + run}, {"c", "a", "d"}};
  std::uint64_t last = 0;
  for (const auto& texts : batches) {
    const Answers answers(texts.size());
    ASSERT_TRUE(log.Add(Texts(texts), answers.done()).ok());
    const auto added = answers.Wait();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_TRUE(added[i].ok()) << added[i].status();
      AppendLine(directory + "/acknowledged", std::to_string(added[i]->index) + " " + texts[i]);
      last = std::max(last, added[i]->index);
    }
    AwaitPublished(log, last);
  }
}

// After the last process ended in order: is everything there that was ever promised?
void CheckWhatIsThere(const std::string& directory) {
  const auto store = storage::OpenStorage(StoreUrl(directory));
  ASSERT_TRUE(store.ok()) << store.status();
  const auto& reader = (*store)->reader();
  const auto head = reader.IntegratedHead().value();
  const auto records = reader.ReadRecords(0, head.size).value();
  std::set<std::string> texts;
  std::vector<merkle::Hash> leaves;
  for (std::uint64_t i = 0; i < head.size; ++i) {
    EXPECT_TRUE(texts.insert(records[i].companion).second) << records[i].companion << " became two entries";
    EXPECT_EQ(records[i].entry, EntryOf(records[i].companion, i));
    leaves.push_back(support::ReferenceLeaf(records[i].entry));
  }
  EXPECT_EQ(head.root, support::ReferenceRoot(leaves));
  for (const auto& [index, text] : ReadLines(directory + "/acknowledged")) {
    ASSERT_LT(index, head.size) << text;
    EXPECT_EQ(records[index].companion, text);
  }
  for (const auto& [size, root] : ReadLines(directory + "/signatures")) {
    ASSERT_LE(size, head.size);
    EXPECT_EQ(root, bytes::EncodeHex(support::ReferenceRoot(std::span(leaves).first(size)))) << "a second root at size " << size;
  }
  const auto published = (*store)->checkpoints().Latest(kTestOrigin, storage::Slot::kPublished);
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(tlog::ParseCheckpoint(tlog::ParseNote(*published)->text)->head, head);
}

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
#ifndef TRUSTLOG_FAILPOINTS
    GTEST_SKIP() << "built without TRUSTLOG_FAILPOINTS";
#endif
  }
  // In a child: its life, and true.
  static bool IsTheChild() {
    if (!support::IsChild()) return false;
    const std::string directory = std::getenv(kDirectoryVariable);
    RunLog(directory, [&](Log& log) { SubmitTexts(log, directory, std::getenv(kRunVariable)); });
    return true;
  }
  // Fresh store and mark; then one process for each of `failpoints` ("": none).
  static void RunAndCheck(const std::vector<std::string>& failpoints) {
    SCOPED_TRACE(::testing::PrintToString(failpoints));
    const support::TemporaryDirectory temporary;
    const auto& directory = temporary.path();
    ASSERT_TRUE(storage::CreateStorage(StoreUrl(directory), TestIdentity()).ok());
    ASSERT_TRUE(signer::MarkFile::Create(directory + "/mark", FirstMark()).ok());
    for (std::size_t run = 0; run < failpoints.size(); ++run) {
      support::Environment environment = {{kDirectoryVariable, directory}, {kRunVariable, std::to_string(run)}};
      if (!failpoints[run].empty()) environment.emplace_back(kFailpointVariable, failpoints[run]);
      ASSERT_EQ(support::RunThisTestInAChild(environment), failpoints[run].empty() ? 0 : kFailpointExit) << "run " << run;
    }
    CheckWhatIsThere(directory);
  }
};

TEST_F(CrashTest, AProcessThatIsNotEndedLeavesNothingToRepair) {
  if (!IsTheChild()) RunAndCheck({"", ""});
}

TEST_F(CrashTest, EveryPlaceIsRepairedByTheNextStart) {
  if (IsTheChild()) return;
  for (const auto& place : Places()) RunAndCheck({place + ":exit", ""});
}

TEST_F(CrashTest, EveryPlaceInTheSecondBatchToo) {
  if (IsTheChild()) return;
  for (const auto& place : Places()) {
    if (place == "guard.compared") continue;  // once a start
    RunAndCheck({place + ":exit:2", ""});
  }
}

// Each row again inside the repair of another: 20 of the 225 pairs, every place first and second at least once.
TEST_F(CrashTest, ASecondEndInsideTheRepairIsRepairedToo) {
  if (IsTheChild()) return;
  const auto& places = Places();
  for (std::size_t i = 0; i < 20; ++i) {
    const auto& first = places[i % places.size()];
    const auto& second = places[(i * 7 + 3 + i / places.size()) % places.size()];
    RunAndCheck({first + ":exit", second + ":exit", ""});
  }
}

// A secret, its erasure notice, and until the secret is gone.
void SubmitAndErase(Log& log) {
  const auto add = [&log](const std::string& text) {
    const Answers answers(1);
    EXPECT_TRUE(log.Add(Texts({text}), answers.done()).ok());
    const auto added = answers.Wait()[0];
    EXPECT_TRUE(added.ok()) << added.status();
    AwaitPublished(log, added->index);
    return added->index;
  };
  const auto secret = add(kSecret);
  add("erase " + std::to_string(secret));
  while (log.state().withholding.withheld == 0) std::this_thread::yield();
}

// As a companion, framed: the test's entries hold the text too.
bool IsInTheFiles(const std::string& directory, std::string_view text) {
  const auto framed = bytes::ByteWriter().Lp16(text).Take();
  for (const char* name : {"/log.db", "/log.db-wal"}) {
    std::ifstream file(directory + name, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (content.str().find(framed) != std::string::npos) return true;
  }
  return false;
}

// "erasure notice published, statement still there": the next start withholds it, and its bytes are in no file.
TEST_F(CrashTest, AWithholdingThatWasNotFinishedIsFinishedByTheNextStart) {
  if (support::IsChild()) return RunLog(std::getenv(kDirectoryVariable), SubmitAndErase);
  const struct {
    const char* place;
    bool is_in_the_files;  // after the end of the first process
  } kCases[] = {{"publish.after:exit:2", true},
                {"withhold.before:exit", true},
                {"withhold.erased:exit", true},
                {"withhold.after:exit", false}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.place);
    const support::TemporaryDirectory temporary;
    const auto& directory = temporary.path();
    ASSERT_TRUE(storage::CreateStorage(StoreUrl(directory), TestIdentity()).ok());
    ASSERT_TRUE(signer::MarkFile::Create(directory + "/mark", FirstMark()).ok());
    const support::Environment environment = {{kDirectoryVariable, directory}, {kFailpointVariable, c.place}};
    ASSERT_EQ(support::RunThisTestInAChild(environment), kFailpointExit);
    EXPECT_EQ(IsInTheFiles(directory, kSecret), c.is_in_the_files);
    ASSERT_EQ(support::RunThisTestInAChild({{kDirectoryVariable, directory}}), 0);
    EXPECT_FALSE(IsInTheFiles(directory, kSecret));
    const auto store = storage::OpenStorage(StoreUrl(directory)).value();
    const auto records = store->reader().ReadRecords(0, 2).value();
    EXPECT_EQ(records[0].companion, "");
    EXPECT_EQ(records[1].companion, "erase 0");
  }
}

// "one mark slot torn": the older one counts, and the stored checkpoint brings the mark up again.
TEST_F(CrashTest, ATornSlotOfTheMarkIsFollowedByTheStoredCheckpoint) {
  if (IsTheChild()) return;
  const support::TemporaryDirectory temporary;
  const auto& directory = temporary.path();
  ASSERT_TRUE(storage::CreateStorage(StoreUrl(directory), TestIdentity()).ok());
  ASSERT_TRUE(signer::MarkFile::Create(directory + "/mark", FirstMark()).ok());
  const auto run = [&](const char* name) {
    return support::RunThisTestInAChild({{kDirectoryVariable, directory}, {kRunVariable, name}});
  };
  ASSERT_EQ(run("before"), 0);
  std::uint64_t newest = 0;
  {
    const auto mark = signer::MarkFile::Open(directory + "/mark").value();
    newest = mark->current().sequence % 2;
  }
  std::fstream file(directory + "/mark/mark", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(newest * signer::kSlotBytes + 2'000));
  file << "torn";
  file.close();
  ASSERT_TRUE(signer::MarkFile::Open(directory + "/mark").value()->opened_torn());
  ASSERT_EQ(run("after"), 0);
  CheckWhatIsThere(directory);
}

}  // namespace
}  // namespace trustlog::log
