// One record before the rules: what each rule function is given. Internal to client/registry.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "client/registry/facts.h"
#include "client/registry/registry.h"
#include "client/registry/state.h"

namespace trustlog::registry {

// REQUIRES: the statement is there, and of the kind whose predicate this is.
template <typename Predicate>
const Predicate& PredicateOf(const Record& record) {
  return std::get<Predicate>(record.statement->predicate);
}

struct Case {
  const State& state;
  const Record& record;
  // Of entry().refs, in their order; nullopt: not logged below record.index, or void.
  std::vector<std::optional<Fact>> targets;
  // Of an index head: logged_at_ms of the last entry it covers; nullopt: no such entry, or one that does not decode.
  std::optional<std::uint64_t> covered_until_ms;

  const attest::Entry& entry() const { return *record.entry; }
  std::int64_t now() const { return attest::LoggedAtSeconds(entry()); }  // T
  AsOf here() const { return {state.log.size, now()}; }
  bool withheld() const { return record.statement == nullptr; }
};

}  // namespace trustlog::registry
