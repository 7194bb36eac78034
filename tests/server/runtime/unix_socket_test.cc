#include "server/runtime/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temporary_directory.h"

namespace trustlog::runtime {
namespace {

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

class UnixSocketTest : public ::testing::Test {
 protected:
  std::string directory() const { return temporary_.path() + "/run"; }
  std::string path() const { return directory() + "/admin.sock"; }
  const support::TemporaryDirectory temporary_;
};

TEST_F(UnixSocketTest, HasItsModesWhateverTheUmask) {
  for (const mode_t mask : {0U, 0077U}) {
    const mode_t before = umask(mask);
    const auto fd = ListenOnSocket(path());
    umask(before);
    ASSERT_TRUE(fd.ok()) << fd.status();
    EXPECT_EQ(ModeOf(path()), 0660U);
    EXPECT_EQ(ModeOf(directory()) & 0027U, 0U);
    close(*fd);
  }
}

TEST_F(UnixSocketTest, ReplacesWhatAKilledProcessLeftAndNothingElse) {
  const auto first = ListenOnSocket(path());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(ListenOnSocket(path()).status().code(), absl::StatusCode::kFailedPrecondition) << "somebody listens";
  close(*first);
  const auto second = ListenOnSocket(path());
  ASSERT_TRUE(second.ok()) << second.status();
  close(*second);
  unlink(path().c_str());
  std::ofstream(path()) << "a file";
  EXPECT_EQ(ListenOnSocket(path()).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ModeOf(path()) & 0400U, 0400U) << "still there";
}

TEST_F(UnixSocketTest, RefusesADirectoryThatOthersMayEnterOrItsGroupMayWrite) {
  for (const mode_t mode : {0755U, 0751U, 0770U, 0754U}) {
    mkdir(directory().c_str(), 0700);
    chmod(directory().c_str(), mode);
    EXPECT_EQ(ListenOnSocket(path()).status().code(), absl::StatusCode::kFailedPrecondition) << mode;
    EXPECT_EQ(ModeOf(path()), 0U);
  }
  chmod(directory().c_str(), 0750);
  const auto fd = ListenOnSocket(path());
  EXPECT_TRUE(fd.ok()) << fd.status();
  if (fd.ok()) close(*fd);
}

TEST_F(UnixSocketTest, RefusesPathsThatCannotBe) {
  for (const std::string& bad : {std::string(), std::string("admin.sock"), std::string("/"), std::string("/run/"),
                                 "/" + std::string(107, 's'), temporary_.path() + "/a/b/s"}) {
    EXPECT_EQ(ListenOnSocket(bad).status().code(), absl::StatusCode::kFailedPrecondition) << bad;
  }
  EXPECT_TRUE(IsSocketPath("/" + std::string(106, 's')));
}

}  // namespace
}  // namespace trustlog::runtime
