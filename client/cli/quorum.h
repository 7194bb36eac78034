// What a policy comes to: which sets of witnesses suffice, and who runs them (E8). Pure and thread-safe.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/tlog/policy.h"

namespace trustlog::cli {

struct Quorums {
  std::vector<std::set<std::string>> sets;  // none contains another; by size, then name
  bool complete = true;                     // false: there are more
};

// At most `limit` minimal sets. Looks at no more than a bounded number of sets, smallest first.
Quorums MinimalQuorums(const tlog::Policy& policy, std::size_t limit = 32);

// Who runs a witness, as far as its name tells: the last two labels of its host, as "example.org" of "w1.example.org/x".
std::string OperatorOf(const tlog::Policy& policy, std::string_view witness);

}  // namespace trustlog::cli
