// A whole log in process, from the outside: its public and its inner HTTP, its life over several runs (protocols.md T2, T5, T6,
// H1-H8).
#include "server/log_node.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "merkle/compact_range.h"
#include "merkle/hash.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "server/version.h"
#include "server/web/public_pages.h"
#include "tests/support/gate.h"
#include "tests/support/raw_http.h"
#include "tests/support/rpc_calls.h"
#include "tests/support/running_log.h"

namespace trustlog::server {
namespace {

namespace fs = std::filesystem;
using support::Get;
using support::RunningLog;

class LogNodeTest : public ::testing::Test {
 protected:
  support::Heard Add(std::uint64_t number, v1::Wait wait = v1::WAIT_PUBLISHED) {
    auto statement = support::EvidenceStatement("one", log_.alliance()["commitment-one-2"]);
    statement.variant = number + 1;
    v1::AddStatementRequest request;
    *request.mutable_envelope() = support::ToMessage(support::Sign(statement).envelope);
    request.set_wait(wait);
    v1::AddStatementResponse response;
    return support::Ask(*support::Connect(log_.rpc()), &v1::LogService::Stub::AddStatement, request, response);
  }
  merkle::TreeHead Checkpoint() const {
    const auto reply = Get(log_.http(), "/checkpoint");
    const auto key = tlog::VerifierKey::Parse(log_.node().vkey());
    const auto opened = tlog::OpenNote(reply->body, {&*key, 1});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? tlog::ParseCheckpoint(opened->text)->head : merkle::TreeHead();
  }
  std::string Ready() const { return Get(log_.admin(), "/readyz?verbose")->body; }

  mutable RunningLog log_;
};

TEST_F(LogNodeTest, TheTreeIsRebuiltFromPublicFilesAlone) {
  const auto head = Checkpoint();
  EXPECT_EQ(head.size, log_.alliance().size());
  const auto path = "/tile/entries/000.p/" + std::to_string(head.size);
  const auto bundle = Get(log_.http(), path)->body;
  merkle::CompactRange range;
  const auto entries = tlog::ParseBundle(bundle, static_cast<std::uint16_t>(head.size));
  ASSERT_TRUE(entries.has_value());
  for (const auto entry : *entries) range.Append(merkle::HashLeaf(bytes::AsBytes(entry)));
  EXPECT_EQ(range.Head(), head);
  const auto statements = Get(log_.http(), "/tile/statements/000.p/1")->body;
  EXPECT_EQ((*tlog::ParseBundle(statements, 1))[0], log_.alliance()["genesis"].envelope.payload);
  EXPECT_EQ(Get(log_.http(), "/tile/0/000.p/" + std::to_string(head.size + 1))->status, 404);
}

TEST_F(LogNodeTest, WellKnownDocumentTellsWhatTheLogIs) {
  const auto reply = Get(log_.http(), "/.well-known/trustlog.json");
  ASSERT_EQ(reply->status, 200);
  EXPECT_EQ(reply->Field("content-type"), "application/json");
  EXPECT_EQ(reply->Field("cache-control"), "max-age=300");
  const auto document = boost::json::parse(reply->body).as_object();
  EXPECT_EQ(document.at("schema").as_int64(), 1);
  EXPECT_EQ(document.at("origin").as_string(), support::kSampleOrigin);
  EXPECT_EQ(document.at("vkeys").as_array().at(0).as_string(), log_.node().vkey());
  EXPECT_EQ(document.at("state").as_string(), "active");
  EXPECT_TRUE(document.at("successor").is_null());
  EXPECT_EQ(document.at("typeBase").as_string(), support::kSampleTypeBase);
  EXPECT_EQ(document.at("urnPrefix").as_string(), support::kSampleUrnPrefix);
  EXPECT_EQ(document.at("entryFormat").as_string(), "TLE1");
  EXPECT_EQ(document.at("minimumIndex").as_int64(), 0);
  EXPECT_EQ(document.at("publishIntervalMs").as_int64(), 20);
  EXPECT_EQ(document.at("limits").as_object().at("payloadBytes").as_int64(), 32'768);
  EXPECT_EQ(document.at("limits").as_object().at("batchItems").as_int64(), 1'000);
  EXPECT_EQ(document.at("urls").as_object().at("grpc").as_string(), log_.rpc());
}

TEST_F(LogNodeTest, PolicyAndFrontPageAreText) {
  const auto policy = Get(log_.http(), "/policy");
  EXPECT_EQ(policy->body, "log " + log_.node().vkey() + "\nquorum none\n");
  EXPECT_EQ(policy->Field("content-type"), "text/plain; charset=utf-8");
  const auto front = Get(log_.http(), "/");
  EXPECT_EQ(front->status, 200);
  EXPECT_EQ(front->Field("content-type"), "text/plain; charset=utf-8");
  EXPECT_NE(front->body.find(log_.node().vkey()), std::string::npos);
}

TEST_F(LogNodeTest, WhatIsForOperatorsIsNotPublic) {
  for (const auto* path : {"/livez", "/readyz", "/metrics", "/version"}) {
    EXPECT_EQ(Get(log_.http(), path)->status, 404) << path;
    const auto reply = Get(log_.admin(), path);
    EXPECT_EQ(reply->status, 200) << path;
    EXPECT_EQ(reply->Field("cache-control"), "no-store") << path;
    EXPECT_EQ(reply->Field("access-control-allow-origin"), "") << path;
  }
  for (const auto* path : {"/checkpoint", "/tile/0/000.p/1", "/"}) EXPECT_EQ(Get(log_.admin(), path)->status, 404) << path;
  EXPECT_EQ(Get(log_.admin(), "/version")->body, std::string(kVersion) + "\n");
  EXPECT_EQ(Get(log_.admin(), "/livez")->body, "ok\n");
}

TEST_F(LogNodeTest, MetricsTellSizesAndCounts) {
  ASSERT_TRUE(Add(1).ok());
  support::RawConnection connection(log_.http());
  for (int i = 0; i < 2; ++i)
    connection.Ask(support::Request("GET", "/checkpoint"));  // the first is counted before the second is read
  const auto reply = Get(log_.admin(), "/metrics");
  EXPECT_EQ(reply->Field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const auto* name :
       {"trustlog_build_info", "trustlog_tree_integrated_entries", "trustlog_tree_published_entries",
        "trustlog_append_entries_total", "trustlog_rpc_requests_total", "trustlog_http_requests_total", "trustlog_stopped"}) {
    EXPECT_NE(reply->body.find(name), std::string::npos) << name;
  }
  EXPECT_NE(reply->body.find("method=\"AddStatement\""), std::string::npos);
}

// T6.
TEST_F(LogNodeTest, ReadyIsToldWithEveryCheckAndUnreadyWithTheOneThatFails) {
  EXPECT_EQ(Get(log_.admin(), "/readyz")->body, "ok\n");
  EXPECT_EQ(Ready().find("FAILED"), std::string::npos) << Ready();
  log_.node().Drain();
  const auto reply = Get(log_.admin(), "/readyz");
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->Field("retry-after"), "1");
  EXPECT_NE(reply->body.find("FAILED  writes: stopping"), std::string::npos) << reply->body;
  EXPECT_EQ(Get(log_.http(), "/checkpoint")->status, 200);
}

TEST(LogNode, LivenessFailsWhenTheMainLoopIsSilent) {
  RunningLog::Options options;
  options.node.alive_within = std::chrono::milliseconds(-1);
  RunningLog log(options);
  const auto reply = Get(log.admin(), "/livez");
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->Field("retry-after"), "1");
  EXPECT_EQ(Get(log.http(), "/checkpoint")->status, 200);
}

// All its callers are this machine, so no address can be told from another: what is silent goes soon, and a probe gets its place.
TEST(LogNode, ConnectionsThatSayNothingDoNotKeepProbesOut) {
  RunningLog::Options options;
  options.node.http_times.header = options.node.http_times.idle = std::chrono::hours(1);
  RunningLog log(options);
  support::RawConnection silent(log.admin()), idle(log.admin());
  EXPECT_EQ(idle.Ask(support::Request("GET", "/livez"))->status, 200);
  EXPECT_TRUE(silent.Closed());
  EXPECT_TRUE(idle.Closed());
  EXPECT_EQ(Get(log.admin(), "/livez")->status, 200);
}

TEST_F(LogNodeTest, ReadyFailsWhenPublicationIsLate) {
  support::Gate publication(log_.storage().plan(), support::Call::kConfirm);
  ASSERT_TRUE(Add(1, v1::WAIT_DURABLE).ok());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (Get(log_.admin(), "/readyz")->status == 200 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_NE(Ready().find("FAILED  checkpoint"), std::string::npos) << Ready();
  publication.Open();
  log_.AwaitPublished();
  EXPECT_EQ(Get(log_.admin(), "/readyz")->status, 200) << Ready();
}

TEST_F(LogNodeTest, ReadyTellsWhatTheMainLoopFoundAndReadsNoStorageItself) {
  auto& storage = log_.storage();
  storage.Fail(support::Call::kIntegratedHead, support::Fault::kBefore);
  log_.node().Update();
  const auto calls = storage.plan().count(support::Call::kIntegratedHead);
  for (int i = 0; i < 3; ++i) EXPECT_NE(Ready().find("FAILED  store"), std::string::npos) << Ready();
  EXPECT_EQ(storage.plan().count(support::Call::kIntegratedHead), calls);
  log_.node().Update();
  EXPECT_EQ(Ready().find("FAILED"), std::string::npos) << Ready();
}

TEST_F(LogNodeTest, ReadyFailsWhenTheDiskIsFull) {
  log_.Stop();
  log_.config().storage.min_free = 1'000;
  log_.Start();
  log_.storage().SetFreeBytes(999);
  log_.node().Update();
  EXPECT_NE(Ready().find("FAILED  free space: 999 bytes"), std::string::npos) << Ready();
}

// Nobody submits where a load balancer looks at /readyz: it must become ready by itself.
TEST_F(LogNodeTest, WritesAreTakenAgainWhenTheDiskIsFreedAlthoughNobodySubmits) {
  log_.Stop();
  log_.config().storage.min_free = 1'000;
  log_.Start();
  const auto update_until = [this](std::string_view text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Ready().find(text) == std::string::npos && std::chrono::steady_clock::now() < end) log_.node().Update();
    return Ready();
  };
  log_.storage().SetFreeBytes(999);
  const auto full = update_until("FAILED  writes: free space is below storage.min_free");
  EXPECT_NE(full.find("FAILED  writes"), std::string::npos) << full;
  EXPECT_EQ(Add(1).reason, "READ_ONLY");
  log_.storage().SetFreeBytes(2'000);
  const auto freed = update_until("ok      writes");
  EXPECT_EQ(freed.find("FAILED"), std::string::npos) << freed;
  EXPECT_NE(Get(log_.admin(), "/metrics")->body.find("{part=\"store\"} 2000"), std::string::npos);
  EXPECT_TRUE(Add(1).ok());
}

// T3.
TEST_F(LogNodeTest, AFailedDurableStepEndsTheNodeAndTheNextRunReadsTheTruth) {
  const auto before = Checkpoint();
  log_.storage().Fail(support::Call::kAppend, support::Fault::kUnknownDone);
  EXPECT_EQ(Add(1).reason, "OUTCOME_UNKNOWN");
  EXPECT_TRUE(log_.node().failed());
  EXPECT_EQ(Get(log_.admin(), "/readyz")->status, 503);
  EXPECT_EQ(Checkpoint(), before) << "reads go on until the process has ended";
  log_.Kill();
  log_.Start();
  EXPECT_EQ(Checkpoint().size, before.size + 1) << "it had happened";
  EXPECT_TRUE(Add(1).ok());
  EXPECT_EQ(log_.node().integrated_size(), before.size + 1);
}

TEST_F(LogNodeTest, ManyRunsAreOneLog) {
  auto head = Checkpoint();
  for (std::uint64_t run = 1; run <= 4; ++run) {
    ASSERT_TRUE(Add(run).ok());
    if (run % 2 == 0) {
      log_.Stop();
      log_.Start([](support::FaultyStorage& storage) { EXPECT_FALSE(storage.opened_unclean()); });
    } else {
      log_.Kill();
      log_.Start([](support::FaultyStorage& storage) { EXPECT_TRUE(storage.opened_unclean()); });
    }
    const auto next = Checkpoint();
    EXPECT_EQ(next.size, head.size + 1);
    head = next;
  }
  EXPECT_TRUE(fs::exists(log_.directory() + "/mark/registry-snapshot")) << "an orderly stop leaves the registry for the next start";
}

TEST_F(LogNodeTest, TheSnapshotOfTheRegistryIsOnlyACache) {
  ASSERT_TRUE(Add(1).ok());
  log_.Stop();
  fs::resize_file(log_.directory() + "/mark/registry-snapshot", 100);
  log_.Start();
  ASSERT_TRUE(Add(2).ok());
  log_.Stop();
  fs::remove(log_.directory() + "/mark/registry-snapshot");
  log_.Start();
  EXPECT_TRUE(Add(3).ok());
}

// Opens and recovers on the fixture's files, by another configuration.
class StartTest : public LogNodeTest {
 protected:
  StartTest() { log_.Stop(); }
  absl::Status Open(const std::function<void(Config&)>& change) {
    auto config = log_.config();
    change(config);
    LogNode node(config, log_.clock(), {});
    return node.Open();
  }
};

TEST_F(StartTest, AWrongConfigurationFailsBeforeAnythingIsServed) {
  const auto file = [this](const std::string& name, const std::string& content) {
    std::ofstream(log_.directory() + "/" + name) << content;
    return log_.directory() + "/" + name;
  };
  const struct {
    const char* name;
    std::function<void(Config&)> change;
    const char* message;
  } cases[] = {
      {"no policy", [&](Config& c) { c.witness_client.policy = "/none"; }, "/none"},
      {"policy with witnesses",
       [&](Config& c) { c.witness_client.policy = file("w.policy", "log " + std::string("x") + "\nquorum none\n"); }, "w.policy"},
      {"no suggested policy", [](Config& c) { c.log.policy_file = "/none"; }, "/none"},
      {"no store", [&](Config& c) { c.storage.url = "sqlite:" + log_.directory() + "/none.db"; }, "This log began on 2026-12-01"},
      {"another origin", [](Config& c) { c.log.origin = "log.example/another"; }, "the configuration names log.example/another"},
      {"no key", [](Config& c) { c.log.key = "/none.key"; }, "/none.key"},
      {"no mark", [&](Config& c) { c.log.mark = log_.directory() + "/none"; }, "This log began on 2026-12-01"},
      {"too many connections", [](Config& c) { c.http.max_connections = 1'000'000'000; }, "descriptors are needed"},
  };
  for (const auto& c : cases) {
    const auto status = Open(c.change);
    EXPECT_FALSE(status.ok()) << c.name;
    EXPECT_FALSE(absl::IsDataLoss(status)) << c.name;
    EXPECT_NE(bytes::MessageOf(status).find(c.message), std::string_view::npos) << c.name << ": " << status;
  }
  EXPECT_EQ(Open([](Config&) {}), absl::OkStatus());
}

TEST_F(StartTest, KeyAndMarkOfAnotherLogAreRefused) {
  RunningLog other;
  other.Stop();
  EXPECT_TRUE(absl::IsFailedPrecondition(Open([&](Config& c) { c.log.key = other.directory() + "/log.key"; })));
  const auto status = Open([&](Config& c) { c.log.mark = other.directory() + "/mark"; });
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_NE(bytes::MessageOf(status).find("This log began on"), std::string_view::npos) << status;
  EXPECT_TRUE(absl::IsFailedPrecondition(Open([&](Config& c) {
    c.log.mark = other.directory() + "/mark";
    c.log.key = other.directory() + "/log.key";
  })));
}

TEST_F(StartTest, AStoreInUseIsRefused) {
  log_.Start();
  EXPECT_TRUE(absl::IsFailedPrecondition(Open([](Config&) {})));
}

// I9: a store that is behind the mark signs nothing; what was published is served where the operator says so.
TEST_F(StartTest, ARolledBackStoreRecoversNothingAndMayServeReads) {
  fs::copy(log_.directory() + "/log.db", log_.directory() + "/old.db");
  log_.Start();
  ASSERT_TRUE(Add(1).ok());
  log_.Stop();
  fs::copy(log_.directory() + "/old.db", log_.directory() + "/log.db", fs::copy_options::overwrite_existing);
  LogNode node(log_.config(), log_.clock(), {});
  ASSERT_EQ(node.Open(), absl::OkStatus());
  const auto status = node.Recover();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(bytes::MessageOf(status).find("an old backup or a lost tail"), std::string_view::npos) << status;
  ASSERT_EQ(node.Serve(), absl::OkStatus());
  EXPECT_EQ(Get(node.addresses().http, "/checkpoint")->status, 200);
  EXPECT_EQ(Get(node.addresses().admin, "/readyz")->status, 503);
  v1::AddStatementRequest request;
  auto statement = support::EvidenceStatement("one", log_.alliance()["commitment-one-2"]);
  statement.variant = 77;
  *request.mutable_envelope() = support::ToMessage(support::Sign(statement).envelope);
  v1::AddStatementResponse response;
  const auto stub = support::Connect(node.addresses().rpc);
  // Its registry knows no key: the refusal of either is a refusal.
  EXPECT_FALSE(support::Ask(*stub, &v1::LogService::Stub::AddStatement, request, response).ok());
  v1::GetEntryRequest read;
  read.mutable_selector()->set_index(3);
  v1::GetEntryResponse entry;
  EXPECT_TRUE(support::Ask(*stub, &v1::LogService::Stub::GetEntry, read, entry).ok());
}

TEST_F(StartTest, APortThatIsTakenFailsAndTheStoreIsFreeAgain) {
  RunningLog other;
  for (const auto& change : std::vector<std::function<void(Config&)>>{[&](Config& c) { c.rpc.listen = {other.rpc()}; },
                                                                      [&](Config& c) { c.http.listen = {other.http()}; },
                                                                      [&](Config& c) { c.http.admin_listen = other.admin(); }}) {
    auto config = log_.config();
    change(config);
    LogNode node(config, log_.clock(), {});
    ASSERT_EQ(node.Open(), absl::OkStatus());
    ASSERT_EQ(node.Recover(), absl::OkStatus());
    EXPECT_TRUE(absl::IsFailedPrecondition(node.Serve()));
  }
  log_.Start();
}

TEST(PublicPages, FreezeIsTold) {
  web::PublicFacts facts;
  facts.state = [] { return std::string("frozen"); };
  facts.origin = "log.example/\"<x>";
  const auto document = boost::json::parse(web::FormatWellKnown(facts)).as_object();
  EXPECT_EQ(document.at("state").as_string(), "frozen");
  EXPECT_EQ(document.at("origin").as_string(), "log.example/\"<x>");
}

}  // namespace
}  // namespace trustlog::server
