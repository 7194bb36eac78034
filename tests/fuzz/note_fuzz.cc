// Signed notes and signature lines: what is accepted is written back to the same bytes; a note that opens was signed as it stands.
#include "proto/tlog/note.h"
#include "proto/tlog/text.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(Note) {
  static const std::vector<VerifierKey> known = {
      VerifierKey::Parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").value(),
      VerifierKey::Parse("witness.example.com/w1+d46a2b1b+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").value()};
  const auto note = ParseNote(input);
  const auto opened = OpenNote(input, known);
  fuzz::Expect(note.ok() || !opened.ok(), "a note that does not parse was opened");
  if (note.ok()) {
    fuzz::Expect(FormatNote(*note) == input, "FormatNote(ParseNote(x)) != x");
    fuzz::Expect(!note->signatures.empty() && note->signatures.size() <= kMaxNoteSignatures, "number of signatures");
    fuzz::Expect(IsNoteCharacters(note->text) && note->text.ends_with('\n'), "the text breaks A1");
  }
  if (opened.ok()) {
    fuzz::Expect(opened->text == note->text && !opened->verified.empty(), "an opened note without a verified signature");
    for (const auto& signature : opened->verified) {
      fuzz::Expect(known[0].Verify(note->text, signature) || known[1].Verify(note->text, signature), "a verified signature is not");
    }
  }
  const auto lines = ParseSignatureLines(input);
  if (lines.ok()) {
    std::string text;
    for (const auto& signature : *lines) text += FormatSignatureLine(signature);
    fuzz::Expect(text == input, "signature lines are not written back to the same bytes");
  }
}

}  // namespace trustlog::tlog
