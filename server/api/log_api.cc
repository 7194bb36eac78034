#include "server/api/log_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "merkle/hash.h"
#include "proto/attest/dsse.h"
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

attest::Envelope ToEnvelope(const v1::Envelope& message) {
  attest::Envelope envelope{message.payload_type(), message.payload(), {}};
  for (const auto& signature : message.signatures()) envelope.signatures.push_back({signature.keyid(), signature.sig()});
  return envelope;
}

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

// One submission call, single or batch: filled by the validation pool, then by the answer pool, then by the proof pool.
struct LogApi::AddCall {
  AddCall(std::atomic<std::size_t>& held_bytes, std::size_t request_bytes) : held(held_bytes), bytes(request_bytes) { held += bytes; }
  AddCall(const AddCall&) = delete;
  AddCall& operator=(const AddCall&) = delete;
  // Exactly once.
  void Answer(absl::Status status) const {
    held -= bytes;
    done(std::move(status));
  }

  std::atomic<std::size_t>& held;  // by all calls that are not answered
  const std::size_t bytes;
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

LogApi::LogApi(log::Log& log, const admission::LiveRegistry& registry, const admission::Validator& validator,
               admission::Quota& quota, metrics::Metrics& metrics, const runtime::Clock& clock, ApiOptions options)
    : log_(log),
      registry_(registry),
      validator_(validator),
      quota_(quota),
      metrics_(metrics),
      clock_(clock),
      max_answer_bytes_(options.max_answer_bytes),
      max_submission_bytes_(options.submission_bytes),
      validation_("validation", options.validation_threads, options.validation_queue),
      reads_("reads", options.read_threads, options.read_queue),
      proofs_("proofs", options.read_threads) {}

LogApi::~LogApi() { Stop(); }

void LogApi::Stop() {
  validation_.Stop();
  reads_.Stop();
  proofs_.Stop();  // after what may still hand it something
}

void LogApi::AddStatement(const v1::AddStatementRequest* request, v1::AddStatementResponse* response, const Call& call, Done done) {
  auto add = std::make_shared<AddCall>(submission_bytes_, request->ByteSizeLong());
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
  auto add = std::make_shared<AddCall>(submission_bytes_, request->ByteSizeLong());
  for (const auto& envelope : request->envelopes()) add->envelopes.push_back(&envelope);
  add->wait_published = request->wait() != v1::WAIT_DURABLE;
  add->call = call;
  add->done = std::move(done);
  add->many = response;
  Submit(std::move(add));
}

void LogApi::Submit(std::shared_ptr<AddCall> add) {
  const std::size_t held = submission_bytes_;  // this one too
  if (held > max_submission_bytes_ && held > add->bytes) {
    add->Answer(Refuse(Reason::kPushback, "the submissions under way hold too many bytes; nothing was written",
                     {{"limit", fmt::format("{}", max_submission_bytes_)}, {"retry_ms", "1000"}}));
    return;
  }
  if (validation_.TryRun([this, add] { Validate(add); })) return;
  add->Answer(Refuse(Reason::kPushback, "too many submissions are being validated; nothing was written", {{"retry_ms", "1000"}}));
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
  if (!known.ok()) return add->Answer(known.status());
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
  if (!first_records.ok()) return add->Answer(first_records.status());
  for (std::size_t k = 0; k < logged.size(); ++k) {
    add->results[logged_items[k]] = log::Added{logged[k], true, std::move((*first_records)[k].entry)};
  }
  metrics_.Add(metrics::Counter::kDuplicates, logged.size());

  std::vector<std::unique_ptr<log::Submission>> batch;
  std::vector<std::pair<std::string, double>> taken;  // issuer and bytes: what quotas gave for the batch
  std::vector<keys::PublicKey> earlier;
  const auto writable = fresh_items.empty() ? absl::OkStatus() : log_.Writable();
  for (const std::size_t i : fresh_items) {
    if (!writable.ok()) {
      add->results[i] = writable;
      continue;
    }
    if (auto status = quota_.CheckFailedSignatures(add->call.address); !status.ok()) {  // each time: earlier items count
      add->results[i] = std::move(status);
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
    taken.emplace_back((*checked)->issuer(), static_cast<double>((*checked)->bytes()));
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
  if (status.ok()) return;
  for (const auto& [issuer, bytes] : taken) quota_.GiveBackSubmission(issuer, 1, bytes);
  add->Answer(std::move(status));
}

// On the validation or the answer pool. Every result is there: fill the answer, then wait for publication if asked.
void LogApi::Finish(const std::shared_ptr<AddCall>& add) {
  std::optional<std::uint64_t> highest;
  for (std::size_t i = 0; i < add->results.size(); ++i) {
    const auto& result = add->results[i];
    if (result.ok()) highest = std::max(highest.value_or(0), result->index);
    if (add->one != nullptr) {
      if (!result.ok()) return add->Answer(result.status());
      *add->one->mutable_outcome() = MakeOutcome(*result, add->ids[i]);
    } else if (result.ok()) {
      *add->many->add_results()->mutable_outcome() = MakeOutcome(*result, add->ids[i]);
    } else {
      *add->many->add_results()->mutable_refusal() = ToRpcStatus(result.status());
    }
  }
  if (add->many != nullptr) FitResults(*add->many, max_answer_bytes_);
  if (!add->wait_published || !highest.has_value()) return add->Answer(absl::OkStatus());
  log_.WaitPublished(*highest, log::Pace::kSoon, add->call.deadline,
                     [this, add](absl::StatusOr<std::shared_ptr<const log::Published>> snapshot) {
                       if (!snapshot.ok()) return add->Answer(snapshot.status());
                       proofs_.Run([this, add, published = *std::move(snapshot)] { add->Answer(WritePublished(*add, published)); });
                     });
}

// On the proof pool.
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

}  // namespace trustlog::api
