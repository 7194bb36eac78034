// One running log: storage, signer, registry, core and fronts wired together, without signals and exit codes (role_log.h has
// those). Its life is that of protocols.md T2, T5 and T6:
//
//   LogNode node(config, clock, {});
//   node.Open();       // descriptors, policy, lock, identity, mark: what a wrong configuration or a foreign store fails
//   node.Recover();    // guard and recovery: what a rolled-back or damaged store fails; reads may be served all the same
//   node.Serve();      // listens
//   node.Drain(); node.Stop();
//
// One thread calls these; the node runs its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/log_api.h"
#include "server/api/registry_api.h"
#include "server/config.h"
#include "server/grpc/grpc_server.h"
#include "server/http/http_server.h"
#include "server/log/log.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"
#include "server/web/status_pages.h"

namespace trustlog::server {

struct Addresses {
  std::string rpc, http, admin;  // as bound; "": none configured
};

// What configuration does not set.
struct LogNodeOptions {
  api::ApiOptions api;
  api::RegistryOptions registry;
  rpc::WatchLimits watches;
  http::HttpTimes http_times;
  std::chrono::milliseconds alive_within{5'000};      // /livez: Update was called, and the public front answered, so lately
  std::function<absl::StatusOr<std::unique_ptr<storage::Storage>>(std::string_view url)>
      open_storage;  // empty: storage::OpenStorage
};

class LogNode final {
 public:
  // Borrows `config` and `clock`.
  LogNode(const Config& config, const runtime::Clock& clock, LogNodeOptions options);
  ~LogNode();  // ends all threads; the next start finds an unclean stop unless Stop was called

  // FailedPrecondition, InvalidArgument, NotFound, PermissionDenied: this configuration never works here, also where store or mark is
  // missing, foreign or no mark any more. DataLoss: the store contradicts itself.
  [[nodiscard]] absl::Status Open();
  // As log::Log::Start.
  [[nodiscard]] absl::Status Recover();
  // FailedPrecondition, InvalidArgument: an address cannot be bound.
  [[nodiscard]] absl::Status Serve();

  const Addresses& addresses() const { return addresses_; }
  const std::string& vkey() const;
  std::uint64_t integrated_size() const;
  std::uint64_t published_size() const;
  // The outcome of a durable step is not known: the process must end (T3).
  bool failed() const { return failed_; }
  // Gauges and health, for which it reads storage; to be called a few times a second.
  void Update();

  // Not ready any more; calls are still answered.
  void Drain();
  // T5: refuses writes, commits the queue, publishes until `deadline`, ends the threads, leaves a clean-stop record.
  [[nodiscard]] absl::Status Stop(runtime::Deadline deadline);
  // Ends the threads; every caller that waits is answered.
  void StopThreads(runtime::Deadline deadline);

 private:
  struct Parts;
  absl::Status ReadPolicies();
  absl::Status OpenStore();
  absl::Status ServeRpc();
  absl::Status ServePublic();
  absl::Status ServeAdmin();
  absl::Status ServeAdminSocket();
  std::vector<std::pair<std::string, std::uint64_t>> StorageParts() const;
  void LookAtStore();
  // Reads no storage: what Update kept, and what is in memory.
  std::vector<web::Check> ReadyChecks() const;
  bool IsAlive() const;

  const Config& config_;
  const runtime::Clock& clock_;
  const LogNodeOptions options_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> draining_{false};
  std::atomic<runtime::Deadline> updated_at_{}, front_answered_at_{};
  mutable runtime::Mutex looked_mutex_;
  web::Check store_ TRUSTLOG_GUARDED_BY(looked_mutex_){"store", false, "not looked at yet"};
  web::Check free_space_ TRUSTLOG_GUARDED_BY(looked_mutex_){"free space", false, "not looked at yet"};
  Addresses addresses_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace trustlog::server
