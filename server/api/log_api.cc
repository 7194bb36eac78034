#include "server/api/log_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "merkle/hash.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/tlog_proof.h"
#include "server/api/errors.h"
#include "server/api/messages.h"
#include "server/api/prover.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr int kMaxBatch = 1'000;
constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kMaxPage = 1'000;

attest::Envelope ToEnvelope(const v1::Envelope& message) {
  attest::Envelope envelope{message.payload_type(), message.payload(), {}};
  for (const auto& signature : message.signatures()) envelope.signatures.push_back({signature.keyid(), signature.sig()});
  return envelope;
}

absl::Status NothingPublished() { return Refuse(Reason::kCheckpointNotFound, "no checkpoint has been published yet"); }

// Entry bytes are the first thing that a batch answer leaves out.
void FitResults(v1::AddStatementsResponse& answer, std::size_t max_bytes) {
  if (answer.ByteSizeLong() <= max_bytes) return;
  for (auto& result : *answer.mutable_results()) {
    if (result.has_outcome()) result.mutable_outcome()->clear_entry();
  }
}

bool IsSignatureFailure(const absl::Status& status) {
  const auto reason = bytes::ReasonOf(status);
  return reason == Reason::kSignatureInvalid || reason == Reason::kSignatureEncoding || reason == Reason::kKeyUnknown;
}

}  // namespace

// One submission call, single or batch: filled by the validation pool, then by the answer pool.
struct LogApi::AddCall {
  std::vector<const v1::Envelope*> envelopes;
  bool wait_published = true;
  Call call;
  Done done;
  v1::AddStatementResponse* one = nullptr;  // exactly one of these two
  v1::AddStatementsResponse* many = nullptr;

  std::vector<absl::StatusOr<log::Added>> results;  // one an envelope
  std::vector<storage::Id> ids;
  std::vector<std::size_t> queued;  // positions in `results` of what went to the log
  std::size_t missing = 0;          // answers to come; the answer pool may have several threads
  runtime::Mutex mutex;
};

LogApi::LogApi(log::Log& log, const admission::Validator& validator, admission::Quota& quota, metrics::Metrics& metrics,
               const runtime::Clock& clock, ApiOptions options)
    : log_(log),
      validator_(validator),
      quota_(quota),
      metrics_(metrics),
      clock_(clock),
      max_answer_bytes_(options.max_answer_bytes),
      validation_("validation", options.validation_threads, options.validation_queue),
      reads_("reads", options.read_threads, options.read_queue) {}

LogApi::~LogApi() { Stop(); }

void LogApi::Stop() {
  validation_.Stop();
  reads_.Stop();
}

void LogApi::AddStatement(const v1::AddStatementRequest* request, v1::AddStatementResponse* response, const Call& call, Done done) {
  auto add = std::make_shared<AddCall>();
  add->envelopes = {&request->envelope()};
  add->wait_published = request->wait() != v1::WAIT_DURABLE;
  add->call = call;
  add->done = std::move(done);
  add->one = response;
  Submit(std::move(add));
}

void LogApi::AddStatements(const v1::AddStatementsRequest* request, v1::AddStatementsResponse* response, const Call& call,
                           Done done) {
  if (request->envelopes_size() > kMaxBatch) {
    done(Refuse(Reason::kTooLarge, fmt::format("{} envelopes in one call", request->envelopes_size()),
                {{"limit", fmt::format("{}", kMaxBatch)},
                 {"actual", fmt::format("{}", request->envelopes_size())},
                 {"field", "envelopes"}}));
    return;
  }
  if (request->envelopes_size() == 0) {
    done(absl::OkStatus());
    return;
  }
  auto add = std::make_shared<AddCall>();
  for (const auto& envelope : request->envelopes()) add->envelopes.push_back(&envelope);
  add->wait_published = request->wait() != v1::WAIT_DURABLE;
  add->call = call;
  add->done = std::move(done);
  add->many = response;
  Submit(std::move(add));
}

void LogApi::Submit(std::shared_ptr<AddCall> add) {
  if (validation_.TryRun([this, add] { Validate(add); })) return;
  add->done(Refuse(Reason::kPushback, "too many submissions are being validated; nothing was written", {{"retry_ms", "1000"}}));
}

// On the validation pool. Checks in the order of records.md 6.4; an exact repetition is answered before anything else is looked at.
void LogApi::Validate(const std::shared_ptr<AddCall>& add) {
  const std::size_t count = add->envelopes.size();
  add->results.assign(count, absl::InternalError("not decided"));
  add->ids.assign(count, storage::Id{});
  std::vector<attest::Envelope> envelopes(count);
  std::vector<storage::Id> asked;
  std::vector<std::size_t> asked_items;
  for (std::size_t i = 0; i < count; ++i) {
    envelopes[i] = ToEnvelope(*add->envelopes[i]);
    const auto id = validator_.Identify(envelopes[i]);  // 1-4
    if (!id.ok()) {
      add->results[i] = id.status();
      continue;
    }
    add->ids[i] = *id;
    asked.push_back(*id);
    asked_items.push_back(i);
  }
  const auto known = log_.FindIds(asked);  // 5
  if (!known.ok()) return add->done(known.status());
  std::vector<std::uint64_t> logged;
  std::vector<std::size_t> logged_items;
  std::vector<std::size_t> fresh_items;
  for (std::size_t k = 0; k < asked.size(); ++k) {
    if ((*known)[k].has_value()) {
      logged.push_back(*(*known)[k]);
      logged_items.push_back(asked_items[k]);
    } else {
      fresh_items.push_back(asked_items[k]);
    }
  }
  auto first_records = log_.ReadCommitted(logged);
  if (!first_records.ok()) return add->done(first_records.status());
  for (std::size_t k = 0; k < logged.size(); ++k) {
    add->results[logged_items[k]] = log::Added{logged[k], true, std::move((*first_records)[k].entry)};
  }
  metrics_.Add(metrics::Counter::kDuplicates, logged.size());

  std::vector<std::unique_ptr<log::Submission>> batch;
  std::vector<keys::PublicKey> earlier;
  const auto writable = fresh_items.empty() ? absl::OkStatus() : log_.Writable();
  const auto too_many_failures = quota_.CheckFailedSignatures(add->call.address);
  for (const std::size_t i : fresh_items) {
    if (!writable.ok()) {
      add->results[i] = writable;
      continue;
    }
    if (!too_many_failures.ok()) {
      add->results[i] = too_many_failures;
      continue;
    }
    auto checked = validator_.Validate(std::move(envelopes[i]), earlier);  // 6-17
    if (!checked.ok()) {
      if (IsSignatureFailure(checked.status())) quota_.AddFailedSignature(add->call.address);
      if (const auto reason = bytes::ReasonOf(checked.status())) metrics_.CountRefusal(bytes::Describe(*reason).word);
      add->results[i] = checked.status();
      continue;
    }
    if (auto status = quota_.TakeSubmission((*checked)->issuer(), 1, static_cast<double>((*checked)->bytes())); !status.ok()) {
      add->results[i] = status;
      continue;
    }
    for (auto& key : registry::KeysInStatement((*checked)->statement)) earlier.push_back(std::move(key));
    add->queued.push_back(i);
    batch.push_back(*std::move(checked));
  }
  if (batch.empty()) return Finish(add);
  add->missing = batch.size();
  auto status = log_.Add(std::move(batch), [this, add](std::size_t item, absl::StatusOr<log::Added> added) {
    bool last = false;
    {
      const runtime::MutexLock lock(add->mutex);
      add->results[add->queued[item]] = std::move(added);
      last = --add->missing == 0;
    }
    if (last) Finish(add);
  });
  if (!status.ok()) add->done(std::move(status));
}

// Every result is there: fill the answer, then wait for publication if asked.
void LogApi::Finish(const std::shared_ptr<AddCall>& add) {
  std::optional<std::uint64_t> highest;
  for (std::size_t i = 0; i < add->results.size(); ++i) {
    const auto& result = add->results[i];
    if (result.ok()) highest = std::max(highest.value_or(0), result->index);
    if (add->one != nullptr) {
      if (!result.ok()) return add->done(result.status());
      *add->one->mutable_outcome() = MakeOutcome(*result, add->ids[i]);
    } else if (result.ok()) {
      *add->many->add_results()->mutable_outcome() = MakeOutcome(*result, add->ids[i]);
    } else {
      *add->many->add_results()->mutable_refusal() = ToRpcStatus(result.status());
    }
  }
  if (add->many != nullptr) FitResults(*add->many, max_answer_bytes_);
  if (!add->wait_published || !highest.has_value()) return add->done(absl::OkStatus());
  log_.WaitPublished(*highest, log::Pace::kSoon, add->call.deadline,
                     [this, add](absl::StatusOr<std::shared_ptr<const log::Published>> snapshot) {
                       add->done(snapshot.ok() ? WritePublished(*add, *std::move(snapshot)) : snapshot.status());
                     });
}

absl::Status LogApi::WritePublished(AddCall& add, std::shared_ptr<const log::Published> snapshot) {
  Prover prover(std::move(snapshot));
  const auto& head = prover.snapshot().head;
  std::size_t answer_bytes = 0;
  if (add.many != nullptr) {
    *add.many->mutable_published()->mutable_checkpoint() = MakeCheckpoint(prover.snapshot());
    answer_bytes = add.many->ByteSizeLong();
  }
  for (const auto& result : add.results) {
    if (!result.ok()) continue;
    const auto leaf_hash = merkle::HashLeaf(bytes::AsBytes(result->entry));
    const auto hashes = prover.Inclusion(result->index, leaf_hash, head);
    if (!hashes.ok()) return hashes.status();
    metrics_.Add(metrics::Counter::kProofs);
    auto proof = MakeInclusionProof(result->index, head.size, leaf_hash, *hashes);
    if (add.one != nullptr) {
      auto* published = add.one->mutable_published();
      *published->mutable_proof() = std::move(proof);
      *published->mutable_checkpoint() = MakeCheckpoint(prover.snapshot());
      published->set_tlog_proof(tlog::FormatTlogProof(result->index, *hashes, prover.snapshot().note));
      continue;
    }
    answer_bytes += proof.ByteSizeLong() + 8;
    if (answer_bytes > max_answer_bytes_) break;
    *add.many->mutable_published()->add_proofs() = std::move(proof);
  }
  return absl::OkStatus();
}

void LogApi::Read(const Call& call, double proofs, Done done, std::function<absl::Status()> work) {
  if (auto status = quota_.TakeProof(call.address, proofs); !status.ok()) return done(std::move(status));
  auto shared_done = std::make_shared<Done>(std::move(done));
  const auto run = [this, shared_done, deadline = call.deadline, work = std::move(work)] {
    (*shared_done)(clock_.Now() < deadline ? work() : Refuse(Reason::kDeadline, "no time was left when a thread was free"));
  };
  if (reads_.TryRun(run)) return;
  (*shared_done)(Refuse(Reason::kPushback, "too many reads are waiting", {{"retry_ms", "200"}}));
}

void LogApi::GetCheckpoint(const v1::GetCheckpointRequest* request, v1::GetCheckpointResponse* response, const Call& call,
                           Done done) {
  Read(call, request->prove_from() == 0 ? 0 : 1, std::move(done), [this, request, response]() -> absl::Status {
    auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    *response->mutable_checkpoint() = MakeCheckpoint(*snapshot);
    if (request->prove_from() == 0) return absl::OkStatus();
    Prover prover(std::move(snapshot));
    const auto hashes = prover.Consistency(request->prove_from(), prover.snapshot().head);
    if (!hashes.ok()) return hashes.status();
    *response->mutable_consistency() = MakeConsistencyProof(request->prove_from(), prover.snapshot().head.size, *hashes);
    return absl::OkStatus();
  });
}

void LogApi::GetEntry(const v1::GetEntryRequest* request, v1::GetEntryResponse* response, const Call& call, Done done) {
  Read(call, 0, std::move(done), [this, request, response]() -> absl::Status {
    const auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    const auto index = Resolve(request->selector(), *snapshot->reader, snapshot->head.size);
    if (!index.ok()) return index.status();
    const auto records = snapshot->reader->ReadRecords(*index, *index + 1);
    if (!records.ok()) return records.status();
    auto entry = MakeEntry(*index, records->front(), request->with_statement());
    if (!entry.ok()) return entry.status();
    *response->mutable_entry() = *std::move(entry);
    *response->mutable_as_of() = MakeAsOf(snapshot->head, *snapshot);
    return absl::OkStatus();
  });
}

void LogApi::ListEntries(const v1::ListEntriesRequest* request, v1::ListEntriesResponse* response, const Call& call, Done done) {
  Read(call, 0, std::move(done), [this, request, response]() -> absl::Status {
    auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    Prover prover(snapshot);
    PageToken page{request->start_index(), snapshot->head.size, request->start_index(), request->with_statement()};
    if (!request->page_token().empty()) {
      const auto token = ParsePageToken(request->page_token());
      if (!token.has_value() || token->start != request->start_index() || token->with_statement != request->with_statement() ||
          token->size > snapshot->head.size) {
        return Refuse(Reason::kPageTokenInvalid, "the page token belongs to another query", {{"field", "page_token"}});
      }
      page = *token;
    }
    const auto head = prover.HeadAt(page.size);
    if (!head.ok()) return head.status();
    const std::uint64_t wanted = std::min(request->page_size() == 0 ? kDefaultPage : request->page_size(), kMaxPage);
    const auto end = std::min(page.size, page.position + std::min(wanted, page.size));
    std::uint64_t at = page.position;
    if (at < end) {
      const auto records = snapshot->reader->ReadRecords(at, end);
      if (!records.ok()) return records.status();
      std::size_t answer_bytes = 0;
      for (const auto& record : *records) {
        answer_bytes += record.entry.size() + (request->with_statement() ? record.companion.size() : 0) + 256;
        if (answer_bytes > max_answer_bytes_) break;  // pages end early
        auto entry = MakeEntry(at, record, request->with_statement());
        if (!entry.ok()) return entry.status();
        *response->add_entries() = *std::move(entry);
        ++at;
      }
    }
    if (at < page.size) {
      page.position = at;
      response->set_next_page_token(FormatPageToken(page));
    }
    *response->mutable_as_of() = MakeAsOf(*head, *snapshot);
    return absl::OkStatus();
  });
}

void LogApi::GetInclusionProof(const v1::GetInclusionProofRequest* request, v1::GetInclusionProofResponse* response,
                               const Call& call, Done done) {
  Read(call, 1, std::move(done), [this, request, response]() -> absl::Status {
    auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    Prover prover(snapshot);
    const auto head = prover.HeadAt(request->tree_size());
    if (!head.ok()) return head.status();
    auto proof = ProveSelected(request->selector(), *head, prover);
    if (!proof.ok()) return proof.status();
    metrics_.Add(metrics::Counter::kProofs);
    response->set_entry_index(proof->index());
    *response->mutable_proof() = *std::move(proof);
    *response->mutable_as_of() = MakeAsOf(*head, *snapshot);
    return absl::OkStatus();
  });
}

void LogApi::BatchGetInclusionProofs(const v1::BatchGetInclusionProofsRequest* request,
                                     v1::BatchGetInclusionProofsResponse* response, const Call& call, Done done) {
  if (request->selectors_size() > kMaxBatch) {
    done(Refuse(Reason::kTooLarge, fmt::format("{} selectors in one call", request->selectors_size()),
                {{"limit", fmt::format("{}", kMaxBatch)},
                 {"actual", fmt::format("{}", request->selectors_size())},
                 {"field", "selectors"}}));
    return;
  }
  Read(call, request->selectors_size(), std::move(done), [this, request, response]() -> absl::Status {
    auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    Prover prover(snapshot);
    const auto head = prover.HeadAt(request->tree_size());
    if (!head.ok()) return head.status();
    for (const auto& selector : request->selectors()) {
      auto proof = ProveSelected(selector, *head, prover);
      if (proof.ok()) {
        metrics_.Add(metrics::Counter::kProofs);
        *response->add_results()->mutable_proof() = *std::move(proof);
      } else {
        *response->add_results()->mutable_refusal() = ToRpcStatus(proof.status());
      }
    }
    *response->mutable_as_of() = MakeAsOf(*head, *snapshot);
    return absl::OkStatus();
  });
}

void LogApi::GetConsistencyProof(const v1::GetConsistencyProofRequest* request, v1::GetConsistencyProofResponse* response,
                                 const Call& call, Done done) {
  Read(call, 1, std::move(done), [this, request, response]() -> absl::Status {
    auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    if (request->old_size() == 0) return Refuse(Reason::kArgumentInvalid, "old_size must be at least 1", {{"field", "old_size"}});
    Prover prover(snapshot);
    const auto head = prover.HeadAt(request->new_size());
    if (!head.ok()) return head.status();
    const auto hashes = prover.Consistency(request->old_size(), *head);
    if (!hashes.ok()) return hashes.status();
    metrics_.Add(metrics::Counter::kProofs);
    *response->mutable_proof() = MakeConsistencyProof(request->old_size(), head->size, *hashes);
    *response->mutable_as_of() = MakeAsOf(*head, *snapshot);
    return absl::OkStatus();
  });
}

void LogApi::GetProofBundle(const v1::GetProofBundleRequest* request, v1::GetProofBundleResponse* response, const Call& call,
                            Done done) {
  Read(call, request->prove_from() == 0 ? 1 : 2, std::move(done), [this, request, response]() -> absl::Status {
    auto snapshot = log_.published();
    if (snapshot == nullptr) return NothingPublished();
    Prover prover(snapshot);
    const auto& head = snapshot->head;
    const auto index = Resolve(request->selector(), *snapshot->reader, head.size);
    if (!index.ok()) return index.status();
    const auto records = snapshot->reader->ReadRecords(*index, *index + 1);
    if (!records.ok()) return records.status();
    auto entry = MakeEntry(*index, records->front(), true);
    if (!entry.ok()) return entry.status();
    const auto hashes = prover.Inclusion(*index, merkle::HashLeaf(bytes::AsBytes(records->front().entry)), head);
    if (!hashes.ok()) return hashes.status();
    metrics_.Add(metrics::Counter::kProofs);
    *response->mutable_entry() = *std::move(entry);
    response->set_tlog_proof(tlog::FormatTlogProof(*index, *hashes, snapshot->note));
    if (request->prove_from() != 0) {
      const auto consistency = prover.Consistency(request->prove_from(), head);
      if (!consistency.ok()) return consistency.status();
      *response->mutable_consistency() = MakeConsistencyProof(request->prove_from(), head.size, *consistency);
    }
    *response->mutable_as_of() = MakeAsOf(head, *snapshot);
    return absl::OkStatus();
  });
}

void LogApi::NextCheckpoint(std::uint64_t after_size, std::uint64_t prove_from, v1::WatchCheckpointsResponse* response,
                            const Call& call, Done done) {
  log_.WaitPublished(
      after_size, log::Pace::kNextTick, call.deadline,
      [prove_from, response, done = std::move(done)](absl::StatusOr<std::shared_ptr<const log::Published>> snapshot) {
        if (!snapshot.ok()) {
          const bool late = bytes::ReasonOf(snapshot.status()) == Reason::kPublishPending;
          return done(late ? Refuse(Reason::kDeadline, "no newer checkpoint") : snapshot.status());
        }
        Prover prover(*std::move(snapshot));
        *response->mutable_checkpoint() = MakeCheckpoint(prover.snapshot());
        if (prove_from != 0) {
          const auto hashes = prover.Consistency(prove_from, prover.snapshot().head);
          if (!hashes.ok()) return done(hashes.status());
          *response->mutable_consistency() = MakeConsistencyProof(prove_from, prover.snapshot().head.size, *hashes);
        }
        done(absl::OkStatus());
      });
}

}  // namespace trustlog::api
