#include "proto/tlog/cosignature.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/ed25519.h"
#include "proto/tlog/checkpoint.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

// The message that tlog-cosignature shows under "Ed25519 signed message", signed by PeterNeumann()'s key with
//   openssl pkeyutl -sign -rawin -in message -inkey key.der -keyform DER
constexpr std::string_view kText = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr std::int64_t kTime = 1'679'315'147;
constexpr std::string_view kName = "witness.example.com/w1";
constexpr std::string_view kVkey = "witness.example.com/w1+d46a2b1b+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kLine =
    "— witness.example.com/w1 "
    "1GorGwAAAABkGFDLJeR//pqzhnEKVvEm2wWbh2RJ6oru5+cUUfm5X9NnlaGr8aSH9QE5RVZD4QGlxl2F5UpVIIi94p178KLfqPPsAA==\n";

NoteSignature SignatureOf(std::uint64_t time, std::size_t rest = 64) {
  bytes::ByteWriter blob;
  blob.U64(time).Raw(std::string(rest, 's'));
  return {"w", 1, blob.Take()};
}

TEST(Cosignature, C4SignsAndVerifiesTheExampleOfTheSpecification) {
  const auto cosignature = Cosign(kText, kName, PeterNeumann(), kTime);
  ASSERT_TRUE(cosignature.ok()) << cosignature.status();
  EXPECT_EQ(FormatSignatureLine(*cosignature), kLine);
  EXPECT_EQ(CosignatureTime(*cosignature), kTime);
  EXPECT_TRUE(VerifyCosignature(kText, VerifierKey::Parse(kVkey).value(), *cosignature));
}

// tlog-cosignature, "Format": read only, the key is not published.
TEST(Cosignature, C4ReadsTheExampleLineOfTheSpecification) {
  const auto lines = ParseSignatureLines(
      "— witness.example.com/w1 "
      "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ(CosignatureTime(lines->front()), kTime);
}

TEST(Cosignature, C4TheBlobIsTheTimeAndASignatureOfHeaderTimeAndText) {
  const auto cosignature = Cosign("t\n", "w", SampleKey(1), 7).value();
  ASSERT_EQ(cosignature.signature.size(), 72U);
  EXPECT_EQ(cosignature.signature.substr(0, 8), std::string("\0\0\0\0\0\0\0\7", 8));
  const auto raw = SampleKey(1).public_key();
  EXPECT_TRUE(
      keys::VerifyEd25519(bytes::AsBytes(raw.raw_ed25519()), "cosignature/v1\ntime 7\nt\n", cosignature.signature.substr(8)));
}

TEST(Cosignature, B3TimesAreOneTo2To63Minus1) {
  EXPECT_EQ(CosignatureTime(SignatureOf(1)), 1);
  EXPECT_EQ(CosignatureTime(SignatureOf((std::uint64_t{1} << 63) - 1)), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(CosignatureTime(SignatureOf(0)), std::nullopt);
  EXPECT_EQ(CosignatureTime(SignatureOf(std::uint64_t{1} << 63)), std::nullopt);
  EXPECT_EQ(CosignatureTime(SignatureOf(std::numeric_limits<std::uint64_t>::max())), std::nullopt);
}

// A checker compares this time with its own clock; a time far ahead is still a well-formed one here.
TEST(Cosignature, E13TheSignedTimeIsGivenHoweverOldOrFarAhead) {
  for (const std::int64_t time : {std::int64_t{1}, kTime, std::numeric_limits<std::int64_t>::max()}) {
    const auto cosignature = Cosign(kText, "w", SampleKey(1), time).value();
    EXPECT_EQ(CosignatureTime(cosignature), time);
    EXPECT_TRUE(VerifyCosignature(kText, SampleVkey("w", kTypeCosignatureV1, 1), cosignature));
  }
}

TEST(Cosignature, OtherLengthsHaveNoTime) {
  for (const std::size_t rest : {0U, 1U, 56U, 63U, 65U, 2420U})
    EXPECT_EQ(CosignatureTime(SignatureOf(1, rest)), std::nullopt) << rest;
  EXPECT_EQ(CosignatureTime({"w", 1, ""}), std::nullopt);
  EXPECT_EQ(CosignatureTime({"w", 1, "1234567"}), std::nullopt);
}

TEST(Cosignature, EveryPrefixAndEveryChangedBitOfTheSignatureIsRefused) {
  const auto key = SampleVkey("w", kTypeCosignatureV1, 1);
  const auto good = Cosign(kText, "w", SampleKey(1), kTime).value();
  ASSERT_TRUE(VerifyCosignature(kText, key, good));
  ForEachDamage(good.signature, [&](const std::string& damaged) {
    EXPECT_FALSE(VerifyCosignature(kText, key, {good.name, good.key_id, damaged}));
  });
}

TEST(Cosignature, VerifiesOnlyUnderItsNameAndId) {
  const auto key = SampleVkey("w", kTypeCosignatureV1, 1);
  const auto good = Cosign(kText, "w", SampleKey(1), kTime).value();
  EXPECT_FALSE(VerifyCosignature(kText, key, {"v", good.key_id, good.signature}));
  EXPECT_FALSE(VerifyCosignature(kText, key, {"w", good.key_id + 1, good.signature}));
}

TEST(Cosignature, EveryChangedBitOfTheTextIsRefused) {
  const auto key = SampleVkey("w", kTypeCosignatureV1, 1);
  const auto good = Cosign(kText, "w", SampleKey(1), kTime).value();
  ForEachDamage(std::string(kText), [&](const std::string& damaged) { EXPECT_FALSE(VerifyCosignature(damaged, key, good)); });
}

TEST(Cosignature, A2OneKeyUsedForBothTypesDoesNotMixThem) {
  const auto as_log = SampleVkey("n", kTypeEd25519, 1);
  const auto as_witness = SampleVkey("n", kTypeCosignatureV1, 1);
  const auto cosignature = Cosign(kText, "n", SampleKey(1), kTime).value();
  const auto signature = SignNote(kText, "n", SampleKey(1)).value();
  EXPECT_FALSE(as_log.Verify(kText, cosignature));
  EXPECT_FALSE(as_witness.Verify(kText, signature));
  EXPECT_TRUE(as_witness.Verify(kText, cosignature));
}

// What C4 and B3 make of a witness's answer: known keys are verified, others ignored, a bad one voids the whole.
TEST(Cosignature, B3AnAnswerIsOpenedTogetherWithTheTextThatWasSent) {
  const std::vector known = {SampleVkey("w", kTypeCosignatureV1, 1)};
  const std::string text(kText);
  const auto good = FormatSignatureLine(Cosign(text, "w", SampleKey(1), kTime).value());
  const auto stranger = FormatSignatureLine(Cosign(text, "v", SampleKey(2), kTime).value());
  const auto bad = FormatSignatureLine(Cosign("other\n", "w", SampleKey(1), kTime).value());
  EXPECT_TRUE(OpenNote(text + "\n" + stranger + good, known).ok());
  EXPECT_FALSE(OpenNote(text + "\n" + stranger, known).ok());
  EXPECT_FALSE(OpenNote(text + "\n" + stranger + bad, known).ok());
  const auto timeless = FormatSignatureLine({"w", known[0].key_id(), SignatureOf(0).signature});
  EXPECT_EQ(bytes::ReasonOf(OpenNote(text + "\n" + timeless, known).status()), bytes::Reason::kSignatureInvalid);
}

TEST(Cosign, RefusesNamesThatNoLineCanCarry) {
  EXPECT_EQ(bytes::ReasonOf(Cosign(kText, "a b", SampleKey(1), 1).status()), bytes::Reason::kArgumentInvalid);
}

}  // namespace
}  // namespace trustlog::tlog
