// The status bundle (records.md 7.3, `*.status.json`): one question about a member and a principle, the answer, and the records it
// follows from, each with its proof. Here what it holds and how it is written; reading and checking: client/follow/status_bundle.h.
// Values; pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/registry/verdict.h"

namespace trustlog::registry {

inline constexpr std::string_view kStatusBundleSchema = "trustlog-status-bundle/1";
inline constexpr std::size_t kMaxStatusBundleBytes = std::size_t{64} << 20;

enum class Completeness : std::uint8_t {
  kNone,    // the records that the answer names and what they rest on: later or contrary ones are not excluded
  kPrefix,  // every record below the question's size
};

struct StatusRecord {
  std::uint64_t index = 0;
  std::string entry;                     // TLE1 bytes
  std::optional<std::string> statement;  // payload; nullopt: withheld
  std::string proof;                     // tlog-proof text; "" under kPrefix
  friend bool operator==(const StatusRecord&, const StatusRecord&) = default;
};

struct StatusBundle {
  std::string origin;
  Question question;  // size 1..2^53 - 1, date within the years 2000..9999
  Answer answer;
  std::vector<StatusRecord> records;  // at least one; ascending by index; below question.as_of.size
  Completeness completeness = Completeness::kNone;
  std::string checkpoint;  // note, under kPrefix: of exactly question.as_of.size; "" under kNone
  friend bool operator==(const StatusBundle&, const StatusBundle&);
};

// One line of JSON and a line feed. ParseStatusBundle gives `bundle` again.
std::string FormatStatusBundle(const StatusBundle& bundle);

}  // namespace trustlog::registry
