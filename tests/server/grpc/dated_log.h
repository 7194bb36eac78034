// A log in memory behind a real gRPC server and channel, at a time that stands still until a test moves it: what is logged and when
// is the test's to say. Submissions wait for their commit alone, so nobody waits by a clock.
//
//   DatedLog log(support::kSampleOrigin, 1'000 * kSampleTime);
//   log.MoveTo(1'000 * kSampleTime + 1'000);
//   EXPECT_EQ(log.Add(envelope).word, "REF_NOT_FOUND");
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/bytes/reason.h"
#include "server/grpc/grpc_server.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_log.h"
#include "tests/support/rpc_calls.h"

namespace trustlog::rpc {

// What a submission is told, of one call or at its place in a batch.
struct Answer {
  std::string word;  // OK, DUPLICATE, a reason, or "" where gRPC itself answers
  int code = 0;      // gRPC's number
  std::string message;
  google::rpc::ErrorInfo info;
  v1::Outcome outcome;

  bool ok() const { return word == "OK"; }
};

// What a client is told beside a reason: the names in braces in records.md 6.8.
inline std::vector<std::string> DetailsOf(const std::string& reason) {
  if (reason == "SCHEMA_VIOLATION" || reason == "PERSONAL_DATA_SUSPECTED") return {"path"};
  if (reason == "TOO_LARGE") return {"limit", "actual"};
  if (reason == "THRESHOLD_NOT_MET") return {"have", "need"};
  if (reason == "PARTY_UNKNOWN") return {"urn"};
  if (reason == "WRONG_LOG") return {"origin"};
  if (reason == "LOG_FROZEN") return {"successor"};  // every freeze of these tests names one
  if (reason == "SUPERSEDES_NOT_HEAD") return {"head"};
  return reason.starts_with("REF_") ? std::vector<std::string>{"id"} : std::vector<std::string>{};
}

// The reason's own code, the domain, the details and a text for people (protocols.md section 3).
inline void ExpectRefusedWith(const Answer& answer, const std::string& word) {
  ASSERT_EQ(answer.word, word) << answer.message;
  const auto reason = bytes::ParseReason(word);
  ASSERT_TRUE(reason.has_value()) << word;
  EXPECT_EQ(answer.code, static_cast<int>(bytes::Describe(*reason).code));
  EXPECT_EQ(answer.info.domain(), "trustlog");
  EXPECT_FALSE(answer.message.empty());
  for (const auto& name : DetailsOf(word)) EXPECT_TRUE(answer.info.metadata().contains(name)) << name;
}

class DatedLog final {
 public:
  DatedLog(const std::string& origin, std::uint64_t wall_ms)
      : clock_(std::chrono::milliseconds(wall_ms)), log_(Options(origin, clock_)) {
    GrpcOptions options;
    options.listen = {"127.0.0.1:0"};
    auto server = GrpcServer::Start({&log_.api(), nullptr}, log_.metrics(), clock_, options);
    if (!server.ok()) {
      std::fprintf(stderr, "dated log: %s\n", server.status().ToString().c_str());
      std::abort();
    }
    server_ = *std::move(server);
    stub_ = support::Connect(server_->addresses().front());
  }
  ~DatedLog() {
    stub_.reset();
    server_->Stop(std::chrono::milliseconds(0));
  }

  // REQUIRES: not before the present time.
  void MoveTo(std::uint64_t wall_ms) { clock_.Advance(std::chrono::milliseconds(wall_ms) - clock_.WallNow()); }

  Answer Add(const attest::Envelope& envelope) {
    v1::AddStatementRequest request;
    *request.mutable_envelope() = support::ToMessage(envelope);
    request.set_wait(v1::WAIT_DURABLE);
    v1::AddStatementResponse response;
    const auto heard = support::Ask(*stub_, &v1::LogService::Stub::AddStatement, request, response);
    if (heard.ok()) return Accepted(response.outcome());
    EXPECT_LE(heard.status.error_details().size(), 4'096U);
    return {heard.reason, heard.status.error_code(), heard.status.error_message(), heard.info, {}};
  }
  // In their order.
  std::vector<Answer> AddAll(const std::vector<attest::Envelope>& envelopes) {
    v1::AddStatementsRequest request;
    for (const auto& envelope : envelopes) *request.add_envelopes() = support::ToMessage(envelope);
    request.set_wait(v1::WAIT_DURABLE);
    v1::AddStatementsResponse response;
    const auto heard = support::Ask(*stub_, &v1::LogService::Stub::AddStatements, request, response);
    EXPECT_TRUE(heard.ok()) << heard.status.error_message();
    EXPECT_EQ(static_cast<std::size_t>(response.results_size()), envelopes.size());
    std::vector<Answer> answers;
    for (const auto& result : response.results())
      answers.push_back(result.has_outcome() ? Accepted(result.outcome()) : Refused(result.refusal()));
    answers.resize(envelopes.size());
    return answers;
  }
  std::uint64_t size() const { return log_.log().state().integrated; }

 private:
  static support::MemoryLog::Options Options(const std::string& origin, const runtime::Clock& clock) {
    support::MemoryLog::Options options;
    options.records = 0;
    options.origin = origin;
    options.clock = &clock;
    return options;
  }
  static Answer Accepted(const v1::Outcome& outcome) { return {outcome.duplicate() ? "DUPLICATE" : "OK", 0, "", {}, outcome}; }
  static Answer Refused(const google::rpc::Status& status) {
    Answer answer{"", status.code(), status.message(), {}, {}};
    for (const auto& any : status.details()) {
      if (any.UnpackTo(&answer.info)) answer.word = answer.info.reason();
    }
    return answer;
  }

  support::FakeClock clock_;
  mutable support::MemoryLog log_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::LogService::Stub> stub_;
};

}  // namespace trustlog::rpc
