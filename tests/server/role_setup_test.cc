// `trustlogd init` (protocols.md T1): a log is made whole or not at all, and never over another one.
#include "server/role_setup.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "proto/bytes/reason.h"
#include "proto/keys/key_file.h"
#include "proto/tlog/note.h"
#include "proto/tlog/policy.h"
#include "server/dev_setup.h"
#include "server/signer/mark_file.h"
#include "storage/open_storage.h"
#include "tests/support/running_log.h"

namespace trustlog::server {
namespace {

namespace fs = std::filesystem;
using bytes::Reason;
using support::SampleAlliance;

constexpr std::chrono::seconds kNow{support::kSampleTime + support::kSampleDay};

class InitTest : public ::testing::Test {
 protected:
  InitTest() {
    options_.origin = support::kSampleOrigin;
    options_.storage_url = "sqlite:" + Path("data/log.db");
    options_.key_directory = Path("etc");
    options_.mark_directory = Path("mark");
    options_.envelopes = {support::EnvelopeJson(alliance_["genesis"])};
    fs::create_directory(Path("data"));
  }
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  // Every file and directory, but for the empty data directory.
  std::set<std::string> Made() const {
    std::set<std::string> made;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
      made.insert(fs::relative(entry.path(), directory_.path()).string());
    made.erase("data");
    return made;
  }

  const SampleAlliance alliance_;
  const support::TemporaryDirectory directory_;
  InitOptions options_;
};

TEST_F(InitTest, MakesStoreKeyMarkPolicyAndConfigurationThatBelongTogether) {
  const auto made = InitLog(options_, kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size, 1U);
  EXPECT_EQ(made->config_path, Path("etc/trustlogd.toml"));

  const auto store = storage::OpenStorage(options_.storage_url);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_FALSE((*store)->opened_unclean());
  const auto identity = (*store)->reader().identity();
  EXPECT_EQ(identity.origin, support::kSampleOrigin);
  EXPECT_EQ(identity.vkey, made->vkey);
  EXPECT_EQ(identity.inception, "2026-11-02");
  EXPECT_EQ((*store)->reader().IntegratedHead()->size, 1U);

  const auto key = keys::ReadPrivateKeyFile(Path("etc/log.key"));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(tlog::VerifierKey::Make(options_.origin, tlog::kTypeEd25519, key->public_key())->ToString(), made->vkey);
  const auto mark = signer::MarkFile::Open(Path("mark"));
  ASSERT_TRUE(mark.ok()) << mark.status();
  EXPECT_EQ((*mark)->current().origin, options_.origin);
  EXPECT_EQ((*mark)->current().key_id, key->public_key().id());
  EXPECT_EQ((*mark)->current().store_id, identity.store_id);
  EXPECT_EQ((*mark)->current().range.size(), 0U) << "the first start signs";

  const auto config = ReadConfig(made->config_path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log.origin, options_.origin);
  EXPECT_EQ(config->log.inception, "2026-11-02");
  const auto policy = keys::ReadSmallFile(config->witness_client.policy, 10'000);
  EXPECT_EQ(*policy, "log " + made->vkey + "\nquorum none\n");
  EXPECT_TRUE(tlog::Policy::Parse(*policy).ok());
}

TEST_F(InitTest, TwoLogsHaveDifferentKeysAndStoreIds) {
  const auto first = InitLog(options_, kNow);
  const auto first_id = (*storage::OpenStorage(options_.storage_url))->reader().identity().store_id;
  options_.storage_url = "sqlite:" + Path("data/other.db");
  options_.key_directory = Path("etc2");
  options_.mark_directory = Path("mark2");
  const auto second = InitLog(options_, kNow);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->vkey, second->vkey);
  EXPECT_NE(first_id, (*storage::OpenStorage(options_.storage_url))->reader().identity().store_id);
}

TEST_F(InitTest, NothingIsMadeWhereSomethingIs) {
  for (const auto* existing : {"etc/log.key", "etc/trustlogd.toml", "etc/log.policy", "mark/mark", "data/log.db"}) {
    fs::remove_all(Path("etc"));
    fs::remove_all(Path("mark"));
    fs::remove_all(Path("data"));
    for (const auto* directory : {"etc", "mark", "data"}) fs::create_directory(Path(directory));
    std::ofstream(Path(existing)) << "something";
    const auto before = Made();
    const auto made = InitLog(options_, kNow);
    EXPECT_TRUE(absl::IsFailedPrecondition(made.status())) << existing << ": " << made.status();
    EXPECT_EQ(Made(), before) << existing;
    std::ifstream file(Path(existing));
    EXPECT_EQ(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()), "something") << existing;
  }
}

TEST_F(InitTest, ASecondInitChangesNothing) {
  const auto made = InitLog(options_, kNow);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(InitLog(options_, kNow).status()));
  EXPECT_EQ((*storage::OpenStorage(options_.storage_url))->reader().identity().vkey, made->vkey);
}

TEST_F(InitTest, ARefusedGenesisLeavesNothingBehind) {
  auto elsewhere = support::GenesisStatement();
  elsewhere.origin = "log.example/another";
  auto one_signature = support::GenesisStatement();
  one_signature.signers = {"root-1"};
  auto forged = support::Sign(support::GenesisStatement());
  forged.entry.signatures[0].signature[7] ^= 1;
  const struct {
    const char* name;
    std::vector<std::string> envelopes;
    Reason reason;
  } cases[] = {
      {"no JSON", {"genesis"}, Reason::kEnvelopeMalformed},
      {"another log", {support::EnvelopeJson(support::Sign(elsewhere))}, Reason::kWrongLog},
      {"one signature of two", {support::EnvelopeJson(support::Sign(one_signature))}, Reason::kThresholdNotMet},
      {"forged", {support::EnvelopeJson(forged)}, Reason::kSignatureInvalid},
      {"no genesis", {support::EnvelopeJson(alliance_["admit-one"])}, Reason::kGenesisOrder},
      {"a second genesis",
       {support::EnvelopeJson(alliance_["genesis"]), support::EnvelopeJson(alliance_["genesis"])},
       Reason::kGenesisOrder},
      {"refused behind genesis",
       {support::EnvelopeJson(alliance_["genesis"]), support::EnvelopeJson(alliance_["commitment-one-1"])},
       Reason::kKeyUnknown},
  };
  for (const auto& c : cases) {
    options_.envelopes = c.envelopes;
    const auto made = InitLog(options_, kNow);
    EXPECT_FALSE(made.ok()) << c.name;
    EXPECT_EQ(bytes::ReasonOf(made.status()), c.reason) << c.name << ": " << made.status();
    EXPECT_EQ(Made(), std::set<std::string>()) << c.name;
  }
}

TEST_F(InitTest, AnOriginThatIsNoneAndALogWithoutGenesisAreRefused) {
  for (const auto* origin : {"", "has space", "https://log.example/?a=b", "log.example/ü"}) {
    options_.origin = origin;
    EXPECT_TRUE(absl::IsInvalidArgument(InitLog(options_, kNow).status())) << origin;
  }
  options_.origin = support::kSampleOrigin;
  options_.envelopes = {};
  EXPECT_TRUE(absl::IsInvalidArgument(InitLog(options_, kNow).status()));
  EXPECT_EQ(Made(), std::set<std::string>());
}

TEST_F(InitTest, GenesisOfAnotherTimeIsRefused) {
  EXPECT_EQ(bytes::ReasonOf(InitLog(options_, std::chrono::seconds(support::kSampleTime - support::kSampleDay)).status()),
            Reason::kIssuedInFuture);
  EXPECT_EQ(Made(), std::set<std::string>());
}

TEST_F(InitTest, MissingDirectoriesAreMadeForTheirOwnerAlone) {
  options_.storage_url = "sqlite:" + Path("deep/data/log.db");
  options_.key_directory = Path("deep/etc/");
  options_.mark_directory = Path("deep/var/mark");
  const auto made = InitLog(options_, kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->config_path, Path("deep/etc/trustlogd.toml"));
  for (const auto* name : {"deep", "deep/data", "deep/etc", "deep/var", "deep/var/mark"})
    EXPECT_EQ(fs::status(Path(name)).permissions(), fs::perms::owner_all) << name;
}

// What is wrong with an argument is in nobody's way when it was put right.
TEST_F(InitTest, APlaceThatCannotBeLeavesNothingAndTheNextTrySucceeds) {
  std::ofstream(Path("file")) << "x";
  fs::create_directory(Path("open"));
  fs::permissions(Path("open"), fs::perms::all);
  fs::create_directories(Path("data/half.db.building/x"));  // fails when the key and the mark are there
  const auto before = Made();
  const struct {
    const char* name;
    std::function<void(InitOptions&)> change;
  } cases[] = {
      {"a key directory that others can write", [this](auto& o) { o.key_directory = Path("open"); }},
      {"a mark directory that others can write", [this](auto& o) { o.mark_directory = Path("open"); }},
      {"a key directory in a file", [this](auto& o) { o.key_directory = Path("file/etc"); }},
      {"a mark directory that is a file", [this](auto& o) { o.mark_directory = Path("file"); }},
      {"a mark directory in a file", [this](auto& o) { o.mark_directory = Path("file/mark"); }},
      {"a policy in a file", [this](auto& o) { o.policy_file = Path("file/p"); }},
      {"a store in a file", [this](auto& o) { o.storage_url = "sqlite:" + Path("file/log.db"); }},
      {"a store that cannot be built", [this](auto& o) { o.storage_url = "sqlite:" + Path("data/half.db"); }},
      {"a store of another kind", [](auto& o) { o.storage_url = "postgres://db/log"; }},
      {"no key directory", [](auto& o) { o.key_directory = ""; }},
  };
  for (const auto& c : cases) {
    auto options = options_;
    c.change(options);
    EXPECT_FALSE(InitLog(options, kNow).ok()) << c.name;
    EXPECT_EQ(Made(), before) << c.name;
  }
  const auto made = InitLog(options_, kNow);
  EXPECT_TRUE(made.ok()) << made.status();
}

TEST_F(InitTest, SettingsNameAbsolutePaths) {
  const auto before = fs::current_path();
  fs::current_path(directory_.path());
  options_.storage_url = "sqlite:data/log.db";
  options_.key_directory = "./etc/";
  options_.mark_directory = "data/../mark";
  options_.policy_file = "p/log.policy";
  const auto made = InitLog(options_, kNow);
  fs::current_path(before);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->config_path, Path("etc/trustlogd.toml"));
  const auto config = ReadConfig(made->config_path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->storage.url, "sqlite:" + Path("data/log.db"));
  EXPECT_EQ(config->log.key, Path("etc/log.key"));
  EXPECT_EQ(config->log.mark, Path("mark"));
  EXPECT_EQ(config->log.policy_file, Path("p/log.policy"));
  EXPECT_EQ(config->witness_client.policy, Path("p/log.policy"));
}

// `--dev`: the second run takes what the first one made.
TEST(DevSetup, MakesALogOnceAndTakesItAgain) {
  const support::TemporaryDirectory directory;
  const auto first = PrepareDev(directory.path() + "/dev");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = PrepareDev(directory.path() + "/dev");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->vkey, first->vkey);
  EXPECT_EQ(again->config.log.origin.rfind("TEST-dev.example/", 0), 0U);
  EXPECT_EQ(again->config.quota.issuer.statements_per_second, 0);
  for (const auto* key : {"log", "root", "secretariat", "operator", "member"}) {
    EXPECT_TRUE(keys::ReadPrivateKeyFile(first->directory + "/" + key + ".key").ok()) << key;
  }
  EXPECT_EQ(WriteClientConfig(*first, {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}), absl::OkStatus());
  const auto client = keys::ReadSmallFile(first->directory + "/client.toml", 10'000);
  EXPECT_NE(client->find("grpc = \"127.0.0.1:1\""), std::string::npos) << *client;
  EXPECT_NE(client->find("url = \"http://127.0.0.1:2/\""), std::string::npos) << *client;
  const auto banner = FormatDevBanner(*first, {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"});
  EXPECT_NE(banner.find("throw-away"), std::string::npos);
  EXPECT_NE(banner.find(first->vkey), std::string::npos);
}

TEST(DevSetup, TakesADirectoryOnlyAsItIs) {
  const support::TemporaryDirectory directory;
  const auto path = [&](const std::string& name) { return directory.path() + "/" + name; };
  fs::create_directory(path("open"));
  fs::permissions(path("open"), fs::perms::all);
  EXPECT_TRUE(absl::IsPermissionDenied(PrepareDev(path("open")).status()));
  EXPECT_EQ(fs::status(path("open")).permissions(), fs::perms::all) << "another's directory keeps its mode";
  EXPECT_TRUE(fs::is_empty(path("open")));

  fs::create_directory(path("full"));
  std::ofstream(path("full/root.key")) << "mine";
  const auto full = PrepareDev(path("full"));
  EXPECT_TRUE(absl::IsFailedPrecondition(full.status())) << full.status();
  EXPECT_NE(full.status().message().find("empty it, or name another with --dev-dir"), std::string_view::npos) << full.status();

  fs::create_directory(path("empty"));
  fs::permissions(path("empty"), fs::perms(0755));
  EXPECT_TRUE(PrepareDev(path("empty") + "/").ok());
  EXPECT_TRUE(PrepareDev(path("new")).ok());
  EXPECT_EQ(fs::status(path("new")).permissions(), fs::perms::owner_all);
  fs::permissions(path("new"), fs::perms(0755));
  EXPECT_TRUE(PrepareDev(path("new")).ok());
  EXPECT_EQ(fs::status(path("new")).permissions(), fs::perms(0755));
}

TEST(DevSetup, WhatAnInterruptedRunLeftIsGone) {
  const support::TemporaryDirectory directory;
  const auto dev = directory.path() + "/dev";
  fs::create_directories(dev + ".new/mark");
  std::ofstream(dev + ".new/root.key") << "half";
  const auto made = PrepareDev(dev);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(fs::exists(dev + ".new"));
  for (const auto& path : {made->config.log.key, made->config.log.mark + "/mark", made->config.log.policy_file,
                           made->config.witness_client.policy, made->config.storage.url.substr(sizeof "sqlite:" - 1)}) {
    EXPECT_EQ(path.rfind(dev + "/", 0), 0U) << path;
    EXPECT_TRUE(fs::exists(path)) << path;
  }
}

}  // namespace
}  // namespace trustlog::server
