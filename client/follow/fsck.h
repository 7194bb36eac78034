// A full check of a log over any Fetcher: everything is recomputed from the entries and compared with what is served at the
// checkpoint's size: leaf hashes, every tile at every level, the root, the form of every bundle, statement ids and derived fields.
// Registry rules are the monitor's business: whether an erasure notice that names a missing statement was signed by those who may.
// Works on all cores and reads ahead on a thread of its own: the fetcher is asked from one thread at a time, `progress` is called on
// the caller's. Holds two batches of 16 bundles and the tiles above level 0 in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/net/fetcher.h"
#include "merkle/tile.h"

namespace trustlog::follow {

struct Damage {
  std::uint64_t index = 0;  // the first entry that it touches
  std::string path;         // "tile/1/000.p/3"; "checkpoint" for the root
  std::string what;         // with the values
  friend bool operator==(const Damage&, const Damage&) = default;
};

struct FsckOptions {
  std::uint64_t from = 0;        // entries before are read for their hashes' sake only: statements are checked from here
  std::size_t max_damage = 100;  // kept in the result; the rest is counted
  // Called after each batch of bundles. False: stop (Unavailable).
  std::function<bool(std::uint64_t done, std::uint64_t total)> progress{};
};

struct FsckResult {
  merkle::TreeHead head;
  std::uint64_t entries = 0, tiles = 0, bundles = 0, withheld = 0;
  std::uint64_t damage_count = 0;
  std::vector<Damage> damage;  // ascending by (index, path); empty: the log is whole
};

// `head` and `origin` come from a checkpoint that was verified. Each level is compared with the one below it as served, so one
// wrong byte is reported where it is and not all the way up. Not OK: something could not be read at all (Unavailable); what is
// absent is damage.
absl::StatusOr<FsckResult> Fsck(net::Fetcher& fetcher, const std::string& origin, const merkle::TreeHead& head,
                                const FsckOptions& options);

}  // namespace trustlog::follow
