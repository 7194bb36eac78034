// What the admission tests share: a log core over memory with the real registry, admitter, recheck and validator, and a clock that
// they move.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/registry/snapshot.h"
#include "merkle/hash.h"
#include "proto/attest/derive.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "server/admission/live_registry.h"
#include "server/admission/recheck.h"
#include "server/admission/registry_admitter.h"
#include "server/admission/validator.h"
#include "server/log/log.h"
#include "server/log/rollback_guard.h"
#include "server/signer/local_signer.h"
#include "tests/server/log/answers.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/memory_storage.h"
#include "tests/support/sample_alliance.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::admission {

using support::Call;
using support::Fault;
using support::SignedRecord;

// The reason word of a refusal, "OK", or the status itself.
inline std::string WordOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const auto reason = bytes::ReasonOf(status);
  return reason.has_value() ? std::string(bytes::Describe(*reason).word) : status.ToString();
}

// "index" of what was accepted, "index again" of a duplicate, or the reason.
inline std::string Told(const absl::StatusOr<log::Added>& answer) {
  if (!answer.ok()) return WordOf(answer.status());
  return std::to_string(answer->index) + (answer->duplicate ? " again" : "");
}

inline std::vector<std::string> Told(const std::vector<absl::StatusOr<log::Added>>& answers) {
  std::vector<std::string> words;
  for (const auto& answer : answers) words.push_back(Told(answer));
  return words;
}

// The same registry, frozen. (No record of this version freezes a log, but its snapshot can say so.)
inline registry::Registry Frozen(const merkle::TreeHead& head, const registry::Registry& registry) {
  const auto& context = registry.context();
  auto snapshot = registry::FormatSnapshot(head, registry);
  const std::size_t at =
      snapshot.find('\n') + 1 + 3 + context.origin.size() + context.type_base.size() + context.urn_prefix.size() + 8;
  snapshot.at(at) = 1;
  snapshot.resize(snapshot.size() - 32);
  snapshot.append(bytes::AsText(merkle::Sha256(bytes::AsBytes(snapshot))));
  return std::move(registry::ParseSnapshot(snapshot, context.origin).value().registry);
}

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() : metrics_("test", support::kSampleOrigin, "memory"), memory_(Identity()) {
    signer::Mark mark;
    mark.origin = support::kSampleOrigin;
    mark.key_id = support::SampleKey("log").public_key().id();
    mark.store_id = Identity().store_id;
    EXPECT_TRUE(signer::MarkFile::Create(temporary_.path() + "/mark", mark).ok());
    Open(registry::Registry(support::kSampleOrigin));
  }
  ~AdmissionTest() override { log_.reset(); }

  static storage::Identity Identity() {
    storage::Identity identity{support::kSampleOrigin, "vkey", "2026-11-23", {}};
    identity.store_id.fill(3);
    return identity;
  }
  // The parts of a process that starts with this registry (what its snapshot gave).
  void Open(registry::Registry registry) {
    log_.reset();
    signer_.reset();
    store_.reset();
    store_ = std::make_unique<support::FaultyStorage>(memory_.Open().value());
    signer_ = signer::LocalSigner::Open(temporary_.path() + "/mark", support::kSampleOrigin, Identity().store_id,
                                        support::SampleKey("log"), clock_)
                  .value();
    registry_ = std::make_unique<LiveRegistry>(std::move(registry));
    validator_ = std::make_unique<Validator>(*registry_, metrics_, Validator::Options{});
    recheck_ = std::make_unique<RegistryRecheck>(*registry_, RecheckDepth::kFull);
    admitter_ = std::make_unique<RegistryAdmitter>(*registry_, store_->reader(), clock_, signer_->last_time_ms(), metrics_, SnapshotOptions{});
    log_ = std::make_unique<log::Log>(log::LogParts{*store_, *signer_, *admitter_, *recheck_, clock_, metrics_}, log::LogOptions{});
  }
  void Start() {
    const auto status = log_->Start();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Restart() {
    Open(registry::Registry(support::kSampleOrigin));
    Start();
  }
  // Everything of the alliance before this label is logged; "": all. One second apart, beginning at kSampleTime.
  void StartWith(std::string_view before) {
    Start();
    for (const auto& [label, record] : alliance_.records()) {
      if (label == before) break;
      EXPECT_EQ(Told(Submit({record.envelope})), (std::vector<std::string>{std::to_string(integrated())})) << label;
      clock_.Advance(std::chrono::seconds(1));
    }
  }

  std::unique_ptr<CheckedStatement> Checked(const attest::Envelope& envelope, const std::vector<keys::PublicKey>& earlier = {}) {
    auto checked = validator_->Validate(envelope, earlier);
    EXPECT_TRUE(checked.ok()) << checked.status();
    return checked.ok() ? *std::move(checked) : nullptr;
  }
  // One request, as the API does it: each envelope may be signed by keys that the ones before it carry. All must pass the
  // validator.
  std::vector<std::unique_ptr<log::Submission>> Batch(const std::vector<attest::Envelope>& envelopes) {
    std::vector<keys::PublicKey> earlier;
    std::vector<std::unique_ptr<log::Submission>> batch;
    for (const auto& envelope : envelopes) {
      auto checked = Checked(envelope, earlier);
      if (checked == nullptr) continue;
      for (auto& key : registry::KeysInStatement(checked->statement)) earlier.push_back(std::move(key));
      batch.push_back(std::move(checked));
    }
    return batch;
  }
  std::vector<absl::StatusOr<log::Added>> Commit(std::vector<std::unique_ptr<log::Submission>> batch) {
    const std::size_t items = batch.size();
    const log::Answers answers(items);
    const auto status = log_->Add(std::move(batch), answers.done());
    EXPECT_TRUE(status.ok()) << status;
    return status.ok() ? answers.Wait() : std::vector<absl::StatusOr<log::Added>>(items, status);
  }
  std::vector<absl::StatusOr<log::Added>> Submit(const std::vector<attest::Envelope>& envelopes) {
    return Commit(Batch(envelopes));
  }
  absl::Status Published(std::uint64_t index) {
    std::promise<absl::Status> promise;
    log_->WaitPublished(index, log::Pace::kSoon, runtime::Deadline::max(),
                        [&](const auto& answer) { promise.set_value(answer.status()); });
    return promise.get_future().get();
  }
  std::uint64_t integrated() const { return store_->base().reader().IntegratedHead()->size; }
  attest::Entry EntryAt(std::uint64_t index) const {
    return attest::DecodeEntry(store_->base().reader().ReadRecords(index, index + 1).value().front().entry).value();
  }

  const support::TemporaryDirectory temporary_;
  const support::SampleAlliance alliance_;
  support::FakeClock clock_{std::chrono::seconds(support::kSampleTime)};
  metrics::Metrics metrics_;
  support::MemoryStore memory_;
  std::unique_ptr<support::FaultyStorage> store_;
  std::unique_ptr<signer::LocalSigner> signer_;
  std::unique_ptr<LiveRegistry> registry_;
  std::unique_ptr<Validator> validator_;
  std::unique_ptr<RegistryRecheck> recheck_;
  std::unique_ptr<RegistryAdmitter> admitter_;
  std::unique_ptr<log::Log> log_;
};

}  // namespace trustlog::admission
