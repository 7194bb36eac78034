#include "client/cli/bench_work.h"

#include <algorithm>
#include <random>
#include <utility>

#include "client/cli/sign.h"
#include "client/follow/tile_reader.h"
#include "client/follow/verify_entry.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/attest/kind.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/keys/batch_signature.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog::cli {
namespace {

constexpr std::uint64_t kMaxAhead = 10'000'000;
constexpr std::string_view kName = "a statement of this bench";
constexpr std::string_view kDefaultTypeBase = "https://trustlog.example/attest";

std::string IndexOf(const follow::EntryReport& report) { return report.index ? fmt::format("{}", *report.index) : "(unread)"; }

// The failure of a report as one status.
absl::Status StatusOf(const follow::EntryReport& report) {
  if (!report.failure) return absl::OkStatus();
  for (const auto& check : report.checks) {
    if (check.code == report.failure)
      return follow::CheckFailure(*report.failure, fmt::format("entry {}: {}: {}", IndexOf(report), check.name, check.detail));
  }
  return follow::CheckFailure(*report.failure, fmt::format("entry {}", IndexOf(report)));
}

}  // namespace

struct SubmissionWork::Turn {
  std::unique_ptr<rpc::LogClient> client;
  std::vector<std::vector<PendingEnvelope>> ahead;  // signed before the clock started
  std::vector<PendingEnvelope> envelopes;
  std::vector<Answer> answers;
};

absl::StatusOr<SubmissionWork> SubmissionWork::Create(Session& session, const Arguments& arguments, const keys::PrivateKey& key,
                                                      std::uint64_t items) {
  SubmissionWork work;
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto origin = session.Origin(arguments);
  if (!origin.ok()) return origin.status();
  work.key_ = &key;
  work.policy_ = *policy;
  work.origin_ = *origin;
  work.issuer_ = arguments.Get("issuer", session.settings().Get("issuer"));
  if (work.issuer_.empty()) return UsageError("no issuer: whose key is it?", "give --issuer URN");
  work.type_base_ = arguments.Get("type-base", session.settings().Get("type_base"));
  if (work.type_base_.empty()) work.type_base_ = kDefaultTypeBase;
  work.now_ = session.now();
  work.issued_at_ = attest::FormatTime(work.now_);
  work.items_ = items;
  const auto ahead = arguments.Number("ahead", 0);
  if (!ahead.ok()) return ahead.status();
  const auto clients = arguments.Number("clients", 1);
  if (!clients.ok()) return clients.status();
  if (*ahead > kMaxAhead) return UsageError(fmt::format("--ahead {}: not within 0..{}", *ahead, kMaxAhead));
  const std::uint64_t a_turn_of_all = items * std::max<std::uint64_t>(*clients, 1);
  work.turns_ahead_ = (*ahead + a_turn_of_all - 1) / a_turn_of_all;
  const auto together = arguments.Number("signed-together", 0);
  if (!together.ok()) return together.status();
  if (arguments.Has("signed-together") && (*together == 0 || *together > items))
    return UsageError(fmt::format("--signed-together {}: not within 1..{}, the statements of a call", *together, items));
  work.signed_together_ = *together;
  const std::string wait = arguments.Get("wait", "published");
  if (wait != "published" && wait != "durable") return UsageError(fmt::format("--wait {}: not one of durable, published", wait));
  work.wait_ = wait == "durable" ? WaitFor::kDurable : WaitFor::kPublished;
  return work;
}

std::string SubmissionWork::NewStatement() const {
  const std::string random = keys::RandomBytes(32);
  return fmt::format(
      R"({{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"load test","digest":{{"sha256":"{}"}}}}],"predicateType":"{}",)"
      R"("predicate":{{"logOrigin":"{}","issuer":"{}","issuedAt":"{}","nonce":"{}","about":["{}"],"form":"other","mediaType":"application/octet-stream"}}}})",
      bytes::EncodeHex(bytes::AsBytes(random)), attest::PredicateType(type_base_, attest::Kind::kEvidence), origin_, issuer_,
      issued_at_, bytes::EncodeBase64Url(bytes::AsBytes(std::string_view(random).substr(0, 16))), issuer_);
}

absl::Status SubmissionWork::SignTogether(std::span<const std::string> statements, std::vector<PendingEnvelope>& envelopes) const {
  std::vector<attest::Id> ids;
  for (const auto& statement : statements) ids.push_back(attest::StatementId(statement));
  const auto batch = keys::SignBatch(*key_, ids);
  if (!batch.ok()) return batch.status();
  for (std::uint32_t i = 0; i < batch->count(); ++i) {
    const attest::EntrySignature signature{key_->public_key().id(), batch->Signature(i)};
    envelopes.push_back({std::string(kName), attest::FormatEnvelope(statements[i], std::span(&signature, 1))});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PendingEnvelope>> SubmissionWork::NewEnvelopes() const {
  std::vector<PendingEnvelope> envelopes;
  envelopes.reserve(items_);
  std::vector<std::string> statements;
  for (std::uint64_t i = 0; i < items_; ++i) {
    statements.push_back(NewStatement());
    if (signed_together_ > 0) {
      if (statements.size() < signed_together_ && i + 1 < items_) continue;
      if (auto status = SignTogether(statements, envelopes); !status.ok()) return status;
    } else {
      auto envelope = SignPayload(statements.back(), {key_});
      if (!envelope.ok()) return envelope.status();
      envelopes.push_back({std::string(kName), *std::move(envelope)});
    }
    statements.clear();
  }
  return envelopes;
}

absl::StatusOr<std::uint64_t> SubmissionWork::Verify(const Turn& turn) const {
  for (const Answer& answer : turn.answers) {
    if (wait_ == WaitFor::kDurable) {
      if (auto status = CheckDurable(answer, origin_); !status.ok()) return status;
      continue;
    }
    const auto report = follow::VerifyEntry(
        {.entry = answer.fetched.entry, .tlog_proof = answer.fetched.tlog_proof, .statement = *answer.fetched.statement},
        {.policy = policy_, .now = now_});
    if (auto status = StatusOf(report); !status.ok()) return status;
  }
  return turn.answers.size();
}

absl::StatusOr<BenchCall> SubmissionWork::Make(Session& session) const {
  auto client = session.Connect(Session::Retries::kSilent);
  if (!client.ok()) return client.status();
  const auto turn = std::make_shared<Turn>();
  turn->client = *std::move(client);
  BenchCall call;
  for (std::uint64_t i = 0; i < turns_ahead_; ++i) {
    auto envelopes = NewEnvelopes();
    if (!envelopes.ok()) return envelopes.status();
    turn->ahead.push_back(*std::move(envelopes));
  }
  call.prepare = [this, turn]() -> absl::Status {
    if (!turn->ahead.empty()) {
      turn->envelopes = std::move(turn->ahead.back());
      turn->ahead.pop_back();
      return absl::OkStatus();
    }
    auto envelopes = NewEnvelopes();
    if (envelopes.ok()) turn->envelopes = *std::move(envelopes);
    return envelopes.status();
  };
  call.send = [this, turn]() -> absl::Status {
    turn->answers.clear();
    if (auto status = SubmitAll(*turn->client, turn->envelopes, wait_, turn->answers); !status.ok()) return status;
    for (const Answer& answer : turn->answers) {
      if (!answer.refusal.ok()) return answer.refusal;  // one refused item: the call counts as refused
    }
    return absl::OkStatus();
  };
  call.verify = [this, turn] { return Verify(*turn); };
  return call;
}

absl::StatusOr<ProofWork> ProofWork::Create(Session& session) {
  ProofWork work;
  const auto log = OpenVerifiedLog(session);
  if (!log.ok()) return log.status();
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  work.policy_ = *policy;
  work.size_ = log->checkpoint.head.size;
  work.now_ = session.now();
  if (work.size_ == 0) return UsageError("the log is empty: there is nothing to prove");
  return work;
}

absl::StatusOr<BenchCall> ProofWork::Make(Session& session, unsigned seed) const {
  struct Turn {
    std::unique_ptr<rpc::LogClient> client;
    std::mt19937_64 random;
    v1::GetProofBundleRequest request;
    v1::GetProofBundleResponse response;
  };
  auto client = session.Connect(Session::Retries::kSilent);
  if (!client.ok()) return client.status();
  const auto turn = std::make_shared<Turn>();
  turn->client = *std::move(client);
  turn->random.seed(seed);
  BenchCall call;
  call.prepare = [this, turn] {
    turn->request.mutable_selector()->set_index(std::uniform_int_distribution<std::uint64_t>(0, size_ - 1)(turn->random));
    turn->response.Clear();
    return absl::OkStatus();
  };
  call.send = [turn] { return turn->client->GetProofBundle(turn->request, turn->response); };
  call.verify = [this, turn]() -> absl::StatusOr<std::uint64_t> {
    const auto report = follow::VerifyEntry({.entry = turn->response.entry().entry(), .tlog_proof = turn->response.tlog_proof()},
                                            {.policy = policy_, .now = now_});
    if (auto status = StatusOf(report); !status.ok()) return status;
    if (report.index == turn->request.selector().index()) return std::uint64_t{1};
    return follow::CheckFailure(follow::CheckCode::kProofRootMismatch,
                                fmt::format("asked for entry {}, got {}", turn->request.selector().index(), IndexOf(report)));
  };
  return call;
}

absl::StatusOr<TileWork> TileWork::Create(Session& session) {
  const auto log = OpenVerifiedLog(session);
  if (!log.ok()) return log.status();
  TileWork work;
  work.head_ = log->checkpoint.head;
  if (work.head_.size == 0) return UsageError("the log is empty: there is nothing to read");
  return work;
}

absl::StatusOr<BenchCall> TileWork::Make(Session& session, unsigned seed) const {
  struct Turn {
    std::unique_ptr<net::Fetcher> fetcher;
    std::mt19937_64 random;
    std::uint64_t begin = 0, end = 0, read = 0;
  };
  auto fetcher = session.OpenLog();
  if (!fetcher.ok()) return fetcher.status();
  const auto turn = std::make_shared<Turn>();
  turn->fetcher = *std::move(fetcher);
  turn->random.seed(seed);
  BenchCall call;
  call.prepare = [this, turn] {
    const std::uint64_t bundle = std::uniform_int_distribution<std::uint64_t>(0, (head_.size - 1) / 256)(turn->random);
    turn->begin = bundle * 256;
    turn->end = std::min(head_.size, turn->begin + 256);
    return absl::OkStatus();
  };
  // The reader verifies while it reads; that is part of what reading a log takes.
  call.send = [this, turn]() -> absl::Status {
    follow::TileReader reader(*turn->fetcher, head_);
    const auto entries = reader.ReadEntries(turn->begin, turn->end);
    turn->read = entries.ok() ? entries->size() : 0;
    return entries.status();
  };
  call.verify = [turn]() -> absl::StatusOr<std::uint64_t> { return turn->read; };
  return call;
}

}  // namespace trustlog::cli
