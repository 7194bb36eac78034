// Policies: what is written is read as the same policy, and more witnesses never undo a quorum.
#include "proto/tlog/policy.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::tlog {

TRUSTLOG_FUZZ_TARGET(Policy) {
  const auto policy = tlog::Policy::Parse(input);
  if (!policy.ok()) return;
  const auto written = policy->Format();
  const auto again = tlog::Policy::Parse(written);
  fuzz::Expect(again.ok() && again->Format() == written && again->Keys() == policy->Keys(), "Parse(Format(x)) != x");
  fuzz::Expect(policy->IsQuorum({}) == (policy->quorum() == "none"), "a quorum without witnesses");
  std::set<std::string> names;
  bool was_quorum = policy->IsQuorum(names);
  for (const auto& witness : policy->witnesses()) {
    names.insert(witness.name);
    const bool is_quorum = policy->IsQuorum(names);
    fuzz::Expect(is_quorum || !was_quorum, "one witness more undid a quorum");
    was_quorum = is_quorum;
  }
  fuzz::Expect(was_quorum, "all witnesses together are no quorum");
}

}  // namespace trustlog::tlog
