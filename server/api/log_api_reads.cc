// The reads of LogApi: each is answered from one published snapshot (protocols.md G9, G10).
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "merkle/hash.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/tlog_proof.h"
#include "server/api/errors.h"
#include "server/api/log_api.h"
#include "server/api/messages.h"
#include "server/api/prover.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kMaxPage = 1'000;

absl::Status NothingPublished() { return Refuse(Reason::kCheckpointNotFound, "no checkpoint has been published yet"); }

}  // namespace

void LogApi::Read(const Call& call, double proofs, Done done, std::function<absl::Status()> work) {
  if (auto status = quota_.TakeProof(call.address, proofs); !status.ok()) return done(std::move(status));
  auto shared_done = std::make_shared<Done>(std::move(done));
  const auto run = [this, shared_done, deadline = call.deadline, work = std::move(work)] {
    (*shared_done)(clock_.Now() < deadline ? work() : Refuse(Reason::kDeadline, "no time was left when a thread was free"));
  };
  if (reads_.TryRun(run)) return;
  (*shared_done)(Refuse(Reason::kPushback, "too many reads are waiting", {{"retry_ms", "200"}}));
}

absl::StatusOr<v1::Entry> LogApi::MakeServedEntry(std::uint64_t index, const storage::Record& record, bool with_statement) const {
  auto entry = MakeEntry(index, record, with_statement);
  if (!entry.ok() || !with_statement || !record.companion.empty()) return entry;
  const auto notice = registry_.With([index](const registry::Registry& registry) { return registry.NoticeAbout(index); });
  if (notice.has_value()) entry->mutable_statement()->set_notice_index(*notice);
  return entry;
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
    auto entry = MakeServedEntry(*index, records->front(), request->with_statement());
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
        auto entry = MakeServedEntry(at, record, request->with_statement());
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
    auto entry = MakeServedEntry(*index, records->front(), true);
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
  const auto prove = [prove_from, response](std::shared_ptr<const log::Published> snapshot) -> absl::Status {
    Prover prover(std::move(snapshot));
    *response->mutable_checkpoint() = MakeCheckpoint(prover.snapshot());
    if (prove_from == 0) return absl::OkStatus();
    const auto hashes = prover.Consistency(prove_from, prover.snapshot().head);
    if (!hashes.ok()) return hashes.status();
    *response->mutable_consistency() = MakeConsistencyProof(prove_from, prover.snapshot().head.size, *hashes);
    return absl::OkStatus();
  };
  log_.WaitPublished(after_size, log::Pace::kNextTick, call.deadline,
                     [this, prove, done = std::move(done)](absl::StatusOr<std::shared_ptr<const log::Published>> snapshot) {
                       if (!snapshot.ok()) {
                         const bool late = bytes::ReasonOf(snapshot.status()) == Reason::kPublishPending;
                         return done(late ? Refuse(Reason::kDeadline, "no newer checkpoint") : snapshot.status());
                       }
                       proofs_.Run([prove, done, published = *std::move(snapshot)] { done(prove(published)); });
                     });
}

}  // namespace trustlog::api
