#include "client/net/directory_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace trustlog::net {
namespace {

class DirectoryFetcherTest : public ::testing::Test {
 protected:
  DirectoryFetcherTest() {
    std::string pattern = ::testing::TempDir() + "directory-fetcher-XXXXXX";
    top_ = ::mkdtemp(pattern.data());
    Put("secret", "not to be read");
    Put("log/checkpoint", "note");
    Put("log/extra", "not a path of a log");
    Put("log/tile/0/000", "full");
    Put("log/tile/0/000.p/3", "part");
    Put("log/tile/entries/x001/234", "bundle");
    Put("log/tile/statements/000", "statements");
  }
  ~DirectoryFetcherTest() override { std::filesystem::remove_all(top_); }

  void Put(const std::string& path, std::string_view body) const {
    const std::filesystem::path file = std::filesystem::path(top_) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << body;
  }

  std::string top_;
};

TEST_F(DirectoryFetcherTest, ReadsThePathsOfALog) {
  DirectoryFetcher fetcher(top_ + "/log");
  const std::pair<const char*, const char*> cases[] = {{"checkpoint", "note"},
                                                       {"tile/0/000", "full"},
                                                       {"tile/0/000.p/3", "part"},
                                                       {"tile/entries/x001/234", "bundle"},
                                                       {"tile/statements/000", "statements"}};
  for (const auto& [path, body] : cases) {
    const auto got = fetcher.Get(path, 100);
    ASSERT_TRUE(got.ok()) << path << got.status();
    EXPECT_EQ(*got, body) << path;
  }
}

TEST_F(DirectoryFetcherTest, LeavesTheDirectoryByNoPath) {
  DirectoryFetcher fetcher(top_ + "/log");
  for (const char* path :
       {"../secret", "/etc/passwd", "tile/../../secret", "tile/0/../../../secret", "extra", "", "/checkpoint", "./checkpoint",
        "checkpoint/", "tile/0/0", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/%30%30%30", "tile/64/000"}) {
    EXPECT_TRUE(absl::IsNotFound(fetcher.Get(path, 100).status())) << path;
  }
}

TEST_F(DirectoryFetcherTest, NamesWhatIsAbsentAndWhatIsTooLong) {
  DirectoryFetcher fetcher(top_ + "/log");
  EXPECT_TRUE(absl::IsNotFound(fetcher.Get("tile/0/001", 100).status()));
  EXPECT_TRUE(absl::IsNotFound(fetcher.Get("tile/0/000/extra", 100).status()));
  EXPECT_TRUE(fetcher.Get("checkpoint", 4).ok());
  EXPECT_TRUE(absl::IsDataLoss(fetcher.Get("checkpoint", 3).status()));
  EXPECT_TRUE(absl::IsUnavailable(DirectoryFetcher(top_).Get("checkpoint", 100).status()) ||
              absl::IsNotFound(DirectoryFetcher(top_).Get("checkpoint", 100).status()));
}

TEST_F(DirectoryFetcherTest, AnswersManyInOrder) {
  DirectoryFetcher fetcher(top_ + "/log");
  const GetRequest requests[] = {{"tile/0/000", 10}, {"nothing", 10}, {"checkpoint", 10}};
  const auto answers = fetcher.GetMany(requests);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(*answers[0], "full");
  EXPECT_TRUE(absl::IsNotFound(answers[1].status()));
  EXPECT_EQ(*answers[2], "note");
}

}  // namespace
}  // namespace trustlog::net
