// The batches under which a key's last statements stood (records.md 2.4): message and inner signature of each, together, so that only
// what verified before is taken as verified. Another signature over the same root is verified by itself. Bounded; thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace trustlog::keys {

class VerifiedBatches final {
 public:
  static constexpr std::size_t kMost = 64;  // 200 bytes each; the oldest gives way

  bool Holds(std::string_view message, std::string_view inner) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kMost; ++i) {
      const Batch& batch = batches_[(last_ + kMost - i) % kMost];
      if (batch.message.empty()) return false;
      if (batch.message == message && batch.inner == inner) return true;
    }
    return false;
  }
  // REQUIRES: `inner` verifies over `message`, which is not empty.
  void Add(std::string_view message, std::string_view inner) {
    const std::lock_guard lock(mutex_);
    last_ = (last_ + 1) % kMost;
    batches_[last_] = {std::string(message), std::string(inner)};
  }

 private:
  struct Batch {
    std::string message, inner;
  };
  mutable std::mutex mutex_;
  std::array<Batch, kMost> batches_;
  std::size_t last_ = 0;
};

}  // namespace trustlog::keys
