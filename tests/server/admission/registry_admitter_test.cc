// Admission in order, through the whole core: what a batch may refer to, who may sign, time, and what happens when the world moves
// between validation and decision.
#include "server/admission/registry_admitter.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/server/admission/rig.h"

namespace trustlog::admission {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using RegistryAdmitterTest = AdmissionTest;
using Words = std::vector<std::string>;

attest::Envelope WithoutKeyIds(attest::Envelope envelope) {
  for (auto& signature : envelope.signatures) signature.keyid.clear();
  return envelope;
}

TEST_F(RegistryAdmitterTest, TakesTheWholeAllianceInOneBatchInOrder) {
  StartWith("principles");
  std::vector<attest::Envelope> rest;
  for (std::size_t i = 1; i < alliance_.size(); ++i) rest.push_back(alliance_.records()[i].record.envelope);
  const auto answers = Submit(rest);
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(Told(answers[i]), std::to_string(i + 1)) << alliance_.records()[i + 1].label;
  EXPECT_EQ(store_->plan().count(Call::kAppend), 2U);
  EXPECT_TRUE(Published(alliance_.size() - 1).ok()) << "the recheck, signatures included, agrees";
  EXPECT_EQ(registry_->own().size(), alliance_.size());
  EXPECT_TRUE(registry_->own().violations().empty());

  Restart();  // a replay from the store agrees too
  EXPECT_EQ(registry_->own().size(), alliance_.size());
  EXPECT_TRUE(registry_->own().violations().empty());
}

TEST_F(RegistryAdmitterTest, OutOfOrderTheSameRecordsAreRefusedOneByOne) {
  StartWith("key-one-1");
  std::vector<std::unique_ptr<log::Submission>> batch;
  const auto key = support::SampleKey("one-1").public_key();
  batch.push_back(Checked(alliance_["commitment-one-1"].envelope, {key}));  // before its key
  batch.push_back(Checked(alliance_["key-one-1"].envelope));
  batch.push_back(Checked(alliance_["evidence"].envelope, {key}));  // before what it supports
  batch.push_back(Checked(alliance_["commitment-one-1"].envelope, {key}));
  const auto at = std::to_string(alliance_.IndexOf("key-one-1")), next = std::to_string(alliance_.IndexOf("key-one-1") + 1);
  EXPECT_EQ(Told(Commit(std::move(batch))), (Words{"KEY_UNKNOWN", at, "REF_NOT_FOUND", next}));
}

TEST_F(RegistryAdmitterTest, AKeyIsUnknownWhenTheItemThatRegistersItIsRefused) {
  StartWith("key-one-1");
  // Sponsored by one secretariat key where two are needed.
  const auto lonely = support::Sign(support::KeyStatement("member:one", "one-1", "\"sign\",\"admin\"", {"secretariat-1"}));
  EXPECT_EQ(Told(Submit({lonely.envelope, alliance_["commitment-one-1"].envelope})), (Words{"THRESHOLD_NOT_MET", "KEY_UNKNOWN"}));
  EXPECT_EQ(integrated(), alliance_.IndexOf("key-one-1"));
}

TEST_F(RegistryAdmitterTest, RepetitionsAreAnsweredWithTheFirst) {
  StartWith("commitment-one-1");
  const auto& commitment = alliance_["commitment-one-1"].envelope;
  const auto at = std::to_string(integrated());
  EXPECT_EQ(Told(Submit({commitment, commitment})), (Words{at, at + " again"}));
  EXPECT_EQ(Told(Submit({commitment})), (Words{at + " again"}));
}

TEST_F(RegistryAdmitterTest, AFrozenLogStillAnswersRepetitionsAndRefusesTheRest) {
  StartWith("");
  log_->Stop(clock_.Now());
  // Validated before the freeze, decided after it.
  auto repeated = Checked(alliance_["evidence"].envelope);
  auto fresh = Checked(support::Sign(support::CommitmentStatement("one", 4, alliance_["principles"])).envelope);
  auto by_candidates =
      Checked(WithoutKeyIds(support::Sign(support::CommitmentStatement("one", 5, alliance_["principles"])).envelope));
  Open(Frozen(store_->reader().IntegratedHead().value(), registry_->own()));
  Start();
  std::vector<std::unique_ptr<log::Submission>> batch;
  batch.push_back(std::move(repeated));
  batch.push_back(std::move(fresh));
  batch.push_back(std::move(by_candidates));
  EXPECT_EQ(Told(Commit(std::move(batch))),
            (Words{std::to_string(alliance_.IndexOf("evidence")) + " again", "LOG_FROZEN", "LOG_FROZEN"}));
}

TEST_F(RegistryAdmitterTest, CandidatesAreDecidedAgainWhenTheKeysChanged) {
  StartWith("key-one-2");
  // Signed by the second key, which the issuer gets only in this batch: without a key id nobody can match it before.
  auto statement = support::CommitmentStatement("one", 1, alliance_["principles"]);
  statement.signers = {"one-2"};
  const auto by_second = WithoutKeyIds(support::Sign(statement).envelope);
  EXPECT_EQ(WordOf(validator_->Validate(by_second, {}).status()), "SIGNATURE_INVALID");
  // Matched against the first key, before and after the second came: the same answer, decided again.
  const auto by_first = WithoutKeyIds(alliance_["commitment-one-2"].envelope);
  auto validated_before = Checked(by_first);
  const auto at = integrated();
  EXPECT_EQ(Told(Submit({alliance_["key-one-2"].envelope})), (Words{std::to_string(at)}));
  ASSERT_NE(validated_before->candidates_at, registry_->own().key_set_version());
  std::vector<std::unique_ptr<log::Submission>> batch;
  batch.push_back(std::move(validated_before));
  batch.push_back(Checked(by_second));
  EXPECT_EQ(Told(Commit(std::move(batch))), (Words{std::to_string(at + 1), std::to_string(at + 2)}));
  EXPECT_EQ(EntryAt(at + 1).signatures[0].key_id, support::SampleKey("one-1").public_key().id());
  EXPECT_EQ(EntryAt(at + 2).signatures[0].key_id, support::SampleKey("one-2").public_key().id());
  EXPECT_TRUE(Published(at + 2).ok());
}

// A hint that names no key yet: candidates matched it, until the batch itself registers the named key.
TEST_F(RegistryAdmitterTest, AKeyIdThatTheBatchMakesKnownDecidesForItself) {
  StartWith("key-one-2");
  auto misnamed = alliance_["commitment-one-1"].envelope;                                   // signed by one-1
  misnamed.signatures[0].keyid = support::SignPayload("x", {"one-2"}).signatures[0].keyid;  // but names one-2
  auto checked = Checked(misnamed);
  ASSERT_TRUE(checked != nullptr && checked->candidates_at.has_value());
  std::vector<std::unique_ptr<log::Submission>> batch;
  batch.push_back(Checked(alliance_["key-one-2"].envelope));
  batch.push_back(std::move(checked));
  EXPECT_EQ(Told(Commit(std::move(batch))), (Words{std::to_string(alliance_.IndexOf("key-one-2")), "SIGNATURE_INVALID"}));
}

TEST_F(RegistryAdmitterTest, OneTimeForABatchAndItNeverFalls) {
  StartWith("principles");
  const auto first = EntryAt(0).logged_at_ms;
  EXPECT_EQ(first, static_cast<std::uint64_t>(support::kSampleTime) * 1'000);
  clock_.SetWall(milliseconds(first) + seconds(60));
  Submit({alliance_["principles"].envelope, alliance_["admit-one"].envelope});
  EXPECT_EQ(EntryAt(1).logged_at_ms, first + 60'000);
  EXPECT_EQ(EntryAt(2).logged_at_ms, first + 60'000);
  clock_.SetWall(milliseconds(first) + seconds(59));
  EXPECT_EQ(Told(Submit({alliance_["admit-two"].envelope})), (Words{"3"}));
  EXPECT_EQ(EntryAt(3).logged_at_ms, first + 60'000) << "a clock one second behind: the last time is kept";
  clock_.SetWall(milliseconds(first) + seconds(55));
  EXPECT_EQ(Told(Submit({alliance_["admit-three"].envelope})), (Words{"4"})) << "five seconds are borne";
  clock_.SetWall(milliseconds(first) + seconds(54));
  const auto answers = Submit({alliance_["admit-south"].envelope, alliance_["admit-one"].envelope});
  EXPECT_EQ(Told(answers), (Words{"READ_ONLY", "2 again"})) << "six are not; what is logged is answered";
  EXPECT_EQ(integrated(), 5U);
  clock_.SetWall(milliseconds(first) + seconds(61));
  EXPECT_EQ(Told(Submit({alliance_["admit-south"].envelope})), (Words{"5"}));
}

TEST_F(RegistryAdmitterTest, ALostRaceIsDecidedOnTheNewHead) {
  StartWith("admit-two");
  // Another node admits the party, and more, between our look and our append.
  const auto theirs = support::Sign(support::AdmissionStatement("member", "two"));
  ASSERT_NE(theirs.id(), alliance_["admit-two"].id());
  const auto at = integrated();
  bool raced = false;
  store_->plan().OnCall([&](Call call) {
    if (call != Call::kAppend || std::exchange(raced, true)) return;
    auto entry = theirs.entry;
    entry.logged_at_ms = static_cast<std::uint64_t>(clock_.WallNow().count()) + 1'500;
    std::sort(entry.signatures.begin(), entry.signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
    auto& log = store_->base().log();
    const auto view = log.Look({}).value();
    const storage::Record record{attest::EncodeEntry(entry).value(), theirs.id(), theirs.envelope.payload};
    const auto leaf = merkle::HashLeaf(bytes::AsBytes(record.entry));
    ASSERT_TRUE(log.Append(view.head, merkle::Integrate(view.head, view.edge, {&leaf, 1}).value(), {&record, 1}).ok());
  });
  EXPECT_EQ(Told(Submit({alliance_["admit-two"].envelope, alliance_["admit-three"].envelope})),
            (Words{"PARTY_EXISTS", std::to_string(at + 1)}));
  EXPECT_EQ(EntryAt(at + 1).logged_at_ms, EntryAt(at).logged_at_ms) << "time is chosen again too";
  EXPECT_TRUE(registry_->own().violations().empty());
  EXPECT_TRUE(Published(at + 1).ok());
}

TEST_F(RegistryAdmitterTest, FactsThatCannotBeReadAreNoRefusal) {
  StartWith("evidence");
  Open(registry::Registry(registry_->own()));  // as from a snapshot: the reference must be read
  Start();
  // The first read asks for what is logged already.
  store_->Fail(Call::kReadRecordsAt, Fault::kBefore, 2);
  const auto at = std::to_string(integrated());
  EXPECT_EQ(Told(Submit({alliance_["evidence"].envelope})), (Words{"READ_ONLY"}));
  EXPECT_EQ(Told(Submit({alliance_["evidence"].envelope})), (Words{at}));
  store_->Fail(Call::kReadRecordsAt, Fault::kDataLoss, 2);
  const auto other = support::Sign(support::EvidenceStatement("one", alliance_["commitment-one-1"]));
  EXPECT_EQ(Told(Submit({other.envelope})), (Words{"OUTCOME_UNKNOWN"}))
      << "storage contradicts itself: not a refusal of the statement";
}

TEST_F(RegistryAdmitterTest, AReplayRefusesAStatementThatIsNotItsEntrys) {
  StartWith("admit-one");
  auto records = store_->reader().ReadRecords(0, 2).value();
  records[1].companion += " ";
  LiveRegistry fresh{registry::Registry(support::kSampleOrigin)};
  RegistryAdmitter admitter(fresh, store_->reader(), clock_, 0, metrics_, {});
  const auto status = admitter.Follow(0, records);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(admitter.size(), 1U) << "those before it are taken";
}

TEST_F(RegistryAdmitterTest, AReplayAsksStorageOnceForManyRecordsAndNeverUnderTheLock) {
  StartWith("");
  const auto whole = registry::FormatSnapshot({}, registry_->own());
  const auto records = store_->reader().ReadRecords(0, integrated()).value();
  const auto split = alliance_.IndexOf("evidence");
  LiveRegistry fresh{registry::Registry(support::kSampleOrigin)};
  RegistryAdmitter first(fresh, store_->reader(), clock_, 0, metrics_, {});
  log_->Stop(clock_.Now());
  // Another thread gets the registry during each call: the test hangs where the caller holds it.
  store_->plan().OnCall([&](Call) { std::thread([&] { fresh.With([](const registry::Registry&) { return 0; }); }).join(); });
  const auto calls = [&](Call call) { return store_->plan().count(call); };
  const auto found = calls(Call::kFindIds), read = calls(Call::kReadRecordsAt);
  ASSERT_TRUE(first.Follow(0, std::span(records).first(split)).ok());
  EXPECT_EQ(calls(Call::kFindIds) - found, 2U) << "genesis, and the rest";
  EXPECT_EQ(calls(Call::kReadRecordsAt) - read, 0U) << "what they refer to is among them";
  RegistryAdmitter second(fresh, store_->reader(), clock_, 0, metrics_, {});  // which knows no records yet
  ASSERT_TRUE(second.Follow(split, std::span(records).subspan(split)).ok());
  EXPECT_EQ(calls(Call::kFindIds) - found, 3U);
  EXPECT_EQ(calls(Call::kReadRecordsAt) - read, 1U);
  EXPECT_EQ(registry::FormatSnapshot({}, fresh.own()), whole);
  store_->plan().OnCall(nullptr);
}

TEST_F(RegistryAdmitterTest, AReplaySeesThatTheStoreKnowsAnEarlierRecordOfTheId) {
  StartWith("");
  auto records = store_->reader().ReadRecords(0, integrated()).value();
  const auto first = alliance_.IndexOf("commitment-one-1"), second = alliance_.IndexOf("evidence");
  records[second] = records[first];  // as if it had been logged twice
  for (const std::uint64_t split : {std::uint64_t{0}, first + 1, second}) {
    LiveRegistry fresh{registry::Registry(support::kSampleOrigin)};
    RegistryAdmitter before(fresh, store_->reader(), clock_, 0, metrics_, {});
    ASSERT_TRUE(before.Follow(0, std::span(records).first(split)).ok());
    RegistryAdmitter after(fresh, store_->reader(), clock_, 0, metrics_, {});
    ASSERT_TRUE(after.Follow(split, std::span(records).subspan(split, second + 1 - split)).ok());
    ASSERT_EQ(fresh.own().size(), second + 1);
    const std::vector<registry::Violation> expected{{second, "TIME_FELL", false}, {second, "DUPLICATE", true}};
    EXPECT_THAT(fresh.own().violations(), ::testing::ElementsAreArray(expected)) << split;
  }
}

TEST_F(RegistryAdmitterTest, ADroppedDraftLeavesNoTrace) {
  StartWith("admit-one");
  const auto submission = Checked(alliance_["admit-one"].envelope);
  const log::Submission* batch[] = {submission.get()};
  log_->Stop(clock_.Now());
  const auto before = registry::FormatSnapshot({}, registry_->own());
  ASSERT_TRUE(admitter_->DraftBatch(batch, {}).ok());
  admitter_->Drop();
  EXPECT_EQ(registry::FormatSnapshot({}, registry_->own()), before);
  const auto again = admitter_->DraftBatch(batch, {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(std::holds_alternative<std::string>(again->front()));
  admitter_->Keep(store_->reader().IntegratedHead().value());
  EXPECT_TRUE(registry_->own().FindParty(support::SampleUrn("member:one")).has_value());
}

class SnapshotTest : public AdmissionTest {
 protected:
  std::string path() const { return temporary_.path() + "/snapshot"; }
  absl::StatusOr<merkle::Hash> RootAt(std::uint64_t size) const {
    const auto range = log::ReadRange(store_->reader(), size, integrated());
    if (!range.ok()) return range.status();
    return range->Root();
  }
  std::uint64_t LoadedSize() const {
    return LoadSnapshot(path(), support::kSampleOrigin, [this](std::uint64_t size) { return RootAt(size); }).size();
  }
  std::string Read() const {
    std::ostringstream text;
    text << std::ifstream(path(), std::ios::binary).rdbuf();
    return text.str();
  }
  void Write(const std::string& bytes) const { std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes; }
};

TEST_F(SnapshotTest, ALogGoesOnFromItsSnapshotAndFollowsTheRest) {
  StartWith("commitment-one-1");
  SaveSnapshot(path(), store_->reader().IntegratedHead().value(), registry_->own());
  const auto saved = integrated();
  Submit({alliance_["commitment-one-1"].envelope, alliance_["commitment-one-2"].envelope});
  const auto whole = registry::FormatSnapshot({}, registry_->own());
  EXPECT_EQ(LoadedSize(), saved);
  auto loaded = LoadSnapshot(path(), support::kSampleOrigin, [this](std::uint64_t size) { return RootAt(size); });
  Open(std::move(loaded));
  Start();
  EXPECT_EQ(registry::FormatSnapshot({}, registry_->own()), whole);
  EXPECT_EQ(Told(Submit({alliance_["commitment-one-3"].envelope})), (Words{std::to_string(saved + 2)}));
}

TEST_F(SnapshotTest, ALongReplaySavesWhatItHasFollowed) {
  StartWith("");
  log_->Stop(clock_.Now());
  const auto records = store_->reader().ReadRecords(0, integrated()).value();
  LiveRegistry fresh{registry::Registry(support::kSampleOrigin)};
  const auto root_at = [this](std::uint64_t size) { return RootAt(size); };
  RegistryAdmitter admitter(fresh, store_->reader(), clock_, 0, metrics_, {path(), root_at, 5});
  ASSERT_TRUE(admitter.Follow(0, std::span(records).first(4)).ok());
  EXPECT_FALSE(std::filesystem::exists(path())) << "not yet enough";
  ASSERT_TRUE(admitter.Follow(4, std::span(records).subspan(4, 3)).ok());
  EXPECT_EQ(LoadedSize(), 7U);
  store_->Fail(Call::kReadTiles, Fault::kBefore);
  ASSERT_TRUE(admitter.Follow(7, std::span(records).subspan(7, 6)).ok()) << "a cache fails nothing";
  EXPECT_EQ(LoadedSize(), 7U);
  ASSERT_TRUE(admitter.Follow(13, std::span(records).subspan(13, 1)).ok());
  EXPECT_EQ(LoadedSize(), 14U);
}

TEST_F(SnapshotTest, IsIgnoredWhereItIsNotWholeOrNotOfThisTree) {
  StartWith("admit-two");
  const auto head = store_->reader().IntegratedHead().value();
  SaveSnapshot(path(), head, registry_->own());
  ASSERT_EQ(LoadedSize(), 3U);
  const auto good = Read();
  const struct {
    const char* name;
    std::string bytes;
  } kCases[] = {{"empty", ""},
                {"cut", good.substr(0, good.size() / 2)},
                {"a byte more", good + "x"},
                {"a changed byte", std::string(good).replace(40, 1, "\x7f")}};
  for (const auto& c : kCases) {
    Write(c.bytes);
    EXPECT_EQ(LoadedSize(), 0U) << c.name;
  }
  auto other_root = head;
  other_root.root[0] ^= 1;
  SaveSnapshot(path(), other_root, registry_->own());
  EXPECT_EQ(LoadedSize(), 0U) << "the tree has another root";
  SaveSnapshot(path(), head, registry_->own());
  EXPECT_EQ(LoadSnapshot(path(), "log.example/another", [this](std::uint64_t size) { return RootAt(size); }).size(), 0U);
  EXPECT_EQ(
      LoadSnapshot(path(), support::kSampleOrigin, [](std::uint64_t) { return absl::OutOfRangeError("a shorter tree"); }).size(),
      0U);
  std::filesystem::remove(path());
  EXPECT_EQ(LoadedSize(), 0U) << "none at all";
}

TEST_F(SnapshotTest, AFailedSaveIsNoHarm) {
  StartWith("principles");
  SaveSnapshot(temporary_.path() + "/no such directory/snapshot", store_->reader().IntegratedHead().value(), registry_->own());
  EXPECT_EQ(Told(Submit({alliance_["principles"].envelope})), (Words{"1"}));
}

}  // namespace
}  // namespace trustlog::admission
