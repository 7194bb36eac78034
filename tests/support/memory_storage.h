// A Storage in memory for tests: the contract of storage.h over plain containers, checked by the same conformance suite as the
// engines.
//
//   MemoryStore store(identity);              // the "disk": outlives what is opened on it
//   auto storage = store.Open();              // dropped = the process died; open again = it started anew
//
// Thread-safe as the contract asks.
#pragma once

#include <memory>

#include "storage/open_storage.h"

namespace trustlog::support {

class MemoryStore final {
 public:
  explicit MemoryStore(storage::Identity identity);

  // FailedPrecondition: open already. DataLoss: the right edge does not hash to the head.
  absl::StatusOr<std::unique_ptr<storage::Storage>> Open();

  // A byte of entry `index` is another one from now on, as on a disk that flipped it.   REQUIRES: there is that entry, not empty.
  void FlipEntryByte(std::uint64_t index);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

// A store of its own, opened.
std::unique_ptr<storage::Storage> MakeMemoryStorage(storage::Identity identity = {
                                                        "TEST-memory.example/log", "vkey", "2026-01-01", {}});

}  // namespace trustlog::support
