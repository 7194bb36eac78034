// How the domain plugs into the log core: the core moves opaque bytes, an Admitter decides which of them become entries.
//
// Interfaces only. server/admission implements them over client/registry; tests implement them in a few lines.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/storage.h"

namespace trustlog::log {

// A submission that passed every check that needs no order. Immutable; owned by the queue until it is answered.
class Submission {
 public:
  virtual ~Submission() = default;
  virtual const storage::Id& id() const = 0;
  // Ids of earlier records that its admission will ask about.
  virtual std::span<const storage::Id> refs() const = 0;
  // What it counts against the queue's byte limit.
  virtual std::size_t bytes() const = 0;
  // The statement to be stored beside the entry.
  virtual const std::string& companion() const = 0;
  // Who speaks, for per-issuer shares of the queue.
  virtual const std::string& issuer() const = 0;
};

// Indices at one head: of a batch's ids and of the records that it refers to.
using KnownIds = absl::flat_hash_map<storage::Id, std::uint64_t>;

struct DuplicateOf {
  std::size_t item = 0;
};                                                                     // the same id, accepted earlier in the batch
using Drafted = std::variant<std::string, DuplicateOf, absl::Status>;  // the final entry bytes, a duplicate, or the refusal

// A companion to be withheld, and the record that says so: an erasure notice (records.md 4.3).
struct Withholding {
  std::uint64_t index = 0;
  std::uint64_t notice = 0;
  friend bool operator==(const Withholding&, const Withholding&) = default;
};

// Sequencer thread only.
class Admitter {
 public:
  virtual ~Admitter() = default;
  // Records followed so far.
  virtual std::uint64_t size() const = 0;
  // Takes over committed records [begin, begin + n), begin == size(). Not OK: those below size() are taken, the one at size() could
  // not be: Unavailable, DataLoss.
  [[nodiscard]] virtual absl::Status Follow(std::uint64_t begin, std::span<const storage::Record> committed) = 0;
  // In order, each on top of size() and the accepted ones before it. One Drafted a submission. At most one draft at a time: Keep or
  // Drop ends it. Not OK: the facts could not be read (Unavailable, DataLoss); no draft is open.
  virtual absl::StatusOr<std::vector<Drafted>> DraftBatch(std::span<const Submission* const> batch, const KnownIds& known) = 0;
  // The draft was committed; `head` is the head after it (the old one if nothing was accepted).
  virtual void Keep(const merkle::TreeHead& head) = 0;
  // It was not.
  virtual void Drop() = 0;
  // Companions that may go once `end` records are published, because of a record in [begin, end).   REQUIRES: end <= size()
  virtual std::vector<Withholding> Withholdable(std::uint64_t begin, std::uint64_t end) = 0;
};

// Read-back check before a signature: are these bytes what was admitted? Publisher thread only.
class Recheck {
 public:
  virtual ~Recheck() = default;
  // Records [begin, begin + n). DataLoss: which index, and what differs.
  [[nodiscard]] virtual absl::Status Verify(std::uint64_t begin, std::span<const storage::Record> records) const = 0;
};

}  // namespace trustlog::log
