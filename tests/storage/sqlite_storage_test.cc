// What the SQLite engine promises beyond the contract that all engines share.
#include "storage/sqlite/sqlite_storage.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/store_files.h"
#include "tests/storage/child_process.h"
#include "tests/storage/sample_log.h"

namespace trustlog::storage {
namespace {

std::string FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteBytes(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class SqliteStorageTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/log.db"; }
  std::string url() const { return "sqlite:" + path(); }
  std::unique_ptr<Storage> Create() { return CreateStorage(url(), SampleIdentity()).value(); }
  std::unique_ptr<Storage> Open() { return OpenStorage(url()).value(); }
  absl::StatusCode CodeOfOpen() { return OpenStorage(url()).status().code(); }
  // A store of `size` sample records, closed in order.
  void MakeClosedStore(std::uint64_t size) {
    auto storage = Create();
    GrowTo(storage->log(), size, 1000);
    ASSERT_EQ(storage->CloseCleanly(), absl::OkStatus());
  }
  // As an operator with a database tool.
  void RunSql(const std::string& sql) {
    auto db = sqlite::Db::Open(path(), sqlite::Mode::kReadWrite).value();
    ASSERT_EQ(db->Execute(sql), absl::OkStatus()) << sql;
    ASSERT_EQ(db->CheckpointTruncate(), absl::OkStatus());
  }

  TemporaryDirectory directory_;
};

TEST_F(SqliteStorageTest, KnowsItsUrlsAndRefusesOthers) {
  for (const char* url : {"", "sqlite", "sqlite:", "postgres://trustlog@db/log", "postgresql://db", "SQLITE:/tmp/x", "/tmp/x.db"}) {
    EXPECT_EQ(OpenStorage(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_EQ(CreateStorage(url, SampleIdentity()).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
  EXPECT_THAT(std::string(OpenStorage("postgres://db/log").status().message()), testing::HasSubstr("not built"));
  EXPECT_EQ(OpenStorage("sqlite::memory:").status().code(), absl::StatusCode::kNotFound)
      << "a file of that name, never a database in memory";
}

TEST_F(SqliteStorageTest, CreateRefusesWhatExists) {
  for (const char* content : {"", "something"}) {
    WriteBytes(path(), content);
    EXPECT_EQ(CreateStorage(url(), SampleIdentity()).status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(FileBytes(path()), content);
  }
  std::filesystem::remove(path());
  MakeClosedStore(10);
  EXPECT_EQ(CreateStorage(url(), SampleIdentity()).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Open()->reader().IntegratedHead().value().size, 10U);
  EXPECT_EQ(CreateStorage("sqlite:" + directory_.path() + "/missing/log.db", SampleIdentity()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(SqliteStorageTest, CreateStartsAfreshAfterACreateThatDied) {
  WriteBytes(path() + ".building", "half a store");
  WriteBytes(path() + ".building-wal", "half a log");
  auto storage = Create();
  EXPECT_EQ(storage->reader().IntegratedHead().value(), merkle::TreeHead{});
  EXPECT_FALSE(std::filesystem::exists(path() + ".building"));
}

TEST_F(SqliteStorageTest, OpenNeverCreates) {
  EXPECT_EQ(CodeOfOpen(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  WriteBytes(path(), "");
  EXPECT_EQ(CodeOfOpen(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FileBytes(path()), "");
}

TEST_F(SqliteStorageTest, OpenRefusesWhatIsNotAStoreOfThisVersion) {
  struct Case {
    const char* name;
    std::function<void()> spoil;
    absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  };
  const std::vector<Case> cases = {
      {"a text",
       [&] { WriteBytes(path(), "not a database, but a text that is longer than the header of a database would be ..........."); },
       absl::StatusCode::kNotFound},
      {"a short file", [&] { WriteBytes(path(), "SQLite format 3"); }, absl::StatusCode::kNotFound},
      {"another application", [&] { RunSql("PRAGMA application_id = 0"); }, absl::StatusCode::kNotFound},
      {"a newer schema", [&] { RunSql("PRAGMA user_version = 2"); }},
      {"an older schema", [&] { RunSql("PRAGMA user_version = 0"); }},
      {"a table more", [&] { RunSql("CREATE TABLE extra(x)"); }},
      {"an index more", [&] { RunSql("CREATE INDEX extra ON heads(root)"); }},
      {"a table less", [&] { RunSql("DROP TABLE slots"); }},
      {"a constraint less", [&] { RunSql("DROP TABLE slots; CREATE TABLE slots(origin TEXT, slot INTEGER, note TEXT)"); }},
  };
  for (const Case& refused : cases) {
    SCOPED_TRACE(refused.name);
    std::filesystem::remove(path());
    MakeClosedStore(3);
    refused.spoil();
    const auto opened = OpenStorage(url());
    EXPECT_EQ(opened.status().code(), refused.code) << opened.status();
  }
}

TEST_F(SqliteStorageTest, OpenFindsRowsThatContradictTheHead) {
  const std::vector<std::pair<const char*, std::uint64_t>> cases = {
      {"DELETE FROM identity", 600},
      {"DELETE FROM heads", 600},
      {"DELETE FROM heads WHERE size = 600", 600},
      {"UPDATE heads SET root = zeroblob(32) WHERE size = 600", 600},
      {"INSERT INTO heads VALUES(601, zeroblob(32))", 600},
      {"DELETE FROM ids WHERE bundle = 1", 600},
      {"UPDATE ids SET bundle = 5 WHERE bundle = 1", 600},
      {"DELETE FROM tail WHERE entry_index = 599", 600},
      {"DELETE FROM tail WHERE entry_index = 550", 600},
      {"UPDATE tail SET leaf_hash = zeroblob(32) WHERE entry_index = 512", 600},
      {"UPDATE tail SET entry = x'000141' WHERE entry_index = 599", 600},
      {"UPDATE tail SET entry = x'0002' WHERE entry_index = 599", 600},
      {"UPDATE tiles SET hashes = zeroblob(64) WHERE level = 1", 600},
      {"DELETE FROM tiles WHERE level = 1", 600},
      {"DELETE FROM entries WHERE bundle = 1", 512},
      {"UPDATE entries SET data = zeroblob(512) WHERE bundle = 1", 512},
      {"UPDATE companions SET data = x'ffff' WHERE bundle = 1", 512},
      {"UPDATE tiles SET hashes = zeroblob(8192) WHERE level = 0 AND tile = 1", 512},
      {"UPDATE tiles SET hashes = zeroblob(32) WHERE level = 1", 512},
  };
  for (const auto& [sql, size] : cases) {
    SCOPED_TRACE(sql);
    std::filesystem::remove(path());
    MakeClosedStore(size);
    RunSql(sql);
    const auto opened = OpenStorage(url());
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss) << opened.status();
  }
}

TEST_F(SqliteStorageTest, OpenFindsAFlippedBitInTheLastBundle) {
  MakeClosedStore(600);
  const std::string sound = FileBytes(path());
  for (const std::uint64_t index : {512, 555, 599}) {
    const std::string entry = SampleRecord(index).entry;
    const std::size_t at = sound.find(fmt::format("entry {} ", index));
    ASSERT_NE(at, std::string::npos);
    for (const std::size_t offset : {std::size_t{0}, entry.size() - 1}) {
      std::string flipped = sound;
      flipped[at + offset] = static_cast<char>(flipped[at + offset] ^ 1);
      WriteBytes(path(), flipped);
      EXPECT_EQ(CodeOfOpen(), absl::StatusCode::kDataLoss) << index << " at " << offset;
    }
  }
  WriteBytes(path(), sound);
  EXPECT_EQ(CodeOfOpen(), absl::StatusCode::kOk);
}

TEST_F(SqliteStorageTest, ATruncatedFileIsRefused) {
  MakeClosedStore(600);
  const std::string sound = FileBytes(path());
  for (const std::size_t kept : {sound.size() - 8192, sound.size() / 2, std::size_t{8192}, std::size_t{100}, std::size_t{50}}) {
    WriteBytes(path(), sound.substr(0, kept));
    EXPECT_NE(CodeOfOpen(), absl::StatusCode::kOk) << kept;
  }
}

TEST_F(SqliteStorageTest, AnotherProcessIsRefusedWhileOneHoldsTheLock) {
  Create().reset();
  const auto lock = sqlite::FileLock::Take(path() + ".lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(ExitCodeOf([&] {
              // the descriptor that came through fork is not what a second process would have
              return static_cast<int>(OpenStorage(url()).status().code());
            }),
            static_cast<int>(absl::StatusCode::kFailedPrecondition));
}

TEST_F(SqliteStorageTest, FilesAreForTheirOwnerAlone) {
  auto storage = Create();
  GrowTo(storage->log(), 3, 1);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(SqliteStorageTest, TheFileSaysWhatItIs) {
  MakeClosedStore(1);
  auto db = sqlite::Db::Open(path(), sqlite::Mode::kReadOnly).value();
  EXPECT_EQ(db->ReadOne("PRAGMA application_id").value(), std::to_string(sqlite::kApplicationId));
  EXPECT_EQ(db->ReadOne("PRAGMA user_version").value(), std::to_string(sqlite::kSchemaVersion));
  EXPECT_EQ(db->ReadOne("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(db->ReadOne("PRAGMA page_size").value(), "8192");
}

TEST_F(SqliteStorageTest, CleanStopRecordIsThatOfProtocols8) {
  auto storage = Create();
  GrowTo(storage->log(), 2, 2);
  const auto head = storage->reader().IntegratedHead().value();
  ASSERT_EQ(storage->CloseCleanly(), absl::OkStatus());
  storage.reset();
  const std::string record = directory_.path() + "/clean-stop";
  const std::string written = FileBytes(record);
  EXPECT_EQ(written, sqlite::FormatCleanStop(head, SampleIdentity().store_id));
  EXPECT_EQ(written.substr(0, 25), "trustlog-clean-stop/1 2 " + std::string(written, 24, 1));
  EXPECT_EQ(written.size(), 24U + 64 + 1 + 64 + 1);
  EXPECT_EQ(sqlite::FileSize(path() + "-wal"), 0U);
  storage = Open();
  EXPECT_TRUE(std::filesystem::exists(record)) << "nothing was written yet";
  GrowTo(storage->log(), 3, 1);
  EXPECT_FALSE(std::filesystem::exists(record));
  storage.reset();
  WriteBytes(record, written);
  EXPECT_TRUE(Open()->opened_unclean()) << "the record of another head";
}

TEST_F(SqliteStorageTest, LeavesTheCleanStopRecordOfAnotherStoreAlone) {
  const std::string record = directory_.path() + "/clean-stop";
  WriteBytes(record, "trustlog-clean-stop/1 2 another store\n");
  auto storage = Create();
  GrowTo(storage->log(), 3, 1);
  EXPECT_EQ(FileBytes(record), "trustlog-clean-stop/1 2 another store\n");
}

TEST_F(SqliteStorageTest, FindsTenThousandIdsAfterReopening) {
  constexpr std::uint64_t kSize = 10'000;
  {
    auto storage = Create();
    GrowTo(storage->log(), kSize, 999);
  }
  auto storage = Open();
  std::vector<Id> ids;
  for (std::uint64_t i = 0; i < 2 * kSize; ++i) ids.push_back(SampleId(i));
  const auto found = storage->reader().FindIds(ids).value();
  for (std::uint64_t i = 0; i < 2 * kSize; ++i) ASSERT_EQ(found[i], i < kSize ? std::optional(i) : std::nullopt) << i;
}

TEST_F(SqliteStorageTest, WithheldBytesAreGoneFromTheFiles) {
  const auto secret = [](std::uint64_t index) {
    return fmt::format("SECRET-{}-{}", index, std::string(index == 3 ? 60'000 : 400, 's'));
  };
  // 3 and 100: folded from a tail that grew by single entries. 300: written with its bundle. 520 and 530: in the tail, 530 folded
  // later.
  const std::vector<std::uint64_t> indices = {3, 100, 300, 520, 530};
  auto records = SampleRecords(0, 1100);
  for (const std::uint64_t index : indices) records[index].companion = secret(index);
  auto storage = Create();
  const auto append = [&](std::uint64_t begin, std::uint64_t end, std::uint64_t width) {
    for (std::uint64_t at = begin; at < end; at += width) {
      ASSERT_EQ(AppendAll(storage->log(), {records.begin() + static_cast<std::ptrdiff_t>(at),
                                           records.begin() + static_cast<std::ptrdiff_t>(std::min(end, at + width))}),
                absl::OkStatus());
    }
  };
  const auto in_files = [&](std::uint64_t index) {
    const std::string mark = fmt::format("SECRET-{}-", index);
    return FileBytes(path()).find(mark) != std::string::npos || FileBytes(path() + "-wal").find(mark) != std::string::npos;
  };
  append(0, 256, 1);
  append(256, 512, 256);
  append(512, 540, 3);
  for (const std::uint64_t index : indices) EXPECT_TRUE(in_files(index)) << index;
  for (const std::uint64_t index : {3, 100, 300, 520}) {
    ASSERT_EQ(storage->log().Withhold(index), absl::OkStatus());
    EXPECT_FALSE(in_files(index)) << index;
  }
  append(540, 1100, 7);
  ASSERT_EQ(storage->log().Withhold(530), absl::OkStatus());
  for (const std::uint64_t index : indices) EXPECT_FALSE(in_files(index)) << index;
  for (const std::uint64_t index : indices) records[index].companion.clear();
  EXPECT_EQ(storage->reader().ReadRecords(0, 1100).value(), records);
}

TEST_F(SqliteStorageTest, WalStaysShortUnderSteadyWriting) {
  auto storage = Create();
  std::uint64_t longest = 0;
  for (std::uint64_t at = 0; at < 200; ++at) {  // 192 MB: twice what is allowed
    auto records = SampleRecords(at * 16, 16);
    for (Record& record : records) record.companion.resize(60'000, 'x');
    ASSERT_EQ(AppendAll(storage->log(), records), absl::OkStatus());
    longest = std::max(longest, sqlite::FileSize(path() + "-wal"));
  }
  EXPECT_GT(longest, 8U << 20) << "the test must reach the first checkpoint";
  EXPECT_LT(longest, 110U << 20);
}

TEST_F(SqliteStorageTest, ReadersInTheMiddleOfASnapshotDoNotHoldUpTheWriter) {
  auto storage = Create();
  GrowTo(storage->log(), 10, 10);
  auto reader = sqlite::Db::Open(path(), sqlite::Mode::kReadOnly).value();
  const auto snapshot = sqlite::Snapshot::Begin(*reader).value();
  EXPECT_EQ(reader->ReadOne("SELECT max(size) FROM heads").value(), "10");
  GrowTo(storage->log(), 300, 10);
  EXPECT_EQ(reader->ReadOne("SELECT max(size) FROM heads").value(), "10");
  EXPECT_EQ(storage->reader().IntegratedHead().value().size, 300U);
}

}  // namespace
}  // namespace trustlog::storage
