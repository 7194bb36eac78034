// Under which keys this node finds a record: those of records.md 8.1, and one of its own. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/attest/entry.h"

namespace trustlog::query {

// Changes with the function below: an index by another name is made anew.
inline constexpr std::string_view kRecordKeys = "trustlog-records/1";

std::vector<std::string> RecordKeys(const attest::Entry& entry);

// Commitments, engagements and results with this subject and this principle: what a verdict reads. Not of 8.1, where evidence,
// which anybody can log about anybody, shares a key with them.
std::string JudgedKey(std::string_view member, std::uint8_t principle);

}  // namespace trustlog::query
