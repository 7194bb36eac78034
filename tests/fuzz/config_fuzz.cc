#include "proto/bytes/reason.h"
#include "server/config.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::server {

// What is taken is printed as settings that are taken again and print the same; what is refused is refused with words.
TRUSTLOG_FUZZ_TARGET(Config) {
  const auto config = ParseConfig(input, "fuzz.toml", {});
  if (!config.ok()) {
    fuzz::Expect(!bytes::MessageOf(config.status()).empty(), "refused without a word");
    return;
  }
  const std::string printed = FormatConfig(*config);
  const auto again = ParseConfig(printed, "printed.toml", {});
  fuzz::Expect(again.ok(), "what is printed is refused");
  fuzz::Expect(FormatConfig(*again) == printed, "printed again it is something else");
}

}  // namespace trustlog::server
