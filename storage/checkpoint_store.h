// Signed notes kept by (origin, slot), moved by compare-and-swap. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trustlog::storage {

enum class Slot : std::uint8_t {
  kSigned = 0,
  kPublished = 1,  // the log
  kLatest = 2,     // a witness
  kPending = 3,
  kOwn = 4,  // a mirror
};

class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  // NotFound: none yet.
  virtual absl::StatusOr<std::string> Latest(std::string_view origin, Slot slot) const = 0;
  // Durable and atomic. `old` is "" where there is none yet. Aborted: it was not `old`, nothing written. Because commits are
  // ordered, OK also confirms every earlier commit seen.
  [[nodiscard]] virtual absl::Status Swap(std::string_view origin, Slot slot, std::string_view old, std::string_view now) = 0;
  // A durable no-op write: what was read before it is replicated. At once where there is one disk.
  [[nodiscard]] virtual absl::Status Confirm() = 0;
};

}  // namespace trustlog::storage
