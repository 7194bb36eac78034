#include "server/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "proto/bytes/reason.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::server {
namespace {

using Environment = std::map<std::string, std::string>;
using std::chrono::milliseconds;

// Line 1 to 7; what a case adds begins in line 8.
constexpr char kLeast[] =
    "[log]\norigin = \"log.example/a\"\nkey = \"/k\"\nmark = \"/m\"\n"
    "[storage]\nurl = \"sqlite:/s\"\n"
    "[witness_client]\npolicy = \"/p\"\n";

std::string Error(const std::string& text, const Environment& environment = {}) {
  const auto config = ParseConfig(text, "t.toml", environment);
  return config.ok() ? "" : std::string(bytes::MessageOf(config.status()));
}

std::string With(const std::string& more) { return kLeast + more; }

TEST(Config, LeastOneHasTheDocumentedDefaults) {
  const auto config = ParseConfig(kLeast, "t.toml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log.origin, "log.example/a");
  EXPECT_EQ(config->batch.max, 4'096U);
  EXPECT_EQ(config->batch.queue, 20'000U);
  EXPECT_EQ(config->publish.interval, milliseconds(1'000));
  EXPECT_EQ(config->publish.max_unpublished, 100'000U);
  EXPECT_FALSE(config->publish.recheck_signatures);
  EXPECT_EQ(config->storage.min_free, 1ull << 30);
  EXPECT_EQ(config->storage.tile_cache, 64ull << 20);
  EXPECT_EQ(config->rpc.listen, std::vector<std::string>{"127.0.0.1:7070"});
  EXPECT_EQ(config->rpc.max_connections, 1'024U);
  EXPECT_EQ(config->rpc.max_connections_per_address, 32U);
  EXPECT_TRUE(config->rpc.reflection);
  EXPECT_EQ(config->rpc.admin_socket, "");
  EXPECT_EQ(config->http.listen, std::vector<std::string>{"127.0.0.1:7080"});
  EXPECT_EQ(config->http.admin_listen, "127.0.0.1:7072");
  EXPECT_EQ(config->http.max_connections_per_address, 128U);
  EXPECT_EQ(config->http.drain_wait, milliseconds(2'000));
  EXPECT_EQ(config->quota.issuer.statements_per_second, 50);
  EXPECT_EQ(config->quota.issuer.burst, 500);
  EXPECT_EQ(config->quota.issuer.bytes_per_day, 256.0 * 1024 * 1024);
  EXPECT_EQ(config->quota.proofs_per_second_per_address, 20);
  EXPECT_EQ(config->queue_share, 0.25);
  EXPECT_TRUE(config->log.personal_data_lint);
  EXPECT_FALSE(config->log.read_only);
}

TEST(Config, WhatIsRequiredIsNamedTogether) {
  const auto error = Error("");
  for (const auto* key : {"log.origin", "log.key", "log.mark", "storage.url", "witness_client.policy"}) {
    EXPECT_NE(error.find(std::string("t.toml: ") + key + ": required"), std::string::npos) << key << "\n" << error;
  }
}

TEST(Config, AnErrorNamesItsPlaceTheKeyAndWhatIsAllowed) {
  const struct {
    const char *name, *text, *error;
  } cases[] = {
      {"a number for text", "[http]\npublic_url = 7\n", "t.toml:10:14: http.public_url: must be a string"},
      {"text for a flag", "[rpc]\nreflection = \"yes\"\n", "t.toml:10:14: rpc.reflection: must be true or false"},
      {"a flag for a number", "[batch]\nmax = true\n", "t.toml:10:7: batch.max: must be an integer from 1 to 65536"},
      {"below the range", "[batch]\nmax = 0\n", "t.toml:10:7: batch.max: must be an integer from 1 to 65536"},
      {"above the range", "[batch]\nqueue = 10000001\n", "t.toml:10:9: batch.queue: must be an integer from 1 to 10000000"},
      {"a float for an integer", "[batch]\nmax = 5.0\n", "t.toml:10:7: batch.max: must be an integer from 1 to 65536"},
      {"negative", "[publish]\nmax_unpublished = -1\n",
       "t.toml:10:19: publish.max_unpublished: must be an integer from 1 to 1000000000"},
      {"no unit", "[publish]\ninterval = \"5\"\n",
       "publish.interval: must be a duration such as \"250ms\", \"10s\", \"5m\", \"1h\""},
      {"unit of days", "[publish]\ninterval = \"5d\"\n", "publish.interval: must be a duration"},
      {"negative time", "[publish]\ninterval = \"-5s\"\n", "publish.interval: must be a duration"},
      {"time as a number", "[publish]\ninterval = 5\n", "publish.interval: must be a duration"},
      {"time beyond counting", "[publish]\ninterval = \"99999999999s\"\n", "publish.interval: must be a duration"},
      {"too often", "[publish]\ninterval = \"9ms\"\n", "t.toml:10:12: publish.interval: must be at least 10ms"},
      {"more than a year", "[publish]\ninterval = \"8785h\"\n", "publish.interval: must be a duration"},
      {"drain", "[http]\ndrain_wait = \"soon\"\n", "http.drain_wait: must be a duration"},
      {"unknown section like another", "[storage2]\n", "t.toml:9:2: storage2: unknown; did you mean \"storage\"?"},
      {"another choice", "[publish]\nrecheck = \"never\"\n", "publish.recheck: must be one of: hashes, full"},
      {"no list", "[rpc]\nlisten = \"127.0.0.1:1\"\n", "t.toml:10:10: rpc.listen: not a list of strings"},
      {"list of numbers", "[rpc]\nlisten = [1]\n", "rpc.listen: not a list of strings"},
      {"no port", "[rpc]\nlisten = [\"127.0.0.1\"]\n", "rpc.listen: \"127.0.0.1\" is not a numeric address with a port"},
      {"name in place of an address", "[http]\nlisten = [\"localhost:80\"]\n",
       "http.listen: \"localhost:80\" is not a numeric address"},
      {"a socket in no directory", "[rpc]\nadmin_socket = \"admin.sock\"\n",
       "rpc.admin_socket: must be an absolute path of at most 107 bytes"},
      {"port 65536", "[http]\nadmin_listen = \"127.0.0.1:65536\"\n",
       "http.admin_listen: \"127.0.0.1:65536\" is not a numeric address"},
      {"no admin address", "[http]\nadmin_listen = \"\"\n", "http.admin_listen: \"\" is not a numeric address"},
      {"open without a front", "[rpc]\nlisten = [\"0.0.0.0:7070\"]\n",
       "t.toml:10:10: rpc.listen: an address that is not loopback needs behind_proxy = true"},
      {"connections", "[rpc]\nmax_connections = 0\n", "rpc.max_connections: must be an integer from 1 to 1000000"},
      {"connections of an address", "[http]\nmax_connections_per_address = -1\n",
       "http.max_connections_per_address: must be an integer from 0"},
      {"negative rate", "[quota]\nburst = -1\n", "t.toml:10:9: quota.burst: must be a number not below 0"},
      {"rate without end", "[quota]\nburst = inf\n", "quota.burst: must be a number not below 0"},
      {"rate that is none", "[quota]\nburst = nan\n", "quota.burst: must be a number not below 0"},
      {"rate as text", "[quota]\nburst = \"5\"\n", "quota.burst: must be a number not below 0"},
      {"no room for a whole call", "[batch]\nqueue = 3999\n",
       "quota.queue_share: leaves an issuer fewer than 1000 places of batch.queue"},
      {"share above one", "[quota]\nqueue_share = 1.5\n", "quota.queue_share: must be a number from 0 to 1"},
      {"size in decimal units", "[quota]\nbytes_per_day = \"5MB\"\n", "quota.bytes_per_day: must be a size such as"},
      {"size as a number", "[quota]\nbytes_per_day = 5\n", "quota.bytes_per_day: must be a size such as"},
      {"size that overflows", "[quota]\nbytes_per_day = \"99999999999999GiB\"\n", "quota.bytes_per_day: must be a size such as"},
      {"an issuer's negative rate", "[quota.\"urn:x\"]\nburst = -1\n", "t.toml:10:9: quota.\"urn:x\".burst: must be"},
      {"an issuer's unknown key", "[quota.\"urn:x\"]\nbusrt = 1\n", "t.toml:10:9: quota.\"urn:x\".busrt: must be"},
      {"an issuer's size", "[quota.\"urn:x\"]\nbytes_per_day = 5\n", "t.toml:10:17: quota.\"urn:x\".bytes_per_day: must be"},
      {"log level", "[telemetry]\nlog_level = \"loud\"\n", "telemetry.log_level: must be one of: trace, debug, info, warn, error"},
      {"unknown key", "[batch]\nqueu = 5\n", "t.toml:10:1: batch.queu: unknown; did you mean \"queue\"?"},
      {"unknown key like no other", "[batch]\nsomething = 5\n", "t.toml:10:1: batch.something: unknown"},
      {"unknown section", "[publihs]\ninterval = \"1s\"\n", "t.toml:9:2: publihs: unknown; did you mean \"publish\"?"},
      {"nothing wrong", "", ""},
  };
  for (const auto& c : cases) {
    const auto error = Error(With(c.text));
    EXPECT_NE(error.find(c.error), std::string::npos) << c.name << ": " << error;
    if (*c.error == '\0') {
      EXPECT_EQ(error, "") << c.name;
    }
  }
  EXPECT_NE(Error(std::string("origin = \"x\"\n") + kLeast).find("t.toml:1:1: origin: unknown"), std::string::npos);
  EXPECT_NE(Error("[log]\norigin = \"no origin\"\n").find("t.toml:2:10: log.origin: not an origin"), std::string::npos);
  EXPECT_NE(Error("[storage]\nurl = \"file.db\"\n").find("storage.url: must be \"sqlite:PATH\""), std::string::npos);
  EXPECT_NE(Error("[log\n").find("t.toml:1:5: "), std::string::npos) << Error("[log\n");
}

TEST(Config, EveryErrorOfAFileIsToldAtOnce) {
  const auto error = Error(With("[batch]\nmax = 0\nqueu = 1\n[rpc]\nreflection = 1\n"));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 2) << error;
}

TEST(Config, WhatIsNotBuiltInIsSaidPlainlyUnlessItIsOff) {
  const struct {
    const char *section, *on, *off, *why;
  } cases[] = {
      {"log", "mldsa_key = \"/k\"", "mldsa_key = \"\"", "ML-DSA-44 is not built in (needs OpenSSL 3.5)"},
      {"log", "operator_keys = [\"/k\"]", "operator_keys = []", "index heads are not built into this version"},
      {"log", "accept_clock_after = \"2026-11-23T20:00:00Z\"", "accept_clock_after = \"\"", "is not built into this version"},
      {"batch", "wait = \"5ms\"", "wait = \"\"", "is not built into this version"},
      {"publish", "without_quorum = true", "without_quorum = false", "witnesses are not built into this version"},
      {"publish", "index_head_every = 256", "index_head_every = 0", "index heads are not built into this version"},
      {"storage", "pool = 8", "pool = 0", "PostgreSQL is not built into this version"},
      {"witness_client", "exclude = [\"w1\"]", "exclude = []", "witnesses are not built into this version"},
      {"witness_client", "outbound_proxy = \"http://p\"", "outbound_proxy = \"\"", "witnesses are not built into this version"},
      {"rpc", "tls_cert = \"/c\"", "tls_cert = \"\"", "TLS is not built into this version"},
      {"rpc", "tls_key = \"/c\"", "tls_key = \"\"", "TLS is not built into this version"},
      {"rpc", "client_ca = \"/c\"", "client_ca = \"\"", "TLS is not built into this version"},
      {"http", "tls_cert = \"/c\"", "tls_cert = \"\"", "TLS is not built into this version"},
      {"http", "tls_key = \"/c\"", "tls_key = \"\"", "TLS is not built into this version"},
      {"http", "web_root = \"/w\"", "web_root = \"\"", "the explorer is not built into this version"},
      {"http", "trusted_proxies = [\"10.0.0.1\"]", "trusted_proxies = []", "behind a proxy are not built into this version"},
      {"http", "base_path = \"/a\"", "base_path = \"/\"", "http.base_path: must be one of: /"},
  };
  for (const auto& c : cases) {
    // kLeast has some of the sections already: the key goes into it.
    const auto with = [&](const std::string& line) {
      std::string text = kLeast;
      const std::string header = std::string("[") + c.section + "]\n";
      const auto at = text.find(header);
      return at == std::string::npos ? text + header + line + "\n" : text.insert(at + header.size(), line + "\n");
    };
    const auto error = Error(with(c.on));
    EXPECT_NE(error.find(c.why), std::string::npos) << c.section << " " << c.on << ": " << error;
    EXPECT_EQ(Error(with(c.off)), "") << c.section << " " << c.off;
  }
  EXPECT_NE(Error("[storage]\nurl = \"postgres://db/x\"\n").find("PostgreSQL is not built into this version"), std::string::npos);
  for (const auto* role : {"witness", "mirror"}) {
    EXPECT_NE(Error(With(std::string("[") + role + "]\nname = \"w\"\n"))
                  .find(std::string("t.toml:9:1: [") + role + "]: the role " + role + " is not built into this version"),
              std::string::npos)
        << Error(With(std::string("[") + role + "]\nname = \"w\"\n"));
  }
}

TEST(Config, TheEnvironmentWinsAndIsReadByTheKeysType) {
  const auto parsed = ParseConfig(kLeast, "t.toml",
                                  {{"TRUSTLOGD_LOG__ORIGIN", "log.example/b"},
                                   {"TRUSTLOGD_LOG__INCEPTION", "2026-11-23"},
                                   {"TRUSTLOGD_LOG__CONTACT", "42"},
                                   {"TRUSTLOGD_LOG__KEY", "\"/quoted key\""},
                                   {"TRUSTLOGD_LOG__READ_ONLY", "true"},
                                   {"TRUSTLOGD_BATCH__MAX", "17"},
                                   {"TRUSTLOGD_PUBLISH__INTERVAL", "250ms"},
                                   {"TRUSTLOGD_RPC__LISTEN", R"(["127.0.0.1:0", "[::1]:0"])"},
                                   {"TRUSTLOGD_QUOTA__BURST", "7"},
                                   {"TRUSTLOGD_STORAGE__MIN_FREE", "3MiB"},
                                   {"PATH", "/bin"}});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->log.origin, "log.example/b");
  EXPECT_EQ(parsed->log.inception, "2026-11-23");
  EXPECT_EQ(parsed->log.contact, "42");
  EXPECT_EQ(parsed->log.key, "/quoted key");
  EXPECT_TRUE(parsed->log.read_only);
  EXPECT_EQ(parsed->batch.max, 17U);
  EXPECT_EQ(parsed->publish.interval, milliseconds(250));
  EXPECT_EQ(parsed->rpc.listen, (std::vector<std::string>{"127.0.0.1:0", "[::1]:0"}));
  EXPECT_EQ(parsed->quota.issuer.burst, 7);
  EXPECT_EQ(parsed->storage.min_free, 3u << 20);
  // Without a file, everything may come from there.
  EXPECT_EQ(Error("", {{"TRUSTLOGD_LOG__ORIGIN", "log.example/b"},
                       {"TRUSTLOGD_LOG__KEY", "/k"},
                       {"TRUSTLOGD_LOG__MARK", "/m"},
                       {"TRUSTLOGD_STORAGE__URL", "sqlite:/s"},
                       {"TRUSTLOGD_WITNESS_CLIENT__POLICY", "/p"}}),
            "");
}

TEST(Config, AWrongVariableIsAnErrorToo) {
  EXPECT_NE(Error(kLeast, {{"TRUSTLOGD_BATCH__MAX", "many"}}).find("environment: batch.max: must be an integer"), std::string::npos)
      << Error(kLeast, {{"TRUSTLOGD_BATCH__MAX", "many"}});
  EXPECT_NE(Error(kLeast, {{"TRUSTLOGD_BATCH__MAX", "7\nx = 1"}}).find("batch.max: must be"), std::string::npos);
  EXPECT_NE(Error(kLeast, {{"TRUSTLOGD_BATCH__MAXX", "7"}})
                .find("environment: TRUSTLOGD_BATCH__MAXX: unknown; did you mean \"TRUSTLOGD_BATCH__MAX\"?"),
            std::string::npos);
  EXPECT_NE(Error(kLeast, {{"TRUSTLOGD_RPC__TLS_CERT", "/c"}}).find("TLS is not built into this version"), std::string::npos);
}

void ExpectEqual(const Config& a, const Config& b) { EXPECT_EQ(FormatConfig(a), FormatConfig(b)); }

TEST(Config, WhatIsPrintedParsesToTheSame) {
  const std::string texts[] = {
      kLeast,
      With("[batch]\nmax = 7\nqueue = 80000\n[publish]\ninterval = \"90s\"\nrecheck = \"full\"\nmax_unpublished = 5\n"
           "[rpc]\nlisten = [\"0.0.0.0:1\", \"[::]:2\"]\nbehind_proxy = true\nreflection = false\nadmin_socket = \"/s\"\n"
           "max_connections = 9\nmax_connections_per_address = 0\n"
           "[http]\nlisten = []\nadmin_listen = \"[::1]:5\"\npublic_url = \"https://log.example/\\\"q\\\"\"\ndrain_wait = "
           "\"8784h\"\n"
           "[quota]\nstatements_per_second = 0.125\nburst = 1e9\nbytes_per_day = \"3KiB\"\nqueue_share = "
           "0.1\nproofs_per_second_per_address = 0\n"
           "[quota.\"urn:tta:member:one\"]\nburst = 5\n[quota.\"urn:\\\"odd\"]\nbytes_per_day = "
           "\"1073741824GiB\"\nstatements_per_second = 1\n"
           "[telemetry]\nlog_level = \"warn\"\nlog_format = \"json\"\n"),
  };
  for (const auto& text : texts) {
    const auto config = ParseConfig(text, "t.toml", {});
    ASSERT_TRUE(config.ok()) << config.status();
    const auto printed = FormatConfig(*config);
    const auto again = ParseConfig(printed, "printed", {});
    ASSERT_TRUE(again.ok()) << again.status() << "\n" << printed;
    ExpectEqual(*config, *again);
  }
  const auto config = ParseConfig(texts[1], "t.toml", {});
  EXPECT_EQ(config->quota.by_issuer.at("urn:tta:member:one").burst, 5);
  EXPECT_EQ(config->quota.by_issuer.at("urn:tta:member:one").statements_per_second, 0.125)
      << "what an issuer does not set is that of all";
  EXPECT_EQ(config->quota.issuer.burst, 1e9);
}

// The text that operators copy.
TEST(Config, TheShippedExampleParses) {
  std::ifstream file(std::string(TRUSTLOG_SOURCE_DIR) + "/deploy/examples/trustlogd.toml");
  ASSERT_TRUE(file.good());
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto config = ParseConfig(text, "deploy/examples/trustlogd.toml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log.origin, "log.example/tta-2026");
  // Its values are the defaults, so that it documents them.
  auto least = ParseConfig(kLeast, "t.toml", {});
  least->log = config->log;
  least->storage.url = config->storage.url;
  least->witness_client = config->witness_client;
  least->rpc.admin_socket = config->rpc.admin_socket;
  least->http.public_url = config->http.public_url;
  ExpectEqual(*config, *least);
}

TEST(Config, IsReadFromAFile) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/t.toml";
  EXPECT_FALSE(ReadConfig(path).ok());
  std::ofstream(path) << kLeast;
  EXPECT_TRUE(ReadConfig(path).ok()) << ReadConfig(path).status();
  std::ofstream(path) << std::string(2u << 20, '#');
  EXPECT_FALSE(ReadConfig(path).ok());
}

}  // namespace
}  // namespace trustlog::server
