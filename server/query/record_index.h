// Which published records have which keys: follows the published log on a thread of its own and fills a KeyIndex with it. The index
// is a cache: one that does not fit the tree, or fails, is made anew from the entries, and questions wait meanwhile. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/compact_range.h"
#include "server/log/log.h"
#include "server/runtime/clock.h"
#include "server/runtime/mutex.h"
#include "storage/key_index.h"

namespace trustlog::query {

using OpenIndex = std::function<absl::StatusOr<std::unique_ptr<storage::KeyIndex>>()>;

class RecordIndex final {
 public:
  // Borrows `log` and `clock`. The thread opens the index, and tries again where that fails.
  RecordIndex(log::Log& log, const runtime::Clock& clock, OpenIndex open);
  ~RecordIndex();  // as Stop
  RecordIndex(const RecordIndex&) = delete;
  RecordIndex& operator=(const RecordIndex&) = delete;

  // `done` once, on the log's answer pool: the newest published snapshot whose records are indexed, as soon as it holds `size`
  // records; DEADLINE, or STOPPED.   REQUIRES: size > 0.
  void WaitIndexed(std::uint64_t size, runtime::Deadline deadline, log::PublishedDone done);
  // As KeyIndex::Find, for an `end` that WaitIndexed has given. Unavailable (STOPPED): the index is being made anew.
  absl::StatusOr<std::vector<std::uint64_t>> Find(std::string_view key, std::uint64_t begin, std::uint64_t end,
                                                  std::size_t limit) const;
  // Records indexed so far, for people and tests.
  std::uint64_t size() const;

  // Answers who waits (STOPPED) and ends the thread after the bundles that it works on.
  void Stop();

 private:
  using Snapshot = std::shared_ptr<const log::Published>;
  struct Signals;

  void Run();
  // Null: stopping.
  std::unique_ptr<storage::KeyIndex> Open();
  // A snapshot beyond `followed`, or any if the index is to be looked at anew. Null: stopping.
  Snapshot NextPublished(std::optional<std::uint64_t> followed);
  absl::Status Follow(const log::Published& snapshot);
  absl::Status TakeUp(const log::Published& snapshot);
  static absl::Status ReadBundle(const log::Published& snapshot, merkle::CompactRange& range,
                                 std::vector<std::vector<std::string>>& keys);
  absl::Status AddBundles(const log::Published& snapshot);
  void Note(const absl::Status& trouble);
  void Pause();
  bool IsStopping() const;

  log::Log& log_;
  const runtime::Clock& clock_;
  const OpenIndex open_;
  log::Waiters waiters_;
  const std::shared_ptr<Signals> signals_;
  std::unique_ptr<storage::KeyIndex> index_;   // set once, before anything is indexed; the thread's until then
  std::optional<merkle::CompactRange> range_;  // of what is indexed; none: to be looked at. The thread's alone
  std::string trouble_;                        // told last. The thread's alone
  std::thread thread_;
};

}  // namespace trustlog::query
