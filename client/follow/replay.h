// Replays a log's entries in order: decodes them, checks their statements and signatures, and lets the registry decide what counts.
// What does not fit is a finding. Decoding and signature arithmetic run on all cores, the registry in order. No I/O.
// Single-threaded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
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
  // An empty log.
  explicit Replay(std::string origin) : registry_(std::move(origin)) {}
  // Goes on after a snapshot. AddFact must then be called for every entry of [0, registry.size()) before Follow.
  explicit Replay(registry::Registry registry)
      : registry_(std::move(registry)), resumed_(true), reported_(registry_.violations().size()) {}

  std::uint64_t size() const { return registry_.size(); }
  const registry::Registry& registry() const { return registry_; }

  // What the rules ask about an earlier entry. One that does not decode is no fact.
  void AddFact(std::uint64_t index, std::string_view entry);

  struct Item {
    std::uint64_t index = 0;
    std::string bytes;  // of the entry
    absl::StatusOr<attest::Entry> entry = absl::UnknownError("not decoded");
    std::optional<attest::Statement> statement;  // nullopt: withheld, missing, of another entry or not well-formed
  };
  struct Unserved {
    std::uint64_t index = 0;
    attest::Id id{};  // of the statement
  };
  struct Step {
    std::vector<Item> items;        // those that were applied
    // Claims that came without their statements, ascending: what they are is known when their notices were followed (Judge).
    std::vector<Unserved> unserved;
    std::vector<Finding> findings;  // ascending by index; may end with one about the item that stopped the step
    absl::Status stopped;
  };
  // Applies entries size(), size() + 1, ... with their payloads ("" = not served).   REQUIRES: as many payloads as entries.
  // `stopped` is not OK when a record that replay needs (kinds 0-15, 32-47) has no statement or a wrong one (STATEMENT_MISSING,
  // STATEMENT_MISMATCH): the items before it are applied, and size() stays there.
  Step Follow(std::vector<std::string> entries, std::vector<std::string> payloads);

  // An unserved claim, as of size(): WITHHELD, where an erasure notice that the rules took is about its statement (records.md 4.3),
  // else STATEMENT_MISSING. A notice that is void is none.
  absl::StatusOr<Finding> Judge(const Unserved& unserved) const;

  // registry::DigestOfLog of [0, size()): every program that replays these entries by the same rules has the same one.
  // FailedPrecondition: this replay went on after a snapshot, and which claims came without statements before it is not known.
  absl::StatusOr<merkle::Hash> Digest() const;

 private:
  struct Work;
  static Finding Explain(const registry::Violation& violation, const Work& work);
  void Decode(Work& work) const;
  void VerifySignatures(Work& work, const std::vector<Work>& batch) const;
  absl::Status CheckPayload(Work& work, Step& step) const;
  absl::Status Apply(Work& work, std::vector<Finding>& findings);
  absl::Status FollowSome(std::vector<Work>& batch, Step& step);

  registry::Registry registry_;
  registry::MemoryFacts facts_;
  bool resumed_ = false;
  std::vector<Unserved> unserved_;  // of all steps
  std::size_t reported_ = 0;  // of registry_.violations()
};

}  // namespace trustlog::follow
