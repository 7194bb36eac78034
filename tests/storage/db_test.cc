#include "storage/sqlite/db.h"

#include "storage/sqlite/connections.h"
#include "tests/storage/sample_log.h"

namespace trustlog::sqlite {
namespace {

class DbTest : public testing::Test {
 protected:
  DbTest() : db_(Db::Open(directory_.path() + "/x.db", Mode::kCreate).value()) {
    const Setting wal = {"journal_mode", "WAL", "wal"};
    EXPECT_EQ(db_->Set({&wal, 1}), absl::OkStatus());
    EXPECT_EQ(db_->Execute("CREATE TABLE t(k INTEGER PRIMARY KEY CHECK (k < 100), v BLOB NOT NULL) STRICT"), absl::OkStatus());
  }
  absl::Status Insert(std::uint64_t key, std::string_view value) {
    return Query(*db_, "INSERT INTO t VALUES(?, ?)").Bind(key).BindBytes(value).Run();
  }
  std::string Count() { return db_->ReadOne("SELECT count(*) FROM t").value(); }

  storage::TemporaryDirectory directory_;
  std::unique_ptr<Db> db_;
};

TEST_F(DbTest, BindsAndReadsBytesWithZeros) {
  const std::string bytes("\0a\0", 3);
  ASSERT_EQ(Insert(1, bytes), absl::OkStatus());
  ASSERT_EQ(Insert(2, ""), absl::OkStatus());
  ASSERT_EQ(Insert(3, std::string_view()), absl::OkStatus());
  Query query(*db_, "SELECT k, v FROM t ORDER BY k");
  for (std::uint64_t key = 1; key <= 3; ++key) {
    ASSERT_TRUE(query.Next().value());
    EXPECT_EQ(query.Integer(0), key);
    EXPECT_EQ(query.Bytes(1), key == 1 ? bytes : "");
  }
  EXPECT_FALSE(query.Next().value());
}

// A setting that takes the hook away would let the WAL grow for ever.
TEST_F(DbTest, CountsTheFramesOfItsWalUnderTheWritersSettings) {
  ASSERT_EQ(db_->Set(WriterSettings()), absl::OkStatus());
  ASSERT_EQ(Insert(1, std::string(100'000, 'a')), absl::OkStatus());
  EXPECT_GT(db_->wal_frames(), 10);
}

TEST_F(DbTest, TheWalOfAWriterStartsAnew) {
  auto connections = Connections::Open(directory_.path() + "/x.db", [] { return absl::OkStatus(); }).value();
  const std::string megabyte(1'000'000, 'a');
  int most = 0, now = 0;
  // The checkpoint thread takes its turn between two commits: when, is the system's to say. Without it a gigabyte is written.
  for (int i = 0; i < 1'000 && now >= most; ++i) {
    most = now;
    ASSERT_EQ(connections->Write([&](Db& db) {
      now = db.wal_frames();  // after the commit before
      return Query(db, "INSERT OR REPLACE INTO t VALUES(1, ?)").BindBytes(megabyte).Run();
    }),
              absl::OkStatus());
  }
  EXPECT_LT(now, most);
  EXPECT_EQ(connections->Close(), absl::OkStatus());
}

TEST_F(DbTest, AStatementServesAgainAfterAnError) {
  ASSERT_EQ(Insert(1, "a"), absl::OkStatus());
  EXPECT_EQ(Insert(1, "b").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Insert(100, "b").code(), absl::StatusCode::kDataLoss) << "a CHECK fires";
  EXPECT_EQ(Insert(2, "c"), absl::OkStatus());
  EXPECT_EQ(Count(), "2");
}

TEST_F(DbTest, NumbersAndStatementsThatSqliteCannotTakeAreErrors) {
  EXPECT_FALSE(Insert(std::uint64_t{1} << 63, "a").ok());
  EXPECT_FALSE(Query(*db_, "SELECT nothing FROM nowhere").Run().ok());
  EXPECT_FALSE(Query(*db_, "SELECT k FROM t").Bind(1).Run().ok()) << "no such parameter";
  EXPECT_FALSE(db_->Execute("nonsense").ok());
}

TEST_F(DbTest, ATransactionIsWholeOrNothing) {
  EXPECT_EQ(InTransaction(*db_,
                          [&] {
                            EXPECT_EQ(Insert(1, "a"), absl::OkStatus());
                            return absl::AbortedError("no");
                          })
                .code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(Count(), "0");
  EXPECT_FALSE(db_->InTransaction());
  EXPECT_EQ(InTransaction(*db_, [&] { return Insert(1, "a"); }), absl::OkStatus());
  EXPECT_EQ(Count(), "1");
}

TEST_F(DbTest, AWriterThatFindsAnotherOneIsUnavailable) {
  auto other = Db::Open(directory_.path() + "/x.db", Mode::kReadWrite).value();
  const auto inner = [&] { return InTransaction(*other, [] { return absl::OkStatus(); }); };
  EXPECT_EQ(InTransaction(*db_,
                          [&] {
                            EXPECT_EQ(inner().code(), absl::StatusCode::kUnavailable);
                            return absl::OkStatus();
                          }),
            absl::OkStatus());
  EXPECT_EQ(inner(), absl::OkStatus());
}

TEST_F(DbTest, ASettingThatDoesNotReadBackIsRefused) {
  const Setting wrong = {"synchronous", "FULL", "1"};
  EXPECT_EQ(db_->Set({&wrong, 1}).code(), absl::StatusCode::kFailedPrecondition);
  const Setting unknown = {"no_such_setting", "1", "1"};
  EXPECT_EQ(db_->Set({&unknown, 1}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DbTest, OverwritesInPlaceAndNeverBeyondTheEnd) {
  ASSERT_EQ(Insert(5, std::string(50'000, 'a')), absl::OkStatus());
  EXPECT_EQ(OverwriteBlob(*db_, "t", "v", 5, std::string(50'000, 'b')), absl::OkStatus());
  EXPECT_EQ(db_->ReadOne("SELECT v FROM t").value(), std::string(50'000, 'b'));
  EXPECT_FALSE(OverwriteBlob(*db_, "t", "v", 5, std::string(50'001, 'c')).ok());
  EXPECT_FALSE(OverwriteBlob(*db_, "t", "v", 6, "c").ok());
  EXPECT_EQ(db_->ReadOne("SELECT v FROM t").value(), std::string(50'000, 'b'));
}

TEST_F(DbTest, NeverCreatesUnlessAsked) {
  EXPECT_FALSE(Db::Open(directory_.path() + "/y.db", Mode::kReadWrite).ok());
  EXPECT_FALSE(Db::Open(directory_.path() + "/y.db", Mode::kReadOnly).ok());
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/y.db"));
}

}  // namespace
}  // namespace trustlog::sqlite
