// The only JSON reader for bytes from outside (records.md 2.3): RFC 8259, UTF-8 without byte order mark, integers of magnitude at
// most 2^53-1 and nothing else for numbers, no U+0000, no equal member names, everything bounded. Boost.JSON tokenises, our handler
// refuses. Pure and thread-safe; no exception leaves but std::bad_alloc.
//
// Includers read the result with <boost/json.hpp>, in their .cc files only.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/bytes/reason.h"

namespace trustlog::attest {

struct JsonLimits {
  std::size_t max_bytes = 0;         // of the whole text
  std::size_t max_depth = 32;        // objects and arrays, the outermost is 1
  std::size_t max_members = 256;     // of one object
  std::size_t max_elements = 1'024;  // of one array
  std::size_t max_string = 4'096;    // bytes of a member name or string after decoding
};

inline constexpr std::int64_t kMaxJsonInteger = (std::int64_t{1} << 53) - 1;

// The value of `text`; its numbers are all int64. Refusals, in this order: TOO_LARGE{limit,actual}; `malformed` with what is wrong
// and where; DUPLICATE_MEMBER, only of a text that is well-formed otherwise.
absl::StatusOr<boost::json::value> ParseStrictJson(std::string_view text, const JsonLimits& limits, bytes::Reason malformed);

}  // namespace trustlog::attest
