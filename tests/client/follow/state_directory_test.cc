#include "client/follow/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace trustlog::follow {
namespace {

using support::TemporaryDirectory;

TEST(StateDirectory, IsKeyedByOriginAndKey) {  // E9
  // printf 'log.example/a\nlog.example/a+01020304+AQ==' | sha256sum
  EXPECT_EQ(StateDirectory::KeyOf("log.example/a", "log.example/a+01020304+AQ=="),
            "cc1df2d09c12a0a734e271ccbb9945962bac6ff25661b2c8dddad47ae749760d");
  EXPECT_NE(StateDirectory::KeyOf("a", "b"), StateDirectory::KeyOf("a", "c"));
}

TEST(StateDirectory, KeepsFilesWholeAndPrivate) {  // K7
  const TemporaryDirectory root;
  const auto state = StateDirectory::Open(root.path() + "/deep/logs", "origin", "vkey");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->path(), root.path() + "/deep/logs/" + StateDirectory::KeyOf("origin", "vkey"));
  struct stat info {};
  ASSERT_EQ(::stat(state->path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);

  EXPECT_EQ(state->Read("checkpoint")->has_value(), false);
  ASSERT_TRUE(state->Write("checkpoint", std::string(100'000, 'a')).ok());
  ASSERT_TRUE(state->Write("checkpoint", "b").ok());
  EXPECT_EQ(**state->Read("checkpoint"), "b");
  EXPECT_EQ(**StateDirectory::Open(root.path() + "/deep/logs", "origin", "vkey")->Read("checkpoint"), "b");
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(state->path())) names.push_back(file.path().filename());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("checkpoint", "evidence"));  // no temporary file is left
}

TEST(StateDirectory, SaysWhatItCannotDo) {
  const TemporaryDirectory root;
  const auto absent = StateDirectory::Open("/proc/none", "o", "v").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(absent));  // nothing that a later try would mend
  EXPECT_THAT(std::string(absent.message()), ::testing::HasSubstr("/proc/none"));
  const auto state = StateDirectory::Open(root.path(), "o", "v");
  std::filesystem::create_directory(state->path() + "/checkpoint");
  EXPECT_TRUE(absl::IsFailedPrecondition(state->Write("checkpoint", "x")));
  EXPECT_FALSE(state->Read("checkpoint").ok());
}

TEST(StateDirectory, ReadsNeitherWithoutLimitNorFromWhatIsNoFile) {
  const TemporaryDirectory root;
  const auto state = StateDirectory::Open(root.path(), "o", "v");
  ASSERT_TRUE(state->Write("checkpoint", std::string(kMaxStateFile, 'a')).ok());
  EXPECT_EQ((*state->Read("checkpoint"))->size(), kMaxStateFile);
  EXPECT_FALSE(state->Read("checkpoint", kMaxStateFile - 1).ok());
  std::filesystem::resize_file(state->path() + "/checkpoint", std::uint64_t{1} << 40);  // sparse
  ASSERT_EQ(::mkfifo((state->path() + "/cursor").c_str(), 0600), 0);
  for (const std::string name : {"checkpoint", "cursor"}) {
    const auto status = state->Read(name).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(state->path() + "/" + name));
  }
}

TEST(StateDirectory, LocksExcludeOneAnother) {
  const TemporaryDirectory root;
  const auto state = StateDirectory::Open(root.path(), "o", "v");
  {
    const auto lock = state->Lock("lock", StateDirectory::Wait::kYes);
    ASSERT_TRUE(lock.ok());
    EXPECT_TRUE(absl::IsAborted(state->Lock("lock", StateDirectory::Wait::kNo).status()));
    EXPECT_TRUE(state->Lock("other", StateDirectory::Wait::kNo).ok());
  }
  EXPECT_TRUE(state->Lock("lock", StateDirectory::Wait::kNo).ok());

  // Read and written apart: turns are lost if the lock does not hold. Atomic all the same: ThreadSanitizer does not know flock.
  std::atomic<int> counter{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&state, &counter] {
      for (int j = 0; j < 50; ++j) {
        const auto lock = state->Lock("lock", StateDirectory::Wait::kYes);
        const int before = counter;
        std::this_thread::yield();
        if (lock.ok()) counter = before + 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 200);
}

TEST(StateDirectory, SavesTheSameEvidenceOnce) {
  const TemporaryDirectory root;
  const auto state = StateDirectory::Open(root.path(), "o", "v");
  const Evidence evidence{.vkeys = {"k"}, .checkpoints = {"a", "b"}, .other_root = std::nullopt, .proof = {}};
  const auto first = state->SaveEvidence(evidence), second = state->SaveEvidence(evidence);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(*ParseEvidence(**state->Read("evidence/" + std::filesystem::path(*first).filename().string())), evidence);
}

}  // namespace
}  // namespace trustlog::follow
