#include "storage/sqlite/store_files.h"

#include <fstream>

#include "proto/bytes/durable_file.h"
#include "tests/storage/child_process.h"
#include "tests/storage/sample_log.h"

namespace trustlog::sqlite {
namespace {

class StoreFilesTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/f"; }
  storage::TemporaryDirectory directory_;
};

TEST_F(StoreFilesTest, WritesReadsAndRemovesAWholeFile) {
  EXPECT_EQ(ReadSmallFile(path()), std::nullopt);
  EXPECT_EQ(RemoveDurably(path()), absl::OkStatus());
  ASSERT_EQ(bytes::WriteWhole(path(), "2", 0600), absl::OkStatus());
  EXPECT_EQ(ReadSmallFile(path()), "2");
  EXPECT_EQ(RemoveDurably(path()), absl::OkStatus());
  EXPECT_EQ(FileSize(path()), 0U);
}

TEST_F(StoreFilesTest, RewritingInPlaceChangesNothing) {
  EXPECT_EQ(RewriteInPlace(path()), absl::OkStatus()) << "no file, nothing to do";
  std::string bytes((std::size_t{2} << 20) + 17, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  ASSERT_EQ(bytes::WriteWhole(path(), bytes, 0600), absl::OkStatus());
  EXPECT_EQ(RewriteInPlace(path()), absl::OkStatus());
  std::ifstream file(path(), std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), bytes);
  EXPECT_EQ(RewriteInPlace(directory_.path()).code(), absl::StatusCode::kUnknown) << "what cannot be written is not sound";
}

TEST_F(StoreFilesTest, ALockIsHeldOnceAndUntilItsEnd) {
  auto lock = std::make_unique<absl::StatusOr<FileLock>>(FileLock::Take(path()));
  ASSERT_TRUE(lock->ok());
  EXPECT_EQ(FileLock::Take(path()).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage::ExitCodeOf([&] { return static_cast<int>(FileLock::Take(path()).status().code()); }),
            static_cast<int>(absl::StatusCode::kFailedPrecondition));
  lock.reset();
  EXPECT_TRUE(FileLock::Take(path()).ok());
}

TEST_F(StoreFilesTest, KnowsDirectories) {
  EXPECT_EQ(CheckFileSystem(directory_.path()), absl::OkStatus());
  EXPECT_EQ(CheckFileSystem(directory_.path() + "/missing").code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace trustlog::sqlite
