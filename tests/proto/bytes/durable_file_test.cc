#include "proto/bytes/durable_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace trustlog::bytes {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DurableFile : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  static std::string Content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static mode_t Mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
      names.push_back(fs::relative(entry.path(), directory_.path()).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  const trustlog::support::TemporaryDirectory directory_;
};

TEST_F(DurableFile, ADescriptorClosesWhatItOwnsAndNothingElse) {
  int number = -1;
  {
    Descriptor first(open("/dev/null", O_RDONLY));
    ASSERT_TRUE(first.ok());
    number = first.get();
    const Descriptor second(std::move(first));
    EXPECT_FALSE(first.ok());  // NOLINT: what is left is said in the header
    EXPECT_EQ(second.get(), number);
    EXPECT_NE(fcntl(number, F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
  Descriptor third(open("/dev/null", O_RDONLY));
  const Descriptor released(third.Release());
  EXPECT_TRUE(released.ok());
  EXPECT_FALSE(Descriptor(-1).ok());
}

// A pipe takes a part at a time, and each wait is interrupted by a signal.
TEST_F(DurableFile, WriteAllGoesOnAfterAPartAndAfterASignal) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  struct sigaction quiet {};
  quiet.sa_handler = [](int) {};
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &quiet, &before), 0);
  const std::string text(1 << 20, 'x');
  const pthread_t writer = pthread_self();
  std::string got;
  std::thread reader([&] {
    char chunk[1'000];
    for (ssize_t n = 0; got.size() < text.size() && (n = read(ends[0], chunk, sizeof chunk)) > 0;) {
      got.append(chunk, static_cast<std::size_t>(n));
      if (got.size() < text.size()) pthread_kill(writer, SIGUSR1);
    }
  });
  EXPECT_TRUE(WriteAll(ends[1], text));
  close(ends[1]);
  reader.join();
  close(ends[0]);
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(got, text);
}

TEST_F(DurableFile, WriteAllAtWritesThereAndMovesNothing) {
  const Descriptor file(open(Path("f").c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_TRUE(WriteAllAt(file.get(), "world", 5));
  ASSERT_TRUE(WriteAllAt(file.get(), "hello", 0));
  EXPECT_EQ(Content(Path("f")), "helloworld");
  EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), 0);
}

TEST_F(DurableFile, AFailedWriteSaysWhy) {
  const Descriptor full(open("/dev/full", O_WRONLY));
  ASSERT_TRUE(full.ok());
  EXPECT_FALSE(WriteAll(full.get(), "x"));
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_FALSE(WriteAllAt(-1, "x", 0));
  EXPECT_EQ(errno, EBADF);
  EXPECT_TRUE(WriteAll(-1, ""));
}

TEST_F(DurableFile, TheDirectoryOfAPath) {
  EXPECT_EQ(DirectoryOf("/a/b"), "/a");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(DirectoryOf("a/b"), "a");
  EXPECT_EQ(DirectoryOf("a"), ".");
}

TEST_F(DurableFile, OnlyADirectoryThatIsThereCanBeSynced) {
  EXPECT_EQ(SyncDirectory(directory_.path()), absl::OkStatus());
  std::ofstream(Path("f")) << "x";
  for (const auto* name : {"f", "none"}) EXPECT_EQ(SyncDirectory(Path(name)).code(), absl::StatusCode::kUnknown) << name;
}

TEST_F(DurableFile, DirectoriesAreMadeWhereTheyAreMissing) {
  const auto made = MakeDirectories(Path("a/b/c/"), 0710);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(*made, ElementsAre(Path("a"), Path("a/b"), Path("a/b/c")));
  for (const auto& path : *made) EXPECT_EQ(Mode(path), 0710U) << path;
  const auto again = MakeDirectories(Path("a/b"), 0700);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(*again, IsEmpty());
  EXPECT_EQ(Mode(Path("a/b")), 0710U) << "what is there keeps its mode";
  EXPECT_TRUE(MakeDirectories("/", 0700).ok());
}

TEST_F(DurableFile, DirectoriesThatCannotBeMadeLeaveNothing) {
  std::ofstream(Path("f")) << "x";
  for (const auto* name : {"f", "f/a", "f/a/b"}) {
    const auto made = MakeDirectories(Path(name), 0700);
    EXPECT_TRUE(absl::IsFailedPrecondition(made.status())) << name << ": " << made.status();
    EXPECT_THAT(std::string(made.status().message()), HasSubstr("Not a directory")) << name;
  }
  const auto made = MakeDirectories(Path("a/") + std::string(300, 'n'), 0700);
  EXPECT_TRUE(absl::IsFailedPrecondition(made.status())) << made.status();
  EXPECT_THAT(Names(), ElementsAre("f")) << "a is gone again";
}

TEST_F(DurableFile, AFileIsWrittenWholeAndReplacesWhatWasThere) {
  ASSERT_EQ(WriteWhole(Path("f"), "one", 0640), absl::OkStatus());
  EXPECT_EQ(Mode(Path("f")), 0640U);
  const Descriptor old(open(Path("f").c_str(), O_RDONLY));
  ASSERT_EQ(WriteWhole(Path("f"), "2", 0600), absl::OkStatus());
  EXPECT_EQ(Content(Path("f")), "2");
  EXPECT_EQ(Mode(Path("f")), 0600U);
  char byte = 0;
  EXPECT_EQ(pread(old.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'o') << "who reads the old one reads it to its end";
  EXPECT_THAT(Names(), ElementsAre("f"));
}

TEST_F(DurableFile, AFileThatCannotBeWrittenLeavesWhatWasThere) {
  fs::create_directories(Path("d/inside"));
  for (const auto* name : {"d", "none/f"}) {
    EXPECT_EQ(WriteWhole(Path(name), "x", 0600).code(), absl::StatusCode::kUnknown) << name;
  }
  EXPECT_THAT(Names(), ElementsAre("d", "d/inside"));
}

// In a container every start has the same number: what a crash left must not be in the way of the next start.
TEST_F(DurableFile, ATemporaryFileLeftByACrashIsInNobodysWay) {
  for (int n = 0; n < 200; ++n) std::ofstream(Path("f.new." + std::to_string(getpid()) + "." + std::to_string(n))) << "half";
  EXPECT_EQ(WriteWhole(Path("f"), "whole", 0600), absl::OkStatus());
  EXPECT_EQ(Content(Path("f")), "whole");
}

}  // namespace
}  // namespace trustlog::bytes
