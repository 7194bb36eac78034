// The SQLite engine in processes that die, and on disks that refuse: what the next start finds.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include "storage/failpoint.h"
#include "storage/sqlite/store_files.h"
#include "tests/storage/child_process.h"
#include "tests/storage/sample_log.h"

namespace trustlog::storage {
namespace {

class SqliteCrashTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/log.db"; }
  std::string url() const { return "sqlite:" + path(); }
  void MakeStore(std::uint64_t size) {
    auto storage = CreateStorage(url(), SampleIdentity()).value();
    GrowTo(storage->log(), size, size);
  }
  // Opens as after a crash and compares everything.
  void ExpectHolds(std::uint64_t size) {
    auto storage = OpenStorage(url()).value();
    ASSERT_EQ(storage->reader().IntegratedHead().value().size, size);
    ASSERT_EQ(storage->reader().ReadRecords(0, size).value(), SampleRecords(0, size));
    std::vector<Id> ids;
    for (std::uint64_t i = 0; i < size + 10; ++i) ids.push_back(SampleId(i));
    const auto found = storage->reader().FindIds(ids).value();
    for (std::uint64_t i = 0; i < ids.size(); ++i) ASSERT_EQ(found[i], i < size ? std::optional(i) : std::nullopt) << i;
  }

  TemporaryDirectory directory_;
};

#ifdef TRUSTLOG_FAILPOINTS

StorageOptions At(std::string_view point, std::function<absl::Status()> action) {
  return {[point, action = std::move(action)](std::string_view passed) { return passed == point ? action() : absl::OkStatus(); }};
}

absl::Status Die() { ::_exit(kDiedAsPlanned); }

TEST_F(SqliteCrashTest, AProcessThatDiesInAnAppendLeavesTheOldHeadOrTheNew) {
  std::uint64_t size = 250;
  MakeStore(size);
  for (const std::uint64_t width : {1, 10, 300}) {
    for (const std::string_view point : kPointNames) {
      if (!point.starts_with("append.")) continue;  // withhold.erased: tests/server/log/crash_test.cc
      SCOPED_TRACE(fmt::format("{} records from {}, {}", width, size, point));
      ASSERT_EQ(ExitCodeOf([&] {
                  auto storage = OpenStorage(url(), At(point, Die)).value();
                  return AppendAll(storage->log(), SampleRecords(size, width)).ok() ? 0 : 1;
                }),
                kDiedAsPlanned);
      ASSERT_EQ(ExitCodeOf([&] { return OpenStorage(url(), At("start.opened", Die)).ok() ? 0 : 1; }), kDiedAsPlanned)
          << "the second crash, inside the recovery";
      if (point == "append.after_commit") size += width;
      ExpectHolds(size);
    }
  }
}

TEST_F(SqliteCrashTest, AnErrorBeforeCommitIsAPlainNo) {
  MakeStore(250);
  for (const std::string_view point : {"append.half", "append.readback", "append.before_commit"}) {
    SCOPED_TRACE(point);
    int left = 1;
    auto storage =
        OpenStorage(url(), At(point, [&] { return left-- > 0 ? absl::UnavailableError("planned") : absl::OkStatus(); })).value();
    const std::uint64_t size = storage->reader().IntegratedHead().value().size;
    EXPECT_EQ(AppendAll(storage->log(), SampleRecords(size, 10)).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(storage->reader().IntegratedHead().value().size, size);
    EXPECT_EQ(storage->reader().FindIds(std::vector<Id>{SampleId(size)}).value().front(), std::nullopt);
    EXPECT_EQ(AppendAll(storage->log(), SampleRecords(size, 20)), absl::OkStatus()) << "the same process goes on";
    storage.reset();
    ExpectHolds(size + 20);
  }
}

TEST_F(SqliteCrashTest, AnErrorAfterCommitIsUnknownAndEndsWriting) {
  MakeStore(250);
  {
    auto storage = OpenStorage(url(), At("append.after_commit", [] { return absl::UnavailableError("planned"); })).value();
    EXPECT_EQ(AppendAll(storage->log(), SampleRecords(250, 10)).code(), absl::StatusCode::kUnknown);
    EXPECT_EQ(AppendAll(storage->log(), SampleRecords(260, 10)).code(), absl::StatusCode::kUnknown);
    EXPECT_EQ(storage->checkpoints().Swap("o", Slot::kSigned, "", "note").code(), absl::StatusCode::kUnknown);
    EXPECT_EQ(storage->checkpoints().Confirm().code(), absl::StatusCode::kUnknown);
  }
  ExpectHolds(260);
}

TEST_F(SqliteCrashTest, AByteFlippedBetweenWriteAndReadBackNeverCommits) {
  MakeStore(250);
  {
    // a second writer inside the transaction would wait for it; so the flip is in what the caller holds
    Batch batch;
    auto storage = OpenStorage(url(), At("append.readback",
                                         [&] {
                                           batch.growth.tiles[0].hashes[255][0] ^= 1;
                                           return absl::OkStatus();
                                         }))
                       .value();
    batch = Prepare(storage->log(), SampleRecords(250, 10));
    EXPECT_EQ(Commit(storage->log(), batch).code(), absl::StatusCode::kDataLoss);
  }
  ExpectHolds(250);
}

#else

TEST_F(SqliteCrashTest, FailpointsAreNotInThisBuild) { GTEST_SKIP() << "configure with -DTRUSTLOG_FAILPOINTS=ON"; }

#endif

TEST_F(SqliteCrashTest, WhatAKilledProcessCommittedIsThere) {
  MakeStore(10);
  for (std::uint64_t size = 10; size < 700; size += 173) {
    ASSERT_EQ(ExitCodeOf([&] {
                auto storage = OpenStorage(url()).value();
                if (!AppendAll(storage->log(), SampleRecords(size, 173)).ok()) return 1;
                ::raise(SIGKILL);
                return 0;
              }),
              -SIGKILL);
    EXPECT_GT(sqlite::FileSize(path() + "-wal"), 0U) << "nothing to recover from";
    ExpectHolds(size + 173);
  }
}

TEST_F(SqliteCrashTest, ATornEndOfTheWalCostsNoMoreThanItsBatch) {
  MakeStore(300);
  ASSERT_EQ(ExitCodeOf([&] {
              auto storage = OpenStorage(url()).value();
              return AppendAll(storage->log(), SampleRecords(300, 5)).ok() ? 0 : 1;
            }),
            0);
  const std::string wal = path() + "-wal";
  std::filesystem::resize_file(wal, sqlite::FileSize(wal) - 512);
  ExpectHolds(300);
}

// Appends single records until one fails; its status.
absl::Status AppendUntilFailure(Storage& storage) {
  for (std::uint64_t size = storage.reader().IntegratedHead().value().size; size < 20'000; ++size) {
    Record record = SampleRecord(size);
    record.companion.resize(20'000, 'c');
    if (auto appended = AppendAll(storage.log(), {record}); !appended.ok()) return appended;
  }
  return absl::InternalError("the disk never filled");
}

TEST_F(SqliteCrashTest, AFullDiskIsAPlainNoAndWritingResumesWhenThereIsSpace) {
  constexpr int kNoMount = 77;
  const std::string disk = directory_.path() + "/disk";
  std::filesystem::create_directory(disk);
  const int code = ExitCodeOf([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=16m") != 0) {
      return kNoMount;
    }
    const std::string on_disk = "sqlite:" + disk + "/log.db";
    std::ofstream(disk + "/filler") << std::string(10 << 20, 'f') /* room for the checkpoint later */;
    std::uint64_t size = 0;
    {
      auto storage = CreateStorage(on_disk, SampleIdentity()).value();
      for (int i = 0; i < 3; ++i) {
        if (const auto full = AppendUntilFailure(*storage); full.code() != absl::StatusCode::kUnavailable) {
          std::fprintf(stderr, "%s\n", full.ToString().c_str());
          return 1;
        }
      }
      size = storage->reader().IntegratedHead().value().size;
      if (size == 0 || storage->reader().ReadRecords(0, size).value().size() != size) return 2;
      std::filesystem::remove(disk + "/filler");
      for (std::uint64_t i = 0; i < 20; ++i, ++size) {
        if (const auto resumed = AppendAll(storage->log(), SampleRecords(size, 1)); !resumed.ok()) return 3;
      }
    }
    auto storage = OpenStorage(on_disk);
    if (!storage.ok()) std::fprintf(stderr, "%s\n", storage.status().ToString().c_str());
    if (!storage.ok() || (*storage)->reader().IntegratedHead().value().size != size) return 4;
    return (*storage)->reader().FindIds(std::vector<Id>{SampleId(size)}).value().front().has_value() ? 5 : 0;
  });
  if (code == kNoMount) GTEST_SKIP() << "cannot mount a tmpfs here (root needed)";
  EXPECT_EQ(code, 0);
}

TEST_F(SqliteCrashTest, AWriteErrorIsUnknownAndEndsWriting) {
  MakeStore(10);
  EXPECT_EQ(ExitCodeOf([&] {
              auto storage = OpenStorage(url()).value();
              std::signal(SIGXFSZ, SIG_IGN);
              const struct rlimit limit = {sqlite::FileSize(path() + "-wal") + 200'000, RLIM_INFINITY};
              ::setrlimit(RLIMIT_FSIZE, &limit);  // EFBIG: to SQLite an I/O error like any other
              if (!absl::IsUnknown(AppendUntilFailure(*storage))) return 1;
              if (!absl::IsUnknown(storage->checkpoints().Swap("o", Slot::kSigned, "", "note"))) return 2;
              if (!absl::IsUnknown(storage->CloseCleanly())) return 3;
              return 0;
            }),
            0);
  auto storage = OpenStorage(url()).value();
  EXPECT_TRUE(storage->opened_unclean());
  EXPECT_GE(storage->reader().IntegratedHead().value().size, 10U);
}

}  // namespace
}  // namespace trustlog::storage
