#include "proto/attest/predicates.h"

namespace trustlog::attest {

Interval ValidityOf(const Predicate& predicate) {
  if (const auto* const engagement = std::get_if<AuditEngagement>(&predicate)) {
    return {engagement->started_at, engagement->result_due_by};
  }
  // For every other kind of table 3.2 the members named validFrom and validUntil are the ones, where it has them.
  return std::visit(
      [](const auto& kind) {
        Interval interval;
        if constexpr (requires { kind.valid_from; }) interval.from = kind.valid_from;
        if constexpr (requires { kind.valid_until; }) interval.until = kind.valid_until;
        return interval;
      },
      predicate);
}

}  // namespace trustlog::attest
