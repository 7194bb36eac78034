// The verdict (records.md section 7): what a log's records say about a member and one principle, on a date, as of a size. A pure
// function of the entries below that size, so everyone who holds them finds the same; rules version `trustlog-verdict/1`.
// Thread-safe where the registry and the source are.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/facts.h"
#include "client/registry/registry.h"

namespace trustlog::registry {

inline constexpr std::string_view kVerdictRules = "trustlog-verdict/1";

enum class Verdict : std::uint8_t {
  kNone,
  kSelfAttested,  // the member says so
  kAudited,       // an auditor says so
  kAuditedQualified,
  kNegative,
  kLapsed,
  kSuspended,
  kDisputed,
};
std::string_view VerdictName(Verdict verdict);  // "SELF_ATTESTED"
std::optional<Verdict> ParseVerdict(std::string_view name);

// Why a record is named. In the order of their words.
enum class Part : std::uint8_t {
  kCommitment,
  kEngagement,  // in notes: it is overdue
  kObjection,   // in notes
  kResult,
  kRetraction,
  kRevocation,
  kStatus,
  kWithdrawal,
};
std::string_view PartName(Part part);  // "commitment"
std::optional<Part> ParsePart(std::string_view name);

struct Named {
  std::uint64_t index = 0;
  Part part{};
  friend auto operator<=>(const Named&, const Named&) = default;
};

struct Question {
  std::string member;          // URN
  std::uint8_t principle = 0;  // 1..63
  AsOf as_of;
};

struct Answer {
  Verdict verdict{};
  std::vector<Named> deciding;  // ascending: by the rule of 7.2 that gave the verdict
  std::vector<Named> notes;     // ascending: objections against deciding entries, the member's overdue engagements on the principle
  friend bool operator==(const Answer&, const Answer&) = default;
};

// The earlier records that verdicts and lists are about. May answer with more than was asked for, void records among them; never
// with less. Not OK: the source failed.
class RecordSource : public FactSource {
 public:
  // The record at this index; nullopt: none, or one that does not decode or repeats another's statement id.
  virtual absl::StatusOr<std::optional<Fact>> ByIndex(std::uint64_t index) const = 0;
  // Commitments, engagements and results below `size` with this subject and this principle; ascending by index.
  virtual absl::StatusOr<std::vector<Fact>> About(std::string_view member, std::uint8_t principle, std::uint64_t size) const = 0;
  // Records below `size` that refer to the statement id; ascending by index.
  virtual absl::StatusOr<std::vector<Fact>> ReferringTo(const attest::Id& id, std::uint64_t size) const = 0;
};

// 7.2. INVALID_ARGUMENT: a size beyond registry.size(). Otherwise OK, or the source's failure.
absl::StatusOr<Answer> Evaluate(const Registry& registry, const RecordSource& source, const Question& question);

// How an engagement stands (7.4).
enum class EngagementState : std::uint8_t {
  kOpen,        // a result is awaited
  kOverdue,     // it should have come by the date
  kReported,    // a result names a link of its chain
  kCancelled,   // its newest link is retracted on the date
  kSuperseded,  // not the newest link of its chain: ask that one
};
// REQUIRES: `engagement` is one, not void and below as_of.size.
absl::StatusOr<EngagementState> StateOfEngagement(const Registry& registry, const RecordSource& source, const Fact& engagement,
                                                  AsOf as_of);

// Whether a commitment or result runs out in [begin, end), and no renewal takes over by then (7.4).
//   REQUIRES: `claim` is one of these, not void and below as_of.size.
absl::StatusOr<bool> IsExpiring(const Registry& registry, const RecordSource& source, const Fact& claim, std::int64_t begin,
                                std::int64_t end, AsOf as_of);

}  // namespace trustlog::registry
