// The newest verified checkpoint of one log, on disk (E9, E10, K7). It moves only after growth from the saved one was proved; two
// histories give an evidence file before anybody is told. Several threads and processes may use the same state.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/follow/checkpoint_check.h"
#include "client/follow/state_directory.h"
#include "client/net/fetcher.h"

namespace trustlog::follow {

enum class Movement {
  kFirst,  // nothing was saved: trust on first use under the policy
  kSame,   // the saved head again
  kMoved,  // larger; growth proved; saved
  kOlder,  // smaller, and proved to be a prefix of the saved one, which stays
};

struct Tracked {
  Movement movement{};
  SignedCheckpoint shown;   // what the log shows now
  SignedCheckpoint newest;  // what is saved now: of the two the larger
};

class CheckpointTracker final {
 public:
  // `rules.policy` has one log line, whose key names the log; borrowed. Other failures: POLICY_INVALID, Unavailable.
  static absl::StatusOr<CheckpointTracker> Open(const std::string& root, const tlog::Policy& policy);

  const StateDirectory& state() const { return state_; }

  // The saved checkpoint; nullopt: none yet. OTHER_LOG: "your saved checkpoint is for another log"; FILE_MALFORMED: damaged.
  absl::StatusOr<std::optional<SignedCheckpoint>> Saved() const;

  // Fetches "checkpoint", checks it, proves growth with tiles, moves. NotFound: nothing is published yet. A failed check: its code;
  // FORK_PROVEN: the evidence file is on disk and named in the message; CONSISTENCY_FAILED: an older checkpoint is shown and its
  // place in the saved tree cannot be shown.
  absl::StatusOr<Tracked> Update(net::Fetcher& fetcher, std::int64_t now, std::optional<std::int64_t> max_age = std::nullopt);

  // The same with a checkpoint at hand that was checked under the policy. `fetcher` is where its tiles are.
  absl::StatusOr<Tracked> Advance(const SignedCheckpoint& shown, net::Fetcher& fetcher);

 private:
  CheckpointTracker(StateDirectory state, const tlog::Policy& policy) : state_(std::move(state)), policy_(&policy) {}
  // True: saved is now `next`. False: another process moved it meanwhile.
  absl::StatusOr<bool> Swap(const std::optional<SignedCheckpoint>& expected, const SignedCheckpoint& next) const;
  absl::StatusOr<Movement> Compare(const SignedCheckpoint& saved, const SignedCheckpoint& shown, net::Fetcher& fetcher) const;
  absl::Status Fork(const Evidence& evidence) const;

  StateDirectory state_;
  const tlog::Policy* policy_;
};

}  // namespace trustlog::follow
