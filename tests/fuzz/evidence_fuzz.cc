// Evidence files: what is accepted is written back as evidence that reads the same, and verifying it never fails badly.
#include "client/follow/evidence.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::follow {
namespace {

TRUSTLOG_FUZZ_TARGET(Evidence) {
  const auto evidence = ParseEvidence(input);
  if (!evidence.ok()) {
    fuzz::Expect(CheckCodeOf(evidence.status()) == CheckCode::kFileMalformed,
                 "evidence is refused as malformed and as nothing else");
    return;
  }
  const auto again = ParseEvidence(FormatEvidence(*evidence));
  fuzz::Expect(again.ok() && *again == *evidence, "evidence survives being written and read");
  const auto fork = VerifyEvidence(*evidence);
  fuzz::Expect(fork.ok() || CheckCodeOf(fork.status()).has_value(), "evidence that proves nothing says why");
  fuzz::Expect(!fork.ok() || (fork->smaller.head != fork->larger.head && fork->smaller.origin == fork->larger.origin),
               "a fork has two heads");
}

}  // namespace
}  // namespace trustlog::follow
