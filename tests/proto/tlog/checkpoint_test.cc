#include "proto/tlog/checkpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/bytes/reason.h"
#include "proto/tlog/note.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

constexpr std::string_view kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
constexpr std::string_view kEmptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";  // SHA-256 of no bytes

std::string Text(std::string_view origin, std::string_view size, std::string_view root) {
  return std::string(origin) + "\n" + std::string(size) + "\n" + std::string(root) + "\n";
}

TEST(Checkpoint, A3ReadsAndWritesTheExampleOfTheSpecification) {
  const std::string example = Text("example.com/behind-the-sofa", "20852163", kRoot);
  const auto checkpoint = ParseCheckpoint(example);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->head.size, 20'852'163U);
  EXPECT_EQ(checkpoint->head.root[0], 0x0a);
  EXPECT_EQ(FormatCheckpoint(*checkpoint), example);
}

TEST(Checkpoint, A3SizeZeroHasTheRootOfNoLeaves) {
  EXPECT_EQ(FormatCheckpoint({"log.example", {}}), Text("log.example", "0", kEmptyRoot));
  const auto empty = ParseCheckpoint(Text("log.example", "0", kEmptyRoot));
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->head, merkle::TreeHead{});
  EXPECT_FALSE(ParseCheckpoint(Text("log.example", "0", kRoot)).ok());
}

TEST(Checkpoint, A3ReadsTheLargestSize) {
  const auto largest = ParseCheckpoint(Text("log.example", "9223372036854775807", kRoot));
  ASSERT_TRUE(largest.ok()) << largest.status();
  EXPECT_EQ(largest->head.size, kMaxTreeSize);
}

TEST(Checkpoint, RefusesEveryFormBesideTheOne) {
  const std::string good = Text("log.example", "42", kRoot);
  struct Case {
    std::string_view name;
    std::string text;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"A3 empty lines", "\n\n\n"},
      {"A3 no origin", Text("", "42", kRoot)},
      {"A3 origin left out", "42\n" + std::string(kRoot) + "\n"},
      {"A3 size left out", "log.example\n" + std::string(kRoot) + "\n"},
      {"A3 root left out", "log.example\n42\n"},
      {"A3 no line feed at the end", good.substr(0, good.size() - 1)},
      {"A3 CR LF", "log.example\r\n42\r\n" + std::string(kRoot) + "\r\n"},
      {"A3 empty line at the end", good + "\n"},
      {"A3 leading zero", Text("log.example", "042", kRoot)},
      {"A3 two zeros", Text("log.example", "00", kEmptyRoot)},
      {"A3 sign", Text("log.example", "+42", kRoot)},
      {"A3 negative", Text("log.example", "-1", kRoot)},
      {"A3 hexadecimal", Text("log.example", "0x2a", kRoot)},
      {"A3 blank before the size", Text("log.example", " 42", kRoot)},
      {"A3 blank after the size", Text("log.example", "42 ", kRoot)},
      {"A3 empty size", Text("log.example", "", kRoot)},
      {"A3 size 2^63", Text("log.example", "9223372036854775808", kRoot)},
      {"A3 size 2^64", Text("log.example", "18446744073709551616", kRoot)},
      {"A3 size of a thousand digits", Text("log.example", std::string(1000, '9'), kRoot)},
      {"A3 root of 31 bytes", Text("log.example", "42", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==")},
      {"A3 root of 33 bytes", Text("log.example", "42", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA")},
      {"A3 root without padding", Text("log.example", "42", kRoot.substr(0, 43))},
      {"A3 root with bits left over", Text("log.example", "42", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=")},
      {"A3 root for URLs", Text("log.example", "42", "CsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=")},
      {"A3 root in hex", Text("log.example", "42", std::string(64, '0'))},
      {"A4 extension line", good + "extension\n"},
      {"A4 extension line without end", good + "x"},
      {"A2 blank in the origin", Text("log example", "42", kRoot)},
      {"A2 plus in the origin", Text("log+example", "42", kRoot)},
      {"origin beyond ASCII", Text("log.exämple", "42", kRoot)},
      {"origin with a bidirectional control", Text("log\xe2\x80\xae.example", "42", kRoot)},
      {"origin with a NUL", Text(std::string_view("log\0x", 5), "42", kRoot)},
      {"A2 origin of 256 bytes", Text(std::string(256, 'o'), "42", kRoot)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto checkpoint = ParseCheckpoint(c.text);
    ASSERT_FALSE(checkpoint.ok());
    EXPECT_EQ(bytes::ReasonOf(checkpoint.status()), bytes::Reason::kArgumentInvalid);
    EXPECT_TRUE(IsPrintableAscii(std::string(checkpoint.status().message()))) << checkpoint.status();
  }
}

TEST(Checkpoint, EveryPrefixIsRefusedAndEveryChangedBitIsAnotherCheckpointOrRefused) {
  const std::string text = Text("log.example", "42", kRoot);
  const auto original = ParseCheckpoint(text).value();
  ForEachDamage(text, [&](const std::string& damaged) {
    const auto checkpoint = ParseCheckpoint(damaged);
    if (!checkpoint.ok()) return;
    EXPECT_EQ(damaged.size(), text.size()) << damaged;
    EXPECT_EQ(FormatCheckpoint(*checkpoint), damaged);
    EXPECT_FALSE(*checkpoint == original) << damaged;
  });
}

TEST(Checkpoint, EveryChangedBitOfASignedOneIsRefused) {
  const std::string text = Text("log.example", "42", kRoot);
  const std::string note = FormatNote({text, {SignNote(text, "log.example", SampleKey(1)).value()}});
  const std::vector known = {SampleVkey("log.example", kTypeEd25519, 1)};
  ForEachDamage(note, [&](const std::string& damaged) { EXPECT_FALSE(OpenNote(damaged, known).ok()) << damaged; });
}

TEST(IsValidOrigin, A5TakesUrlsWithoutSchemeAndNothingThatBreaksALine) {
  for (const std::string_view origin : {"a", "log.example/tta-2026", "log.example:8443/a_b~c", "LOG.example"}) {
    EXPECT_TRUE(IsValidOrigin(origin)) << origin;
  }
  EXPECT_TRUE(IsValidOrigin(std::string(255, 'o')));
  for (const std::string_view origin : {"", " ", "a b", "a+b", "a\n", "a?b", "a#b", "a%20", "ä", "a\\b", "a@b", "a,b"}) {
    EXPECT_FALSE(IsValidOrigin(origin)) << origin;
  }
  EXPECT_FALSE(IsValidOrigin(std::string(256, 'o')));
}

}  // namespace
}  // namespace trustlog::tlog
