// A whole log in this process for tests: SampleAlliance's records admitted by InitLog into SQLite in a directory of its own, and
// all parts of `trustlogd log` on free ports of the loopback. Its storage can be made to fail; its wall clock is the alliance's.
// Tests that include this link trustlog_server.
//
//   support::RunningLog log;                                       // published before the constructor returns
//   auto reply = support::Get(log.http(), "/checkpoint");
//   log.Stop(); log.Start();                                       // another run on the same files
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "server/config.h"
#include "server/log_node.h"
#include "server/role_setup.h"
#include "server/runtime/clock.h"
#include "storage/open_storage.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/sample_alliance.h"
#include "tests/support/sample_clock.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::support {

// What the alliance's records are before a log has them, as InitLog takes them.
inline std::vector<std::string> EnvelopesOf(const SampleAlliance& alliance) {
  std::vector<std::string> envelopes;
  for (const auto& labelled : alliance.records()) envelopes.push_back(EnvelopeJson(labelled.record));
  return envelopes;
}

class RunningLog final {
 public:
  struct Options {
    std::function<void(server::Config&)> configure;
    server::LogNodeOptions node;  // open_storage is the fixture's own
    bool published = true;        // wait for the first checkpoint
  };

  RunningLog() : RunningLog(Options()) {}
  explicit RunningLog(Options options) : options_(std::move(options)) {
    server::InitOptions init;
    init.origin = kSampleOrigin;
    init.storage_url = "sqlite:" + directory() + "/log.db";
    init.key_directory = directory();
    init.mark_directory = directory() + "/mark";
    init.envelopes = EnvelopesOf(alliance_);
    Must(server::InitLog(init, clock_.WallNow()).status());
    auto config = server::ReadConfig(directory() + "/trustlogd.toml");
    Must(config.status());
    config_ = *std::move(config);
    config_.rpc.listen = config_.http.listen = {"127.0.0.1:0"};
    config_.http.admin_listen = "127.0.0.1:0";
    config_.rpc.max_connections = config_.http.max_connections = 256;
    config_.rpc.max_connections_per_address = config_.http.max_connections_per_address = 0;
    config_.http.drain_wait = std::chrono::milliseconds(0);
    config_.publish.interval = std::chrono::milliseconds(20);
    config_.storage.min_free = 0;
    config_.quota.issuer = {0, 0, 0};
    config_.quota.proofs_per_second_per_address = config_.quota.failed_signatures_per_second_per_address = 0;
    config_.queue_share = 1;
    if (options_.configure) options_.configure(config_);
    options_.node.open_storage = [this](std::string_view url) -> absl::StatusOr<std::unique_ptr<storage::Storage>> {
      auto store = storage::OpenStorage(url);
      if (!store.ok()) return store.status();
      auto faulty = std::make_unique<FaultyStorage>(*std::move(store));
      storage_ = faulty.get();
      if (prepare_) prepare_(*storage_);
      return faulty;
    };
    Start();
  }

  // Runs with `prepare` applied to the storage before anything is read from it.
  void Start(std::function<void(FaultyStorage&)> prepare = {}) {
    prepare_ = std::move(prepare);
    node_ = std::make_unique<server::LogNode>(config_, clock_, options_.node);
    Must(node_->Open());
    Must(node_->Recover());
    Must(node_->Serve());
    if (options_.published) AwaitPublished();
  }
  // In order.
  void Stop() {
    Must(node_->Stop(clock_.Now() + std::chrono::seconds(10)));
    node_.reset();
  }
  // As a process that is killed would leave its files.
  void Kill() { node_.reset(); }
  // Until everything integrated is published.
  void AwaitPublished() {
    const auto end = clock_.Now() + std::chrono::seconds(20);
    while (node_->published_size() < node_->integrated_size() || node_->published_size() == 0) {
      if (clock_.Now() > end) Must(absl::DeadlineExceededError("nothing is published"));
      std::this_thread::yield();
    }
    node_->Update();
  }

  const SampleAlliance& alliance() const { return alliance_; }
  const std::string& directory() const { return directory_.path(); }
  server::Config& config() { return config_; }
  const runtime::Clock& clock() const { return clock_; }
  server::LogNode& node() { return *node_; }
  FaultyStorage& storage() { return *storage_; }
  const std::string& rpc() const { return node_->addresses().rpc; }
  const std::string& http() const { return node_->addresses().http; }
  const std::string& admin() const { return node_->addresses().admin; }

 private:
  static void Must(const absl::Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "running log: %s\n", status.ToString().c_str());
    std::abort();
  }

  const SampleAlliance alliance_;
  const support::TemporaryDirectory directory_;
  const SampleClock clock_;
  Options options_;
  server::Config config_;
  std::function<void(FaultyStorage&)> prepare_;
  FaultyStorage* storage_ = nullptr;
  std::unique_ptr<server::LogNode> node_;
};

}  // namespace trustlog::support
