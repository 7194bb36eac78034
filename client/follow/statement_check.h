// The statement check of E12: whoever holds the payload recomputes its id and every derived field of the entry. Pure and
// thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"

namespace trustlog::follow {

// The fields in which two entries differ, logged_at_ms left aside, by their names in records.md 3.1.
std::vector<std::string> DifferingFields(const attest::Entry& logged, const attest::Entry& derived);

// The statement if all of it fits. STATEMENT_MISMATCH: the id differs ("is not the statement of this entry"), the payload breaks
// checks 7-16 of records.md 6.4, or fields differ (evidence against the operator). Signatures are not verified.
absl::StatusOr<attest::Statement> CheckStatement(const attest::Entry& entry, std::string_view payload,
                                                 const attest::LogContext& context);

// What of a log can be told from an entry and its statement alone, without the genesis record: URN prefix from the issuer, type
// base from the predicate type. Good enough to recompute the entry; whether the log may take such a statement is for a monitor to
// say.
attest::LogContext ContextFor(const attest::Entry& entry, std::string_view payload, std::string_view origin);

}  // namespace trustlog::follow
