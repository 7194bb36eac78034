// What the tests of the log core share: submissions of plain text, an Admitter of a few lines, and a Log over a storage that fails
// on request, a real signer and a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "merkle/hash.h"
#include "merkle/integrate.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "server/log/log.h"
#include "server/signer/local_signer.h"
#include "tests/server/log/answers.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/gate.h"
#include "tests/support/memory_storage.h"
#include "tests/support/sample_alliance.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::log {

using support::Call;
using support::Fault;

inline constexpr char kTestOrigin[] = "TEST-log.example/core";

inline keys::PrivateKey TestLogKey() { return support::SampleKey("log"); }

inline storage::Identity TestIdentity() {
  storage::Identity identity{kTestOrigin,
                             tlog::VerifierKey::Make(kTestOrigin, tlog::kTypeEd25519, TestLogKey().public_key())->ToString(),
                             "2026-11-23",
                             {}};
  identity.store_id.fill(5);
  return identity;
}

inline signer::Mark FirstMark() {
  signer::Mark mark;
  mark.origin = kTestOrigin;
  mark.key_id = TestLogKey().public_key().id();
  mark.store_id = TestIdentity().store_id;
  return mark;
}

inline storage::Id IdOf(std::string_view text) { return merkle::Sha256(bytes::AsBytes(text)); }

class TextSubmission final : public Submission {
 public:
  explicit TextSubmission(std::string text, std::string issuer = "someone", std::size_t bytes = 100)
      : text_(std::move(text)), issuer_(std::move(issuer)), bytes_(bytes), id_(IdOf(text_)) {}
  const storage::Id& id() const override { return id_; }
  std::span<const storage::Id> refs() const override { return {}; }
  std::size_t bytes() const override { return bytes_; }
  const std::string& companion() const override { return text_; }
  const std::string& issuer() const override { return issuer_; }

 private:
  const std::string text_, issuer_;
  const std::size_t bytes_;
  const storage::Id id_;
};

using Batch = std::vector<std::unique_ptr<Submission>>;

inline Batch Texts(const std::vector<std::string>& texts) {
  Batch batch;
  for (const auto& text : texts) batch.push_back(std::make_unique<TextSubmission>(text));
  return batch;
}

inline std::string EntryOf(std::string_view text, std::uint64_t index) { return std::string(text) + " @" + std::to_string(index); }

// Refuses what begins with "bad"; "erase N" is a notice about entry N. The entry holds its index, so that one decided for another
// place is seen.
class TextAdmitter final : public Admitter {
 public:
  std::uint64_t size() const override { return size_; }
  absl::Status Follow(std::uint64_t begin, std::span<const storage::Record> committed) override {
    EXPECT_EQ(begin, size_);
    for (std::size_t i = 0; i < committed.size(); ++i) AddNotice(notices_, begin + i, committed[i].companion);
    size_ += committed.size();
    events_.push_back("follow " + std::to_string(committed.size()));
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<Drafted>> DraftBatch(std::span<const Submission* const> batch, const KnownIds& known) override {
    EXPECT_FALSE(drafting_) << "at most one draft at a time";
    if (auto failure = std::exchange(fail_next_, absl::OkStatus()); !failure.ok()) return failure;
    drafting_ = true;
    std::vector<Drafted> drafted;
    std::map<storage::Id, std::size_t> accepted;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(known.count(batch[i]->id()), 0U);
      const std::string& text = batch[i]->companion();
      if (const auto first = accepted.find(batch[i]->id()); first != accepted.end()) {
        drafted.push_back(DuplicateOf{first->second});
      } else if (text.rfind("bad", 0) == 0) {
        drafted.push_back(bytes::Refuse(bytes::Reason::kSchemaViolation, text));
      } else {
        AddNotice(drafted_notices_, size_ + accepted.size(), text);
        drafted.push_back(EntryOf(text, size_ + accepted.size()));
        accepted.emplace(batch[i]->id(), i);
      }
    }
    return drafted;
  }
  void Keep(const merkle::TreeHead& head) override {
    EXPECT_TRUE(std::exchange(drafting_, false));
    notices_.merge(std::exchange(drafted_notices_, {}));
    size_ = head.size;
    events_.push_back("keep " + std::to_string(head.size));
  }
  void Drop() override {
    EXPECT_TRUE(std::exchange(drafting_, false));
    drafted_notices_.clear();
    events_.push_back("drop");
  }
  std::vector<Withholding> Withholdable(std::uint64_t begin, std::uint64_t end) override {
    EXPECT_LE(end, size_);
    std::vector<Withholding> found;
    for (const auto& [notice, target] : notices_) {
      if (notice >= begin && notice < end) found.push_back({target, notice});
    }
    return found;
  }

  // For the sequencer thread, or when it is not there.
  std::vector<std::string>& events() { return events_; }
  void FailNext(absl::Status status) { fail_next_ = std::move(status); }

 private:
  using Notices = std::map<std::uint64_t, std::uint64_t>;  // of the notice -> of what it is about
  static void AddNotice(Notices& notices, std::uint64_t index, const std::string& text) {
    if (text.rfind("erase ", 0) == 0) notices.emplace(index, std::stoull(text.substr(6)));
  }

  std::uint64_t size_ = 0;
  bool drafting_ = false;
  Notices notices_, drafted_notices_;
  std::vector<std::string> events_;
  absl::Status fail_next_;
};

class TextRecheck final : public Recheck {
 public:
  absl::Status Verify(std::uint64_t, std::span<const storage::Record>) const override {
    const std::lock_guard lock(mutex_);
    return answer_;
  }
  void Answer(absl::Status status) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(status);
  }

 private:
  mutable std::mutex mutex_;
  absl::Status answer_;
};

// Appends as another node does.
inline void AppendAsAnotherNode(storage::LogWriter& log, const std::vector<std::string>& texts) {
  const auto view = log.Look({});
  ASSERT_TRUE(view.ok()) << view.status();
  std::vector<storage::Record> records;
  std::vector<merkle::Hash> leaves;
  for (const auto& text : texts) {
    records.push_back({EntryOf(text, view->head.size + records.size()), IdOf(text), text});
    leaves.push_back(merkle::HashLeaf(bytes::AsBytes(records.back().entry)));
  }
  const auto growth = merkle::Integrate(view->head, view->edge, leaves);
  ASSERT_TRUE(growth.has_value());
  ASSERT_TRUE(log.Append(view->head, *growth, records).ok());
}

inline std::optional<bytes::Reason> ReasonOf(const absl::Status& status) { return bytes::ReasonOf(status); }

using PublishedAnswer = absl::StatusOr<std::shared_ptr<const Published>>;

class LogTest : public ::testing::Test {
 protected:
  LogTest() : metrics_("test", kTestOrigin, "memory"), memory_(TestIdentity()) {
    EXPECT_TRUE(signer::MarkFile::Create(mark_directory(), FirstMark()).ok());
    Open();
  }
  ~LogTest() override { log_.reset(); }

  std::string mark_directory() const { return temporary_.path() + "/mark"; }
  // The parts of a process that starts.
  void Open() {
    store_ = std::make_unique<support::FaultyStorage>(memory_.Open().value());
    signer_ = signer::LocalSigner::Open(mark_directory(), kTestOrigin, TestIdentity().store_id, TestLogKey(), clock_).value();
    admitter_ = std::make_unique<TextAdmitter>();
    fatals_.clear();
  }
  void MakeLog(LogOptions options = {}) {
    options.fatal = [this](absl::Status status) {
      const std::lock_guard lock(mutex_);
      fatals_.push_back(std::move(status));
    };
    log_ = std::make_unique<Log>(LogParts{*store_, *signer_, *admitter_, recheck_, clock_, metrics_}, std::move(options));
  }
  void Start(LogOptions options = {}) {
    MakeLog(std::move(options));
    const auto status = log_->Start();
    ASSERT_TRUE(status.ok()) << status;
  }
  // Publishes one text at the next tick. Afterwards the publisher has nothing to do, and its last tick was now: what the test does
  // next is what it sees next.   REQUIRES: started.
  void PublishQuietly(const std::string& text) {
    // Until the tick of the start has looked at the head: it might take the new entry along.
    AwaitCalls(Call::kConfirm, 1);
    const auto added = AddAndWait(Texts({text}));
    clock_.AwaitSleeper(clock_.Now() + LogOptions().publish_interval);
    clock_.Advance(LogOptions().publish_interval);
    ASSERT_TRUE(WaitPublished(added[0]->index, Pace::kNextTick).get().ok());
  }
  // The process ends as it is, and another one starts.
  void Restart() {
    Reopen();
    Start();
  }
  // What a start says that may refuse.
  absl::Status RestartStatus() {
    Reopen();
    MakeLog({});
    return log_->Start();
  }

  void Reopen() {
    log_.reset();
    signer_.reset();
    store_.reset();
    Open();
  }

  std::vector<absl::StatusOr<Added>> AddAndWait(Batch batch) {
    const std::size_t items = batch.size();
    const Answers answers(items);
    const auto status = log_->Add(std::move(batch), answers.done());
    EXPECT_TRUE(status.ok()) << status;
    return status.ok() ? answers.Wait() : std::vector<absl::StatusOr<Added>>(items, status);
  }
  absl::Status TryAdd(Batch batch) {
    return log_->Add(std::move(batch), [](std::size_t, const absl::StatusOr<Added>&) {});
  }
  std::future<PublishedAnswer> WaitPublished(std::uint64_t index, Pace pace,
                                             runtime::Deadline deadline = runtime::Deadline::max()) {
    auto promise = std::make_shared<std::promise<PublishedAnswer>>();
    log_->WaitPublished(index, pace, deadline, [promise](PublishedAnswer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  void AwaitCalls(Call call, std::uint64_t count) const {
    while (store_->plan().count(call) < count) std::this_thread::yield();
  }
  // Why the log stopped.
  absl::Status Fatal() {
    log_->Stop(clock_.Now());
    EXPECT_EQ(fatals().size(), 1U);
    return fatals().empty() ? absl::OkStatus() : fatals().front();
  }
  std::vector<absl::Status> fatals() {
    const std::lock_guard lock(mutex_);
    return fatals_;
  }
  std::string StoredNote(storage::Slot slot) {
    const auto note = store_->base().checkpoints().Latest(kTestOrigin, slot);
    return note.ok() ? *note : "";
  }

  const support::TemporaryDirectory temporary_;
  support::FakeClock clock_;
  metrics::Metrics metrics_;
  support::MemoryStore memory_;
  std::unique_ptr<support::FaultyStorage> store_;
  std::unique_ptr<signer::LocalSigner> signer_;
  std::unique_ptr<TextAdmitter> admitter_;
  TextRecheck recheck_;
  std::mutex mutex_;
  std::vector<absl::Status> fatals_;
  std::unique_ptr<Log> log_;
};

}  // namespace trustlog::log
