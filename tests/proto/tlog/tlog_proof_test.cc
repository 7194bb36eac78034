#include "proto/tlog/tlog_proof.h"

#include <gtest/gtest.h>

#include <string>

#include "merkle/verify.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

using merkle::Hash;

constexpr std::string_view kOrigin = "log.example";
constexpr std::string_view kEntry = "three";

// Leaf 2 of the three leaves "one", "two", "three": its path is the one node above the others.
struct Sample {
  Hash leaf = merkle::HashLeaf(bytes::AsBytes(kEntry));
  Hash sibling = merkle::HashNode(merkle::HashLeaf(bytes::AsBytes(std::string_view("one"))),
                                  merkle::HashLeaf(bytes::AsBytes(std::string_view("two"))));
  std::string text = FormatCheckpoint({std::string(kOrigin), {3, merkle::HashNode(sibling, leaf)}});
  std::string note = FormatNote({text, {SignNote(text, kOrigin, SampleKey(1)).value()}});
  std::string proof = FormatTlogProof(2, {sibling}, note);
};

// E5: leaf hash from the given entry, then origin and log key, then inclusion.
bool Proves(const std::string& text, std::string_view entry) {
  const auto proof = ParseTlogProof(text);
  if (!proof.ok()) return false;
  const auto opened = OpenNote(proof->checkpoint, std::vector{SampleVkey(kOrigin, kTypeEd25519, 1)});
  if (!opened.ok()) return false;
  const auto checkpoint = ParseCheckpoint(opened->text);
  if (!checkpoint.ok() || checkpoint->origin != kOrigin) return false;
  const auto& head = checkpoint->head;
  return merkle::VerifyInclusion(proof->index, head.size, merkle::HashLeaf(bytes::AsBytes(entry)), proof->hashes, head.root) ==
         merkle::ProofCheck::kOk;
}

TEST(TlogProof, E4WritesTheFormAndReadsItBack) {
  const Sample sample;
  EXPECT_EQ(sample.proof, "c2sp.org/tlog-proof@v1\nindex 2\n" + bytes::EncodeBase64(sample.sibling) + "\n\n" + sample.note);
  const auto proof = ParseTlogProof(sample.proof);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->index, 2U);
  EXPECT_EQ(proof->hashes, std::vector{sample.sibling});
  EXPECT_EQ(proof->checkpoint, sample.note);
  EXPECT_EQ(proof->extra, "");
}

TEST(TlogProof, E4ATreeOfOneLeafNeedsNoHash) {
  const Sample sample;
  const auto text = FormatTlogProof(0, {}, sample.note);
  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n"));
  const auto proof = ParseTlogProof(text);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_TRUE(proof->hashes.empty());
}

TEST(TlogProof, E4ExtraIsReadAndNeverWritten) {
  const Sample sample;
  const auto proof = ParseTlogProof("c2sp.org/tlog-proof@v1\nextra aGVsbG8=\n" + sample.proof.substr(23));
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->extra, "hello");
  EXPECT_EQ(FormatTlogProof(proof->index, proof->hashes, proof->checkpoint), sample.proof);
}

TEST(TlogProof, E5ProvesTheEntryAndNoOther) {
  const Sample sample;
  EXPECT_TRUE(Proves(sample.proof, kEntry));
  EXPECT_FALSE(Proves(sample.proof, "two"));
  EXPECT_FALSE(Proves(FormatTlogProof(1, {sample.sibling}, sample.note), kEntry));
  EXPECT_FALSE(Proves(FormatTlogProof(3, {sample.sibling}, sample.note), kEntry));
  EXPECT_FALSE(Proves(FormatTlogProof(2, {}, sample.note), kEntry));
  EXPECT_FALSE(Proves(FormatTlogProof(2, {sample.sibling, sample.sibling}, sample.note), kEntry));
}

TEST(TlogProof, E5EveryPrefixAndEveryChangedBitProvesNothing) {
  const Sample sample;
  ForEachDamage(sample.proof, [](const std::string& damaged) { EXPECT_FALSE(Proves(damaged, kEntry)) << damaged; });
}

TEST(TlogProof, RefusesEveryFormBesideTheOne) {
  const Sample sample;
  const std::string first = "c2sp.org/tlog-proof@v1\n";
  const std::string hash = bytes::EncodeBase64(sample.sibling) + "\n";
  std::string hashes64;
  for (int i = 0; i < 64; ++i) hashes64 += hash;
  const std::string tail = hash + "\n" + sample.note;
  struct Case {
    std::string_view name;
    std::string text;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"first line alone", first},
      {"another version", "c2sp.org/tlog-proof@v2\nindex 2\n" + tail},
      {"blank after the version", "c2sp.org/tlog-proof@v1 \nindex 2\n" + tail},
      {"CR LF", "c2sp.org/tlog-proof@v1\r\nindex 2\r\n" + tail},
      {"empty line first", "\n" + sample.proof},
      {"byte order mark", "\xef\xbb\xbf" + sample.proof},
      {"no index", first + tail},
      {"index without number", first + "index \n" + tail},
      {"index without blank", first + "index2\n" + tail},
      {"two blanks", first + "index  2\n" + tail},
      {"tab", first + "index\t2\n" + tail},
      {"leading zero", first + "index 02\n" + tail},
      {"negative", first + "index -1\n" + tail},
      {"index 2^63", first + "index 9223372036854775808\n" + tail},
      {"index 2^64", first + "index 18446744073709551616\n" + tail},
      {"two indexes", first + "index 2\nindex 2\n" + tail},
      {"extra after the index", first + "index 2\nextra aGVsbG8=\n" + tail},
      {"two extras", first + "extra aGVsbG8=\nextra aGVsbG8=\nindex 2\n" + tail},
      {"extra without data", first + "extra \nindex 2\n" + tail},
      {"extra that is not base64", first + "extra hello!\nindex 2\n" + tail},
      {"extra of 64 KiB", first + "extra " + bytes::EncodeBase64(std::string(49'152, 'x')) + "\nindex 2\n" + tail},
      {"hash of 31 bytes", first + "index 2\n" + bytes::EncodeBase64(std::string(31, 'h')) + "\n\n" + sample.note},
      {"hash with a blank", first + "index 2\n " + tail},
      {"64 hashes", first + "index 2\n" + hashes64 + "\n" + sample.note},
      {"no empty line", first + "index 2\n" + hash + sample.note},
      {"two empty lines", first + "index 2\n" + hash + "\n\n\n" + sample.note.substr(0, 20)},
      {"no checkpoint", first + "index 2\n" + hash + "\n"},
      {"checkpoint without signature", first + "index 2\n" + hash + "\n" + sample.text},
      {"checkpoint above 64 KiB", first + "index 2\n\n" + std::string(kMaxNoteBytes, 'a') + "\n" + sample.note},
      {"text after the checkpoint", sample.proof + "x\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto proof = ParseTlogProof(c.text);
    ASSERT_FALSE(proof.ok());
    EXPECT_EQ(bytes::ReasonOf(proof.status()), bytes::Reason::kArgumentInvalid);
    EXPECT_TRUE(IsPrintableAscii(std::string(proof.status().message()))) << proof.status();
  }
}

TEST(TlogProof, E4ReadsUpToTheLimits) {
  const Sample sample;
  EXPECT_TRUE(ParseTlogProof(FormatTlogProof(kMaxTreeSize, std::vector(63, sample.sibling), sample.note)).ok());
  // "extra ", 65,528 digits and a line feed: the longest line below 64 KiB whose data fills its digits
  const auto extra = bytes::EncodeBase64(std::string(49'146, 'x'));
  ASSERT_EQ(extra.size(), 65'528U);
  EXPECT_TRUE(ParseTlogProof("c2sp.org/tlog-proof@v1\nextra " + extra + "\n" + sample.proof.substr(23)).ok());
}

}  // namespace
}  // namespace trustlog::tlog
