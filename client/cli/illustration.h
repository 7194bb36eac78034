// The illustrative data set (records.md section 11): its records resolved, signed with fresh keys, and admitted in order with the
// log's own rules, so that what comes out is what a log takes. Single-threaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace trustlog::cli {

struct IllustrationOptions {
  std::string origin;
  std::string key_directory;  // NAME.key and NAME.key.pub are made here
  std::int64_t now = 0;       // Unix seconds: the time of the run
};

struct IllustratedRecord {
  std::string label, kind;
  std::string envelope;  // DSSE JSON
};

struct ExpectedVerdict {
  std::string member;  // URN
  std::int64_t principle = 0;
  std::string date, verdict;
};

struct Illustration {
  std::vector<IllustratedRecord> records;  // in an order that a log takes
  std::vector<ExpectedVerdict> expected;   // after them
};

// Usage errors: the file is not of that form, a key file exists. Else the refusal of a record, with its label.
absl::StatusOr<Illustration> BuildIllustration(std::string_view json, const IllustrationOptions& options);

}  // namespace trustlog::cli
