// RegistryApi over a log in memory (memory_log.h), without a transport. Tests and fuzz targets that include this link
// trustlog_server_api.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "server/api/registry_api.h"
#include "server/query/record_index.h"
#include "tests/support/memory_key_index.h"
#include "tests/support/memory_log.h"

namespace trustlog::support {

class MemoryRegistry final {
 public:
  explicit MemoryRegistry(api::RegistryOptions options = {}, MemoryLog::Options log_options = {})
      : log_(std::move(log_options)),
        index_(log_.log(), log_.clock(), [] { return std::make_unique<MemoryKeyIndex>(); }),
        api_(log_.log(), log_.registry(), index_, log_.quota(), log_.clock(), options) {}

  // One call, from beginning to end.
  template <typename Request, typename Response>
  absl::Status Ask(void (api::RegistryApi::*method)(const Request*, Response*, const api::Call&, api::Done), const Request& request,
                   Response& response, std::chrono::milliseconds time = std::chrono::seconds(20)) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    response.Clear();
    (api_.*method)(&request, &response, {"192.0.2.1", log_.clock().Now() + time},
                   [promise](absl::Status status) { promise->set_value(std::move(status)); });
    return promise->get_future().get();
  }
  // Logs and publishes; each must be taken. Their first index.
  std::uint64_t Log(const std::vector<SignedRecord>& records) {
    v1::AddStatementsRequest request;
    for (const auto& record : records) *request.add_envelopes() = ToMessage(record.envelope);
    v1::AddStatementsResponse response;
    if (const auto status = log_.Wait(&api::LogApi::AddStatements, request, response); !status.ok()) std::abort();
    for (const auto& result : response.results()) {
      if (result.has_outcome()) continue;
      std::fprintf(stderr, "memory registry: %s\n", result.refusal().message().c_str());
      std::abort();
    }
    return response.results(0).outcome().index();
  }

  const SampleAlliance& alliance() const { return log_.alliance(); }
  MemoryLog& log() { return log_; }
  query::RecordIndex& index() { return index_; }
  api::RegistryApi& api() { return api_; }

 private:
  MemoryLog log_;
  query::RecordIndex index_;
  api::RegistryApi api_;
};

}  // namespace trustlog::support
