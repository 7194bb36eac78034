// Envelopes to the log and its answers back, each answer checked before anybody relies on it: the entry is the one that the
// statement gives, and the proof leads to a checkpoint that satisfies the policy. Single-threaded.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/entry_source.h"
#include "client/cli/session.h"
#include "client/rpc/log_client.h"

namespace trustlog::v1 {
class Envelope;
class InclusionProof;
class Outcome;
}  // namespace trustlog::v1

namespace trustlog::cli {

enum class WaitFor { kDurable, kPublished };

struct PendingEnvelope {
  std::string name;  // of its file, for messages
  std::string json;  // as read
};

struct Answer {
  absl::Status refusal;  // OK: logged
  std::uint64_t index = 0;
  bool duplicate = false;
  FetchedEntry fetched;  // tlog_proof is "" of one that is durable only
};

// Appends one answer an envelope, in order; one call for one, else calls of many, each after the one before. Not OK: a call failed
// as a whole; `answers` has those before it, and whether more were logged is not known.
[[nodiscard]] absl::Status SubmitAll(rpc::LogClient& client, const std::vector<PendingEnvelope>& envelopes, WaitFor wait,
                                     std::vector<Answer>& answers);

// What the answer to a durable submission can be checked for without a proof: STATEMENT_MISMATCH, FILE_MALFORMED. `origin`: of the
// policy; "" = whatever log the statement was made for.
[[nodiscard]] absl::Status CheckDurable(const Answer& answer, const std::string& origin);

// From the wire. FILE_MALFORMED: a hash that is not 32 bytes.
absl::StatusOr<std::string> ProofText(const v1::InclusionProof& proof, const std::string& note);
// ENVELOPE_MALFORMED and the like: what the log would say of its form.
[[nodiscard]] absl::Status ToMessage(const std::string& json, v1::Envelope& message);

}  // namespace trustlog::cli
