#include "server/log_node.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "proto/bytes/reason.h"
#include "proto/keys/key_file.h"
#include "proto/tlog/policy.h"
#include "server/admission/live_registry.h"
#include "server/admission/quota.h"
#include "server/admission/recheck.h"
#include "server/admission/registry_admitter.h"
#include "server/admission/validator.h"
#include "server/api/admin_api.h"
#include "server/grpc/admin_server.h"
#include "server/http/router.h"
#include "server/log/rollback_guard.h"
#include "server/metrics/metrics.h"
#include "server/query/record_index.h"
#include "server/query/record_keys.h"
#include "server/runtime/failpoint.h"
#include "server/signer/local_signer.h"
#include "server/tiles/tile_api.h"
#include "server/version.h"
#include "server/web/public_pages.h"
#include "storage/open_storage.h"

namespace trustlog::server {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSpareDescriptors = 64 + 64;  // reserve, and storage
constexpr std::size_t kAdminConnections = 64;
constexpr milliseconds kAdminWait{1'000};  // for a request: probes speak at once, and who is silent must not keep them out
constexpr std::size_t kMaxPolicyBytes = 64 * 1024;
constexpr milliseconds kGrace{1'000};  // for answers on their way

std::string SnapshotPath(const Config& config) { return config.log.mark + "/registry-snapshot"; }

std::string First(const std::vector<std::string>& addresses) { return addresses.empty() ? std::string() : addresses.front(); }

http::Handler Routed(const http::Router& router) {
  return [&router](const http::HttpRequest& request, http::Respond respond) { router.Handle(request, std::move(respond)); };
}

absl::Status CheckDescriptors(const Config& config) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto needed = config.rpc.listen.size() * config.rpc.max_connections +
                      config.http.listen.size() * config.http.max_connections + kAdminConnections + kSpareDescriptors;
  if (limit.rlim_cur >= needed) return absl::OkStatus();
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, needed);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} descriptors are needed for the configured connections, {} are allowed (ulimit -n)", needed, limit.rlim_cur));
}

// T1: a store or mark that is missing, damaged beyond use or another log's. A start never makes it anew, and says how old the log is
// that it should have found.
absl::Status NotThisLog(std::string_view what, const Config& config) {
  return absl::FailedPreconditionError(
      fmt::format("{}. This log began on {}: a start never makes a missing store or mark anew", what,
                  config.log.inception.empty() ? "(log.inception is not set)" : config.log.inception));
}

}  // namespace

// In the order in which they are made and, backwards, unmade.
struct LogNode::Parts {
  Parts(const Config& config, const runtime::Clock& clock)
      : metrics(kVersion, config.log.origin, "sqlite"), quota(config.quota, clock) {}

  metrics::Metrics metrics;
  admission::Quota quota;
  std::string policy_text;
  std::unique_ptr<storage::Storage> store;
  std::unique_ptr<signer::LocalSigner> signer;
  std::unique_ptr<admission::LiveRegistry> registry;
  std::unique_ptr<admission::RegistryRecheck> recheck;
  std::unique_ptr<admission::RegistryAdmitter> admitter;
  std::unique_ptr<admission::Validator> validator;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<api::LogApi> api;
  std::unique_ptr<query::RecordIndex> record_index;
  std::unique_ptr<api::RegistryApi> registry_api;
  std::unique_ptr<runtime::WorkerPool> tile_reads, bundle_reads;
  std::unique_ptr<tiles::TileApi> tile_api;
  std::unique_ptr<http::Router> public_router, admin_router;
  std::unique_ptr<api::AdminApi> admin_api;
  std::unique_ptr<rpc::GrpcServer> grpc;
  std::unique_ptr<rpc::AdminServer> admin_grpc;
  std::unique_ptr<http::HttpServer> public_http, admin_http;
};

LogNode::LogNode(const Config& config, const runtime::Clock& clock, LogNodeOptions options)
    : config_(config), clock_(clock), options_(std::move(options)), parts_(std::make_unique<Parts>(config, clock)) {}

LogNode::~LogNode() { StopThreads(clock_.Now()); }

const std::string& LogNode::vkey() const { return parts_->signer->vkey(); }

std::uint64_t LogNode::integrated_size() const { return parts_->log->state().integrated; }

// What is served: the core counts a publication a moment before its snapshot is there.
std::uint64_t LogNode::published_size() const {
  const auto published = parts_->log->published();
  return published == nullptr ? 0 : published->head.size;
}

absl::Status LogNode::Open() {
  if (auto status = CheckDescriptors(config_); !status.ok()) return status;
  if (auto status = ReadPolicies(); !status.ok()) return status;
  if (auto status = OpenStore(); !status.ok()) return status;
  if (parts_->signer->opened_torn()) spdlog::error("one slot of the signer's mark was torn: the older one counts");
  if (parts_->store->opened_unclean()) spdlog::info("the last stop was not orderly: the tail was written again and checked");
  return absl::OkStatus();
}

absl::Status LogNode::ReadPolicies() {
  auto text = keys::ReadSmallFile(config_.witness_client.policy, kMaxPolicyBytes);
  if (!text.ok()) return text.status();
  const auto policy = tlog::Policy::Parse(*text);
  if (!policy.ok())
    return absl::InvalidArgumentError(fmt::format("{}: {}", config_.witness_client.policy, bytes::MessageOf(policy.status())));
  if (policy->quorum() != "none") {
    return absl::InvalidArgumentError(fmt::format("{}: witnesses are not built into this version: `quorum none` is the only policy",
                                                  config_.witness_client.policy));
  }
  if (!config_.log.policy_file.empty()) {
    text = keys::ReadSmallFile(config_.log.policy_file, kMaxPolicyBytes);
    if (!text.ok()) return text.status();
  }
  parts_->policy_text = *std::move(text);
  return absl::OkStatus();
}

absl::Status LogNode::OpenStore() {
  const auto failpoint = []([[maybe_unused]] std::string_view point) { return TRUSTLOG_FAILPOINT(point); };
  auto store =
      options_.open_storage ? options_.open_storage(config_.storage.url) : storage::OpenStorage(config_.storage.url, {failpoint});
  if (!store.ok()) return absl::IsNotFound(store.status()) ? NotThisLog(bytes::MessageOf(store.status()), config_) : store.status();
  parts_->store = *std::move(store);
  const auto& identity = parts_->store->reader().identity();
  if (identity.origin != config_.log.origin) {
    return NotThisLog(fmt::format("the store belongs to {}, the configuration names {}", identity.origin, config_.log.origin), config_);
  }
  auto key = keys::ReadPrivateKeyFile(config_.log.key);
  if (!key.ok()) return key.status();
  if (!key->is_memory_locked()) spdlog::warn("the log key could be swapped to the disk: allow a page of locked memory (ulimit -l)");
  auto signer = signer::LocalSigner::Open(config_.log.mark, identity.origin, identity.store_id, *std::move(key), clock_);
  // A damaged mark is not an old one (exit 5): it says nothing of what was signed.
  const bool no_mark = absl::IsNotFound(signer.status()) || absl::IsDataLoss(signer.status());
  if (!signer.ok()) return no_mark ? NotThisLog(bytes::MessageOf(signer.status()), config_) : signer.status();
  parts_->signer = *std::move(signer);
  if (parts_->signer->vkey() != identity.vkey) return NotThisLog("the store was made with another log key", config_);
  return absl::OkStatus();
}

absl::Status LogNode::Recover() {
  auto& parts = *parts_;
  const auto& reader = parts.store->reader();
  const auto root_at = [&reader](std::uint64_t size) -> absl::StatusOr<merkle::Hash> {
    const auto head = reader.IntegratedHead();
    if (!head.ok()) return head.status();
    const auto range = log::ReadRange(reader, size, head->size);
    if (!range.ok()) return range.status();
    return range->Root();
  };
  const auto depth = config_.publish.recheck_signatures ? admission::RecheckDepth::kFull : admission::RecheckDepth::kHashes;
  parts.registry =
      std::make_unique<admission::LiveRegistry>(admission::LoadSnapshot(SnapshotPath(config_), config_.log.origin, root_at));
  parts.recheck = std::make_unique<admission::RegistryRecheck>(*parts.registry, depth);
  parts.admitter =
      std::make_unique<admission::RegistryAdmitter>(*parts.registry, reader, clock_, parts.signer->last_time_ms(), parts.metrics,
                                                    admission::SnapshotOptions{SnapshotPath(config_), root_at});
  parts.validator = std::make_unique<admission::Validator>(*parts.registry, parts.metrics,
                                                           admission::Validator::Options{config_.log.personal_data_lint});
  log::LogOptions options;
  options.queue.entries = config_.batch.queue;
  options.queue.issuer_share = config_.queue_share > 0 ? config_.queue_share : 1;
  options.max_batch = config_.batch.max;
  options.publish_interval = config_.publish.interval;
  options.max_unpublished = config_.publish.max_unpublished;
  options.min_free_bytes = config_.storage.min_free;
  options.tile_cache_bytes = config_.storage.tile_cache / 2;  // the other half: replies of the HTTP front
  options.fatal = [this](const absl::Status&) { failed_ = true; };
  parts.log = std::make_unique<log::Log>(
      log::LogParts{*parts.store, *parts.signer, *parts.admitter, *parts.recheck, clock_, parts.metrics}, std::move(options));
  return parts.log->Start();
}

absl::Status LogNode::Serve() {
  updated_at_ = front_answered_at_ = clock_.Now();  // before anybody can ask: who just began is alive
  parts_->api = std::make_unique<api::LogApi>(*parts_->log, *parts_->registry, *parts_->validator, parts_->quota, parts_->metrics,
                                              clock_, options_.api);
  parts_->record_index = std::make_unique<query::RecordIndex>(
      *parts_->log, clock_, [url = config_.storage.url, store_id = parts_->store->reader().identity().store_id] {
        return storage::OpenKeyIndex(url, {store_id, std::string(query::kRecordKeys)});
      });
  parts_->registry_api = std::make_unique<api::RegistryApi>(*parts_->log, *parts_->registry, *parts_->record_index, parts_->quota,
                                                            clock_, options_.registry);
  if (auto status = ServeRpc(); !status.ok()) return status;
  if (auto status = ServePublic(); !status.ok()) return status;
  if (auto status = ServeAdmin(); !status.ok()) return status;
  if (auto status = ServeAdminSocket(); !status.ok()) return status;
  addresses_ = {First(parts_->grpc->addresses()), First(parts_->public_http->addresses()), First(parts_->admin_http->addresses())};
  Update();
  return absl::OkStatus();
}

absl::Status LogNode::ServeRpc() {
  rpc::GrpcOptions options;
  options.listen = config_.rpc.listen;
  options.limits = {config_.rpc.max_connections, config_.rpc.behind_proxy ? 0 : config_.rpc.max_connections_per_address};
  options.reflection = config_.rpc.reflection;
  options.behind_proxy = config_.rpc.behind_proxy;
  options.watches = options_.watches;
  auto grpc = rpc::GrpcServer::Start({parts_->api.get(), parts_->registry_api.get()}, parts_->metrics, clock_, options);
  if (!grpc.ok()) return grpc.status();
  parts_->grpc = *std::move(grpc);
  return absl::OkStatus();
}

absl::Status LogNode::ServePublic() {
  auto& parts = *parts_;
  parts.tile_reads = std::make_unique<runtime::WorkerPool>("tile-reads", 2, 4'096);
  parts.bundle_reads = std::make_unique<runtime::WorkerPool>("bundle-reads", 2, 4'096);
  parts.tile_api = std::make_unique<tiles::TileApi>(
      [log = parts.log.get()] {
        const auto published = log->published();
        return published == nullptr ? tiles::Snapshot{} : tiles::Snapshot{published->note, published->head.size, published->reader};
      },
      *parts.tile_reads, *parts.bundle_reads, config_.storage.tile_cache / 2);
  parts.public_router = std::make_unique<http::Router>(http::Cors::kPublic);
  parts.tile_api->AddRoutes(*parts.public_router);

  web::PublicFacts facts;
  facts.origin = config_.log.origin;
  facts.vkey = parts.signer->vkey();
  parts.registry->With([&facts](const registry::Registry& registry) {
    facts.type_base = registry.context().type_base;
    facts.urn_prefix = registry.context().urn_prefix;
    return 0;
  });
  facts.public_url = config_.http.public_url;
  facts.grpc_address = First(parts.grpc->addresses());
  facts.policy = parts.policy_text;
  facts.contact = config_.log.contact;
  facts.version = kVersion;
  facts.publish_interval_ms = config_.publish.interval.count();
  facts.state = [registry = parts.registry.get()] {
    return registry->With([](const registry::Registry& r) { return std::string(r.frozen() ? "frozen" : "active"); });
  };
  web::AddPublicPages(*parts.public_router, std::move(facts));
  http::HttpOptions options;
  options.listen = config_.http.listen;
  options.limits = {config_.http.max_connections, config_.http.max_connections_per_address};
  options.times = options_.http_times;
  auto server = http::HttpServer::Start(Routed(*parts.public_router), parts.metrics, options);
  if (!server.ok()) return server.status();
  parts.public_http = *std::move(server);
  return absl::OkStatus();
}

absl::Status LogNode::ServeAdmin() {
  auto& parts = *parts_;
  parts.admin_router = std::make_unique<http::Router>(http::Cors::kNone);
  web::AddStatusPages(*parts.admin_router, {[this] { return IsAlive(); }, [this] { return ReadyChecks(); },
                                            [&parts] { return parts.metrics.Text(); }, std::string(kVersion)});
  http::HttpOptions options;
  options.listen = {config_.http.admin_listen};
  options.limits = {kAdminConnections, 0};
  options.times = options_.http_times;
  options.times.header = std::min(options.times.header, kAdminWait);
  options.times.idle = std::min(options.times.idle, kAdminWait);
  auto server = http::HttpServer::Start(Routed(*parts.admin_router), parts.metrics, options);
  if (!server.ok()) return server.status();
  parts.admin_http = *std::move(server);
  return absl::OkStatus();
}

// What GetStats calls the parts of the store: each file of the database, and the mark's directory.
std::vector<std::pair<std::string, std::uint64_t>> LogNode::StorageParts() const {
  std::vector<std::pair<std::string, std::uint64_t>> parts;
  const auto add = [&parts](std::string name, const std::filesystem::path& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (!error) parts.emplace_back(std::move(name), bytes);
  };
  if (const auto files = storage::FilesOf(config_.storage.url); files.ok() && !files->empty()) {
    for (const auto& file : *files)
      add(file == files->front() ? "database" : "database" + file.substr(files->front().size()), file);
  }
  add("mark", config_.log.mark + "/mark");
  add("registry-snapshot", SnapshotPath(config_));
  return parts;
}

absl::Status LogNode::ServeAdminSocket() {
  if (config_.rpc.admin_socket.empty()) return absl::OkStatus();
  auto& parts = *parts_;
  parts.admin_api = std::make_unique<api::AdminApi>(*parts.log, *parts.registry, clock_,
                                                    api::AdminFacts{std::string(kVersion), [this] { return StorageParts(); }});
  auto server = rpc::AdminServer::Start(*parts.admin_api, parts.metrics, clock_, config_.rpc.admin_socket);
  if (!server.ok()) return server.status();
  parts.admin_grpc = *std::move(server);
  return absl::OkStatus();
}

void LogNode::LookAtStore() {
  const auto head = parts_->store->reader().IntegratedHead();
  const auto free = parts_->store->FreeBytes();
  if (free.ok()) parts_->metrics.Set(metrics::Gauge::kStorageFree, static_cast<double>(*free));
  if (const auto used = parts_->store->UsedBytes(); used.ok())
    parts_->metrics.Set(metrics::Gauge::kStorageBytes, static_cast<double>(*used));
  web::Check store{"store", head.ok(),
                   head.ok() ? fmt::format("size {}", head->size) : std::string(bytes::MessageOf(head.status()))};
  web::Check free_space{"free space", free.ok() && *free >= config_.storage.min_free,
                        free.ok() ? fmt::format("{} bytes", *free) : "unknown"};
  const runtime::MutexLock lock(looked_mutex_);
  store_ = std::move(store);
  free_space_ = std::move(free_space);
}

std::vector<web::Check> LogNode::ReadyChecks() const {
  const auto state = parts_->log->state();
  const auto late = 3 * config_.publish.interval;
  const auto behind = state.integrated - std::min(state.integrated, state.published);
  const runtime::MutexLock lock(looked_mutex_);
  return {store_,
          {"writes", state.writes == "ok" && !draining_, draining_ ? "stopping" : state.writes},
          {"checkpoint", state.published > 0 && state.unpublished_for <= late,
           fmt::format("size {}, {} entries unpublished for {} ms", state.published, behind, state.unpublished_for.count())},
          free_space_};
}

bool LogNode::IsAlive() const {
  return clock_.Now() - std::min(updated_at_.load(), front_answered_at_.load()) <= options_.alive_within;
}

void LogNode::Update() {
  auto& parts = *parts_;
  updated_at_ = clock_.Now();
  LookAtStore();
  parts.public_http->Ping([this] { front_answered_at_ = clock_.Now(); });
  parts.metrics.Set(metrics::Gauge::kRpcConnections, static_cast<double>(parts.grpc->open_connections()));
  parts.metrics.Set(metrics::Gauge::kHttpConnections, static_cast<double>(parts.public_http->open_connections()));
  // It looks at the free space: writes that were refused are taken again although nobody submits.
  static_cast<void>(parts.log->Writable());
  const auto state = parts.log->state();
  parts.grpc->SetServing(!draining_ && !failed_, state.writes == "ok" && !draining_ && !failed_);
}

void LogNode::Drain() {
  draining_ = true;
  Update();
}

// The log first: it answers whoever waits. Then the fronts, so that nothing new comes; then the pools, which answer what they hold.
void LogNode::StopThreads(runtime::Deadline deadline) {
  auto& parts = *parts_;
  if (parts.log != nullptr) parts.log->Stop(deadline);
  if (parts.record_index != nullptr) parts.record_index->Stop();
  if (parts.grpc != nullptr) parts.grpc->Stop(kGrace);
  if (parts.admin_grpc != nullptr) parts.admin_grpc->Stop(kGrace);
  if (parts.public_http != nullptr) parts.public_http->Stop();
  if (parts.admin_http != nullptr) parts.admin_http->Stop();
  if (parts.api != nullptr) parts.api->Stop();
  if (parts.registry_api != nullptr) parts.registry_api->Stop();
  if (parts.admin_api != nullptr) parts.admin_api->Stop();
  if (parts.tile_reads != nullptr) parts.tile_reads->Stop();
  if (parts.bundle_reads != nullptr) parts.bundle_reads->Stop();
}

absl::Status LogNode::Stop(runtime::Deadline deadline) {
  StopThreads(deadline);
  auto& parts = *parts_;
  const auto head = parts.store->reader().IntegratedHead();
  if (head.ok() && parts.registry->own().size() == head->size)
    admission::SaveSnapshot(SnapshotPath(config_), *head, parts.registry->own());
  return parts.store->CloseCleanly();
}

}  // namespace trustlog::server
