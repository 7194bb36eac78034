// Nothing is signed that reads back otherwise than it was admitted.
#include "server/admission/recheck.h"

#include <algorithm>

#include "tests/server/admission/rig.h"

namespace trustlog::admission {
namespace {

using RecheckTest = AdmissionTest;

TEST_F(RecheckTest, TakesWhatWasAdmitted) {
  StartWith("");
  const auto records = store_->reader().ReadRecords(0, integrated()).value();
  for (const auto depth : {RecheckDepth::kHashes, RecheckDepth::kFull}) {
    const RegistryRecheck recheck(*registry_, depth);
    EXPECT_TRUE(recheck.Verify(0, records).ok());
    EXPECT_TRUE(recheck.Verify(5, std::span(records).subspan(5)).ok());
  }
}

TEST_F(RecheckTest, FindsEveryChangedByteOfAnEntryOrItsStatement) {
  StartWith("");
  const RegistryRecheck recheck(*registry_, RecheckDepth::kFull);
  const auto at = alliance_.IndexOf("commitment-one-1");
  const auto good = store_->reader().ReadRecords(at, at + 1).value().front();
  // The time is the log's own and in no statement: the signer's root guards it, as it does every byte.
  const auto time_at = good.entry.find(bytes::ByteWriter().U64(EntryAt(at).logged_at_ms).Take());
  ASSERT_NE(time_at, std::string::npos);
  for (std::size_t i = 0; i < good.entry.size(); ++i) {
    if (i >= time_at && i < time_at + 8) continue;
    auto record = good;
    record.entry[i] = static_cast<char>(record.entry[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(recheck.Verify(at, {&record, 1}))) << "entry byte " << i;
  }
  for (std::size_t i = 0; i < good.companion.size(); ++i) {
    auto record = good;
    record.companion[i] = static_cast<char>(record.companion[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(recheck.Verify(at, {&record, 1}))) << "statement byte " << i;
  }
}

TEST_F(RecheckTest, NamesTheEntryAndFindsWhatWasExchanged) {
  StartWith("");
  auto records = store_->reader().ReadRecords(0, integrated()).value();
  const RegistryRecheck hashes(*registry_, RecheckDepth::kHashes), full(*registry_, RecheckDepth::kFull);
  std::swap(records[3].companion, records[4].companion);
  const auto status = hashes.Verify(0, records);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(std::string(status.message()).find("entry 3"), std::string::npos) << status;

  auto other_id = store_->reader().ReadRecords(3, 4).value().front();
  other_id.id = records[4].id;
  EXPECT_TRUE(absl::IsDataLoss(hashes.Verify(3, {&other_id, 1}))) << "the id index would answer for another statement";

  // Whoever can write the database writes a statement of his own with its entry: only the signature tells.
  auto forged = support::Sign(support::CommitmentStatement("one", 4, alliance_["principles"]));
  forged.entry.signatures[0].signature[7] = static_cast<char>(forged.entry.signatures[0].signature[7] ^ 1);
  forged.entry.logged_at_ms = EntryAt(integrated() - 1).logged_at_ms;
  const storage::Record record{attest::EncodeEntry(forged.entry).value(), forged.id(), forged.envelope.payload};
  EXPECT_TRUE(hashes.Verify(integrated(), {&record, 1}).ok());
  EXPECT_TRUE(absl::IsDataLoss(full.Verify(integrated(), {&record, 1})));
}

TEST_F(RecheckTest, AWithheldStatementIsNotMissed) {
  StartWith("");
  const auto at = alliance_.IndexOf("evidence");
  auto record = store_->reader().ReadRecords(at, at + 1).value().front();
  record.companion.clear();
  EXPECT_TRUE(recheck_->Verify(at, {&record, 1}).ok());
}

// Through the core: the statement flips on its way back from the disk, and no signature follows.
TEST_F(RecheckTest, AFlippedBitStopsTheLogBeforeItSigns) {
  StartWith("principles");
  ASSERT_TRUE(Published(0).ok());
  std::uint64_t flipped = 0;
  store_->plan().OnCall([&](Call call) {
    // The first read of the publisher's tick; entry 1 is committed by then.
    if (call == Call::kConfirm && integrated() == 2 && flipped++ == 0) memory_.FlipEntryByte(1);
  });
  EXPECT_EQ(Told(Submit({alliance_["principles"].envelope})), (std::vector<std::string>{"1"}));
  EXPECT_EQ(WordOf(Published(1)), "OUTCOME_UNKNOWN");
  log_->Stop(clock_.Now());
  EXPECT_EQ(signer_->Mark().size, 1U);
}

}  // namespace
}  // namespace trustlog::admission
