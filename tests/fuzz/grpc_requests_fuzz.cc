// Each request message of LogService from bytes to its answer, over a log in memory. The first byte says which; 's' is special: the
// rest is a payload, which is signed by a member's key first, so that it reaches admission in order.
#include <google/protobuf/stubs/logging.h>

#include <string>

#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "server/api/errors.h"
#include "server/api/messages.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/memory_log.h"

namespace trustlog::api {
namespace {

support::MemoryLog& Log() {
  static const auto silent = google::protobuf::SetLogHandler(nullptr);  // a line for each string that is not UTF-8
  (void)silent;
  static support::MemoryLog log;
  return log;
}

// A refusal has a reason, and details that fit; an answer fits into a message.
template <typename Request, typename Response>
absl::Status Run(std::string_view bytes, void (LogApi::*method)(const Request*, Response*, const api::Call&, Done),
                 Response& response) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  const auto status = Log().Wait(method, request, response);
  if (!status.ok()) {
    fuzz::Expect(bytes::ReasonOf(status).has_value() || absl::IsDataLoss(status), "a refusal without a reason");
    fuzz::Expect(ToRpcStatus(status).ByteSizeLong() <= 4'096, "details beyond 4 KiB");
  }
  fuzz::Expect(response.ByteSizeLong() <= (4u << 20), "an answer beyond 4 MiB");
  return status;
}

template <typename Request, typename Response>
void Read(std::string_view bytes, void (LogApi::*method)(const Request*, Response*, const api::Call&, Done)) {
  Response response;
  const auto status = Run(bytes, method, response);
  fuzz::Expect(!absl::IsDataLoss(status) && !absl::IsInternal(status), "a read that finds the log broken");
}

void CheckOutcome(const v1::Outcome& outcome) {
  const auto entry = attest::DecodeEntry(outcome.entry());
  fuzz::Expect(entry.ok() && bytes::EncodeHex(entry->statement_id) == outcome.statement_id(), "an outcome of another statement");
  fuzz::Expect(outcome.index() < Log().log().state().integrated, "an index beyond the log");
}

}  // namespace

TRUSTLOG_FUZZ_TARGET(GrpcRequests) {
  if (input.empty()) return;
  const char which = input.front();
  input.remove_prefix(1);
  const auto before = Log().log().state().integrated;
  switch (which) {
    case 's': {
      v1::AddStatementRequest request;
      *request.mutable_envelope() = support::ToMessage(support::SignPayload(std::string(input), {"one-1"}));
      request.set_wait(v1::WAIT_DURABLE);
      v1::AddStatementResponse response;
      if (Run(request.SerializeAsString(), &LogApi::AddStatement, response).ok()) CheckOutcome(response.outcome());
      break;
    }
    case 'a': {
      v1::AddStatementResponse response;
      if (Run(input, &LogApi::AddStatement, response).ok() && response.has_outcome()) CheckOutcome(response.outcome());
      break;
    }
    case 'b': {
      v1::AddStatementsResponse response;
      (void)Run(input, &LogApi::AddStatements, response);
      for (const auto& result : response.results()) {
        if (result.has_outcome()) CheckOutcome(result.outcome());
      }
      break;
    }
    case 'c':
      Read(input, &LogApi::GetCheckpoint);
      break;
    case 'e':
      Read(input, &LogApi::GetEntry);
      break;
    case 'l':
      Read(input, &LogApi::ListEntries);
      break;
    case 'i':
      Read(input, &LogApi::GetInclusionProof);
      break;
    case 'm':
      Read(input, &LogApi::BatchGetInclusionProofs);
      break;
    case 'k':
      Read(input, &LogApi::GetConsistencyProof);
      break;
    case 'p':
      Read(input, &LogApi::GetProofBundle);
      break;
    case 't':
      if (const auto token = ParsePageToken(input))
        fuzz::Expect(FormatPageToken(*token) == input, "two spellings of one page token");
      break;
    default:
      break;
  }
  fuzz::Expect(Log().log().state().integrated >= before, "a log that shrinks");
}

}  // namespace trustlog::api
