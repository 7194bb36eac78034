#include "client/cli/quorum.h"

#include <algorithm>

namespace trustlog::cli {
namespace {

constexpr std::size_t kMaxSetsSeen = 20'000;

bool ContainsOneOf(const std::set<std::string>& set, const std::vector<std::set<std::string>>& smaller) {
  return std::any_of(smaller.begin(), smaller.end(),
                     [&set](const auto& quorum) { return std::includes(set.begin(), set.end(), quorum.begin(), quorum.end()); });
}

// Walks the sets of `size` names in order. Each set is a strictly ascending choice of positions.
class Walk final {
 public:
  Walk(const tlog::Policy& policy, std::size_t limit) : policy_(policy), limit_(limit) {
    for (const auto& witness : policy.witnesses()) names_.push_back(witness.name);
    std::sort(names_.begin(), names_.end());
  }

  Quorums Run() {
    if (policy_.IsQuorum({})) return {{}, true};
    for (std::size_t size = 1; size <= names_.size() && result_.complete; ++size) {
      std::set<std::string> chosen;
      Choose(0, size, chosen);
    }
    return std::move(result_);
  }

 private:
  void Choose(std::size_t from, std::size_t missing, std::set<std::string>& chosen) {
    if (!result_.complete) return;
    if (missing == 0) {
      if (++seen_ > kMaxSetsSeen) result_.complete = false;
      if (ContainsOneOf(chosen, result_.sets) || !policy_.IsQuorum(chosen)) return;
      if (result_.sets.size() == limit_) {
        result_.complete = false;
      } else {
        result_.sets.push_back(chosen);
      }
      return;
    }
    for (std::size_t i = from; i + missing <= names_.size(); ++i) {
      chosen.insert(names_[i]);
      Choose(i + 1, missing - 1, chosen);
      chosen.erase(names_[i]);
    }
  }

  const tlog::Policy& policy_;
  const std::size_t limit_;
  std::vector<std::string> names_;
  Quorums result_;
  std::size_t seen_ = 0;
};

}  // namespace

Quorums MinimalQuorums(const tlog::Policy& policy, std::size_t limit) { return Walk(policy, limit).Run(); }

std::string OperatorOf(const tlog::Policy& policy, std::string_view witness) {
  for (const auto& known : policy.witnesses()) {
    if (known.name != witness) continue;
    const std::string& name = known.vkey.name();
    const std::string host = name.substr(0, name.find('/'));
    const std::size_t last = host.rfind('.');
    if (last == std::string::npos || last == 0) return host;
    const std::size_t before = host.rfind('.', last - 1);
    return before == std::string::npos ? host : host.substr(before + 1);
  }
  return "";
}

}  // namespace trustlog::cli
