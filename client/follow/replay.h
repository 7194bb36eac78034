// Replays a log's entries in order: decodes them, checks their statements and signatures, and lets the registry decide what counts.
// What does not fit is a finding. Decoding and signature arithmetic run on all cores, the registry in order. No I/O.
// Single-threaded, but for Decode: the next batch may be decoded on another thread while this one follows a batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/follow/parallel.h"
#include "client/follow/tile_reader.h"
#include "client/registry/memory_facts.h"
#include "client/registry/registry.h"
#include "merkle/hash.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"

namespace trustlog::follow {

struct Finding {
  std::uint64_t index = 0;
  // STATEMENT_MISMATCH, STATEMENT_MISSING, or the reason of a registry::Violation. No faults are WITHHELD (with a notice) and what
  // this version cannot check: ALGORITHM_NOT_BUILT_IN, KIND_UNKNOWN of a kind that the format has (records.md 10).
  std::string code;
  std::string detail;
  bool fault = true;
  friend bool operator==(const Finding&, const Finding&) = default;
};

class Replay final {
 public:
  // An empty log. Borrows `workers`.
  Replay(std::string origin, Workers& workers) : workers_(&workers), registry_(std::move(origin)) {}
  // Goes on after a snapshot. AddFacts must then be called for all entries of [0, registry.size()), in order, before Follow.
  Replay(registry::Registry registry, Workers& workers)
      : workers_(&workers), registry_(std::move(registry)), resumed_(true), reported_(registry_.violations().size()) {}

  std::uint64_t size() const { return registry_.size(); }
  const registry::Registry& registry() const { return registry_; }

  // What the rules ask about earlier entries: those from `begin` on. One that does not decode is no fact.
  void AddFacts(std::uint64_t begin, std::span<const std::string_view> entries);

  struct Item {
    std::uint64_t index = 0;
    std::string_view bytes;                      // of the entry
    std::shared_ptr<const attest::Entry> entry;  // null: does not decode
    std::optional<attest::Statement> statement;  // nullopt: withheld, missing, of another entry or not well-formed
  };
  struct Unserved {
    std::uint64_t index = 0;
    attest::Id id{};  // of the statement
  };
  struct Step {
    ServedItems entries, payloads;  // what the items are views of
    std::vector<Item> items;        // those that were applied
    // Claims that came without their statements, ascending: what they are is known when their notices were followed (Judge).
    std::vector<Unserved> unserved;
    std::vector<Finding> findings;  // ascending by index; may end with one about the item that stopped the step
    absl::Status stopped;
  };

  // Entries with their payloads, and what can be said of each alone. Moved, never copied.
  class Batch;
  // Of the entries `begin`, begin + 1, ... with their payloads ("" = not served), for a log of this context: registry().context().
  // While that has no type base, which only genesis gives, nothing is decoded yet.   REQUIRES: as many payloads as entries.
  static Batch Decode(std::uint64_t begin, ServedItems entries, ServedItems payloads, const attest::LogContext& context,
                      Workers& workers);
  // Applies a batch that begins at size(). Where it was decoded for another context than that of now, it is decoded again.
  // `stopped` is not OK when a record that replay needs (kinds 0-15, 32-47) has no statement or a wrong one (STATEMENT_MISSING,
  // STATEMENT_MISMATCH): the items before it are applied, and size() stays there.
  Step Follow(Batch batch);

  // An unserved claim, as of size(): WITHHELD, where an erasure notice that the rules took is about its statement (records.md 4.3),
  // else STATEMENT_MISSING. A notice that is void is none.
  absl::StatusOr<Finding> Judge(const Unserved& unserved) const;

  // registry::DigestOfLog of [0, size()): every program that replays these entries by the same rules has the same one.
  // FailedPrecondition: this replay went on after a snapshot, and which claims came without statements before it is not known.
  absl::StatusOr<merkle::Hash> Digest() const;

 private:
  struct Work;
  static void DecodeSome(std::span<Work> works, const attest::LogContext& context, Workers& workers);
  static Finding Explain(const registry::Violation& violation, const Work& work);
  void VerifySignatures(Work& work, std::span<const Work> earlier) const;
  absl::Status CheckPayload(Work& work, Step& step) const;
  absl::Status Apply(Work& work, std::vector<Finding>& findings);
  absl::Status FollowSome(std::span<Work> works, Step& step);

  Workers* workers_;
  registry::Registry registry_;
  registry::MemoryFacts facts_;
  bool resumed_ = false;
  std::vector<Unserved> unserved_;  // of all steps
  std::size_t reported_ = 0;        // of registry_.violations()
};

class Replay::Batch final {
 public:
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();

 private:
  friend class Replay;
  Batch();

  ServedItems entries_, payloads_;
  std::vector<Work> works_;                        // one an entry
  std::optional<attest::LogContext> decoded_for_;  // nullopt: not yet
};

}  // namespace trustlog::follow
