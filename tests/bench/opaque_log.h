// The log core in this process, with all that makes an entry durable: queue, sequencer, SQLite storage, publisher, signer and mark.
// Entries are opaque bytes; the id of one is its leaf hash, and the same bytes get the same index for ever. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trustlog::bench {

inline constexpr std::size_t kEntryBytes = 300;
inline constexpr std::size_t kBatchEntries = 4'096;

struct Appended {
  std::uint64_t entries = 0;
  double durable_seconds = 0;        // until the last answer
  double published_seconds = 0;      // until a signed checkpoint had them all
  std::vector<double> latencies_ms;  // of a batch, from Add to its last answer; ascending
  std::uint64_t written_bytes = 0;   // by this process
};

class OpaqueLog final {
 public:
  // Makes a log in `folder` where there is none; `folder` must exist.
  static absl::StatusOr<std::unique_ptr<OpaqueLog>> Open(const std::string& folder);
  ~OpaqueLog();
  OpaqueLog(const OpaqueLog&) = delete;
  OpaqueLog& operator=(const OpaqueLog&) = delete;

  // Whole batches of entries that the log has not met, a few in flight; the feeder makes them on this thread while the clock runs.
  //   REQUIRES: entries a multiple of kBatchEntries
  absl::StatusOr<Appended> Append(std::uint64_t entries);
  // The entries [begin, end) once more: how many are answered as duplicates with their first index.
  absl::StatusOr<std::uint64_t> CountDuplicates(std::uint64_t begin, std::uint64_t end);
  std::uint64_t size() const;
  absl::Status Close();

 private:
  struct Parts;
  explicit OpaqueLog(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace trustlog::bench
