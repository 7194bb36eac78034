// Proof bundle files: what is accepted is written back as a bundle that reads the same.
#include "client/follow/check_code.h"
#include "client/follow/proof_bundle.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::follow {
namespace {

TRUSTLOG_FUZZ_TARGET(ProofBundle) {
  const auto bundle = ParseProofBundle(input);
  if (!bundle.ok()) {
    fuzz::Expect(CheckCodeOf(bundle.status()) == CheckCode::kFileMalformed, "a bundle is refused as malformed and as nothing else");
    return;
  }
  fuzz::Expect(!bundle->entry.empty() && bundle->index < (std::uint64_t{1} << 53), "a bundle is within its limits");
  const auto again = ParseProofBundle(FormatProofBundle(*bundle));
  fuzz::Expect(again.ok() && *again == *bundle, "a bundle survives being written and read");
}

}  // namespace
}  // namespace trustlog::follow
