// Checkpoints, tiles and bundles that other implementations made: a Tessera log of 15 entries and Sigstore's checkpoints.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "fmt/format.h"
#include "merkle/compact_range.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/bundle.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/cosignature.h"
#include "proto/tlog/note.h"
#include "proto/tlog/tile_path.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class TesseraLog : public testing::Test {
 protected:
  static constexpr std::uint16_t kSize = 15;

  void SetUp() override {
    if (!fs::is_directory(folder_)) GTEST_SKIP() << folder_ << " is absent";
  }
  std::string Note(int size) const { return ReadFile(folder_ / fmt::format("checkpoint.{}", size)); }
  // Of Tessera's documentation.
  const std::vector<VerifierKey> known_ = {
      VerifierKey::Parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx").value()};
  const fs::path folder_ = fs::path(TRUSTLOG_SHARED_DATA "/vectors/tlog-tiles-tessera");
};

TEST_F(TesseraLog, A1A3EveryCheckpointVerifiesAndIsWrittenTheSameWay) {
  for (int size = 0; size <= kSize; ++size) {
    SCOPED_TRACE(size);
    const auto note = Note(size);
    const auto opened = OpenNote(note, known_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    const auto checkpoint = ParseCheckpoint(opened->text);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->head.size, static_cast<std::uint64_t>(size));
    EXPECT_EQ(checkpoint->origin, known_[0].name());  // A5
    EXPECT_EQ(FormatNote({FormatCheckpoint(*checkpoint), opened->verified}), note);
  }
}

TEST_F(TesseraLog, EveryPrefixAndEveryChangedBitOfACheckpointIsRefused) {
  ForEachDamage(Note(kSize), [&](const std::string& damaged) { EXPECT_FALSE(OpenNote(damaged, known_).ok()) << damaged; });
}

TEST_F(TesseraLog, A11A12PartialTilesHaveTheirWidthAndGiveTheRoot) {
  for (std::uint16_t size = 1; size <= kSize; ++size) {
    SCOPED_TRACE(size);
    const auto data = ReadFile(folder_ / TilePath({0, 0, size}));
    const auto tile = ParseTile(data, size);
    ASSERT_TRUE(tile.has_value());
    EXPECT_EQ(ParseTile(data, static_cast<std::uint16_t>(size + 1)), std::nullopt);
    EXPECT_EQ(FormatTile(*tile), data);
    merkle::CompactRange range;
    for (const auto& leaf : *tile) range.Append(leaf);
    EXPECT_EQ(range.Head(), ParseCheckpoint(OpenNote(Note(size), known_)->text)->head);
  }
}

TEST_F(TesseraLog, A11A15EachEntryOfABundleHashesToItsPlaceInTheTile) {
  for (std::uint16_t size = 1; size <= kSize; ++size) {
    SCOPED_TRACE(size);
    const auto data = ReadFile(folder_ / BundlePath({BundleKind::kEntries, 0, size}));
    const auto entries = ParseBundle(data, size);
    ASSERT_TRUE(entries.has_value());
    EXPECT_EQ(FormatBundle(*entries), data);
    const auto tile = ParseTile(ReadFile(folder_ / TilePath({0, 0, size})), size).value();
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(merkle::HashLeaf(bytes::AsBytes((*entries)[i])), tile[i]);
  }
}

struct SigstoreCase {
  std::string_view folder;
  std::size_t unknown;              // signature lines by keys that trusted_root.json does not have as Ed25519
  std::vector<std::int64_t> times;  // of the cosignatures among them
};

class SigstoreCheckpoints : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(folder_)) GTEST_SKIP() << folder_ << " is absent";
  }
  std::string Note(std::string_view name) const {
    const auto bundle = json::parse(ReadFile(folder_ / name / "bundle.sigstore.json"));
    const auto& note = bundle.at_pointer("/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope");
    return std::string(note.as_string());
  }
  // The Ed25519 logs of trusted_root.json; their key name is their host name.
  std::vector<VerifierKey> Ed25519Logs(std::string_view name) const {
    std::vector<VerifierKey> logs;
    const auto root = json::parse(ReadFile(folder_ / name / "trusted_root.json"));
    for (const auto& log : root.at("tlogs").as_array()) {
      if (log.at_pointer("/publicKey/keyDetails").as_string() != "PKIX_ED25519") continue;
      const auto spki = bytes::DecodeBase64(std::string_view(log.at_pointer("/publicKey/rawBytes").as_string()));
      const auto key = keys::PublicKey::FromSpki(spki.value(), keys::Algorithm::kEd25519);
      const std::string url(log.at("baseUrl").as_string());
      logs.push_back(VerifierKey::Make(url.substr(std::string_view("https://").size()), kTypeEd25519, key.value()).value());
    }
    return logs;
  }
  const fs::path folder_ = fs::path(TRUSTLOG_SHARED_DATA "/vectors/checkpoints");
};

TEST_F(SigstoreCheckpoints, E1VerifiesTheLogAndIgnoresTheOthers) {
  const SigstoreCase cases[] = {
      {"rekor2-checkpoint-cosigned", 1, {1'755'639'614}},
      {"rekor2-checkpoint-multiple-cosigs", 2, {1'755'640'554, 1'755'640'554}},
      {"rekor2-checkpoint-two-sigs-from-origin", 1, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.folder);
    const auto note = Note(c.folder);
    const auto opened = OpenNote(note, Ed25519Logs(c.folder));
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->verified.size(), 1U);
    EXPECT_EQ(opened->unknown.size(), c.unknown);
    std::vector<std::int64_t> times;
    for (const auto& signature : opened->unknown) {
      if (const auto time = CosignatureTime(signature)) times.push_back(*time);
    }
    EXPECT_EQ(times, c.times);
    const auto checkpoint = ParseCheckpoint(opened->text);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->head.size, 736U);
    EXPECT_EQ(FormatNote(ParseNote(note).value()), note);
  }
}

TEST_F(SigstoreCheckpoints, A3ACheckpointWithoutOriginOrSizeIsRefused) {
  for (const std::string_view name : {"rekor2-checkpoint-missing-origin_fail", "rekor2-checkpoint-missing-size_fail"}) {
    SCOPED_TRACE(name);
    const auto note = ParseNote(Note(name));
    ASSERT_TRUE(note.ok()) << note.status();  // still a note, but no checkpoint, and signed as another text
    EXPECT_FALSE(ParseCheckpoint(note->text).ok());
    EXPECT_EQ(bytes::ReasonOf(OpenNote(Note(name), Ed25519Logs(name)).status()), bytes::Reason::kSignatureInvalid);
  }
}

// Rekor v1 signs with ECDSA, which notes of ours never have; its origin has blanks.
TEST_F(SigstoreCheckpoints, E1AnEcdsaSignatureIsByAnUnknownKey) {
  for (const std::string_view name : {"dsse-invalid-sig_fail", "dsse-mismatch-envelope_fail"}) {
    SCOPED_TRACE(name);
    const auto note = ParseNote(Note(name));
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_EQ(FormatNote(*note), Note(name));
    EXPECT_FALSE(ParseCheckpoint(note->text).ok());
    EXPECT_EQ(bytes::ReasonOf(OpenNote(Note(name), Ed25519Logs("rekor2-checkpoint-cosigned")).status()),
              bytes::Reason::kSignatureInvalid);
  }
}

}  // namespace
}  // namespace trustlog::tlog
