// The registry of the running log, shared: queries read it from many threads, the sequencer thread changes it batch by batch. Its
// snapshot file is a cache beside the mark: deleting it is safe. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "absl/status/statusor.h"
#include "client/registry/registry.h"
#include "client/registry/signatures.h"
#include "merkle/tile.h"

namespace trustlog::admission {

class LiveRegistry final {
 public:
  explicit LiveRegistry(registry::Registry first) : registry_(std::move(first)) {}

  // Many threads. `read` must not block and must not keep the reference.
  template <typename Read>
  auto With(Read&& read) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    return read(static_cast<const registry::Registry&>(registry_));
  }

  // The sequencer thread: it alone writes, so it reads without the lock.
  const registry::Registry& own() const { return registry_; }
  template <typename Write>
  auto Change(Write&& write) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    return write(registry_);
  }

  // Where check 17 finds keys: each call takes the lock shared. The source borrows *this.
  registry::KeySource Keys() const;

 private:
  mutable std::shared_mutex mutex_;
  registry::Registry registry_;
};

// The tree's root at a size that is committed.
using RootAt = std::function<absl::StatusOr<merkle::Hash>(std::uint64_t size)>;

// When and where the registry is saved while the log runs.
struct SnapshotOptions {
  std::string path;               // "": never
  RootAt root_at;                 // for records that came without their head; empty: those are not counted
  std::uint64_t every = 100'000;  // records
};

// The registry saved in `path`, if the tree confirms it: `root_at` gives the tree's root at a size. An empty registry of `origin`
// where there is no file, or a bad one (which is logged).
registry::Registry LoadSnapshot(const std::string& path, const std::string& origin, const RootAt& root_at);
// Temporary file, sync, rename. Failure is logged: it is a cache.
void SaveSnapshot(const std::string& path, const merkle::TreeHead& head, const registry::Registry& registry);

}  // namespace trustlog::admission
