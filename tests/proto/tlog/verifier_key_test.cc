#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/note.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

using bytes::Reason;
using bytes::ReasonOf;

// Of the tests of golang.org/x/mod and transparency-dev/formats.
constexpr std::string_view kPeter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kForeign[] = {
    kPeter,
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
    "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",  // a '+' in the base64
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
};

// A vkey whose key id is right, whatever else is wrong.
std::string VkeyOf(std::string_view name, std::string_view type_and_key) {
  const auto key = type_and_key.empty() ? type_and_key : type_and_key.substr(1);
  const auto type = type_and_key.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(type_and_key[0]);
  return fmt::format("{}+{:08x}+{}", name, ComputeKeyId(name, type, bytes::AsBytes(key)), bytes::EncodeBase64(type_and_key));
}

std::string MlDsa44Vkey() {
  std::string key(1 + 1312, '\0');
  std::iota(key.begin() + 1, key.end(), '\0');
  key[0] = kTypeMlDsa44;
  return VkeyOf("w", key);
}

TEST(VerifierKey, A2ReadsAndWritesTheKeysOfOthersByteForByte) {
  for (const auto vkey : kForeign) {
    const auto key = VerifierKey::Parse(vkey);
    ASSERT_TRUE(key.ok()) << vkey << key.status();
    EXPECT_EQ(key->ToString(), vkey);
  }
  const auto remora = VerifierKey::Parse(kForeign[3]).value();
  EXPECT_EQ(remora.name(), "remora.n621.de");
  EXPECT_EQ(remora.key_id(), 0xda77ade7U);
  EXPECT_EQ(remora.type(), kTypeCosignatureV1);
}

TEST(VerifierKey, A2MakeAndParseAreInverse) {
  for (const auto type : {kTypeEd25519, kTypeCosignatureV1}) {
    const auto made = SampleVkey("log.example/a", type, 7);
    const auto parsed = VerifierKey::Parse(made.ToString());
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, made);
    EXPECT_EQ(parsed->key(), SampleKey(7).public_key());
  }
  EXPECT_NE(SampleVkey("a", kTypeEd25519, 7).key_id(), SampleVkey("a", kTypeCosignatureV1, 7).key_id());
}

TEST(VerifierKey, EveryPrefixAndEveryChangedBitIsRefused) {
  ForEachDamage(std::string(kPeter), [](const std::string& damaged) { EXPECT_FALSE(VerifierKey::Parse(damaged).ok()) << damaged; });
}

TEST(VerifierKey, RefusesEveryFormBesideTheOne) {
  const std::string key32 = std::string(SampleKey(1).public_key().raw_ed25519());
  const std::string peter(kPeter);
  struct Case {
    std::string_view name;
    std::string vkey;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"one part", "example.com/foo"},
      {"two parts", "example.com/foo+530d903a"},
      {"no key", "a+00000000+"},
      {"A2 empty name", VkeyOf("", "\x01" + key32)},
      {"A2 blank in the name", VkeyOf("a b", "\x01" + key32)},
      {"A2 line feed in the name", VkeyOf("a\nb", "\x01" + key32)},
      {"A2 em space in the name", VkeyOf("a\xe2\x80\x83z", "\x01" + key32)},
      {"A2 name that is not UTF-8", VkeyOf("a\xff", "\x01" + key32)},
      {"A2 name of 256 bytes", VkeyOf(std::string(256, 'n'), "\x01" + key32)},
      {"key id of seven digits", "PeterNeumann+c74f20a+" + peter.substr(22)},
      {"key id in upper case", "PeterNeumann+C74F20A3+" + peter.substr(22)},
      {"key id of another key", "PeterNeumann+c74f20a4+" + peter.substr(22)},
      {"key id with a sign", "PeterNeumann+-74f20a3+" + peter.substr(22)},
      {"another name", "PeterNeumanN+c74f20a3+" + peter.substr(22)},
      {"base64 for URLs", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq_LDE4izWy10TW"},
      {"text after the key", peter + "!"},
      {"line feed after the key", peter + "\n"},
      {"type alone", VkeyOf("a", "\x01")},
      {"31 bytes", VkeyOf("a", "\x01" + key32.substr(1))},
      {"33 bytes", VkeyOf("a", "\x01" + key32 + "x")},
      {"type 0x00", VkeyOf("a", std::string(1, '\0') + key32)},
      {"type 0x02, ECDSA", VkeyOf("a", "\x02" + key32)},
      {"type 0x05, RFC 6962", VkeyOf("a", "\x05" + key32)},
      {"type 0xff", VkeyOf("a", "\xff" + key32)},
      {"point of small order", VkeyOf("a", "\x01" + std::string("\x01", 1) + std::string(31, '\0'))},
      {"point that is not canonical", VkeyOf("a", "\x01" + std::string(31, '\xff') + "\x7f")},
      {"ML-DSA key one byte short", VkeyOf("a", "\x06" + std::string(1311, 'k'))},
      {"Ed25519 key as ML-DSA", VkeyOf("a", "\x06" + key32)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto key = VerifierKey::Parse(c.vkey);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(ReasonOf(key.status()), Reason::kArgumentInvalid) << key.status();
    EXPECT_TRUE(IsPrintableAscii(std::string(key.status().message()))) << key.status();
  }
}

TEST(VerifierKey, A7MlDsa44IsRecognisedAndNotBuiltIn) {
  ASSERT_TRUE(MlDsa44Vkey().starts_with("w+fb233aa4+"));  // sha256("w\n\x06" | 00 01 .. ff 00 ..), by Python's hashlib
  const auto parsed = VerifierKey::Parse(MlDsa44Vkey());
  EXPECT_EQ(ReasonOf(parsed.status()), Reason::kAlgorithmNotBuiltIn);
  EXPECT_NE(parsed.status().message().find("ML-DSA-44 is not built in (needs OpenSSL 3.5)"), std::string::npos) << parsed.status();
  EXPECT_EQ(ReasonOf(VerifierKey::Make("w", kTypeMlDsa44, SampleKey(1).public_key()).status()), Reason::kAlgorithmNotBuiltIn);
}

TEST(VerifierKey, MakeRefusesNamesTypesAndKeysThatFitNoVkey) {
  const auto key = SampleKey(1);
  EXPECT_EQ(ReasonOf(VerifierKey::Make("a+b", kTypeEd25519, key.public_key()).status()), Reason::kArgumentInvalid);
  EXPECT_EQ(ReasonOf(VerifierKey::Make("a", 0x02, key.public_key()).status()), Reason::kArgumentInvalid);
  const auto p256 = keys::PrivateKey::Generate(keys::Algorithm::kEcdsaP256Sha256Der);
  ASSERT_TRUE(p256.ok()) << p256.status();
  EXPECT_EQ(ReasonOf(VerifierKey::Make("a", kTypeEd25519, p256->public_key()).status()), Reason::kAlgorithmMismatch);
}

TEST(VerifierKey, VerifiesOnlySignaturesUnderItsNameAndId) {
  const auto key = SampleVkey("a", kTypeEd25519, 1);
  const auto good = SignNote("x\n", "a", SampleKey(1)).value();
  EXPECT_TRUE(key.Verify("x\n", good));
  EXPECT_FALSE(key.Verify("y\n", good));
  auto renamed = good;
  renamed.name = "b";
  EXPECT_FALSE(key.Verify("x\n", renamed));
  auto cut = good;
  cut.signature.pop_back();
  EXPECT_FALSE(key.Verify("x\n", cut));
}

TEST(IsValidKeyName, A2AsksForNonEmptyUtf8WithoutSpacesAndPlus) {
  for (const std::string_view name : {"a", "log.example/tta-2026", "è", "日本", "\x7f", "—"})
    EXPECT_TRUE(IsValidKeyName(name)) << name;
  EXPECT_TRUE(IsValidKeyName(std::string(255, 'n')));
  for (const std::string_view name : {"", " ", "a b", "a+b", "+", "a\n", "a\tb", "a\x01", "a\xc2\x85", "a\xc2\xa0", "a\xe1\x9a\x80",
                                      "a\xe2\x80\x8a", "a\xe2\x80\xa8", "a\xe2\x81\x9f", "a\xe3\x80\x80", "a\xff", "a\xc3"}) {
    EXPECT_FALSE(IsValidKeyName(name)) << name;
  }
  EXPECT_FALSE(IsValidKeyName(std::string(256, 'n')));
  EXPECT_FALSE(IsValidKeyName(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace trustlog::tlog
