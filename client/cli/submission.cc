#include "client/cli/submission.h"

#include <algorithm>

#include "client/cli/sign.h"
#include "client/follow/check_code.h"
#include "client/follow/statement_check.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/tlog_proof.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog::cli {
namespace {

using follow::CheckCode;
using follow::CheckFailure;

// protocols.md section 3: a call takes 1,000 items and 4 MiB; beyond 3 MiB an answer leaves out entries and proofs.
constexpr std::size_t kItemsACall = 1'000;
constexpr std::size_t kBytesACall = 3u << 20;

// At most, of the call and of its answer: an entry holds some strings and digests of its statement and its signatures, and is never
// larger than both; a proof has at most 64 hashes of 34 bytes.
std::size_t BytesOf(const v1::Envelope& envelope, WaitFor wait) {
  constexpr std::size_t kOutcome = 512, kProof = 64 * 34 + 64;
  return envelope.ByteSizeLong() + kOutcome + (wait == WaitFor::kPublished ? kProof : 0);
}

v1::Wait ToMessage(WaitFor wait) { return wait == WaitFor::kDurable ? v1::WAIT_DURABLE : v1::WAIT_PUBLISHED; }

Answer FromOutcome(const v1::Outcome& outcome, const std::string& payload) {
  Answer answer;
  answer.index = outcome.index();
  answer.duplicate = outcome.duplicate();
  answer.fetched.entry = outcome.entry();
  answer.fetched.statement = payload;
  return answer;
}

absl::StatusOr<Answer> SubmitOne(rpc::LogClient& client, const v1::Envelope& envelope, WaitFor wait) {
  v1::AddStatementRequest request;
  *request.mutable_envelope() = envelope;
  request.set_wait(ToMessage(wait));
  v1::AddStatementResponse response;
  if (auto status = client.AddStatement(request, response); !status.ok()) {
    if (!bytes::ReasonOf(status)) return status;
    Answer refused;
    refused.refusal = std::move(status);
    return refused;
  }
  Answer answer = FromOutcome(response.outcome(), envelope.payload());
  if (wait == WaitFor::kPublished) {
    auto proof = ProofText(response.published().proof(), response.published().checkpoint().note());
    if (!proof.ok()) return proof.status();
    answer.fetched.tlog_proof = *std::move(proof);
  }
  return answer;
}

absl::Status SubmitMany(rpc::LogClient& client, const std::vector<v1::Envelope>& envelopes, WaitFor wait,
                        std::vector<Answer>& answers) {
  v1::AddStatementsRequest request;
  for (const auto& envelope : envelopes) *request.add_envelopes() = envelope;
  request.set_wait(ToMessage(wait));
  v1::AddStatementsResponse response;
  if (auto status = client.AddStatements(request, response); !status.ok()) return status;
  if (response.results_size() != request.envelopes_size()) {
    return CheckFailure(CheckCode::kFileMalformed,
                        fmt::format("{} results for {} envelopes", response.results_size(), request.envelopes_size()));
  }
  int next_proof = 0;
  for (int i = 0; i < response.results_size(); ++i) {
    const auto& result = response.results(i);
    Answer answer;
    if (result.has_refusal()) {
      answer.refusal = rpc::FromRpcStatus(result.refusal());
      if (answer.refusal.ok()) answer.refusal = absl::InternalError("the log refused without a reason");
    } else {
      answer = FromOutcome(result.outcome(), request.envelopes(i).payload());
      if (wait == WaitFor::kPublished) {
        if (next_proof >= response.published().proofs_size())
          return CheckFailure(CheckCode::kFileMalformed, "the answer has too few proofs");
        auto proof = ProofText(response.published().proofs(next_proof++), response.published().checkpoint().note());
        if (!proof.ok()) return proof.status();
        answer.fetched.tlog_proof = *std::move(proof);
      }
    }
    answers.push_back(std::move(answer));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ToMessage(const std::string& json, v1::Envelope& message) {
  auto envelope = attest::ParseEnvelope(json);
  if (!envelope.ok()) return envelope.status();
  message.set_payload(std::move(envelope->payload));
  message.set_payload_type(std::move(envelope->payload_type));
  for (auto& signature : envelope->signatures) {
    auto* added = message.add_signatures();
    added->set_sig(std::move(signature.sig));
    added->set_keyid(std::move(signature.keyid));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProofText(const v1::InclusionProof& proof, const std::string& note) {
  std::vector<merkle::Hash> hashes;
  for (const auto& bytes : proof.hashes()) {
    merkle::Hash hash{};
    if (bytes.size() != hash.size())
      return CheckFailure(CheckCode::kFileMalformed, "the answer has a hash that is not 32 bytes long");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    hashes.push_back(hash);
  }
  return tlog::FormatTlogProof(proof.index(), hashes, note);
}

absl::Status SubmitAll(rpc::LogClient& client, const std::vector<PendingEnvelope>& envelopes, WaitFor wait,
                       std::vector<Answer>& answers) {
  std::vector<v1::Envelope> messages(envelopes.size());
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    if (auto status = ToMessage(envelopes[i].json, messages[i]); !status.ok()) return bytes::About(envelopes[i].name, status);
  }
  if (messages.size() == 1) {
    auto answer = SubmitOne(client, messages.front(), wait);
    if (!answer.ok()) return answer.status();
    answers.push_back(*std::move(answer));
    return absl::OkStatus();
  }
  for (std::size_t begin = 0; begin < messages.size();) {
    std::size_t end = begin, size = 0;
    do {
      size += BytesOf(messages[end++], wait);
    } while (end < messages.size() && end - begin < kItemsACall && size + BytesOf(messages[end], wait) <= kBytesACall);
    const std::vector<v1::Envelope> some(messages.begin() + static_cast<std::ptrdiff_t>(begin),
                                         messages.begin() + static_cast<std::ptrdiff_t>(end));
    if (auto status = SubmitMany(client, some, wait, answers); !status.ok()) return status;
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status CheckDurable(const Answer& answer, const std::string& origin) {
  const auto entry = attest::DecodeEntry(answer.fetched.entry);
  if (!entry.ok())
    return CheckFailure(CheckCode::kFileMalformed, fmt::format("the answer's entry: {}", bytes::MessageOf(entry.status())));
  const std::string& payload = *answer.fetched.statement;
  std::string expected = origin;
  if (expected.empty()) {
    const auto statement = CheckPayload(payload);
    if (!statement.ok()) return statement.status();
    expected = statement->log_origin;
  }
  return follow::CheckStatement(*entry, payload, follow::ContextFor(*entry, payload, expected)).status();
}

}  // namespace trustlog::cli
