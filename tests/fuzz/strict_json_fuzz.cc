#include <boost/json.hpp>

#include "proto/attest/strict_json.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {
namespace {

absl::StatusOr<boost::json::value> Parse(std::string_view text) {
  return ParseStrictJson(text, {.max_bytes = 65'536}, bytes::Reason::kStatementMalformed);
}

}  // namespace

// What is taken is JSON to Boost's own parser too, of the same value, and stays so when written again.
TRUSTLOG_FUZZ_TARGET(StrictJson) {
  const auto value = Parse(input);
  if (!value.ok()) return;
  boost::json::error_code error;
  const auto second = boost::json::parse({input.data(), input.size()}, error);
  fuzz::Expect(!error && second == *value, "Boost reads another value");
  const std::string written = boost::json::serialize(*value);
  if (written.size() > 65'536) return;  // control characters grow when escaped
  const auto again = Parse(written);
  fuzz::Expect(again.ok() && *again == *value, "written again it is refused or another value");
}

}  // namespace trustlog::attest
