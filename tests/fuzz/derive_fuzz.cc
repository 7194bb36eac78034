#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/reason.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {

// A statement that is taken gives an entry that encodes and decodes to itself, or one that is too large; never anything else.
TRUSTLOG_FUZZ_TARGET(Derive) {
  const LogContext contexts[] = {{"log.example/test-vectors", "", ""},
                                 {"log.example/test-vectors", "https://trustlog.example/attest", "urn:tta:"}};
  for (const auto& context : contexts) {
    const auto statement = ParseStatement(input, context);
    if (!statement.ok()) continue;
    const auto entry = Derive(*statement, StatementId(input), {{keys::KeyId{1}, "signature"}});
    const std::size_t sizes[] = {9};
    fuzz::Expect(CheckDerivedSize(*statement, sizes).ok() == entry.ok(), "the size check says otherwise");
    if (!entry.ok()) {
      fuzz::Expect(bytes::ReasonOf(entry.status()) == bytes::Reason::kTooLarge, "refused for another reason than its size");
      continue;
    }
    const auto encoded = EncodeEntry(*entry);
    fuzz::Expect(encoded.ok(), "a derived entry does not encode");
    const auto decoded = DecodeEntry(*encoded);
    fuzz::Expect(decoded.ok() && *decoded == *entry, "a derived entry decodes to another");
  }
}

}  // namespace trustlog::attest
