// A KeyIndex in memory for tests: the contract of storage/key_index.h over a map, checked by the same conformance suite.
// Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/key_index.h"

namespace trustlog::support {

class MemoryKeyIndex final : public storage::KeyIndex {
 public:
  absl::StatusOr<merkle::TreeHead> Indexed() const override {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  absl::Status Add(std::uint64_t begin, std::span<const std::vector<std::string>> keys, const merkle::Hash& root) override {
    const std::lock_guard lock(mutex_);
    if (begin != head_.size) return absl::AbortedError("another size");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (const auto& key : keys[i]) {
        auto& list = lists_[key];
        if (list.empty() || list.back() != begin + i) list.push_back(begin + i);
      }
    }
    head_ = {begin + keys.size(), root};
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::uint64_t>> Find(std::string_view key, std::uint64_t begin, std::uint64_t end,
                                                  std::size_t limit) const override {
    const std::lock_guard lock(mutex_);
    if (end > head_.size) return absl::OutOfRangeError("not indexed yet");
    std::vector<std::uint64_t> found;
    const auto list = lists_.find(key);
    if (list == lists_.end()) return found;
    for (const auto index : list->second) {
      if (index >= begin && index < end && found.size() < limit) found.push_back(index);
    }
    return found;
  }
  absl::Status Clear() override {
    const std::lock_guard lock(mutex_);
    lists_.clear();
    head_ = {0, merkle::EmptyRoot()};
    return absl::OkStatus();
  }

 private:
  mutable std::mutex mutex_;
  merkle::TreeHead head_{0, merkle::EmptyRoot()};
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> lists_;
};

}  // namespace trustlog::support
