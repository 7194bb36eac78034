#include "client/follow/tile_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/follow/check_code.h"
#include "client/net/directory_fetcher.h"
#include "merkle/verify.h"
#include "proto/bytes/wire.h"
#include "tests/support/map_fetcher.h"
#include "tests/support/synthetic_log.h"
#include "tests/support/temporary_directory.h"

namespace trustlog::follow {
namespace {

using merkle::ProofCheck;
using testing::Files;
using testing::MapFetcher;
using testing::SyntheticLog;

const SyntheticLog& BigLog() {  // three tile levels: 65,536 + 256 + 44
  static const SyntheticLog log = [] {
    SyntheticLog made;
    made.AppendOpaque(65'836);
    return made;
  }();
  return log;
}

TEST(TileReader, ProofsVerifyAtEverySizeUpToTheHead) {
  SyntheticLog log;
  log.AppendOpaque(600);
  MapFetcher fetcher(log.Publish());
  TileReader reader(fetcher, log.Head());
  for (const std::uint64_t size : {1, 2, 255, 256, 257, 511, 512, 513, 600}) {
    const merkle::TreeHead head = log.Head(size);
    EXPECT_EQ(reader.RangeAt(size)->Head(), head);
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      const auto proof = reader.Inclusion(index, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      EXPECT_EQ(merkle::VerifyInclusion(index, size, merkle::HashLeaf(bytes::AsBytes(log.entry(index))), *proof, head.root),
                ProofCheck::kOk);
    }
    const auto growth = reader.Consistency(size, 600);
    ASSERT_TRUE(growth.ok()) << growth.status();
    EXPECT_EQ(merkle::VerifyConsistency(size, 600, head.root, log.Head().root, *growth), ProofCheck::kOk);
  }
}

TEST(TileReader, ReadsThreeLevelsFromADirectory) {
  const support::TemporaryDirectory directory;
  testing::WriteFiles(BigLog().Publish(), directory.path());
  net::DirectoryFetcher fetcher(directory.path());
  TileReader reader(fetcher, BigLog().Head());
  for (const std::uint64_t index : {0, 255, 256, 65'535, 65'536, 65'835}) {
    const auto proof = reader.Inclusion(index, 65'836);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_EQ(merkle::VerifyInclusion(index, 65'836, merkle::HashLeaf(bytes::AsBytes(BigLog().entry(index))), *proof,
                                      BigLog().Head().root),
              ProofCheck::kOk);
  }
  const auto entries = reader.ReadEntries(250, 65'830);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 65'580U);
  EXPECT_EQ(entries->front(), "entry 250");
  EXPECT_EQ(entries->back(), "entry 65829");
}

TEST(TileReader, AnswersWhatIsBeyondTheHeadWithOutOfRange) {
  SyntheticLog log;
  log.AppendOpaque(10);
  MapFetcher fetcher(log.Publish());
  TileReader reader(fetcher, log.Head());
  EXPECT_TRUE(absl::IsOutOfRange(reader.Inclusion(10, 10).status()));
  EXPECT_TRUE(absl::IsOutOfRange(reader.Inclusion(0, 11).status()));
  EXPECT_TRUE(absl::IsOutOfRange(reader.Consistency(0, 10).status()));
  EXPECT_TRUE(absl::IsOutOfRange(reader.Consistency(3, 11).status()));
  EXPECT_TRUE(absl::IsOutOfRange(reader.RangeAt(11).status()));
  EXPECT_TRUE(absl::IsOutOfRange(reader.ReadEntries(5, 11).status()));
  const merkle::TileId wide[] = {{0, 0, 11}};
  EXPECT_TRUE(absl::IsOutOfRange(reader.ReadTiles(wide).status()));
  EXPECT_TRUE(fetcher.asked.size() <= 1) << "only the edge";
}

TEST(TileReader, WorksOnAnEmptyLog) {  // E10
  MapFetcher fetcher;
  TileReader reader(fetcher, merkle::TreeHead{});
  EXPECT_EQ(reader.RangeAt(0)->Root(), merkle::EmptyRoot());
  EXPECT_TRUE(reader.ReadEntries(0, 0)->empty());
  EXPECT_TRUE(fetcher.asked.empty());
  TileReader liar(fetcher, {0, merkle::Hash{}});
  EXPECT_EQ(CheckCodeOf(liar.RangeAt(0).status()), CheckCode::kProofRootMismatch);
}

TEST(TileReader, FallsBackToTheFullTileAfterNotFoundOnly) {  // E2, A12, A14
  SyntheticLog log;
  log.AppendOpaque(300);
  Files now = log.Publish(300);
  SyntheticLog later = log;
  later.AppendOpaque(300);
  for (const auto& [path, body] : later.Publish(600)) {
    if (path.find(".p/") == std::string::npos) now[path] = body;
  }
  std::erase_if(now, [](const auto& file) { return file.first.ends_with(".p/44"); });
  MapFetcher fetcher(now);
  TileReader reader(fetcher, log.Head(300));
  EXPECT_EQ(reader.ReadEntries(0, 300)->back(), "entry 299");
  EXPECT_EQ(reader.ReadStatementsUnverified(299, 300)->front(), "statement 299");

  fetcher.fail = [](const std::string& path) -> std::optional<absl::Status> {
    if (path.ends_with(".p/44")) return absl::UnavailableError("down");
    return std::nullopt;
  };
  TileReader again(fetcher, log.Head(300));
  EXPECT_TRUE(absl::IsUnavailable(again.RangeAt(300).status()));
}

TEST(TileReader, FetchesEachUpperTileOnce) {
  MapFetcher fetcher(BigLog().Publish());
  TileReader reader(fetcher, BigLog().Head());
  for (std::uint64_t index = 0; index < 65'536; index += 8'192) ASSERT_TRUE(reader.Inclusion(index, 65'836).ok());
  EXPECT_EQ(std::count(fetcher.asked.begin(), fetcher.asked.end(), "tile/1/000"), 1);
}

// Whatever byte of whatever tile is changed, no caller sees it.
TEST(TileReader, RefusesEveryChangedTile) {
  const Files good = BigLog().Publish();
  for (const std::string path : {"tile/0/000", "tile/0/257.p/44", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"}) {
    for (const std::size_t at : {std::size_t{0}, good.at(path).size() / 2, good.at(path).size() - 1}) {
      MapFetcher fetcher(good);
      fetcher.files[path][at] = static_cast<char>(fetcher.files[path][at] ^ 1);
      TileReader reader(fetcher, BigLog().Head());
      const std::uint64_t index = path.starts_with("tile/0/257") ? 65'800 : 3;
      EXPECT_EQ(CheckCodeOf(reader.Inclusion(index, 65'836).status()), CheckCode::kProofRootMismatch) << path << " " << at;
    }
  }
}

TEST(TileReader, RefusesTilesOfAnotherLengthAndOfAnotherTree) {
  SyntheticLog log, other;
  log.AppendOpaque(300);
  other.Append("another", "");
  other.AppendOpaque(299);
  struct Case {
    const char* name;
    std::function<void(Files&)> change;
    CheckCode code;
  };
  const Case cases[] = {
      {"short tile", [](Files& f) { f["tile/0/000"].pop_back(); }, CheckCode::kProofRootMismatch},
      {"long tile", [](Files& f) { f["tile/0/000"] += 'x'; }, CheckCode::kProofRootMismatch},
      {"empty tile", [](Files& f) { f["tile/0/001.p/44"].clear(); }, CheckCode::kProofRootMismatch},
      {"tiles of another tree", [&other](Files& f) { f = other.Publish(); }, CheckCode::kProofRootMismatch},
      {"two tiles swapped", [](Files& f) { f["tile/0/000"].replace(0, 32, f["tile/0/000"].substr(32, 32)); },
       CheckCode::kProofRootMismatch},
      {"changed entry", [](Files& f) { f["tile/entries/000"][5] ^= 1; }, CheckCode::kEntryHashMismatch},
      {"short bundle", [](Files& f) { f["tile/entries/000"].resize(100); }, CheckCode::kEntryHashMismatch},
      {"bundle with more", [](Files& f) { f["tile/entries/001.p/44"] += std::string("\0\1x", 3); }, CheckCode::kEntryHashMismatch},
      {"entries of another tree", [&other](Files& f) { f["tile/entries/000"] = other.Publish()["tile/entries/000"]; },
       CheckCode::kEntryHashMismatch},
  };
  for (const Case& c : cases) {
    MapFetcher fetcher(log.Publish());
    c.change(fetcher.files);
    TileReader reader(fetcher, log.Head());
    EXPECT_EQ(CheckCodeOf(reader.ReadEntries(0, 300).status()), c.code) << c.name;
  }
}

TEST(TileReader, NamesTheEntryThatIsNotTheTrees) {
  SyntheticLog log, other;
  log.AppendOpaque(300);
  other.AppendOpaque(270);
  other.Append("not entry 270", "");
  other.AppendOpaque(29);
  MapFetcher fetcher(log.Publish());
  fetcher.files["tile/entries/001.p/44"] = other.Publish()["tile/entries/001.p/44"];
  TileReader reader(fetcher, log.Head());
  EXPECT_THAT(std::string(reader.ReadEntries(0, 300).status().message()), ::testing::HasSubstr("entry 270 "));
}

TEST(TileReader, MissingStatementsAreNamedAsSuch) {
  SyntheticLog log;
  log.AppendOpaque(300);
  for (const bool absent : {true, false}) {
    MapFetcher fetcher(log.Publish());
    if (absent) {
      fetcher.files.erase("tile/statements/000");
    } else {
      fetcher.files["tile/statements/000"].pop_back();
    }
    TileReader reader(fetcher, log.Head());
    EXPECT_EQ(CheckCodeOf(reader.ReadStatementsUnverified(0, 300).status()), CheckCode::kStatementMissing);
    EXPECT_EQ(reader.ReadStatementsUnverified(256, 300)->size(), 44U);
  }
}

}  // namespace
}  // namespace trustlog::follow
