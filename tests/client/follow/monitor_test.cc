#include "client/follow/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "client/registry/state_text.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "tests/support/alliance_log.h"
#include "tests/support/map_fetcher.h"
#include "tests/support/sample_records.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::follow {
namespace {

using testing::AllianceLog;
using ::testing::ElementsAre;
using testing::Files;
using ::testing::IsEmpty;
using testing::MapFetcher;
using testing::SyntheticLog;

constexpr std::int64_t kNow = SyntheticLog::kTime + 60;

class MonitorTest : public ::testing::Test {
 protected:
  // One process that runs once.
  absl::StatusOr<MonitorResult> Run(const Files& files, const MonitorOptions& options = {.now = kNow}) {
    MapFetcher fetcher(files);
    auto monitor = Monitor::Open(fetcher, policy_, root_.path());
    if (!monitor.ok()) return monitor.status();
    return monitor->RunOnce(options, Deliver());
  }
  Monitor::Deliver Deliver() {
    return [this](const Delivery& delivery) -> absl::Status {
      for (const Observed& entry : delivery.entries) indices_.push_back(entry.index);
      for (const Finding& finding : delivery.findings) findings_.emplace_back(finding.index, finding.code);
      return refuse_ ? absl::UnavailableError("cannot deliver") : absl::OkStatus();
    };
  }
  std::vector<std::uint64_t> TakeIndices() { return std::exchange(indices_, {}); }
  using Found = std::vector<std::pair<std::uint64_t, std::string>>;
  Found TakeFindings() { return std::exchange(findings_, {}); }

  support::TemporaryDirectory root_;
  SyntheticLog log_ = testing::SampleLog(10);  // 20 entries
  tlog::Policy policy_ = log_.Policy();
  bool refuse_ = false;
  std::vector<std::uint64_t> indices_;
  Found findings_;
};

// The worked records of these numbers.
SyntheticLog VectorLog(const std::vector<std::size_t>& numbers) {
  SyntheticLog log(testing::kVectorOrigin);
  const auto records = testing::VectorRecords();
  for (const std::size_t i : numbers) log.Append(records[i].entry, records[i].statement);
  return log;
}

TEST_F(MonitorTest, FollowsWorkedRecordsWithoutAFault) {
  const SyntheticLog log = VectorLog({0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 14, 15, 18, 19});
  const auto result = Run(log.Publish());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->tracked.movement, Movement::kFirst);
  EXPECT_EQ(result->begin, 0U);
  EXPECT_EQ(result->end, 14U);
  EXPECT_THAT(TakeFindings(), IsEmpty());
  EXPECT_EQ(TakeIndices().size(), 14U);
}

TEST_F(MonitorTest, WhatThisVersionHasNoRulesForIsNoFault) {                         // records.md 10
  const auto result = Run(VectorLog({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}).Publish());  // 7 registers a key for batch signatures
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->faults, 0U);
}

TEST_F(MonitorTest, WorksOnAnEmptyLogAndGoesOnWhenItGrows) {  // E10
  auto result = Run(log_.Publish(0));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->end, 0U);
  ASSERT_TRUE(Run(log_.Publish(1)).ok());
  EXPECT_THAT(TakeIndices(), ElementsAre(0));
  ASSERT_TRUE(Run(log_.Publish(3)).ok());
  EXPECT_THAT(TakeIndices(), ElementsAre(1, 2));
  result = Run(log_.Publish(3));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->tracked.movement, Movement::kSame);
  EXPECT_EQ(result->begin, 3U);
  EXPECT_THAT(TakeIndices(), IsEmpty());
  ASSERT_TRUE(Run(log_.Publish(20)).ok());
  EXPECT_EQ(TakeIndices().size(), 17U);
  EXPECT_THAT(TakeFindings(), IsEmpty());
}

TEST_F(MonitorTest, CursorMovesOnlyAfterDelivery) {  // E10
  refuse_ = true;
  EXPECT_TRUE(absl::IsUnavailable(Run(log_.Publish()).status()));
  TakeIndices();
  refuse_ = false;
  ASSERT_TRUE(Run(log_.Publish()).ok());
  EXPECT_EQ(TakeIndices().size(), 20U);
}

TEST_F(MonitorTest, OneProcessMayRunManyTimes) {
  MapFetcher fetcher(log_.Publish(10));
  auto monitor = Monitor::Open(fetcher, policy_, root_.path());
  ASSERT_TRUE(monitor.ok());
  EXPECT_EQ(monitor->registry(), nullptr);
  ASSERT_TRUE(monitor->RunOnce({.now = kNow}, Deliver()).ok());
  refuse_ = true;
  fetcher.files = log_.Publish(20);
  EXPECT_FALSE(monitor->RunOnce({.now = kNow}, Deliver()).ok());
  refuse_ = false;
  EXPECT_TRUE(monitor->RunOnce({.now = kNow, .from = 20}, Deliver()).ok()) << "what was refused left nothing behind";
  TakeIndices();
  ASSERT_TRUE(monitor->RunOnce({.now = kNow}, Deliver()).ok());
  EXPECT_EQ(TakeIndices().size(), 10U) << "a run from beyond the cursor does not move it";
  EXPECT_EQ(monitor->registry()->size(), 20U);
  ASSERT_TRUE(monitor->RunOnce({.now = kNow, .from = 5}, Deliver()).ok());
  EXPECT_EQ(TakeIndices().size(), 15U);
}

TEST_F(MonitorTest, OneMonitorAtATime) {
  MapFetcher fetcher(log_.Publish());
  const auto first = Monitor::Open(fetcher, policy_, root_.path());
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Monitor::Open(fetcher, policy_, root_.path()).status()));
}

TEST_F(MonitorTest, ASnapshotSavesStatementsAndADamagedOneCostsNothing) {
  ASSERT_TRUE(Run(log_.Publish(18)).ok());
  TakeIndices();
  const auto tracker = CheckpointTracker::Open(root_.path(), policy_).value();
  ASSERT_TRUE(tracker.state().Read("registry")->has_value());
  for (const char* snapshot : {"whole", "damaged", "none"}) {
    const support::TemporaryDirectory copy;
    std::filesystem::copy(root_.path(), copy.path(), std::filesystem::copy_options::recursive);
    const std::string file = copy.path() + tracker.state().path().substr(root_.path().size()) + "/registry";
    if (snapshot == std::string("damaged")) std::filesystem::resize_file(file, 10);
    if (snapshot == std::string("none")) std::filesystem::remove(file);
    MapFetcher fetcher(log_.Publish(20));
    auto monitor = Monitor::Open(fetcher, policy_, copy.path());
    const auto result = monitor->RunOnce({.now = kNow}, Deliver());
    ASSERT_TRUE(result.ok()) << snapshot << result.status();
    EXPECT_THAT(TakeIndices(), ElementsAre(18, 19)) << snapshot;
    EXPECT_EQ(result->faults, 0U) << snapshot;
    EXPECT_EQ(monitor->registry()->Parties().size(), 2U) << snapshot;
  }
}

TEST_F(MonitorTest, FromDeliversAgainWithTheSameFindings) {
  log_.set_statement(11, "");
  log_.set_statement(17, "");
  ASSERT_TRUE(Run(log_.Publish()).ok());
  TakeIndices();
  EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(11, "STATEMENT_MISSING"), Found::value_type(17, "STATEMENT_MISSING")));
  ASSERT_TRUE(Run(log_.Publish(), {.now = kNow, .from = 12}).ok());
  EXPECT_EQ(TakeIndices().size(), 8U);
  EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(17, "STATEMENT_MISSING")));
  EXPECT_TRUE(absl::IsOutOfRange(Run(log_.Publish(), {.now = kNow, .from = 21}).status()));
}

// Evidence record `number` with its entry changed.
testing::SampleRecord Changed(std::uint64_t number, const std::function<void(attest::Entry&)>& change) {
  testing::SampleRecord record = testing::EvidenceRecord(number);
  attest::Entry entry = attest::DecodeEntry(record.entry).value();
  change(entry);
  record.entry = attest::EncodeEntry(entry).value();
  return record;
}

TEST_F(MonitorTest, ReportsWhatTheRulesRefuse) {  // records.md 6.4, E10
  struct Case {
    const char* name;
    testing::SampleRecord record;
    std::vector<std::string> findings;
  };
  const Case cases[] = {
      {"sound", testing::EvidenceRecord(20), {}},
      {"no entry", {"no entry", ""}, {"ENTRY_MALFORMED"}},
      {"the same statement again", Changed(3, [](auto& e) { e.logged_at_ms += 100; }), {"DUPLICATE"}},
      {"time falls", Changed(21, [](auto& e) { e.logged_at_ms -= 100; }), {"TIME_FELL"}},
      {"not derived from the statement", Changed(22, [](auto& e) { e.code = "certificate"; }), {"DERIVATION"}},
      {"bad signature",
       Changed(23, [](auto& e) { e.signatures[0].signature[0] = static_cast<char>(e.signatures[0].signature[0] ^ 1); }),
       {"SIGNATURE_INVALID"}},
      {"signature cut", Changed(24, [](auto& e) { e.signatures[0].signature.pop_back(); }), {"SIGNATURE_ENCODING"}},
      {"unknown key", Changed(25, [](auto& e) { e.signatures[0].key_id[0] ^= 1; }), {"KEY_UNKNOWN"}},
      {"issued in the future", Changed(26, [](auto& e) { e.logged_at_ms -= 3'600'000; }), {"TIME_FELL", "ISSUED_IN_FUTURE"}},
  };
  for (const Case& c : cases) {
    const support::TemporaryDirectory root;
    SyntheticLog log = log_;
    log.Append(c.record.entry, c.record.statement);
    MapFetcher fetcher(log.Publish());
    const auto result = Monitor::Open(fetcher, policy_, root.path())->RunOnce({.now = kNow}, Deliver());
    ASSERT_TRUE(result.ok()) << c.name << result.status();
    std::vector<std::string> found;
    for (const auto& [index, code] : TakeFindings()) {
      EXPECT_EQ(index, 20U) << c.name;
      found.push_back(code);
    }
    EXPECT_EQ(found, c.findings) << c.name;
    EXPECT_EQ(TakeIndices().size(), 21U) << c.name << ": what cannot be parsed is delivered, not dropped";
  }
}

TEST_F(MonitorTest, AKeyOfAVoidRecordIsUnknown) {
  SyntheticLog log(testing::kVectorOrigin);
  const auto records = testing::VectorRecords();
  for (const std::size_t i : {0, 1, 2, 3, 4, 5}) log.Append(records[i].entry, records[i].statement);
  attest::Entry registration = attest::DecodeEntry(records[6].entry).value();  // the P-384 key that signs record 10
  registration.valid_until += 1;
  log.Append(attest::EncodeEntry(registration).value(), records[6].statement);
  log.Append(records[10].entry, records[10].statement);
  ASSERT_TRUE(Run(log.Publish()).ok());
  EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(6, "DERIVATION"), Found::value_type(7, "KEY_UNKNOWN")));
}

TEST_F(MonitorTest, AWithheldClaimNeedsANotice) {  // E12, records.md 4.3
  SyntheticLog log(testing::kVectorOrigin);
  const auto records = testing::VectorRecords();
  for (std::size_t i = 0; i < 24; ++i) log.Append(records[i].entry, records[i].statement);  // 23 is the erasure notice for 16
  log.set_statement(16, "");
  const auto result = Run(log.Publish());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(16, "WITHHELD")));
  EXPECT_EQ(result->faults, 0U);

  const support::TemporaryDirectory other;
  log.set_statement(15, "");
  MapFetcher fetcher(log.Publish());
  const auto second = Monitor::Open(fetcher, policy_, other.path())->RunOnce({.now = kNow}, Deliver());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(15, "STATEMENT_MISSING"), Found::value_type(16, "WITHHELD")));
  EXPECT_EQ(second->faults, 1U);
}

// records.md 6.4: of a withheld statement the signatures that depend on its id alone.
TEST_F(MonitorTest, VerifiesWhatCanBeToldOfAWithheldClaimsSignatures) {
  for (const auto& [at, is_told] : {std::pair(9U, false), std::pair(11U, true), std::pair(15U, true)}) {  // Ed25519, batch, P-256
    SCOPED_TRACE(at);
    SyntheticLog log(testing::kVectorOrigin);
    const auto records = testing::VectorRecords();
    for (std::size_t i = 0; i <= at; ++i) {
      auto entry = attest::DecodeEntry(records[i].entry).value();
      if (i == at) entry.signatures[0].signature.back() ^= 1;
      log.Append(attest::EncodeEntry(entry).value(), i == at ? "" : records[i].statement);
    }
    const support::TemporaryDirectory root;
    MapFetcher fetcher(log.Publish());
    ASSERT_TRUE(Monitor::Open(fetcher, policy_, root.path())->RunOnce({.now = kNow}, Deliver()).ok());
    const auto found = TakeFindings();
    EXPECT_THAT(found, ::testing::Contains(Found::value_type(at, "STATEMENT_MISSING")));
    EXPECT_EQ(std::count(found.begin(), found.end(), Found::value_type(at, "SIGNATURE_INVALID")), is_told ? 1 : 0);
  }
}

// E10: a process that dies loses what it delivered after the last step, and no more is delivered twice.
TEST_F(MonitorTest, WritesTheCursorInSteps) {
  SyntheticLog log;  // no entry decodes, so each is void
  log.AppendOpaque(80'000);
  const auto policy = log.Policy();
  MapFetcher fetcher(log.Publish());
  auto monitor = Monitor::Open(fetcher, policy, root_.path());
  ASSERT_TRUE(monitor.ok());
  const auto cursor = [this]() -> std::uint64_t {
    for (const auto& file : std::filesystem::recursive_directory_iterator(root_.path())) {
      if (file.path().filename() != "cursor") continue;
      std::ifstream in(file.path());
      std::string form;
      std::uint64_t size = 0;
      in >> form >> size;
      return size;
    }
    return 0;
  };
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;  // first index of a delivery, cursor then
  const auto deliver = [&](const Delivery& delivery) -> absl::Status {
    const std::uint64_t begin = delivery.entries.front().index;
    seen.emplace_back(begin, cursor());
    return begin == 73'728 ? absl::UnavailableError("cannot deliver") : absl::OkStatus();
  };
  EXPECT_TRUE(absl::IsUnavailable(monitor->RunOnce({.now = kNow}, deliver).status()));
  for (const auto& [begin, at] : seen) EXPECT_EQ(at, begin < 65'536 ? 0 : 65'536) << begin;
  EXPECT_EQ(seen.back().first, 73'728U);
  EXPECT_EQ(cursor(), 73'728U) << "an end that is told moves it to what was delivered";
  seen.clear();
  ASSERT_TRUE(monitor
                  ->RunOnce({.now = kNow},
                            [&](const Delivery& delivery) {
                              seen.emplace_back(delivery.entries.front().index, cursor());
                              return absl::OkStatus();
                            })
                  .ok());
  EXPECT_EQ(seen.front().first, 73'728U);
  EXPECT_EQ(cursor(), 80'000U);
}

// What is missing is part of it; what was followed before a snapshot is not known to be.
TEST_F(MonitorTest, OnlyAReplayFromTheFirstEntryHasADigest) {
  const auto digest = [this](const Files& files, const std::string& state, std::optional<std::uint64_t> from = {}) {
    MapFetcher fetcher(files);
    auto monitor = Monitor::Open(fetcher, policy_, state);
    EXPECT_TRUE(monitor.ok() && monitor->RunOnce({.now = kNow, .from = from}, Deliver()).ok());
    return monitor->RegistryDigest();
  };
  const auto whole = digest(log_.Publish(), root_.path());
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(digest(log_.Publish(), root_.path()).status()));
  EXPECT_EQ(digest(log_.Publish(), root_.path(), 0).value(), *whole);
  const support::TemporaryDirectory shorter, missing;
  EXPECT_NE(digest(log_.Publish(19), shorter.path()).value(), *whole);
  log_.set_statement(11, "");
  EXPECT_NE(digest(log_.Publish(), missing.path()).value(), *whole);
}

// records.md 4.3: below its size, and of those that the rules take.
TEST_F(MonitorTest, ANoticeThatTheRulesRefuseIsNone) {
  AllianceLog good;
  const auto evidence = good.Evidence(1);
  const auto at = good.log.size();
  good.Append(evidence);
  const auto notice = [&](std::uint64_t index, std::vector<std::string> signers) {
    auto statement = support::ErasureNoticeStatement(evidence.id(), index);
    statement.signers = std::move(signers);
    return support::Sign(statement);
  };
  const struct {
    const char* name;
    support::SignedRecord notice;
    const char* why_void;  // null: it counts
    bool is_below_the_size = true;
  } cases[] = {
      {"in force", notice(at, {"operator-1", "secretariat-1", "secretariat-2"}), nullptr},
      {"another index", notice(at - 1, {"operator-1", "secretariat-1", "secretariat-2"}), "REF_NOT_FOUND"},
      {"not by the secretariat", notice(at, {"operator-1"}), "THRESHOLD_NOT_MET"},
      {"by one of the secretariat", notice(at, {"operator-1", "secretariat-1"}), "THRESHOLD_NOT_MET"},
      {"not by the operator", notice(at, {"secretariat-1", "secretariat-2"}), "THRESHOLD_NOT_MET"},
      {"by the member", notice(at, {"one-1"}), "ISSUER_MISMATCH"},
      {"beyond the checkpoint", notice(at, {"operator-1", "secretariat-1", "secretariat-2"}), "", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    AllianceLog log = good;
    log.Append(c.notice);
    log.log.set_statement(at, "");
    const support::TemporaryDirectory root;
    const auto policy = log.log.Policy();
    MapFetcher fetcher(log.log.Publish(c.is_below_the_size ? at + 2 : at + 1));
    auto monitor = Monitor::Open(fetcher, policy, root.path());
    const auto result = monitor->RunOnce({.now = kNow}, Deliver());
    ASSERT_TRUE(result.ok()) << result.status();
    Found expected = {{at, c.why_void == nullptr ? "WITHHELD" : "STATEMENT_MISSING"}};
    if (c.why_void != nullptr && *c.why_void != '\0') expected.emplace_back(at + 1, c.why_void);
    EXPECT_EQ(TakeFindings(), expected);
    EXPECT_EQ(result->faults == 0, c.why_void == nullptr);
    TakeIndices();
  }
}

TEST_F(MonitorTest, ANoticeIsAboutARepetitionOfItsStatementToo) {  // void, and yet the same text
  AllianceLog log;
  const auto at = log.log.size();
  const auto evidence = log.Evidence(1);
  log.Append(evidence);
  log.Append(evidence);
  log.Append(support::Sign(support::ErasureNoticeStatement(evidence.id(), at)));
  log.log.set_statement(at, "");
  log.log.set_statement(at + 1, "");
  const auto policy = log.log.Policy();
  MapFetcher fetcher(log.log.Publish());
  ASSERT_TRUE(Monitor::Open(fetcher, policy, root_.path())->RunOnce({.now = kNow}, Deliver()).ok());
  EXPECT_THAT(TakeFindings(),
              ::testing::UnorderedElementsAre(Found::value_type(at, "WITHHELD"), Found::value_type(at + 1, "WITHHELD"),
                                              Found::value_type(at + 1, "DUPLICATE")));
}

TEST_F(MonitorTest, ANoticeMayComeManyBatchesLater) {
  AllianceLog log;
  const auto at = log.log.size();
  for (std::uint64_t i = 0; i < 4'200; ++i) log.Append(log.Evidence(i + 1));
  log.Append(support::Sign(support::ErasureNoticeStatement(log.Evidence(1).id(), at)));
  log.log.set_statement(at, "");
  log.log.set_statement(at + 1, "");
  const auto policy = log.log.Policy();
  MapFetcher fetcher(log.log.Publish());
  auto monitor = Monitor::Open(fetcher, policy, root_.path());
  int deliveries = 0;
  const auto broken = monitor->RunOnce({.now = kNow}, [&](const Delivery&) -> absl::Status {
    return ++deliveries == 1 ? absl::OkStatus() : absl::UnavailableError("cannot deliver");
  });
  EXPECT_TRUE(absl::IsUnavailable(broken.status()));
  const auto result = monitor->RunOnce({.now = kNow}, Deliver());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->begin, 0U) << "what was not decided in the first batch must not be lost";
  EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(at, "WITHHELD"), Found::value_type(at + 1, "STATEMENT_MISSING")));
  EXPECT_EQ(result->faults, 1U);
  EXPECT_EQ(monitor->RunOnce({.now = kNow}, Deliver())->begin, log.log.size()) << "told once";
  EXPECT_THAT(TakeFindings(), IsEmpty());
}

TEST_F(MonitorTest, WhatIsWithheldChangesNothingInTheRegistry) {  // records.md 4.3, point 3
  AllianceLog log;
  const auto evidence = log.Evidence(1);
  const auto at = log.log.size();
  log.Append(evidence);
  log.Append(log.Evidence(2));
  log.Append(support::Sign(support::ErasureNoticeStatement(evidence.id(), at)));
  const auto policy = log.log.Policy();
  const auto text = [&](std::vector<std::uint64_t> withheld) {
    SyntheticLog served = log.log;
    for (const auto index : withheld) served.set_statement(index, "");
    const support::TemporaryDirectory root;
    MapFetcher fetcher(served.Publish());
    auto monitor = Monitor::Open(fetcher, policy, root.path());
    EXPECT_TRUE(monitor->RunOnce({.now = kNow}, Deliver()).ok());
    std::erase_if(withheld, [&](std::uint64_t index) { return monitor->registry()->NoticeAbout(index).has_value(); });
    return registry::StateText(*monitor->registry(), withheld);
  };
  const auto whole = text({});
  EXPECT_EQ(text({at}), whole);
  const auto missing = text({at + 1});
  const std::string line = "missing " + std::to_string(at + 1) + "\n";
  const auto found = missing.find(line);
  ASSERT_NE(found, std::string::npos);
  EXPECT_EQ(missing.substr(0, found) + missing.substr(found + line.size()), whole);
}

TEST_F(MonitorTest, AClaimWithAnotherStatementIsReportedAndCounts) {
  log_.set_statement(15, log_.statement(16));
  const auto result = Run(log_.Publish());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(TakeFindings(), ::testing::Contains(Found::value_type(15, "STATEMENT_MISMATCH")));
}

TEST_F(MonitorTest, StopsBeforeAnAuthorityRecordWithoutItsStatement) {
  const std::string statement = log_.statement(4);
  for (const bool absent : {true, false}) {
    log_.set_statement(4, absent ? "" : "another");
    const auto result = Run(log_.Publish());
    EXPECT_EQ(CheckCodeOf(result.status()), absent ? CheckCode::kStatementMissing : CheckCode::kStatementMismatch);
    EXPECT_THAT(TakeFindings(), ElementsAre(Found::value_type(4, absent ? "STATEMENT_MISSING" : "STATEMENT_MISMATCH")));
    EXPECT_EQ(TakeIndices().size(), absent ? 4U : 0U);
  }
  log_.set_statement(4, statement);  // it is served again
  ASSERT_TRUE(Run(log_.Publish()).ok());
  EXPECT_EQ(TakeIndices().size(), 16U);
}

TEST_F(MonitorTest, HostileServersMoveNothing) {
  ASSERT_TRUE(Run(log_.Publish(10)).ok());
  SyntheticLog fork = testing::SampleLog(0);
  fork.Append("another history", "");
  fork.AppendOpaque(9);
  SyntheticLog early_fork(testing::kVectorOrigin);
  early_fork.AppendOpaque(20);
  struct Case {
    const char* name;
    std::function<void(Files&)> change;
    CheckCode code;
  };
  const Case cases[] = {
      {"wrong tile", [](Files& f) { f["tile/0/000.p/20"][3] ^= 1; }, CheckCode::kProofRootMismatch},
      {"wrong entry", [](Files& f) { f["tile/entries/000.p/20"].back() ^= 1; }, CheckCode::kEntryHashMismatch},
      {"short bundle", [](Files& f) { f["tile/entries/000.p/20"].pop_back(); }, CheckCode::kEntryHashMismatch},
      {"extra bytes", [](Files& f) { f["tile/entries/000.p/20"] += "xx"; }, CheckCode::kEntryHashMismatch},
      {"statements cut", [](Files& f) { f["tile/statements/000.p/20"].pop_back(); }, CheckCode::kStatementMissing},
      {"no statements", [](Files& f) { f.erase("tile/statements/000.p/20"); }, CheckCode::kStatementMissing},
      {"wrong checkpoint", [&](Files& f) { f["checkpoint"] = fork.Checkpoint(20); }, CheckCode::kProofRootMismatch},
      {"rolled back", [&](Files& f) { f = log_.Publish(5); }, CheckCode::kConsistencyFailed},
      {"fork of another size", [&](Files& f) { f = early_fork.Publish(20); }, CheckCode::kForkProven},
      {"fork of equal size", [&](Files& f) { f = early_fork.Publish(10); }, CheckCode::kForkProven},
  };
  for (const Case& c : cases) {
    const support::TemporaryDirectory copy;
    std::filesystem::copy(root_.path(), copy.path(), std::filesystem::copy_options::recursive);
    MapFetcher fetcher(log_.Publish(20));
    c.change(fetcher.files);
    TakeIndices();
    EXPECT_EQ(CheckCodeOf(Monitor::Open(fetcher, policy_, copy.path())->RunOnce({.now = kNow}, Deliver()).status()), c.code)
        << c.name;
    EXPECT_THAT(TakeIndices(), IsEmpty()) << c.name;
    fetcher.files = log_.Publish(20);  // the honest one again
    const auto result = Monitor::Open(fetcher, policy_, copy.path())->RunOnce({.now = kNow}, Deliver());
    ASSERT_TRUE(result.ok()) << c.name << result.status();
    EXPECT_EQ(TakeIndices().size(), 10U) << c.name;
  }
}

TEST_F(MonitorTest, RefusesACursorThatIsNotOfThisTree) {
  ASSERT_TRUE(Run(log_.Publish(10)).ok());
  const auto tracker = CheckpointTracker::Open(root_.path(), policy_).value();
  const std::string good = **tracker.state().Read("cursor");
  EXPECT_EQ(good, "trustlog-cursor/1 10 " + bytes::EncodeHex(log_.Head(10).root) + "\n");
  for (const std::string& cursor :
       {std::string("rubbish"), "trustlog-cursor/1 09 " + good.substr(21), "trustlog-cursor/1 9 " + good.substr(21),
        "trustlog-cursor/1 99 " + good.substr(21), good + "x"}) {
    ASSERT_TRUE(tracker.state().Write("cursor", cursor).ok());
    EXPECT_EQ(CheckCodeOf(Run(log_.Publish(20)).status()), CheckCode::kFileMalformed) << cursor;
  }
}

// E3: no bundle is skipped, partial ones included, so the root is always recomputed.
TEST_F(MonitorTest, FollowsManyBatches) {
  const SyntheticLog log = testing::SampleLog(9000);
  const auto result = Run(log.Publish());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->end, 9010U);
  EXPECT_EQ(result->faults, 0U);
  const auto indices = TakeIndices();
  ASSERT_EQ(indices.size(), 9010U);
  for (std::uint64_t i = 0; i < indices.size(); ++i) ASSERT_EQ(indices[i], i);
}

}  // namespace
}  // namespace trustlog::follow
