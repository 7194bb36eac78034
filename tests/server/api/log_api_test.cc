// LogApi where a transport would be in the way: full queues, deadlines, storage that fails, writes refused (protocols.md section
// 3).
#include "server/api/log_api.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>

#include "proto/bytes/reason.h"
#include "tests/support/gate.h"
#include "tests/support/memory_log.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using std::chrono::milliseconds;
using support::Call;
using support::Fault;
using support::Gate;
using support::MemoryLog;

v1::AddStatementRequest Add(const attest::Envelope& envelope, v1::Wait wait) {
  v1::AddStatementRequest request;
  *request.mutable_envelope() = support::ToMessage(envelope);
  request.set_wait(wait);
  return request;
}

// A statement that the log does not have yet; each number gives another one.
attest::Envelope Fresh(const MemoryLog& log, std::uint64_t number) {
  auto statement = support::EvidenceStatement("one", log.alliance()["commitment-one-2"]);
  statement.variant = number + 1;
  return support::Sign(statement).envelope;
}

// G4.
TEST(LogApi, AnEntryThatIsNotPublishedInTimeIsToldWithItsIndex) {
  MemoryLog log;
  const auto envelope = Fresh(log, 1);
  v1::AddStatementResponse response;
  {
    Gate publication(log.storage().plan(), Call::kConfirm);
    const auto status = log.Wait(&LogApi::AddStatement, Add(envelope, v1::WAIT_PUBLISHED), response, milliseconds(50));
    EXPECT_EQ(bytes::ReasonOf(status), Reason::kPublishPending) << status;
    EXPECT_EQ(bytes::MetadataValue(status, "index"), std::to_string(log.alliance().size()));
    v1::AddStatementsRequest batch;
    for (std::uint64_t i = 2; i < 5; ++i) *batch.add_envelopes() = support::ToMessage(Fresh(log, i));
    v1::AddStatementsResponse many;
    const auto pending = log.Wait(&LogApi::AddStatements, batch, many, milliseconds(50));
    EXPECT_EQ(bytes::ReasonOf(pending), Reason::kPublishPending);
    EXPECT_EQ(bytes::MetadataValue(pending, "index"), std::to_string(log.alliance().size() + 3)) << "the highest accepted";
  }
  // The same call again waits again.
  ASSERT_EQ(log.Wait(&LogApi::AddStatement, Add(envelope, v1::WAIT_PUBLISHED), response), absl::OkStatus());
  EXPECT_TRUE(response.outcome().duplicate());
  EXPECT_EQ(response.outcome().index(), log.alliance().size());
  EXPECT_GT(response.published().checkpoint().size(), response.outcome().index());
}

TEST(LogApi, ADurableAnswerDoesNotWaitForPublication) {
  MemoryLog log;
  Gate publication(log.storage().plan(), Call::kConfirm);
  v1::AddStatementResponse response;
  ASSERT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 1), v1::WAIT_DURABLE), response), absl::OkStatus());
  EXPECT_FALSE(response.has_published());
  EXPECT_FALSE(response.outcome().duplicate());
  // G9: integrated and not published.
  const auto index = response.outcome().index();
  const auto reason_of = [&](const v1::Selector& selector) {
    v1::GetEntryRequest request;
    *request.mutable_selector() = selector;
    v1::GetEntryResponse entry;
    return bytes::ReasonOf(log.Wait(&LogApi::GetEntry, request, entry));
  };
  v1::Selector selector;
  selector.set_index(index);
  EXPECT_EQ(reason_of(selector), Reason::kIndexOutOfRange);
  selector.set_statement_id(response.outcome().statement_id());
  EXPECT_EQ(reason_of(selector), Reason::kEntryNotFound);
}

// Proofs are read from storage; those who are answered without one do not wait for that.
TEST(LogApi, ADurableAnswerDoesNotWaitForTheProofsOfOthers) {
  MemoryLog::Options options;
  options.log.answer_threads = options.api.read_threads = 1;
  MemoryLog log(options);
  const auto wait_published = Add(Fresh(log, 1), v1::WAIT_PUBLISHED);
  v1::AddStatementResponse added, durable;
  v1::WatchCheckpointsResponse watched;
  std::promise<absl::Status> added_promise, watched_promise;
  {
    Gate proofs(log.storage().plan(), Call::kReadTiles);
    const api::Call call{"192.0.2.1", log.clock().Now() + std::chrono::seconds(20)};
    log.api().AddStatement(&wait_published, &added, call, [&](absl::Status s) { added_promise.set_value(std::move(s)); });
    proofs.AwaitArrivals(1);
    log.api().NextCheckpoint(0, 1, &watched, call, [&](absl::Status s) { watched_promise.set_value(std::move(s)); });
    ASSERT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 2), v1::WAIT_DURABLE), durable), absl::OkStatus());
    v1::GetEntryRequest request;
    request.mutable_selector()->set_index(0);
    v1::GetEntryResponse entry;
    EXPECT_EQ(log.Wait(&LogApi::GetEntry, request, entry), absl::OkStatus()) << "nor does a read";
  }
  EXPECT_EQ(added_promise.get_future().get(), absl::OkStatus());
  EXPECT_TRUE(added.has_published());
  EXPECT_EQ(watched_promise.get_future().get(), absl::OkStatus());
  EXPECT_TRUE(watched.has_consistency());
}

TEST(LogApi, StopAnswersThoseWhoseProofsAreUnderWay) {
  MemoryLog::Options options;
  options.api.read_threads = 1;
  MemoryLog log(options);
  std::vector<v1::AddStatementRequest> requests;
  for (std::uint64_t i = 0; i < 3; ++i) requests.push_back(Add(Fresh(log, i), v1::WAIT_PUBLISHED));
  std::vector<v1::AddStatementResponse> responses(3);
  std::vector<std::promise<absl::Status>> answers(3);
  Gate proofs(log.storage().plan(), Call::kReadTiles);
  for (std::size_t i = 0; i < 3; ++i) {
    log.api().AddStatement(&requests[i], &responses[i], {"192.0.2.1", log.clock().Now() + std::chrono::seconds(20)},
                           [&answers, i](absl::Status status) { answers[i].set_value(std::move(status)); });
  }
  proofs.AwaitArrivals(1);
  log.log().Stop(log.clock().Now() + std::chrono::seconds(20));
  proofs.Open();
  log.api().Stop();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto status = answers[i].get_future().get();
    EXPECT_TRUE(status.ok() ? responses[i].has_published() : bytes::ReasonOf(status) == Reason::kStopped) << status;
  }
  EXPECT_TRUE(responses[0].has_published() || responses[1].has_published() || responses[2].has_published());
}

TEST(LogApi, AProofReadsNoRecords) {
  MemoryLog log;
  const auto records_read = [&] {
    const auto& plan = log.storage().plan();
    return plan.count(Call::kReadRecords) + plan.count(Call::kReadRecordsAt) + plan.count(Call::kReadBundle);
  };
  const auto before = records_read();
  for (std::uint64_t index = 0; index < log.alliance().size(); ++index) {
    v1::GetInclusionProofRequest request;
    request.mutable_selector()->set_index(index);
    v1::GetInclusionProofResponse response;
    ASSERT_EQ(log.Wait(&LogApi::GetInclusionProof, request, response), absl::OkStatus());
  }
  EXPECT_EQ(records_read(), before);
}

TEST(LogApi, NothingPublishedYetIsSaid) {
  MemoryLog::Options options;
  options.records = 0;
  MemoryLog log(options);
  v1::GetCheckpointResponse checkpoint;
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::GetCheckpoint, v1::GetCheckpointRequest(), checkpoint)), Reason::kCheckpointNotFound);
  v1::ListEntriesResponse entries;
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::ListEntries, v1::ListEntriesRequest(), entries)), Reason::kCheckpointNotFound);
}

TEST(LogApi, FullPoolOfValidationPushesBackAndWritesNothing) {
  MemoryLog::Options options;
  options.api.validation_threads = 1;
  options.api.validation_queue = 1;
  MemoryLog log(options);
  const auto size = log.log().state().integrated;
  std::vector<v1::AddStatementRequest> requests;
  for (std::uint64_t i = 0; i < 3; ++i) requests.push_back(Add(Fresh(log, i), v1::WAIT_DURABLE));
  std::vector<v1::AddStatementResponse> responses(3);
  std::vector<std::future<absl::Status>> answers;
  {
    Gate validation(log.storage().plan(), Call::kFindIds);
    for (std::size_t i = 0; i < 3; ++i) {
      auto promise = std::make_shared<std::promise<absl::Status>>();
      answers.push_back(promise->get_future());
      log.api().AddStatement(&requests[i], &responses[i], {"192.0.2.1", log.clock().Now() + std::chrono::seconds(20)},
                             [promise](absl::Status status) { promise->set_value(std::move(status)); });
      if (i == 0) validation.AwaitArrivals(1);
    }
    const auto pushed = answers[2].get();
    EXPECT_EQ(bytes::ReasonOf(pushed), Reason::kPushback);
    EXPECT_EQ(bytes::MetadataValue(pushed, "retry_ms"), "1000");
  }
  EXPECT_EQ(answers[0].get(), absl::OkStatus());
  EXPECT_EQ(answers[1].get(), absl::OkStatus());
  EXPECT_EQ(log.log().state().integrated, size + 2);
}

TEST(LogApi, FullPoolOfReadsPushesBackAndALateReadIsNotDone) {
  MemoryLog::Options options;
  options.api.read_threads = 1;
  options.api.read_queue = 1;
  MemoryLog log(options);
  v1::GetEntryRequest request;
  request.mutable_selector()->set_index(0);
  std::vector<v1::GetEntryResponse> responses(3);
  std::vector<std::future<absl::Status>> answers;
  Gate reading(log.storage().plan(), Call::kReadRecords);
  for (std::size_t i = 0; i < 3; ++i) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    answers.push_back(promise->get_future());
    const auto time = i == 1 ? milliseconds(0) : milliseconds(20'000);
    log.api().GetEntry(&request, &responses[i], {"192.0.2.1", log.clock().Now() + time},
                       [promise](absl::Status status) { promise->set_value(std::move(status)); });
    if (i == 0) reading.AwaitArrivals(1);
  }
  EXPECT_EQ(bytes::ReasonOf(answers[2].get()), Reason::kPushback);
  reading.Open();
  EXPECT_EQ(answers[0].get(), absl::OkStatus());
  EXPECT_EQ(bytes::ReasonOf(answers[1].get()), Reason::kDeadline);
}

TEST(LogApi, PushbackOfTheQueueIsForTheWholeBatch) {
  MemoryLog::Options options;
  options.log.queue.entries = 100;
  MemoryLog log(options);
  const auto size = log.log().state().integrated;
  v1::AddStatementsRequest request;
  for (std::uint64_t i = 0; i < 101; ++i) *request.add_envelopes() = support::ToMessage(Fresh(log, i));
  v1::AddStatementsResponse response;
  const auto status = log.Wait(&LogApi::AddStatements, request, response);
  EXPECT_EQ(bytes::ReasonOf(status), Reason::kPushback) << status;
  EXPECT_NE(bytes::MetadataValue(status, "retry_ms"), "");
  EXPECT_EQ(log.log().state().integrated, size);
}

TEST(LogApi, BacklogOfPublicationPushesBack) {
  MemoryLog::Options options;
  options.log.max_unpublished = 0;
  MemoryLog log(options);
  Gate publication(log.storage().plan(), Call::kConfirm);
  v1::AddStatementResponse response;
  ASSERT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 1), v1::WAIT_DURABLE), response), absl::OkStatus());
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 2), v1::WAIT_DURABLE), response)), Reason::kPushback);
  // What is logged is answered all the same.
  EXPECT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 1), v1::WAIT_DURABLE), response), absl::OkStatus());
  EXPECT_TRUE(response.outcome().duplicate());
}

TEST(LogApi, AFullDiskRefusesWritesAndServesReads) {
  MemoryLog::Options options;
  options.log.min_free_bytes = 1'000;
  MemoryLog log(options);
  log.storage().SetFreeBytes(999);
  v1::AddStatementResponse response;
  // The space is looked at twice a second.
  absl::Status status;
  for (std::uint64_t i = 0; status.ok(); ++i)
    status = log.Wait(&LogApi::AddStatement, Add(Fresh(log, i), v1::WAIT_DURABLE), response);
  EXPECT_EQ(bytes::ReasonOf(status), Reason::kReadOnly) << status;
  v1::GetCheckpointResponse checkpoint;
  EXPECT_EQ(log.Wait(&LogApi::GetCheckpoint, v1::GetCheckpointRequest(), checkpoint), absl::OkStatus());
}

// T3.
TEST(LogApi, ACommitOfUnknownOutcomeIsCalledUnknownAndNothingFollows) {
  MemoryLog log;
  log.storage().Fail(Call::kAppend, Fault::kUnknownDone);
  v1::AddStatementResponse response;
  const auto envelope = Fresh(log, 1);
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, Add(envelope, v1::WAIT_DURABLE), response)), Reason::kOutcomeUnknown);
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 2), v1::WAIT_DURABLE), response)), Reason::kStopped);
  v1::GetCheckpointResponse checkpoint;
  EXPECT_EQ(log.Wait(&LogApi::GetCheckpoint, v1::GetCheckpointRequest(), checkpoint), absl::OkStatus());
}

TEST(LogApi, AfterStopEveryCallIsAnswered) {
  MemoryLog log;
  v1::AddStatementResponse added;
  ASSERT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 1), v1::WAIT_PUBLISHED), added), absl::OkStatus());
  log.log().Stop(log.clock().Now());
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 2), v1::WAIT_PUBLISHED), added)), Reason::kStopped);
  EXPECT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 1), v1::WAIT_PUBLISHED), added), absl::OkStatus())
      << "published, so answered";
  std::promise<absl::Status> watched;
  v1::WatchCheckpointsResponse step;
  log.api().NextCheckpoint(1'000'000, 0, &step, {"", log.clock().Now() + std::chrono::seconds(20)},
                           [&](absl::Status status) { watched.set_value(std::move(status)); });
  EXPECT_EQ(bytes::ReasonOf(watched.get_future().get()), Reason::kStopped);
  log.api().Stop();
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 3), v1::WAIT_DURABLE), added)), Reason::kPushback);
  v1::GetCheckpointResponse checkpoint;
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::GetCheckpoint, v1::GetCheckpointRequest(), checkpoint)), Reason::kPushback);
}

// However few calls hold them: each call's request stays in memory until its answer.
TEST(LogApi, TooManyBytesUnderWayPushBackAndOneCallAlwaysPasses) {
  MemoryLog::Options options;
  options.records = 1;
  options.api.submission_bytes = 1;
  MemoryLog log(options);  // its own submissions passed one by one
  const auto request = Add(Fresh(log, 1), v1::WAIT_DURABLE);
  v1::AddStatementResponse first, second;
  auto promise = std::make_shared<std::promise<absl::Status>>();
  {
    Gate validation(log.storage().plan(), Call::kFindIds);
    log.api().AddStatement(&request, &first, {"192.0.2.1", log.clock().Now() + std::chrono::seconds(20)},
                           [promise](absl::Status status) { promise->set_value(std::move(status)); });
    EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, request, second)), Reason::kPushback);
    v1::AddStatementsRequest batch;
    *batch.add_envelopes() = request.envelope();
    v1::AddStatementsResponse many;
    EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatements, batch, many)), Reason::kPushback);
  }
  EXPECT_EQ(bytes::ReasonOf(promise->get_future().get()), Reason::kKeyUnknown) << "it was alone when it came";
  EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatement, request, second)), Reason::kKeyUnknown);
}

TEST(LogApi, WhatIsPushedBackCostsNoQuota) {
  MemoryLog::Options options;
  options.quota.by_issuer[support::SampleUrn("member:one")] = {0.001, 30, 0};
  options.log.queue.entries = 40;
  options.log.queue.issuer_share = 0.5;
  options.records = 1;  // the others one by one: all at once they would not fit this queue
  MemoryLog log(options);
  const auto& records = log.alliance().records();
  for (std::size_t i = 1; i < records.size(); ++i) {
    v1::AddStatementResponse response;
    ASSERT_EQ(log.Wait(&LogApi::AddStatement, Add(records[i].record.envelope, v1::WAIT_DURABLE), response), absl::OkStatus()) << i;
  }
  v1::AddStatementsRequest many;
  for (std::uint64_t i = 0; i < 21; ++i) *many.add_envelopes() = support::ToMessage(Fresh(log, i));
  for (int i = 0; i < 5; ++i) {
    v1::AddStatementsResponse response;
    EXPECT_EQ(bytes::ReasonOf(log.Wait(&LogApi::AddStatements, many, response)), Reason::kPushback) << i;
  }
  v1::AddStatementResponse response;
  EXPECT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 0), v1::WAIT_DURABLE), response), absl::OkStatus());
}

TEST(LogApi, QuotasAreTakenByIssuerAndByAddress) {
  MemoryLog::Options options;
  options.quota.by_issuer[support::SampleUrn("member:one")] = {0.001, 30, 0};
  options.quota.proofs_per_second_per_address = 2;
  options.quota.failed_signatures_per_second_per_address = 1;
  MemoryLog log(options);
  v1::AddStatementResponse response;
  absl::Status status;
  for (std::uint64_t i = 0; i < 40 && status.ok(); ++i)
    status = log.Wait(&LogApi::AddStatement, Add(Fresh(log, i), v1::WAIT_DURABLE), response);
  EXPECT_EQ(bytes::ReasonOf(status), Reason::kQuotaExceeded) << status;
  EXPECT_EQ(bytes::MetadataValue(status, "bucket"), "statements_per_second");
  EXPECT_NE(bytes::MetadataValue(status, "retry_ms"), "");
  EXPECT_EQ(log.Wait(&LogApi::AddStatement, Add(Fresh(log, 0), v1::WAIT_DURABLE), response), absl::OkStatus())
      << "a repetition costs nothing";

  v1::GetInclusionProofRequest proof;
  proof.mutable_selector()->set_index(0);
  v1::GetInclusionProofResponse proven;
  status = absl::OkStatus();
  for (int i = 0; i < 10 && status.ok(); ++i) status = log.Wait(&LogApi::GetInclusionProof, proof, proven);
  EXPECT_EQ(bytes::MetadataValue(status, "bucket"), "proofs_per_second_per_address");

  auto forged = Fresh(log, 99);
  forged.signatures[0].sig[5] = static_cast<char>(forged.signatures[0].sig[5] ^ 1);
  std::set<Reason> reasons;
  for (int i = 0; i < 5; ++i)
    reasons.insert(*bytes::ReasonOf(log.Wait(&LogApi::AddStatement, Add(forged, v1::WAIT_DURABLE), response)));
  EXPECT_EQ(reasons, (std::set<Reason>{Reason::kSignatureInvalid, Reason::kQuotaExceeded}));
}

// One call of forged envelopes is held off after a second's worth of failures, and owes no more than that.
TEST(LogApi, ABatchOfForgeriesIsHeldOffWithinTheBatch) {
  MemoryLog::Options options;
  options.quota.failed_signatures_per_second_per_address = 5;
  MemoryLog log(options);
  v1::AddStatementsRequest request;
  for (std::uint64_t i = 0; i < 300; ++i) {
    auto forged = Fresh(log, i);
    forged.signatures[0].sig[5] = static_cast<char>(forged.signatures[0].sig[5] ^ 1);
    *request.add_envelopes() = support::ToMessage(forged);
  }
  v1::AddStatementsResponse response;
  ASSERT_EQ(log.Wait(&LogApi::AddStatements, request, response), absl::OkStatus());
  int verified = 0;
  for (const auto& result : response.results())
    verified += result.refusal().message().find("failed_signatures") == std::string::npos ? 1 : 0;
  EXPECT_GE(verified, 5);
  EXPECT_LE(verified, 50) << "5 and what a slow machine refills meanwhile";
}

// G5: entry bytes are left out first, then proofs from the end.
TEST(LogApi, AnswerOfALargeBatchLeavesOutEntryBytesThenProofs) {
  const auto ask = [](std::size_t max_bytes, v1::Wait wait) {
    MemoryLog::Options options;
    options.api.max_answer_bytes = max_bytes;
    options.records = 20;
    MemoryLog log(options);
    v1::AddStatementsRequest request;
    request.set_wait(wait);
    for (std::size_t i = 0; i < 20; ++i) *request.add_envelopes() = support::ToMessage(log.alliance().records()[i].record.envelope);
    v1::AddStatementsResponse response;
    EXPECT_EQ(log.Wait(&LogApi::AddStatements, request, response), absl::OkStatus());
    EXPECT_EQ(response.results_size(), 20);
    for (int i = 0; i < response.results_size(); ++i)
      EXPECT_EQ(response.results(i).outcome().index(), static_cast<std::uint64_t>(i));
    return response;
  };
  const auto whole = ask(1u << 20, v1::WAIT_PUBLISHED);
  EXPECT_FALSE(whole.results(0).outcome().entry().empty());
  EXPECT_EQ(whole.published().proofs_size(), 20);

  const auto without_entries = ask(8'000, v1::WAIT_DURABLE);
  EXPECT_TRUE(without_entries.results(0).outcome().entry().empty());
  EXPECT_LE(without_entries.ByteSizeLong(), 8'000U);

  const auto fewer_proofs = ask(6'000, v1::WAIT_PUBLISHED);
  EXPECT_TRUE(fewer_proofs.results(19).outcome().entry().empty());
  EXPECT_GT(fewer_proofs.published().proofs_size(), 0);
  EXPECT_LT(fewer_proofs.published().proofs_size(), 20);
  EXPECT_LE(fewer_proofs.ByteSizeLong(), 6'100U);
  EXPECT_EQ(fewer_proofs.published().proofs(0).index(), 0U);
}

TEST(LogApi, PageEndsEarlyWhereTheAnswerIsFull) {
  MemoryLog::Options options;
  options.api.max_answer_bytes = 4'000;
  MemoryLog log(options);
  v1::ListEntriesRequest request;
  std::uint64_t next = 0;
  int pages = 0;
  do {
    v1::ListEntriesResponse page;
    ASSERT_EQ(log.Wait(&LogApi::ListEntries, request, page), absl::OkStatus());
    ASSERT_GT(page.entries_size(), 0) << "a page that does not go on";
    EXPECT_LE(page.ByteSizeLong(), 4'500U);
    for (const auto& entry : page.entries()) EXPECT_EQ(entry.index(), next++);
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(next, log.alliance().size());
  EXPECT_GT(pages, 2);
}

}  // namespace
}  // namespace trustlog::api
