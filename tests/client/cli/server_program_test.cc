#include "client/cli/server_program.h"

#include <sys/stat.h>

#include <cstdlib>

#include "tests/client/cli/cli_fixture.h"

namespace trustlog::cli {
namespace {

using ::testing::HasSubstr;

class ServerProgramTest : public CliTest {
 protected:
  ServerProgramTest() : path_(std::getenv("PATH")) {}
  ~ServerProgramTest() override { ::setenv("PATH", path_.c_str(), 1); }
  void Install(const std::string& script) {
    const std::string path = WriteFile("trustlogd", "#!/bin/sh\n" + script);
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    ::setenv("PATH", (directory_.path() + ":" + path_).c_str(), 1);
  }
  const std::string path_;
};

TEST_F(ServerProgramTest, WordsGoInAndTheExitCodeComesBack) {  // K12
  Install("printf '%s\\n' \"$@\" > " + Path("words") + "\nexit 5\n");
  EXPECT_EQ(Run({"log", "init", "--origin", "a b", "--help", "--frob"}).exit, ExitCode::kMisbehaviourProven);
  EXPECT_EQ(ReadFile("words"), "init\n--origin\na b\n--help\n--frob\n");
  EXPECT_EQ(Run({"fsck", "--storage", "sqlite:x"}).exit, ExitCode::kMisbehaviourProven);
  EXPECT_EQ(ReadFile("words"), "fsck\n--storage\nsqlite:x\n");
}

TEST_F(ServerProgramTest, AKilledProgramIsAFailure) {
  Install("kill -9 $$\n");
  EXPECT_EQ(Run({"log", "init"}).exit, ExitCode::kOther);
}

TEST_F(ServerProgramTest, NamesThePackageWhereItIsNotInstalled) {
  ::setenv("PATH", directory_.path().c_str(), 1);
  const auto result = Run({"log", "init", "--origin", "x"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("install the package trustlogd"));
}

}  // namespace
}  // namespace trustlog::cli
