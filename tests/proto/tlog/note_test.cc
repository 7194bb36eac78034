#include "proto/tlog/note.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/bytes/reason.h"
#include "proto/tlog/cosignature.h"
#include "tests/proto/tlog/sample_keys.h"

namespace trustlog::tlog {
namespace {

using bytes::Reason;
using bytes::ReasonOf;

// The example in the documentation of Go's golang.org/x/mod/sumdb/note.
constexpr std::string_view kPeterVkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPeterText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr std::string_view kPeterLine =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

std::string PeterNote() { return std::string(kPeterText) + "\n" + std::string(kPeterLine); }

std::string LineBy(std::string_view name, std::uint8_t number, std::string_view text) {
  return FormatSignatureLine(SignNote(text, name, SampleKey(number)).value());
}

// Lines of the right form by keys nobody knows.
std::string ManyLines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "— n" + std::to_string(i) + " AAAAAAA=\n";
  return lines;
}

TEST(Note, A1OpensAndSignsTheExampleOfGoByteForByte) {
  const std::vector<VerifierKey> known = {VerifierKey::Parse(kPeterVkey).value()};
  const auto opened = OpenNote(PeterNote(), known);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->text, kPeterText);
  ASSERT_EQ(opened->verified.size(), 1U);
  EXPECT_EQ(opened->verified[0].key_id, 0xc74f20a3);
  const auto signature = SignNote(kPeterText, "PeterNeumann", PeterNeumann());
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(FormatNote({std::string(kPeterText), {*signature}}), PeterNote());
}

// signed-note, "Format": the text has an empty line and letters beyond ASCII.
TEST(Note, A1ReadsTheExampleOfTheSpecification) {
  const std::string example =
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
      "— quasimodo.example/salvatore "
      "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
  const auto note = ParseNote(example);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_TRUE(note->text.ends_with("\n\ned è subito sera.\n"));
  ASSERT_EQ(note->signatures.size(), 1U);
  EXPECT_EQ(note->signatures[0].name, "quasimodo.example/salvatore");
  EXPECT_EQ(note->signatures[0].key_id, 0x367ba04bU);
  EXPECT_EQ(note->signatures[0].signature.size(), 64U);
  EXPECT_EQ(FormatNote(*note), example);
}

TEST(Note, A1TheLastEmptyLineEndsTheText) {
  const auto note = ParseNote("a\n\n— a AAAAAAA=\n\n— b AAAAAAA=\n");
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, "a\n\n— a AAAAAAA=\n");
  ASSERT_EQ(note->signatures.size(), 1U);
  EXPECT_EQ(note->signatures[0].name, "b");
}

TEST(Note, RefusesEveryFormBesideTheOne) {
  struct Case {
    std::string_view name;
    std::string note;
    std::string_view says;
  };
  const std::string sig = "AAAAAAA=";
  const Case cases[] = {
      {"nothing", "", "empty line"},
      {"A1 no empty line", "text\n— a " + sig + "\n", "empty line"},
      {"A1 empty text", "\n— a " + sig + "\n", "empty line"},
      {"A1 no signature", "text\n\n", "no signature"},
      {"A1 text without end", "text", "empty line"},
      {"A1 last line without end", "text\n\n— a " + sig, "does not end"},
      {"A1 CR LF", "text\r\n\r\n— a " + sig + "\r\n", "control"},
      {"A1 CR LF in the signatures", "text\n\n— a " + sig + "\r\n", "control"},
      {"A1 tab in the text", "te\txt\n\n— a " + sig + "\n", "control"},
      {"A1 tab in a signature line", "text\n\n—\ta " + sig + "\n", "control"},
      {"A1 NUL", std::string("te\0xt\n\n— a AAAAAAA=\n", 21), "control"},
      {"A1 escape", "te\x1b[2Jxt\n\n— a " + sig + "\n", "control"},
      {"A1 overlong UTF-8", "te\xc0\xafxt\n\n— a " + sig + "\n", "UTF-8"},
      {"A1 surrogate", "te\xed\xa0\x80xt\n\n— a " + sig + "\n", "UTF-8"},
      {"A1 Latin-1", "caf\xe9\n\n— a " + sig + "\n", "UTF-8"},
      {"A1 hyphen for em dash", "text\n\n- a " + sig + "\n", "line 1"},
      {"A1 en dash", "text\n\n– a " + sig + "\n", "line 1"},
      {"A1 no space after the dash", "text\n\n—a " + sig + "\n", "line 1"},
      {"A1 two spaces after the dash", "text\n\n—  a " + sig + "\n", "line 1"},
      {"A1 two spaces after the name", "text\n\n— a  " + sig + "\n", "line 1"},
      {"A1 blank at the end", "text\n\n— a " + sig + " \n", "line 1"},
      {"A1 text between signatures", "text\n\n— a " + sig + "\nx\n— b " + sig + "\n", "line 2"},
      {"A1 second line bad", "text\n\n— a " + sig + "\n— b\n", "line 2"},
      {"A1 no signature after the name", "text\n\n— a\n", "line 1"},
      {"A1 empty signature", "text\n\n— a \n", "line 1"},
      {"A1 base64 without padding", "text\n\n— a AAAAAAA\n", "line 1"},
      {"A1 base64 with bits left over", "text\n\n— a AAAAAAB=\n", "line 1"},
      {"A1 base64 for URLs", "text\n\n— a AAAA_-A=\n", "line 1"},
      {"A1 three bytes", "text\n\n— a AAAA\n", "line 1"},
      {"A8 key id alone", "text\n\n— a AAAAAA==\n", "line 1"},
      {"A2 no name", "text\n\n—  " + sig + "\n", "line 1"},
      {"A2 plus in the name", "text\n\n— a+b " + sig + "\n", "line 1"},
      {"A2 no-break space in the name", "text\n\n— a\xc2\xa0z " + sig + "\n", "line 1"},
      {"A2 ideographic space in the name", "text\n\n— a　b " + sig + "\n", "line 1"},
      {"A2 name of 256 bytes", "text\n\n— " + std::string(256, 'n') + " " + sig + "\n", "line 1"},
      {"E1 65 signature lines", "text\n\n" + ManyLines(65), "more than 64"},
      {"E1 10,000 signature lines", "text\n\n" + ManyLines(10'000), "65536"},
      {"E1 one byte above 64 KiB", std::string(kMaxNoteBytes - 16, 'a') + "\n\n— a AAAAAAA=\n", "65536"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto note = ParseNote(c.note);
    ASSERT_FALSE(note.ok());
    EXPECT_EQ(ReasonOf(note.status()), Reason::kArgumentInvalid);
    const std::string message(note.status().message());
    EXPECT_NE(message.find(c.says), std::string::npos) << message;
    EXPECT_TRUE(IsPrintableAscii(message)) << message;
  }
}

TEST(Note, E1ReadsUpToTheLimits) {
  EXPECT_TRUE(ParseNote("text\n\n" + ManyLines(64)).ok());
  const std::string tail = "\n\n— a AAAAAAA=\n";
  const std::string largest = std::string(kMaxNoteBytes - tail.size(), 'a') + tail;
  ASSERT_EQ(largest.size(), kMaxNoteBytes);
  EXPECT_TRUE(ParseNote(largest).ok());
  EXPECT_FALSE(ParseNote("a" + largest).ok());
}

TEST(Note, NoForeignTextReachesAMessageRaw) {
  const auto note = ParseNote("text\n\n\xe2\x80\xae<script>\x7f evil\n");
  ASSERT_FALSE(note.ok());
  EXPECT_NE(note.status().message().find("\\xe2\\x80\\xae<script>\\x7f"), std::string::npos) << note.status();
}

TEST(Note, EveryPrefixAndEveryChangedBitIsRefused) {
  const std::vector<VerifierKey> known = {VerifierKey::Parse(kPeterVkey).value()};
  int count = 0;
  ForEachDamage(PeterNote(), [&](const std::string& damaged) {
    const auto opened = OpenNote(damaged, known);
    EXPECT_FALSE(opened.ok()) << damaged;
    ++count;
  });
  EXPECT_EQ(count, static_cast<int>(9 * PeterNote().size()));
}

TEST(Note, DamageToAnUnknownSignatureChangesNothingThatIsTrusted) {
  const std::vector<VerifierKey> known = {SampleVkey("log.example", kTypeEd25519, 1)};
  const std::string text = "log.example\n";
  const std::string note = text + "\n" + LineBy("log.example", 1, text) + LineBy("w.example", 2, text);
  const auto original = OpenNote(note, known);
  ASSERT_TRUE(original.ok()) << original.status();
  const std::size_t unknown_from = note.find("— w.example");
  int accepted = 0;
  ForEachDamage(note, [&](const std::string& damaged) {
    const auto opened = OpenNote(damaged, known);
    if (!opened.ok()) return;
    ++accepted;
    EXPECT_EQ(opened->text, text);
    EXPECT_EQ(opened->verified, original->verified);
    EXPECT_EQ(damaged.substr(0, unknown_from), note.substr(0, unknown_from));
  });
  EXPECT_GT(accepted, 100);
}

TEST(OpenNote, E1IgnoresUnknownSignaturesEvenWithAKnownNameOrId) {
  const auto log = SampleVkey("log.example", kTypeEd25519, 1);
  const std::string text = "x\n";
  auto good = SignNote(text, "log.example", SampleKey(1)).value();
  auto other_id = good;
  other_id.key_id ^= 1;
  auto other_name = good;
  other_name.name = "log.example/2";
  const auto opened = OpenNote(FormatNote({text, {other_id, other_name, good}}), std::vector{log});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->verified, std::vector{good});
  EXPECT_EQ(opened->unknown, (std::vector{other_id, other_name}));
}

TEST(OpenNote, E1RefusesTheNoteForOneBadSignatureByAKnownKey) {
  const std::vector known = {SampleVkey("a", kTypeEd25519, 1), SampleVkey("b", kTypeEd25519, 2)};
  const std::string text = "x\n";
  const auto good = SignNote(text, "a", SampleKey(1)).value();
  auto bad = SignNote(text, "b", SampleKey(2)).value();
  bad.signature.back() = static_cast<char>(bad.signature.back() ^ 1);
  for (const auto& order : {std::vector{good, bad}, std::vector{bad, good}}) {
    const auto opened = OpenNote(FormatNote({text, order}), known);
    EXPECT_EQ(ReasonOf(opened.status()), Reason::kSignatureInvalid);
  }
}

TEST(OpenNote, E1RefusesANoteThatNoKnownKeySigned) {
  const std::string note = "x\n\n" + LineBy("a", 1, "x\n");
  const auto opened = OpenNote(note, std::vector{SampleVkey("b", kTypeEd25519, 2)});
  EXPECT_EQ(ReasonOf(opened.status()), Reason::kSignatureInvalid);
  EXPECT_EQ(ReasonOf(OpenNote(note, {}).status()), Reason::kSignatureInvalid);
}

TEST(OpenNote, MalformedIsAnotherReasonThanUnverified) {
  EXPECT_EQ(ReasonOf(OpenNote("x\n", {}).status()), Reason::kArgumentInvalid);
}

TEST(OpenNote, A8OnlyTheFirstLineOfAKeyCounts) {
  const std::vector known = {SampleVkey("a", kTypeEd25519, 1)};
  const std::string text = "x\n";
  const auto good = SignNote(text, "a", SampleKey(1)).value();
  auto bad = good;
  bad.signature[0] = static_cast<char>(bad.signature[0] ^ 1);

  const auto second_bad = OpenNote(FormatNote({text, {good, bad}}), known);
  ASSERT_TRUE(second_bad.ok()) << second_bad.status();
  EXPECT_EQ(second_bad->verified, std::vector{good});
  EXPECT_TRUE(second_bad->unknown.empty());

  EXPECT_EQ(ReasonOf(OpenNote(FormatNote({text, {bad, good}}), known).status()), Reason::kSignatureInvalid);
}

TEST(OpenNote, A8ARefreshedCosignatureBehindTheOldOneIsNotSeen) {
  // Why a refreshed line replaces the old one: both verify, and readers still see the first.
  const std::vector known = {SampleVkey("w", kTypeCosignatureV1, 3)};
  const std::string text = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
  const auto old_line = Cosign(text, "w", SampleKey(3), 1'000).value();
  const auto new_line = Cosign(text, "w", SampleKey(3), 2'000).value();
  const auto opened = OpenNote(FormatNote({text, {old_line, new_line}}), known);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->verified, std::vector{old_line});
}

TEST(OpenNote, A5ARotatedKeyKeepsItsName) {
  const std::vector known = {SampleVkey("log.example", kTypeEd25519, 1), SampleVkey("log.example", kTypeEd25519, 2)};
  const std::string text = "log.example\n";
  const auto by_both = OpenNote(text + "\n" + LineBy("log.example", 1, text) + LineBy("log.example", 2, text), known);
  ASSERT_TRUE(by_both.ok()) << by_both.status();
  EXPECT_EQ(by_both->verified.size(), 2U);
}

TEST(SignNote, A1RefusesATextThatCouldNotBeReadBack) {
  for (const std::string_view text : {"", "no end", "tab\t\n", "cr\r\n", "caf\xe9\n"}) {
    EXPECT_EQ(ReasonOf(SignNote(text, "a", SampleKey(1)).status()), Reason::kArgumentInvalid) << text;
  }
  EXPECT_EQ(ReasonOf(SignNote("x\n", "a b", SampleKey(1)).status()), Reason::kArgumentInvalid);
}

TEST(SignNote, RefusesAKeyOfAnotherAlgorithm) {
  const auto p256 = keys::PrivateKey::Generate(keys::Algorithm::kEcdsaP256Sha256Der);
  ASSERT_TRUE(p256.ok()) << p256.status();
  EXPECT_EQ(ReasonOf(SignNote("x\n", "a", *p256).status()), Reason::kAlgorithmMismatch);
}

TEST(ParseSignatureLines, B3ReadsWhatAWitnessAnswers) {
  const auto lines = ParseSignatureLines(ManyLines(2));
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ((*lines)[0], (NoteSignature{"n0", 0, std::string(1, '\0')}));
  EXPECT_EQ(FormatSignatureLine((*lines)[0]) + FormatSignatureLine((*lines)[1]), ManyLines(2));
}

TEST(ParseSignatureLines, B3RefusesAnyOtherBody) {
  for (const std::string& body : {std::string(), std::string("\n"), "\n" + ManyLines(1), ManyLines(1) + "\n", ManyLines(65),
                                  std::string(kMaxNoteBytes + 1, 'a'), std::string("<html>\n"), ManyLines(1) + "\r\n"}) {
    EXPECT_EQ(ReasonOf(ParseSignatureLines(body).status()), Reason::kArgumentInvalid) << body.substr(0, 80);
  }
}

}  // namespace
}  // namespace trustlog::tlog
