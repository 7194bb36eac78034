// Cosignature lines by a known witness: only the true one of a text verifies, and a time is read from 72 bytes alone.
#include "proto/tlog/cosignature.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(Cosignature) {
  static const VerifierKey key =
      VerifierKey::Parse("witness.example.com/w1+d46a2b1b+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").value();
  constexpr std::string_view kText = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  constexpr std::int64_t kTime = 1'679'315'147;  // the only time at which this witness signed kText
  const auto lines = ParseSignatureLines(input);
  if (!lines.ok()) return;
  for (const auto& signature : *lines) {
    const auto time = CosignatureTime(signature);
    fuzz::Expect(!time || (*time >= 1 && signature.signature.size() == 72), "a time from another form");
    const bool verifies = VerifyCosignature(kText, key, signature);
    fuzz::Expect(!verifies || time == kTime, "a forged cosignature");
    fuzz::Expect(verifies == key.Verify(kText, signature), "two answers about one cosignature");
  }
}

}  // namespace trustlog::tlog
