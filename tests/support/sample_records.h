// Records for tests that follow a log: those of tests/vectors/tle1-vectors.json, and as many further valid ones as a test asks for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/synthetic_log.h"

namespace trustlog::testing {

struct SampleRecord {
  std::string entry, statement;
};

inline constexpr char kVectorOrigin[] = "log.example/test-vectors";

// In order; the last one freezes the log.
std::vector<SampleRecord> VectorRecords();

// An evidence record of the vectors' member example-one, valid after SampleLog(0); each number gives another one, later than those
// before it.
SampleRecord EvidenceRecord(std::uint64_t number);

// A log of the vectors' origin: the ten of its records that admit parties and keys (0..7) and make commitments (8, 9), then
// `evidence` evidence records.
SyntheticLog SampleLog(std::uint64_t evidence);

}  // namespace trustlog::testing
