// The program itself: arguments, exit codes, signals, and what is on the disk afterwards (protocols.md T1-T5, section 5).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/keys/key_file.h"
#include "server/config.h"
#include "server/version.h"
#include "tests/support/program.h"
#include "tests/support/raw_http.h"
#include "tests/support/rpc_calls.h"
#include "tests/support/sample_alliance.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::server {
namespace {

namespace fs = std::filesystem;
using support::Program;
using Environment = std::map<std::string, std::string>;
using Stub = v1::LogService::Stub;

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class TrustlogdTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  static Environment AnyPorts(Environment more = {}) {
    more["TRUSTLOGD_RPC__LISTEN"] = more["TRUSTLOGD_HTTP__LISTEN"] = "[\"127.0.0.1:0\"]";
    more["TRUSTLOGD_HTTP__ADMIN_LISTEN"] = "127.0.0.1:0";
    return more;
  }
  static int Run(const std::vector<std::string>& arguments, std::string& output, const Environment& environment = {}) {
    Program program(TRUSTLOGD, arguments, environment);
    const int code = program.Wait();
    output = program.output();
    return code;
  }

  // `trustlogd init` with a genesis of this moment.
  int Init(const std::string& name, std::string& output, std::int64_t issued_at = Now(), const Environment& environment = {}) const {
    return Run(InitArguments(name, issued_at), output, environment);
  }
  std::vector<std::string> InitArguments(const std::string& name, std::int64_t issued_at = Now()) const {
    auto genesis = support::GenesisStatement();
    genesis.issued_at = issued_at;
    genesis.origin = "log.example/" + name;
    const auto envelope = support::SignPayload(support::PayloadOf(genesis), genesis.signers);
    std::vector<attest::EntrySignature> signatures;
    for (const auto& signature : envelope.signatures) signatures.push_back({*attest::KeyIdHint(signature.keyid), signature.sig});
    fs::create_directory(Path(name));
    std::ofstream(Path(name + "/genesis.json")) << attest::FormatEnvelope(envelope.payload, signatures);
    return {"init",   "--origin",           genesis.origin, "--storage",                 "sqlite:" + Path(name + "/log.db"), "--key-dir", Path(name),
            "--mark", Path(name + "/mark"), "--genesis",    Path(name + "/genesis.json")};
  }
  std::vector<std::string> Serve(const std::string& name) const { return {"log", "--config", Path(name + "/trustlogd.toml")}; }

  // A served log: its addresses, as told.
  struct Served {
    std::unique_ptr<Program> program;
    std::string rpc, http, admin;
  };
  static Served Started(const std::vector<std::string>& arguments, const Environment& environment = AnyPorts()) {
    Served served{std::make_unique<Program>(TRUSTLOGD, arguments, environment), "", "", ""};
    EXPECT_TRUE(served.program->Await("admin 127.0.0.1:")) << served.program->output();
    EXPECT_TRUE(served.program->Await("\n"));
    std::smatch match;
    const std::string output = served.program->output();
    EXPECT_TRUE(std::regex_search(output, match, std::regex("gRPC ([0-9.:]+), HTTP ([0-9.:]+), admin ([0-9.:]+)"))) << output;
    served.rpc = match[1];
    served.http = match[2];
    served.admin = match[3];
    return served;
  }

  // --dev: what its member says.
  Served Dev(const Environment& environment = AnyPorts()) const {
    return Started({"log", "--dev", "--dev-dir", Path("dev")}, environment);
  }
  v1::AddStatementRequest Evidence(std::uint64_t number, v1::Wait wait) const {
    support::SampleStatement statement;
    statement.kind = attest::Kind::kEvidence;
    statement.issuer = "urn:tta:member:dev-member";
    statement.members = R"("about":["urn:tta:member:dev-member"],"form":"sbom","mediaType":"application/json")";
    statement.document = "sbom.json";
    statement.issued_at = Now();
    statement.origin = ReadConfig(Path("dev/trustlogd.toml"))->log.origin;
    statement.variant = number;
    const auto key = keys::ReadPrivateKeyFile(Path("dev/member.key"));
    auto envelope = support::SignPayload(support::PayloadOf(statement), {});
    envelope.signatures.push_back({"", *key->Sign(attest::Pae(envelope.payload_type, envelope.payload))});
    v1::AddStatementRequest request;
    *request.mutable_envelope() = support::ToMessage(envelope);
    request.set_wait(wait);
    return request;
  }

  const support::TemporaryDirectory directory_;
};

TEST_F(TrustlogdTest, ArgumentsThatAreWrongExitWithTwo) {
  const struct {
    const char* name;
    std::vector<std::string> arguments;
    int code;
    const char* output;
  } cases[] = {
      {"nothing", {}, 2, "subcommand"},
      {"no such role", {"serve"}, 2, "\"serve\" is no role and no task: log, init, fsck"},
      {"witness", {"witness", "--config", "x"}, 2, "witness is not built into this version"},
      {"mirror", {"mirror"}, 2, "mirror is not built into this version"},
      {"migrate", {"migrate"}, 2, "migrate is not built into this version"},
      {"log alone", {"log"}, 2, "log needs --config FILE"},
      {"unknown flag", {"log", "--verbose"}, 2, "--verbose"},
      {"no such file", {"log", "--config", "/none.toml"}, 2, "/none.toml"},
      {"init without its arguments", {"init"}, 2, "--origin is required"},
      {"fsck without its argument", {"fsck"}, 2, "--storage is required"},
      {"help", {"--help"}, 0, "serve a log"},
      {"version", {"--version"}, 0, kVersion.data()},
  };
  for (const auto& c : cases) {
    std::string output;
    EXPECT_EQ(Run(c.arguments, output), c.code) << c.name << ": " << output;
    EXPECT_NE(output.find(c.output), std::string::npos) << c.name << ": " << output;
  }
}

TEST_F(TrustlogdTest, InitThenPrintConfigThenServeThenStop) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  EXPECT_NE(output.find("created   log.example/a+"), std::string::npos) << output;
  for (const auto* file : {"log.key", "log.db", "trustlogd.toml", "log.policy", "mark/mark"}) {
    const auto mode = fs::status(Path("a/" + std::string(file))).permissions();
    EXPECT_EQ(mode & (fs::perms::others_all | fs::perms::group_all), fs::perms::none) << file;
  }
  ASSERT_EQ(Run({"log", "--config", Path("a/trustlogd.toml"), "--print-config"}, output, {{"TRUSTLOGD_BATCH__MAX", "77"}}), 0)
      << output;
  const auto printed = ParseConfig(output, "printed", {});
  ASSERT_TRUE(printed.ok()) << printed.status() << output;
  EXPECT_EQ(printed->batch.max, 77U);
  EXPECT_EQ(printed->log.origin, "log.example/a");
  EXPECT_EQ(output.find("PRIVATE"), std::string::npos);

  auto served = Started(Serve("a"), AnyPorts({{"TRUSTLOGD_HTTP__DRAIN_WAIT", "0ms"}}));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (support::Get(served.http, "/checkpoint")->status != 200 && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_NE(support::Get(served.http, "/checkpoint")->body.find("log.example/a\n1\n"), std::string::npos);
  served.program->Signal(SIGTERM);
  EXPECT_EQ(served.program->Wait(), 0) << served.program->output();
  EXPECT_TRUE(fs::exists(Path("a/clean-stop")));

  ASSERT_EQ(Run({"fsck", "--storage", "sqlite:" + Path("a/log.db")}, output), 0) << output;
  EXPECT_NE(output.find("CLEAN   1 entries, 0 findings"), std::string::npos) << output;
}

TEST_F(TrustlogdTest, InitTwiceIsRefusedAndARefusedGenesisLeavesNothing) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  EXPECT_EQ(Init("a", output), 2) << output;
  EXPECT_NE(output.find("exists already"), std::string::npos) << output;
  EXPECT_EQ(Init("b", output, Now() - 3'000 * support::kSampleDay), 9) << output;
  EXPECT_NE(output.find("ISSUED_TOO_OLD"), std::string::npos) << output;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(Path("b"))) {
    EXPECT_EQ(entry.path().filename(), "genesis.json");
    ++files;
  }
  EXPECT_EQ(files, 1);
}

// What is in `folder` but for the genesis statement.
std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename() != "genesis.json") files.push_back(entry.path());
  }
  return files;
}

// The files that a message of `init` names to be removed; removed.
void RemoveAsTold(const std::string& output) {
  static const std::string kRemove = "half-made by an interrupted init: remove ";
  const auto at = output.find(kRemove);
  ASSERT_NE(at, std::string::npos) << output;
  std::istringstream names(output.substr(at + kRemove.size()));
  for (std::string name; names >> name;) EXPECT_TRUE(fs::remove(name)) << name;
}

constexpr const char* kInitSteps[] = {"init.settings", "init.key",     "init.policy", "init.mark",
                                      "init.store",    "init.genesis", "init.closed"};

// T1: whole or not at all.
TEST_F(TrustlogdTest, AnInitThatFailsAtAnyStepLeavesNothing) {
#ifndef TRUSTLOG_FAILPOINTS
  GTEST_SKIP() << "built without TRUSTLOG_FAILPOINTS";
#endif
  std::string output;
  for (const std::string step : kInitSteps) {
    EXPECT_EQ(Init("a", output, Now(), {{"TRUSTLOG_FAILPOINT", step + ":error"}}), 1) << step << output;
    EXPECT_EQ(FilesIn(Path("a")), std::vector<std::string>()) << step;
  }
  EXPECT_EQ(Init("a", output), 0) << output;
}

TEST_F(TrustlogdTest, AnInitThatIsInterruptedTellsWhatToRemove) {
#ifndef TRUSTLOG_FAILPOINTS
  GTEST_SKIP() << "built without TRUSTLOG_FAILPOINTS";
#endif
  std::string output;
  for (const std::string step : kInitSteps) {
    EXPECT_EQ(Init("a", output, Now(), {{"TRUSTLOG_FAILPOINT", step + ":exit"}}), 70) << step << output;
    EXPECT_FALSE(fs::exists(Path("a/trustlogd.toml"))) << step;
    EXPECT_EQ(Init("a", output), 2) << step << output;
    RemoveAsTold(output);
    EXPECT_EQ(Init("a", output), 0) << step << output;
    fs::remove_all(Path("a"));
  }
}

// Killed at any moment, the repetition makes the log, or says what to remove first, or finds it made.
TEST_F(TrustlogdTest, InitMayBeKilledAtAnyMoment) {
  std::minstd_rand random(20'261'124);
  for (int run = 0; run < 20; ++run) {
    const auto name = "k" + std::to_string(run);
    Program program(TRUSTLOGD, InitArguments(name));
    usleep(static_cast<useconds_t>(random() % 60'000));
    program.Signal(SIGKILL);
    program.Wait();
    std::string output;
    if (Init(name, output) != 0 && !fs::exists(Path(name + "/trustlogd.toml"))) {
      RemoveAsTold(output);
      EXPECT_EQ(Init(name, output), 0) << run << output;
    }
    EXPECT_EQ(Run({"fsck", "--storage", "sqlite:" + Path(name + "/log.db")}, output), 0) << run << output;
    EXPECT_NE(output.find("CLEAN   1 entries"), std::string::npos) << run << output;
  }
}

TEST_F(TrustlogdTest, DevMayBeKilledAtAnyMoment) {
  const std::vector<std::string> arguments = {"log", "--dev", "--dev-dir", Path("dev")};
  std::minstd_rand random(20'261'125);
  for (int run = 0; run < 8; ++run) {
    Program program(TRUSTLOGD, arguments, AnyPorts());
    usleep(static_cast<useconds_t>(random() % 80'000));
    program.Signal(SIGKILL);
    program.Wait();
    auto served = Dev();
    served.program->Signal(SIGTERM);
    ASSERT_EQ(served.program->Wait(), 0) << run << served.program->output();
    EXPECT_EQ(ReadConfig(Path("dev/trustlogd.toml"))->quota.issuer.statements_per_second, 0) << run;
    fs::remove_all(Path("dev"));
  }
}

TEST_F(TrustlogdTest, ADevThatIsInterruptedIsMadeByTheNextRun) {
#ifndef TRUSTLOG_FAILPOINTS
  GTEST_SKIP() << "built without TRUSTLOG_FAILPOINTS";
#endif
  std::vector<std::string> steps(std::begin(kInitSteps), std::end(kInitSteps));
  steps.insert(steps.end(), {"dev.keys", "dev.init", "dev.built"});
  for (const auto& step : steps) {
    std::string output;
    EXPECT_EQ(Run({"log", "--dev", "--dev-dir", Path("dev")}, output, AnyPorts({{"TRUSTLOG_FAILPOINT", step + ":exit"}})), 70)
        << step << output;
    EXPECT_FALSE(fs::exists(Path("dev"))) << step;
    auto served = Dev();
    served.program->Signal(SIGTERM);
    EXPECT_EQ(served.program->Wait(), 0) << step;
    EXPECT_FALSE(fs::exists(Path("dev.new"))) << step;
    fs::remove_all(Path("dev"));
  }
}

TEST_F(TrustlogdTest, PrintConfigTellsWhatIsWrongWithItsPlace) {
  std::ofstream(Path("t.toml")) << "[log]\norigin = \"log.example/a\"\nkye = \"/k\"\n";
  std::string output;
  EXPECT_EQ(Run({"log", "--config", Path("t.toml"), "--print-config"}, output), 2);
  EXPECT_NE(output.find(Path("t.toml") + ":3:1: log.kye: unknown; did you mean \"key\"?"), std::string::npos) << output;
  EXPECT_EQ(output.find("terminate"), std::string::npos);
}

// T1, T2: what a start refuses, and the exit code of each.
TEST_F(TrustlogdTest, AStartThatCannotBeRightExitsWithTwoAndSaysHowOldTheLogIs) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  ASSERT_EQ(Init("b", output), 0) << output;
  const std::string began = "This log began on " + attest::FormatTime(Now()).substr(0, 10);
  const struct {
    const char* name;
    Environment environment;
    std::string output;
  } cases[] = {
      {"missing store", {{"TRUSTLOGD_STORAGE__URL", "sqlite:" + Path("none.db")}}, began},
      {"store of another log", {{"TRUSTLOGD_STORAGE__URL", "sqlite:" + Path("b/log.db")}}, "the store belongs to log.example/b"},
      {"missing mark", {{"TRUSTLOGD_LOG__MARK", Path("none")}}, began},
      {"mark of another log", {{"TRUSTLOGD_LOG__MARK", Path("b/mark")}}, began},
      {"key of another log", {{"TRUSTLOGD_LOG__KEY", Path("b/log.key")}}, "another log key"},
      {"another origin", {{"TRUSTLOGD_LOG__ORIGIN", "log.example/b"}}, "the configuration names log.example/b"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Run(Serve("a"), output, AnyPorts(c.environment)), 2) << c.name << ": " << output;
    EXPECT_NE(output.find(c.output), std::string::npos) << c.name << ": " << output;
    EXPECT_FALSE(fs::exists(Path("none.db")) || fs::exists(Path("none"))) << c.name << ": a start makes nothing";
  }
}

// A store or a mark that is damaged beyond use is as good as missing.
TEST_F(TrustlogdTest, AStoreOrMarkThatIsNoneOfOursExitsWithTwoAndSaysHowOldTheLogIs) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  const std::string began = ". This log began on " + attest::FormatTime(Now()).substr(0, 10) + ": ";
  const std::string text(5'000, 't'), zeros(8'192, '\0');
  for (const auto& content : {std::string(), text, zeros}) {
    std::ofstream(Path("other.db")) << content;
    EXPECT_EQ(Run(Serve("a"), output, AnyPorts({{"TRUSTLOGD_STORAGE__URL", "sqlite:" + Path("other.db")}})), 2) << output;
    EXPECT_NE(output.find(began), std::string::npos) << output;
    EXPECT_EQ(output.find("makes one"), std::string::npos) << output;
  }
  std::string mark;
  std::getline(std::ifstream(Path("a/mark/mark"), std::ios::binary), mark, '\0');
  for (const auto& content : {std::string(), mark, zeros.substr(4'096), zeros, zeros + "x", text}) {
    std::ofstream(Path("a/mark/mark"), std::ios::binary | std::ios::trunc) << content;
    EXPECT_EQ(Run(Serve("a"), output, AnyPorts()), 2) << content.size() << output;
    EXPECT_NE(output.find(began), std::string::npos) << content.size() << output;
  }
}

TEST_F(TrustlogdTest, AStartThatFailsForAnotherReasonSaysThatAlone) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  fs::permissions(Path("a/log.key"), fs::perms(0644));
  EXPECT_EQ(Run(Serve("a"), output, AnyPorts()), 2) << output;
  EXPECT_NE(output.find("a private key needs 0600"), std::string::npos) << output;
  EXPECT_EQ(output.find("began on"), std::string::npos) << output;
  fs::permissions(Path("a/log.key"), fs::perms(0600));
  fs::rename(Path("a/mark/mark"), Path("a/mark/real"));
  fs::create_symlink(Path("a/mark/real"), Path("a/mark/mark"));
  EXPECT_EQ(Run(Serve("a"), output, AnyPorts()), 2) << output;
  EXPECT_EQ(output.find("began on"), std::string::npos) << output;
  fs::rename(Path("a/mark/real"), Path("a/mark/mark"));
  const auto first = Started(Serve("a"));
  EXPECT_EQ(Run(Serve("a"), output, AnyPorts()), 2) << output;
  EXPECT_NE(output.find("in use by another process"), std::string::npos) << output;
  EXPECT_EQ(output.find("began on"), std::string::npos) << output;
}

TEST_F(TrustlogdTest, FsckSaysInFourPartsWhatItCannotCheck) {  // K3, K4
  std::ofstream(Path("other.db")) << "not a database, and long enough for the header of one: " << std::string(100, 'x');
  const struct {
    const char* name;
    std::string storage;
    int code;
    const char* word;
  } cases[] = {{"nothing there", "sqlite:" + Path("none.db"), 3, "NOT_FOUND"},
               {"never a store", "sqlite:" + Path("other.db"), 3, "NOT_FOUND"},
               {"another engine", "postgres://x", 2, "NOT_USABLE"}};
  for (const auto& c : cases) {
    std::string output;
    EXPECT_EQ(Run({"fsck", "--storage", c.storage}, output), c.code) << c.name << ": " << output;
    EXPECT_TRUE(output.starts_with("ERROR   ")) << c.name << ": " << output;
    for (const auto* part : {"\n  means   ", "\n  do      ", "\n  code    "})
      EXPECT_NE(output.find(part), std::string::npos) << c.name << ": " << output;
    EXPECT_NE(output.find(c.word), std::string::npos) << c.name << ": " << output;
  }
}

// The policy is a pipe: its reader has begun the start when a writer can open it, and waits there.
TEST_F(TrustlogdTest, ASignalDuringTheStartEndsIt) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  for (const int number : {SIGTERM, SIGINT}) {
    Program program(TRUSTLOGD, Serve("a"), AnyPorts({{"TRUSTLOGD_WITNESS_CLIENT__POLICY", Path("pipe")}}));
    const std::ofstream writer(Path("pipe"));
    program.Signal(number);
    EXPECT_EQ(program.Wait(), 0) << program.output();
    EXPECT_NE(program.output().find("stopped before it served"), std::string::npos) << program.output();
  }
  auto served = Started(Serve("a"));
  served.program->Signal(SIGTERM);
  EXPECT_EQ(served.program->Wait(), 0) << served.program->output();
}

TEST_F(TrustlogdTest, ASecondProcessIsRefused) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  auto first = Started(Serve("a"));
  EXPECT_EQ(Run(Serve("a"), output, AnyPorts()), 2) << output;
  EXPECT_EQ(Run({"fsck", "--storage", "sqlite:" + Path("a/log.db")}, output), 2) << output;
  EXPECT_NE(output.find("in use by another process\n  means   "), std::string::npos) << output;
  EXPECT_EQ(support::Get(first.admin, "/livez")->status, 200);
}

TEST_F(TrustlogdTest, ASecondSignalEndsTheDrainAtOnce) {
  std::string output;
  ASSERT_EQ(Init("a", output), 0) << output;
  auto served = Started(Serve("a"), AnyPorts({{"TRUSTLOGD_HTTP__DRAIN_WAIT", "1h"}}));
  served.program->Signal(SIGINT);
  ASSERT_TRUE(served.program->Await("stopping"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (support::Get(served.admin, "/readyz")->status != 503 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(support::Get(served.http, "/policy")->status, 200) << "still served while load balancers look away";
  served.program->Signal(SIGTERM);
  EXPECT_EQ(served.program->Wait(), 1) << served.program->output();
}

TEST_F(TrustlogdTest, DevRestartsOnTheSameDirectory) {
  std::string vkey;
  for (int run = 0; run < 2; ++run) {
    auto served = Dev();
    ASSERT_TRUE(served.program->Await("trustlog verify")) << served.program->output();
    EXPECT_NE(served.program->output().find("A LOG TO TRY WITH"), std::string::npos);
    const auto client = keys::ReadSmallFile(Path("dev/client.toml"), 10'000);
    EXPECT_NE(client->find(served.rpc), std::string::npos) << *client;
    v1::AddStatementResponse response;
    const auto heard = support::Ask(*support::Connect(served.rpc), &Stub::AddStatement,
                                    Evidence(static_cast<std::uint64_t>(run), v1::WAIT_PUBLISHED), response);
    ASSERT_TRUE(heard.ok()) << heard.reason << heard.status.error_message();
    EXPECT_EQ(response.outcome().index(), static_cast<std::uint64_t>(5 + run));
    served.program->Signal(SIGTERM);
    EXPECT_EQ(served.program->Wait(), 0);
  }
}

// I9, T2.
TEST_F(TrustlogdTest, ARolledBackStoreExitsWithFiveOrServesReadsOnly) {
  const auto add = [this](const Served& served, std::uint64_t number) {
    v1::AddStatementResponse response;
    return support::Ask(*support::Connect(served.rpc), &Stub::AddStatement, Evidence(number, v1::WAIT_PUBLISHED), response);
  };
  const auto stop = [](const Served& served) {
    served.program->Signal(SIGTERM);
    return served.program->Wait();
  };
  auto first = Dev();
  ASSERT_TRUE(add(first, 1).ok());
  ASSERT_EQ(stop(first), 0);
  fs::copy(Path("dev/log.db"), Path("old.db"));
  auto second = Dev();
  ASSERT_TRUE(add(second, 2).ok());
  ASSERT_EQ(stop(second), 0);
  fs::copy(Path("old.db"), Path("dev/log.db"), fs::copy_options::overwrite_existing);

  std::string output;
  EXPECT_EQ(Run({"log", "--dev", "--dev-dir", Path("dev")}, output, AnyPorts()), 5) << output;
  EXPECT_NE(output.find("an old backup or a lost tail"), std::string::npos) << output;

  auto reads = Dev(AnyPorts({{"TRUSTLOGD_LOG__READ_ONLY", "true"}}));
  EXPECT_EQ(support::Get(reads.http, "/checkpoint")->status, 200);
  EXPECT_EQ(support::Get(reads.admin, "/readyz")->status, 503);
  EXPECT_FALSE(add(reads, 3).ok());
  v1::GetInclusionProofRequest request;
  request.mutable_selector()->set_index(2);
  v1::GetInclusionProofResponse response;
  EXPECT_TRUE(support::Ask(*support::Connect(reads.rpc), &Stub::GetInclusionProof, request, response).ok());
  EXPECT_EQ(stop(reads), 0);
  EXPECT_EQ(Run({"log", "--dev", "--dev-dir", Path("dev")}, output, AnyPorts()), 5)
      << "nothing was repaired by serving: " << output;
}

TEST_F(TrustlogdTest, FsckFindsAByteThatChanged) {
  auto served = Dev();
  served.program->Signal(SIGTERM);
  ASSERT_EQ(served.program->Wait(), 0);
  std::string bytes;
  {
    std::ifstream file(Path("dev/log.db"), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto at = bytes.find("A member to try with");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'B';
  std::ofstream(Path("dev/log.db"), std::ios::binary) << bytes;
  std::string output;
  EXPECT_EQ(Run({"fsck", "--storage", "sqlite:" + Path("dev/log.db")}, output), 4) << output;
  EXPECT_NE(output.find("FAILED"), std::string::npos) << output;
}

// T5: every caller is answered, what was accepted is there, and the stop is recorded as an orderly one.
TEST_F(TrustlogdTest, SigtermUnderLoadLosesNothing) {
  constexpr int kThreads = 4;
  auto served = Dev();
  std::atomic<bool> ended{false};
  std::atomic<int> accepted{0}, unanswered{0};
  std::mutex mutex;
  std::map<std::string, std::uint64_t> acknowledged;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto stub = support::Connect(served.rpc);
      for (int i = 0; !ended; ++i) {
        v1::AddStatementResponse response;
        const auto heard = support::Ask(
            *stub, &Stub::AddStatement,
            Evidence(static_cast<std::uint64_t>(1'000'000 * t + i), i % 2 == 0 ? v1::WAIT_DURABLE : v1::WAIT_PUBLISHED), response,
            std::chrono::seconds(60));
        if (heard.ok()) {
          const std::lock_guard lock(mutex);
          acknowledged[response.outcome().statement_id()] = response.outcome().index();
          ++accepted;
        } else if (heard.status.error_code() == ::grpc::StatusCode::DEADLINE_EXCEEDED) {
          ++unanswered;
        }
      }
    });
  }
  while (accepted < 50) std::this_thread::yield();
  served.program->Signal(SIGTERM);
  EXPECT_EQ(served.program->Wait(), 0) << served.program->output();
  ended = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(unanswered, 0);
  EXPECT_TRUE(fs::exists(Path("dev/clean-stop")));

  auto again = Dev();
  EXPECT_EQ(again.program->output().find("not orderly"), std::string::npos) << again.program->output();
  const auto stub = support::Connect(again.rpc);
  for (const auto& [id, index] : acknowledged) {
    v1::GetEntryRequest request;
    request.mutable_selector()->set_statement_id(id);
    v1::GetEntryResponse response;
    ASSERT_TRUE(support::Ask(*stub, &Stub::GetEntry, request, response).ok()) << id;
    EXPECT_EQ(response.entry().index(), index);
  }
}

// The same by SIGKILL: unclean, and still nothing acknowledged is lost.
TEST_F(TrustlogdTest, SigkillLosesNothingThatWasAcknowledged) {
  std::map<std::string, std::uint64_t> acknowledged;
  {
    auto served = Dev();
    const auto stub = support::Connect(served.rpc);
    for (std::uint64_t i = 0; i < 20; ++i) {
      v1::AddStatementResponse response;
      ASSERT_TRUE(support::Ask(*stub, &Stub::AddStatement, Evidence(i, v1::WAIT_DURABLE), response).ok());
      acknowledged[response.outcome().statement_id()] = response.outcome().index();
    }
    served.program->Signal(SIGKILL);
    EXPECT_EQ(served.program->Wait(), -SIGKILL);
  }
  auto again = Dev();
  EXPECT_NE(again.program->output().find("not orderly"), std::string::npos) << again.program->output();
  const auto stub = support::Connect(again.rpc);
  v1::AddStatementResponse next;
  ASSERT_TRUE(support::Ask(*stub, &Stub::AddStatement, Evidence(100, v1::WAIT_PUBLISHED), next).ok());
  for (const auto& [id, index] : acknowledged) {
    v1::GetEntryRequest request;
    request.mutable_selector()->set_statement_id(id);
    v1::GetEntryResponse response;
    ASSERT_TRUE(support::Ask(*stub, &Stub::GetEntry, request, response).ok()) << id;
    EXPECT_EQ(response.entry().index(), index);
  }
}

}  // namespace
}  // namespace trustlog::server
