// A monitor: follows a log entry by entry from its own cursor to the newest verified checkpoint (E3, E10). Every entry is compared
// with the tree, decoded and checked against its statement; signatures are verified and the registry is replayed; what does not fit
// is a finding.
//
// State beside the checkpoint (state_directory.h): `cursor`, how far findings were delivered, written at the end of a run and after
// every 65,536 entries: what a run delivered that was cut off after that is delivered again; `registry`, a snapshot, which is a cache.
// One thread uses a Monitor, which reads ahead, decodes and verifies on others of its own; it asks the fetcher from one thread at a
// time and delivers on the caller's. One monitor at a time on a state directory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/follow/checkpoint_tracker.h"
#include "client/follow/replay.h"

namespace trustlog::follow {

// One entry as followed. Borrowed for the callback.
struct Observed {
  std::uint64_t index = 0;
  std::string_view bytes;
  const attest::Entry* entry = nullptr;          // null: does not decode
  const attest::Statement* statement = nullptr;  // null: withheld, missing or not well-formed
};

struct Delivery {
  std::span<const Observed> entries;  // ascending, without gaps
  // About these entries, ascending, and among them about earlier ones of the run whose statements are not served: their erasure
  // notices come later, if at all.
  std::span<const Finding> findings;
};

struct MonitorOptions {
  std::int64_t now = 0;                   // Unix seconds
  std::optional<std::int64_t> max_age{};  // of the checkpoint
  std::optional<std::uint64_t> from{};    // deliver from here instead; beyond the cursor: which then stays
};

struct MonitorResult {
  Tracked tracked;
  std::uint64_t begin = 0, end = 0;  // entries delivered: [begin, end)
  std::uint64_t findings = 0, faults = 0;
};

class Monitor final {
 public:
  // `state_root`: .../trustlog/logs. `fetcher` and `policy` are borrowed. FailedPrecondition: another monitor runs on this state.
  static absl::StatusOr<Monitor> Open(net::Fetcher& fetcher, const tlog::Policy& policy, const std::string& state_root);
  Monitor(Monitor&&) noexcept;
  ~Monitor();

  // OK: what was given has been taken over durably; the cursor may move. Not OK: the run ends with that status, the cursor stays.
  using Deliver = std::function<absl::Status(const Delivery&)>;

  // One run: newest checkpoint, growth, every entry since the cursor. NotFound: nothing is published yet. FORK_PROVEN: evidence is
  // on disk. STATEMENT_MISSING, STATEMENT_MISMATCH: of a record that replay needs (kinds 0-15, 32-47); delivered as finding first,
  // and the cursor stops before it. Others: tile_reader.h, and Unavailable.
  absl::StatusOr<MonitorResult> RunOnce(const MonitorOptions& options, const Deliver& deliver);

  // The registry at the end of the last run; null before the first.
  const registry::Registry* registry() const;
  // Of that registry: Replay::Digest.   REQUIRES: registry() is not null.
  absl::StatusOr<merkle::Hash> RegistryDigest() const;

 private:
  struct State;
  explicit Monitor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trustlog::follow
