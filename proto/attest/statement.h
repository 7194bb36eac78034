// In-toto Statement v1 with one of our predicates (records.md 2.5, 5): bytes -> Statement, checks 7-14 of 6.4 in their order.
// Values; pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/entry.h"
#include "proto/attest/forms.h"
#include "proto/attest/kind.h"
#include "proto/attest/predicates.h"

namespace trustlog::attest {

// What of a log the checks of a statement need. Fixed by the genesis record.
struct LogContext {
  std::string origin;
  std::string type_base;                   // "" while the log is empty: then only genesis is taken, of any base
  std::string urn_prefix;
  friend bool operator==(const LogContext&, const LogContext&) = default;
};

struct Subject {
  std::optional<std::string> name;         // may be empty
  std::optional<merkle::Hash> sha256;
};
// A subject whose sha256 is the SHA-256 of its own name: it names a party or a log, and is never an artifact.
bool IsNameSubject(const Subject& subject);

struct Supersedes {
  Id id{};
  Rel change{};                            // kRenews or kCorrects
};

struct Statement {
  Kind kind{};
  std::vector<Subject> subjects;           // the in-toto subjects, in order
  std::string log_origin;
  std::string issuer;
  std::int64_t issued_at = 0;
  std::string nonce;                       // canonical base64url
  std::optional<Supersedes> supersedes;
  Predicate predicate;
};

// Checks 7-14. Refusals: STATEMENT_MALFORMED, DUPLICATE_MEMBER, KIND_UNKNOWN, GENESIS_ORDER, SCHEMA_VIOLATION{path},
// ALGORITHM_MISMATCH, VALIDITY_INVERTED. Does not compare logOrigin (check 16 comes after 15: derive.h).
absl::StatusOr<Statement> ParseStatement(std::string_view payload, const LogContext& context);

// The kind alone, for tools that show foreign statements; nullopt when the payload is no in-toto statement with a predicate type that ends
// in "/<kind>/v1".
std::optional<Kind> PeekKind(std::string_view payload);

// The JSON path of a string that looks like personal data (records.md section 9, point 5, with its role words for `contact`), or nullopt.
//   REQUIRES: ParseStatement took `payload`.
std::optional<std::string> FindPersonalData(std::string_view payload, Kind kind);

}  // namespace trustlog::attest
