// A range of a SyntheticLog as a monitor would have read it, for tests of what follows a log.
#pragma once

#include <cstdint>
#include <string>

#include "client/follow/replay.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::testing {

inline follow::ServedItems ServedBy(const SyntheticLog& log, const std::string& (SyntheticLog::*item)(std::uint64_t) const,
                                    std::uint64_t begin, std::uint64_t end) {
  follow::ServedItems served;
  for (std::uint64_t i = begin; i < end; ++i) served.bodies.push_back((log.*item)(i));
  served.items.assign(served.bodies.begin(), served.bodies.end());
  return served;
}

inline follow::Replay::Batch BatchOf(const SyntheticLog& log, std::uint64_t begin, std::uint64_t end,
                                     const attest::LogContext& context, follow::Workers& workers) {
  return follow::Replay::Decode(begin, ServedBy(log, &SyntheticLog::entry, begin, end),
                                ServedBy(log, &SyntheticLog::statement, begin, end), context, workers);
}

}  // namespace trustlog::testing
