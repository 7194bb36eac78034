#include "client/cli/settings.h"

#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;

class SettingsTest : public CliTest {
 protected:
  absl::StatusOr<Settings> Load(const Arguments& flags = {}) {
    return Settings::Load(flags, [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    });
  }
};

TEST_F(SettingsTest, FlagsWinOverVariablesOverContextsOverTheTopOfTheFile) {  // K6
  WriteFile("settings.toml",
            "default = \"eu\"\nissuer = \"top\"\ntimeout = \"5s\"\n"
            "[log.\"eu\"]\nurl = \"https://eu.example/\"\nissuer = \"context\"\npolicy = \"eu-1\"\n"
            "[log.\"us\"]\nurl = \"https://us.example/\"\n");
  auto settings = Load();
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->Get("log"), "eu");
  EXPECT_EQ(settings->Get("url"), "https://eu.example/");
  EXPECT_EQ(settings->Get("issuer"), "context");
  EXPECT_EQ(settings->Get("timeout"), "5s");
  EXPECT_EQ(settings->Find("url")->origin, Path("settings.toml") + ":5");
  EXPECT_EQ(settings->Find("timeout")->origin, Path("settings.toml") + ":3");
  EXPECT_EQ(settings->Find("grpc"), nullptr);
  EXPECT_EQ(settings->Get("grpc"), "");

  variables_["TRUSTLOG_ISSUER"] = "variable";
  variables_["TRUSTLOG_LOG"] = "us";
  settings = Load();
  EXPECT_EQ(settings->Get("issuer"), "variable");
  EXPECT_EQ(settings->Find("issuer")->origin, "TRUSTLOG_ISSUER");
  EXPECT_EQ(settings->Get("url"), "https://us.example/");
  EXPECT_EQ(settings->Find("policy"), nullptr);  // of another context

  Arguments flags;
  flags.Add("log", "eu");
  flags.Add("policy", "mine");
  settings = Load(flags);
  EXPECT_EQ(settings->Get("policy"), "mine");
  EXPECT_EQ(settings->Find("policy")->origin, "--policy");
  EXPECT_EQ(settings->Get("url"), "https://eu.example/");
}

TEST_F(SettingsTest, AUrlStandsForItself) {
  variables_["TRUSTLOG_LOG"] = "https://any.example/log/";
  EXPECT_EQ(Load()->Get("url"), "https://any.example/log/");
}

TEST_F(SettingsTest, TheUsersFileIsReadWhereNoneIsNamed) {
  variables_.erase("TRUSTLOG_CONFIG");
  ASSERT_EQ(std::system(("mkdir -p " + Path("config/trustlog")).c_str()), 0);
  WriteFile("config/trustlog/config.toml", "issuer = \"me\"\n");
  EXPECT_EQ(Load()->Get("issuer"), "me");
  EXPECT_EQ(Load()->policy_directories().front(), Path("config/trustlog/policies"));
  EXPECT_EQ(Load()->state_root(), Path("state/trustlog/logs"));
}

TEST_F(SettingsTest, ARelativePlaceIsIgnored) {  // XDG: all paths must be absolute
  variables_["XDG_CONFIG_HOME"] = "config";
  variables_["XDG_STATE_HOME"] = "state";
  EXPECT_EQ(Load()->policy_directories().front(), Path("home/.config/trustlog/policies"));
  EXPECT_EQ(Load()->state_root(), Path("home/.local/state/trustlog/logs"));
}

TEST_F(SettingsTest, AMemoryThatCannotBeKeptIsASettingToCorrect) {
  ServeSampleLog();
  variables_["XDG_STATE_HOME"] = "/proc";
  const auto result = Run({"checkpoint", "get"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("cannot create /proc/trustlog"));
  EXPECT_THAT(result.err, HasSubstr("code    NOT_USABLE"));
}

TEST_F(SettingsTest, ASettingsFileIsAFile) {
  const auto shown = Run({"config", "show", "--config", directory_.path()});
  EXPECT_EQ(shown.exit, ExitCode::kUsage);
  EXPECT_THAT(shown.err, HasSubstr(directory_.path() + " is not a file"));
  variables_.erase("TRUSTLOG_CONFIG");
  ASSERT_EQ(std::system(("mkdir -p " + Path("config/trustlog/config.toml")).c_str()), 0);
  EXPECT_EQ(Run({"config", "show"}).exit, ExitCode::kUsage);
}

TEST_F(SettingsTest, RefusesWhatIsNotASetting) {
  struct Case {
    const char* name;
    const char* toml;
    const char* says;
  };
  const Case cases[] = {
      {"unknown key", "issuer = \"a\"\nfrob = \"b\"\n", ":2: frob is not a setting"},
      {"unknown key in a context", "[log.\"a\"]\nfrob = \"b\"\n", ":2: frob is not a setting"},
      {"log inside a context", "[log.\"a\"]\nlog = \"b\"\n", ":2: log is not a setting"},
      {"another type", "timeout = 5\n", ":1: timeout must be a string"},
      {"a context that is none", "log = 5\n", ":1: log must be a table"},
      {"default of another type", "default = 5\n", ":1: default must be a string"},
      {"no TOML", "issuer = \n", "settings.toml:1"},
      {"a log that is nowhere", "default = \"eu\"\n", "no settings file has a log named \"eu\""},
  };
  for (const auto& c : cases) {
    WriteFile("settings.toml", c.toml);
    const auto settings = Load();
    ASSERT_FALSE(settings.ok()) << c.name;
    EXPECT_EQ(ExitCodeOf(settings.status()), ExitCode::kUsage) << c.name;
    EXPECT_THAT(std::string(settings.status().message()), HasSubstr(c.says)) << c.name;
  }
  variables_["TRUSTLOG_CONFIG"] = Path("absent.toml");
  EXPECT_THAT(std::string(Load().status().message()), HasSubstr("there is no settings file"));
}

TEST_F(SettingsTest, ConfigShowSaysWhereEachValueCameFrom) {
  WriteFile("settings.toml", "default = \"eu\"\n[log.\"eu\"]\nurl = \"https://eu.example/\"\n");
  const auto text = Run({"config", "show", "--origin", "--timeout", "3s"});
  EXPECT_EQ(text.exit, ExitCode::kOk);
  EXPECT_THAT(text.out, HasSubstr("url         https://eu.example/   (" + Path("settings.toml") + ":3)\n"));
  EXPECT_THAT(text.out, HasSubstr("timeout     3s   (--timeout)\n"));
  const auto json = Run({"config", "show", "--json"}).json();
  EXPECT_EQ(json.at("settings").at(0).at("name").as_string(), "log");
  EXPECT_TRUE(json.at("error").is_null());
}

TEST_F(SettingsTest, PoliciesAreFoundByNameOrFile) {
  ServeSampleLog();
  variables_.erase("TRUSTLOG_POLICY");
  ASSERT_EQ(std::system(("mkdir -p " + Path("config/trustlog/policies")).c_str()), 0);
  WriteFile("config/trustlog/policies/eu-1", log_.PolicyText());
  WriteFile("config/trustlog/policies/eu-2.policy", log_.PolicyText());
  for (const std::string name : {"eu-1", "eu-2"}) {
    EXPECT_EQ(Run({"policy", "show", "--policy", name}).exit, ExitCode::kOk) << name;
  }
  EXPECT_EQ(Run({"policy", "show", "--policy", Path("sample.policy")}).exit, ExitCode::kOk);
  const auto absent = Run({"policy", "show", "--policy", "eu-3"});
  EXPECT_EQ(absent.exit, ExitCode::kUsage);
  EXPECT_THAT(absent.err, HasSubstr("there is no policy \"eu-3\" (from --policy)"));
  const auto none = Run({"policy", "show"});
  EXPECT_EQ(none.exit, ExitCode::kUsage);
  EXPECT_THAT(none.err, HasSubstr("--insecure-skip-policy"));
}

}  // namespace
}  // namespace trustlog::cli
