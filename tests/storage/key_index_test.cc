// What key_index.h promises, for the SQLite file and for the one in memory; and what only a file can suffer.
#include "storage/key_index.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "merkle/hash.h"
#include "proto/bytes/wire.h"
#include "storage/open_storage.h"
#include "tests/support/memory_key_index.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::storage {
namespace {

using Indices = std::vector<std::uint64_t>;
using Keys = std::vector<std::vector<std::string>>;

merkle::Hash Root(std::string_view name) { return merkle::Sha256(bytes::AsBytes(name)); }

struct IndexEngine {
  const char* name;
  std::function<std::unique_ptr<KeyIndex>(const std::string& directory)> make;
};
void PrintTo(const IndexEngine& engine, std::ostream* out) { *out << engine.name; }
std::string NameOf(const testing::TestParamInfo<IndexEngine>& info) { return info.param.name; }

KeyIndexIdentity Sample() { return {{1, 2, 3}, "sample/1"}; }
std::string Url(const std::string& directory) { return "sqlite:" + directory + "/log.db"; }

class KeyIndexConformance : public testing::TestWithParam<IndexEngine> {
 protected:
  const support::TemporaryDirectory directory_;
  const std::unique_ptr<KeyIndex> index_ = GetParam().make(directory_.path());
};

TEST_P(KeyIndexConformance, BeginsEmpty) {
  EXPECT_EQ(index_->Indexed().value(), (merkle::TreeHead{0, merkle::EmptyRoot()}));
  EXPECT_EQ(index_->Find("a", 0, 0, 10).value(), Indices());
}

TEST_P(KeyIndexConformance, FindsWhatWasAddedInAscendingOrder) {
  ASSERT_TRUE(index_->Add(0, Keys{{"a", "b"}, {}, {"b", "a", "b"}}, Root("3")).ok());
  ASSERT_TRUE(index_->Add(3, Keys{{"c"}, {"a"}}, Root("5")).ok());
  EXPECT_EQ(index_->Indexed().value(), (merkle::TreeHead{5, Root("5")}));
  EXPECT_EQ(index_->Find("a", 0, 5, 10).value(), (Indices{0, 2, 4}));
  EXPECT_EQ(index_->Find("b", 0, 5, 10).value(), (Indices{0, 2}));
  EXPECT_EQ(index_->Find("c", 0, 5, 10).value(), (Indices{3}));
  EXPECT_EQ(index_->Find("", 0, 5, 10).value(), Indices());
  EXPECT_EQ(index_->Find(std::string(1000, 'x'), 0, 5, 10).value(), Indices());
}

TEST_P(KeyIndexConformance, AnIntervalAndALimitCutTheList) {
  ASSERT_TRUE(index_->Add(0, Keys(100, {"a"}), Root("100")).ok());
  for (std::uint64_t begin = 0; begin <= 100; begin += 7) {
    for (std::uint64_t end = 0; end <= 100; end += 9) {
      for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
        Indices wanted;
        for (auto i = begin; i < end && wanted.size() < limit; ++i) wanted.push_back(i);
        EXPECT_EQ(index_->Find("a", begin, end, limit).value(), wanted) << begin << " " << end << " " << limit;
      }
    }
  }
  EXPECT_EQ(index_->Find("a", UINT64_MAX, 100, SIZE_MAX).value(), Indices());
}

TEST_P(KeyIndexConformance, RefusesAnAnswerThatWouldNotBeComplete) {
  ASSERT_TRUE(index_->Add(0, Keys{{"a"}}, Root("1")).ok());
  EXPECT_TRUE(absl::IsOutOfRange(index_->Find("a", 0, 2, 10).status()));
  EXPECT_TRUE(absl::IsOutOfRange(index_->Find("a", 0, UINT64_MAX, 10).status()));
}

TEST_P(KeyIndexConformance, AddsAtItsSizeOnly) {
  ASSERT_TRUE(index_->Add(0, Keys{{"a"}, {"a"}}, Root("2")).ok());
  for (const std::uint64_t begin : {0, 1, 3}) EXPECT_TRUE(absl::IsAborted(index_->Add(begin, Keys{{"a"}}, Root("x")))) << begin;
  EXPECT_EQ(index_->Indexed().value(), (merkle::TreeHead{2, Root("2")}));
  EXPECT_EQ(index_->Find("a", 0, 2, 10).value(), (Indices{0, 1}));
}

TEST_P(KeyIndexConformance, ClearedItBeginsAnew) {
  ASSERT_TRUE(index_->Add(0, Keys{{"a"}, {"a"}}, Root("2")).ok());
  ASSERT_TRUE(index_->Clear().ok());
  EXPECT_EQ(index_->Indexed().value(), (merkle::TreeHead{0, merkle::EmptyRoot()}));
  EXPECT_TRUE(absl::IsOutOfRange(index_->Find("a", 0, 2, 10).status()));
  ASSERT_TRUE(index_->Add(0, Keys{{}, {"a"}}, Root("x")).ok());
  EXPECT_EQ(index_->Find("a", 0, 2, 10).value(), (Indices{1}));
}

INSTANTIATE_TEST_SUITE_P(
    Engines, KeyIndexConformance,
    testing::Values(IndexEngine{"Memory", [](const std::string&) { return std::make_unique<support::MemoryKeyIndex>(); }},
                    IndexEngine{"Sqlite",
                                [](const std::string& directory) { return OpenKeyIndex(Url(directory), Sample()).value(); }}),
    NameOf);

class KeyIndexFile : public testing::Test {
 protected:
  std::unique_ptr<KeyIndex> Open(const KeyIndexIdentity& identity = Sample()) {
    return OpenKeyIndex(Url(directory_.path()), identity).value();
  }
  // 300 records under "a", closed.
  void Fill() {
    const auto index = Open();
    ASSERT_TRUE(index->Add(0, Keys(300, {"a"}), Root("300")).ok());
  }
  void ExpectEmpty(KeyIndex& index) {
    EXPECT_EQ(index.Indexed().value().size, 0U);
    ASSERT_TRUE(index.Add(0, Keys{{"b"}}, Root("1")).ok());
    EXPECT_EQ(index.Find("b", 0, 1, 10).value(), (Indices{0}));
  }

  const support::TemporaryDirectory directory_;
  const std::string file_ = directory_.path() + "/log.db.index";
};

TEST_F(KeyIndexFile, OutlivesTheProcess) {
  Fill();
  const auto index = Open();
  EXPECT_EQ(index->Indexed().value(), (merkle::TreeHead{300, Root("300")}));
  EXPECT_EQ(index->Find("a", 298, 300, 10).value(), (Indices{298, 299}));
}

TEST_F(KeyIndexFile, IsItsOwnersAlone) {
  Fill();
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(KeyIndexFile, OfAnotherStoreOrOtherKeysBeginsEmpty) {
  Fill();
  ExpectEmpty(*Open({{9}, "sample/1"}));
  std::filesystem::remove(file_);
  Fill();
  ExpectEmpty(*Open({{1, 2, 3}, "sample/2"}));
}

TEST_F(KeyIndexFile, DeletedBeginsEmpty) {
  Fill();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_ + suffix);
  ExpectEmpty(*Open());
}

TEST_F(KeyIndexFile, DamagedBeginsEmptyOrSaysSo) {
  const struct {
    const char* name;
    std::function<void(const std::string&)> damage;
  } cases[] = {
      {"empty", [](const std::string& file) { std::filesystem::resize_file(file, 0); }},
      {"cut", [](const std::string& file) { std::filesystem::resize_file(file, 5000); }},
      {"no database", [](const std::string& file) { std::ofstream(file, std::ios::binary) << std::string(20'000, 'x'); }},
      {"a page of zeros",
       [](const std::string& file) {
         std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
         out.seekp(4096);
         out << std::string(8192, '\0');
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Fill();
    std::filesystem::remove(file_ + "-shm");
    std::filesystem::remove(file_ + "-wal");  // what was not checkpointed is gone as well
    c.damage(file_);
    const auto index = Open();
    const auto head = index->Indexed();
    if (!head.ok() || !index->Find("a", 0, head->size, 10).ok()) {
      ASSERT_TRUE(index->Clear().ok());
    }
    ExpectEmpty(*index);
    ASSERT_TRUE(index->Clear().ok());
  }
}

TEST_F(KeyIndexFile, ClearedWhileOthersRead) {
  Fill();
  const auto index = Open();
  ASSERT_TRUE(index->Find("a", 0, 300, 1).ok());
  ASSERT_TRUE(index->Clear().ok());
  EXPECT_TRUE(absl::IsOutOfRange(index->Find("a", 0, 300, 1).status()));
}

TEST_F(KeyIndexFile, ManyAddsKeepTheWalShort) {
  const auto index = Open();
  for (std::uint64_t i = 0; i < 60; ++i) {
    Keys keys;
    for (int k = 0; k < 500; ++k) keys.push_back({"a", "key " + std::to_string(i * 500 + static_cast<unsigned>(k))});
    ASSERT_TRUE(index->Add(i * 500, keys, Root("x")).ok());
  }
  EXPECT_LT(std::filesystem::file_size(file_ + "-wal"), 20u << 20);
  EXPECT_EQ(index->Find("key 29999", 0, 30'000, 10).value(), (Indices{29'999}));
}

}  // namespace
}  // namespace trustlog::storage
