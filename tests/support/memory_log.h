// LogApi over a whole log in memory, without a transport: the core, the registry and the signer of the real thing over
// MemoryStorage, and the records of SampleAlliance submitted through the API itself. Tests and fuzz targets that include this link
// trustlog_server_api.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "proto/tlog/note.h"
#include "server/admission/live_registry.h"
#include "server/admission/quota.h"
#include "server/admission/recheck.h"
#include "server/admission/registry_admitter.h"
#include "server/admission/validator.h"
#include "server/api/log_api.h"
#include "server/log/log.h"
#include "server/metrics/metrics.h"
#include "server/signer/local_signer.h"
#include "server/signer/mark_file.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/memory_storage.h"
#include "tests/support/messages.h"
#include "tests/support/sample_alliance.h"
#include "tests/support/sample_clock.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::support {

class MemoryLog final {
 public:
  struct Options {
    log::LogOptions log;
    api::ApiOptions api;
    admission::QuotaOptions quota{{0, 0, 0}, {}, 0, 0};
    std::size_t records = 1'000;  // of the alliance's, from the first
    std::string origin = kSampleOrigin;
    const runtime::Clock* clock = nullptr;  // borrowed; null: one of its own. REQUIRES, with another: no records
  };

  MemoryLog() : MemoryLog(Options()) {}
  explicit MemoryLog(Options options)
      : clock_(options.clock != nullptr ? *options.clock : sample_clock_),
        storage_(MakeMemoryStorage({options.origin, Vkey(options.origin), "2026-11-01", {}})),
        quota_(options.quota, clock_),
        registry_(registry::Registry(options.origin)),
        recheck_(registry_, admission::RecheckDepth::kFull),
        admitter_(registry_, storage_.reader(), clock_, 0, metrics_, {}),
        validator_(registry_, metrics_, {}) {
    signer::Mark mark;
    mark.origin = options.origin;
    mark.key_id = LogKey().public_key().id();
    if (!signer::MarkFile::Create(directory_.path() + "/mark", mark).ok()) Die("no mark");
    auto signer = signer::LocalSigner::Open(directory_.path() + "/mark", options.origin, {}, LogKey(), clock_);
    if (!signer.ok()) Die(signer.status().ToString());
    signer_ = *std::move(signer);
    if (options.log.publish_interval == log::LogOptions().publish_interval)
      options.log.publish_interval = std::chrono::milliseconds(1);
    log_ = std::make_unique<log::Log>(log::LogParts{storage_, *signer_, admitter_, recheck_, clock_, metrics_}, options.log);
    if (const auto status = log_->Start(); !status.ok()) Die(status.ToString());
    api_ = std::make_unique<api::LogApi>(*log_, registry_, validator_, quota_, metrics_, clock_, options.api);
    // Genesis alone: it sets what the statements after it are read by.
    Submit(0, std::min<std::size_t>(options.records, 1));
    Submit(1, std::min(options.records, alliance_.size()));
  }
  ~MemoryLog() {
    api_->Stop();
    log_->Stop(clock_.Now());
  }

  // One call, from beginning to end.
  template <typename Request, typename Response>
  absl::Status Wait(void (api::LogApi::*method)(const Request*, Response*, const api::Call&, api::Done), const Request& request,
                    Response& response, std::chrono::milliseconds time = std::chrono::seconds(20)) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    (api_.get()->*method)(&request, &response, {"192.0.2.1", clock_.Now() + time},
                          [promise](absl::Status status) { promise->set_value(std::move(status)); });
    return promise->get_future().get();
  }

  static keys::PrivateKey LogKey() { return SampleKey("log"); }
  static std::string Vkey(const std::string& origin = kSampleOrigin) {
    return tlog::VerifierKey::Make(origin, tlog::kTypeEd25519, LogKey().public_key())->ToString();
  }

  const SampleAlliance& alliance() const { return alliance_; }
  FaultyStorage& storage() { return storage_; }
  log::Log& log() { return *log_; }
  api::LogApi& api() { return *api_; }
  admission::LiveRegistry& registry() { return registry_; }
  admission::Quota& quota() { return quota_; }
  metrics::Metrics& metrics() { return metrics_; }
  const runtime::Clock& clock() const { return clock_; }

 private:
  void Submit(std::size_t begin, std::size_t end) {
    v1::AddStatementsRequest request;
    for (std::size_t i = begin; i < end; ++i) *request.add_envelopes() = ToMessage(alliance_.records()[i].record.envelope);
    v1::AddStatementsResponse response;
    const auto status = Wait(&api::LogApi::AddStatements, request, response);
    if (!status.ok()) Die(status.ToString());
    for (const auto& result : response.results()) {
      if (!result.has_outcome()) Die(result.refusal().message());
    }
    while (log_->state().published < log_->state().integrated) std::this_thread::yield();  // counted after callers are told
  }
  [[noreturn]] static void Die(const std::string& what) {
    std::fprintf(stderr, "memory log: %s\n", what.c_str());
    std::abort();
  }

  const SampleAlliance alliance_;
  const support::TemporaryDirectory directory_;
  const SampleClock sample_clock_;
  const runtime::Clock& clock_;
  metrics::Metrics metrics_{"test", kSampleOrigin, "memory"};
  FaultyStorage storage_;
  admission::Quota quota_;
  admission::LiveRegistry registry_;
  admission::RegistryRecheck recheck_;
  admission::RegistryAdmitter admitter_;
  admission::Validator validator_;
  std::unique_ptr<signer::LocalSigner> signer_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<api::LogApi> api_;
};

}  // namespace trustlog::support
