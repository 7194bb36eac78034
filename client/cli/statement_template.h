// Makes in-toto statements to fill in and sign (records.md 2.5, 5): logOrigin, nonce, issuedAt and the in-toto subject are filled,
// other members stand with a placeholder "<what is due>", which the schema check of `sign` refuses. Pure but for the nonce;
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/kind.h"

namespace trustlog::cli {

struct StatementDraft {
  attest::Kind kind{};
  std::string origin, type_base, urn_prefix;
  std::string issuer;                                        // "" = the role that issues this kind, else a placeholder
  std::int64_t issued_at = 0;                                // Unix seconds
  std::string document_name, document_sha256;                // "" = none: a name subject, or a placeholder where a document is due
  std::string predicate;                                     // a JSON object whose members replace those of the form; "" = none
  std::vector<std::pair<std::string, std::string>> members;  // "scope.products", then JSON, or a plain string where that is none
};

// The statement, indented; of kind index-head the one line of records.md 8.4. Usage errors: a predicate that is no JSON object, a
// member's path through something that is no object.
absl::StatusOr<std::string> MakeStatement(const StatementDraft& draft);

// The role that issues this kind; "": a party does, whichever.
std::string_view IssuingRole(attest::Kind kind);
// What a statement of this kind may also say, for people: "lei, group"; "" = nothing.
std::string_view OtherMembers(attest::Kind kind);

}  // namespace trustlog::cli
