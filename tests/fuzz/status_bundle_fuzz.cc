// Status bundle files: what is accepted is written back as a bundle that reads the same, and checking it ends.
#include "client/follow/status_bundle.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::follow {
namespace {

TRUSTLOG_FUZZ_TARGET(StatusBundle) {
  const auto bundle = ParseStatusBundle(input);
  if (!bundle.ok()) {
    fuzz::Expect(CheckCodeOf(bundle.status()) == CheckCode::kFileMalformed, "a bundle is refused as malformed and as nothing else");
    return;
  }
  const auto again = ParseStatusBundle(registry::FormatStatusBundle(*bundle));
  fuzz::Expect(again.ok() && *again == *bundle, "a bundle survives being written and read");
  static const tlog::Policy policy;
  fuzz::Expect(VerifyStatusBundle(*bundle, {.policy = &policy, .now = 0}).failure.has_value(), "no log is in this policy");
}

}  // namespace
}  // namespace trustlog::follow
