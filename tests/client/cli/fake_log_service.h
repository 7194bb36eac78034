// A LogService in this process over a synthetic log: takes any well-formed envelope as the next entry, answers with proofs, and can
// fail or lie on request. Serves on a port of its own.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "merkle/hash.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "tests/support/synthetic_log.h"
#include "trustlog/v1/log.grpc.pb.h"

namespace trustlog::testing {

// As the server writes it: ErrorInfo, and RetryInfo where `retry_ms` is not 0.
inline google::rpc::Status RpcStatus(bytes::Reason reason, const std::string& message, int retry_ms = 0) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(bytes::Describe(reason).code));
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(bytes::Describe(reason).word));
  info.set_domain("trustlog");
  (*info.mutable_metadata())["have"] = "1";
  status.add_details()->PackFrom(info);
  if (retry_ms == 0) return status;
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(retry_ms * 1'000'000);
  status.add_details()->PackFrom(retry);
  return status;
}
inline ::grpc::Status GrpcStatus(const google::rpc::Status& status) {
  return {static_cast<::grpc::StatusCode>(status.code()), status.message(), status.SerializeAsString()};
}

class FakeLogService final : public v1::LogService::Service {
 public:
  explicit FakeLogService(SyntheticLog log = SyntheticLog()) : log_(std::move(log)) {
    ::grpc::EnableDefaultHealthCheckService(true);
    ::grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", ::grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    target_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeLogService() override { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& target() const { return target_; }
  SyntheticLog& log() { return log_; }
  int calls() const { return calls_; }

  // Asked before each call, with its number from 1: what it is answered instead.
  std::function<::grpc::Status(int)> fail;
  // Changes an entry's bytes after it was logged and proved.
  std::function<void(std::string&)> corrupt;
  // Added to every index in an outcome, not to that of its proof.
  std::uint64_t index_lie = 0;

  ::grpc::Status AddStatement(::grpc::ServerContext*, const v1::AddStatementRequest* request,
                              v1::AddStatementResponse* response) override {
    if (auto status = Before(); !status.ok()) return status;
    v1::Outcome outcome;
    const auto refusal = Log(request->envelope(), outcome);
    if (refusal.code() != 0) return GrpcStatus(refusal);
    *response->mutable_outcome() = outcome;
    response->mutable_outcome()->set_index(outcome.index() + index_lie);
    if (request->wait() == v1::WAIT_DURABLE) return ::grpc::Status::OK;
    *response->mutable_published()->mutable_proof() = Prove(outcome.index());
    response->mutable_published()->mutable_checkpoint()->set_note(log_.Checkpoint(log_.size()));
    return ::grpc::Status::OK;
  }

  ::grpc::Status AddStatements(::grpc::ServerContext*, const v1::AddStatementsRequest* request,
                               v1::AddStatementsResponse* response) override {
    if (auto status = Before(); !status.ok()) return status;
    for (const auto& envelope : request->envelopes()) {
      v1::Outcome outcome;
      const auto refusal = Log(envelope, outcome);
      if (refusal.code() != 0) {
        *response->add_results()->mutable_refusal() = refusal;
      } else {
        *response->add_results()->mutable_outcome() = outcome;
      }
    }
    for (const auto& result : response->results()) {
      if (result.has_outcome()) *response->mutable_published()->add_proofs() = Prove(result.outcome().index());
    }
    response->mutable_published()->mutable_checkpoint()->set_note(log_.Checkpoint(log_.size()));
    return ::grpc::Status::OK;
  }

  ::grpc::Status GetProofBundle(::grpc::ServerContext*, const v1::GetProofBundleRequest* request,
                                v1::GetProofBundleResponse* response) override {
    if (auto status = Before(); !status.ok()) return status;
    std::uint64_t index = request->selector().index();
    if (request->selector().has_statement_id()) {
      const auto found = indexes_.find(request->selector().statement_id());
      if (found == indexes_.end()) return GrpcStatus(RpcStatus(bytes::Reason::kEntryNotFound, "no such statement"));
      index = found->second;
    }
    if (index >= log_.size()) return GrpcStatus(RpcStatus(bytes::Reason::kIndexOutOfRange, "no such entry"));
    response->mutable_entry()->set_index(index);
    response->mutable_entry()->set_entry(log_.entry(index));
    response->mutable_entry()->mutable_statement()->set_payload(log_.statement(index));
    response->set_tlog_proof(log_.TlogProof(index, log_.size()));
    if (request->prove_from() == 0) return ::grpc::Status::OK;
    response->mutable_consistency()->set_old_size(request->prove_from());
    for (const auto& hash : log_.Consistency(request->prove_from(), log_.size())) {
      response->mutable_consistency()->add_hashes(std::string(bytes::AsText(hash)));
    }
    return ::grpc::Status::OK;
  }

 private:
  ::grpc::Status Before() {
    const int call = ++calls_;
    return fail ? fail(call) : ::grpc::Status::OK;
  }

  google::rpc::Status Log(const v1::Envelope& envelope, v1::Outcome& outcome) {
    const std::scoped_lock lock(mutex_);
    const std::string id = bytes::EncodeHex(attest::StatementId(envelope.payload()));
    outcome.set_duplicate(indexes_.count(id) > 0);
    if (!outcome.duplicate()) {
      const auto statement =
          attest::ParseStatement(envelope.payload(), {log_.origin(), "https://trustlog.example/attest", "urn:tta:"});
      if (!statement.ok()) return RpcStatus(*bytes::ReasonOf(statement.status()), std::string(statement.status().message()));
      std::vector<attest::EntrySignature> signatures;
      for (const auto& signature : envelope.signatures())
        signatures.push_back({*attest::KeyIdHint(signature.keyid()), signature.sig()});
      auto entry = attest::Derive(*statement, attest::StatementId(envelope.payload()), std::move(signatures)).value();
      entry.logged_at_ms = 1'795'300'000'000;
      indexes_[id] = log_.size();
      log_.Append(attest::EncodeEntry(entry).value(), envelope.payload());
    }
    outcome.set_index(indexes_[id]);
    outcome.set_statement_id(id);
    std::string bytes = log_.entry(outcome.index());
    if (corrupt) corrupt(bytes);
    outcome.set_entry(bytes);
    return {};
  }

  v1::InclusionProof Prove(std::uint64_t index) const {
    v1::InclusionProof proof;
    proof.set_index(index);
    proof.set_tree_size(log_.size());
    for (const auto& hash : log_.Inclusion(index, log_.size())) proof.add_hashes(std::string(bytes::AsText(hash)));
    return proof;
  }

  SyntheticLog log_;
  std::map<std::string, std::uint64_t> indexes_;
  std::mutex mutex_;
  std::atomic<int> calls_ = 0;
  std::string target_;
  std::unique_ptr<::grpc::Server> server_;
};

}  // namespace trustlog::testing
