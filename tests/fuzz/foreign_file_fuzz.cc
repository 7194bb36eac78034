#include "proto/attest/foreign_file.h"
#include "proto/attest/schema.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {

static bool HasForm(std::string_view text, std::size_t max) {
  return StrForm{max}.Read(boost::json::value(boost::json::string_view(text.data(), text.size()))).has_value();
}

// Whatever a file holds, what is told of it fits an evidence record.
TRUSTLOG_FUZZ_TARGET(ForeignFile) {
  const ForeignFile file = ReadForeignFile(input);
  fuzz::Expect(HasForm(file.media_type, 100), "a media type that no record can have");
  fuzz::Expect(file.subjects.size() <= kMaxForeignSubjects, "too many subjects");
  for (std::size_t i = 0; i < file.subjects.size(); ++i) {
    const auto& name = file.subjects[i].name;
    fuzz::Expect(name.empty() || HasForm(name, 200), "a name that no record can have");
    for (std::size_t j = 0; j < i; ++j) fuzz::Expect(file.subjects[i].sha256 != file.subjects[j].sha256, "a subject twice");
  }
  // The base point's key, which signed none of the corpus.
  static const auto key = keys::PublicKey::FromEd25519(
      std::vector<std::uint8_t>{0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66});
  fuzz::Expect(key.ok() && !VerifyForeignEnvelopes(file, *key).ok(), "a signature that nobody made");
}

}  // namespace trustlog::attest
