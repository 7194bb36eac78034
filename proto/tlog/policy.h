// Policies (C2SP tlog-policy, E6, E7): which log keys, which witnesses, and which groups of them make a quorum.
//
//   log log.example/tta-2026+7a31c2d0+AeK0...
//   witness w-eu w1.example+93bd1f00+BGx... https://w1.example/witness
//   witness w-us ...
//   group both all w-eu w-us
//   quorum both
//
// Stricter than the specification where other readers differ: names are not keywords, thresholds are at most 255, a `log` line is
// there, log keys have type 0x01 and witness keys type 0x04, and no item begins with '#' (a comment is a line of its own).
// Immutable after parsing; const methods are thread-safe.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/tlog/note.h"

namespace trustlog::tlog {

class Policy final {
 public:
  struct Log {
    VerifierKey vkey;
    std::string url;
  };
  struct Witness {
    std::string name;
    VerifierKey vkey;
    std::string url;
  };
  struct Group {
    std::string name;
    std::uint32_t threshold = 0;
    std::vector<std::string> members;
  };

  // ARGUMENT_INVALID with "line N: ..."; ALGORITHM_NOT_BUILT_IN: an ML-DSA-44 vkey. At most 256 of each kind, at least one log
  // line, exactly one quorum line.
  static absl::StatusOr<Policy> Parse(std::string_view text);

  const std::vector<Log>& logs() const { return logs_; }
  const std::vector<Witness>& witnesses() const { return witnesses_; }
  const std::vector<Group>& groups() const { return groups_; }
  const std::string& quorum() const { return quorum_; }  // a name, or "none"

  // True iff the witnesses named in `names` satisfy the quorum ("none": always).
  bool IsQuorum(const std::set<std::string>& names) const;
  // True iff the witnesses in `candidates` contain a quorum among themselves (B5, T2).
  bool CouldReachQuorum(const std::set<std::string>& candidates) const { return IsQuorum(candidates); }

  // log keys and witness keys, for OpenNote.
  std::vector<VerifierKey> Keys() const;
  std::string Format() const;  // parses back to the same policy; no comments

 private:
  class Parser;

  std::vector<Log> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Group> groups_;
  std::string quorum_;
};

}  // namespace trustlog::tlog
