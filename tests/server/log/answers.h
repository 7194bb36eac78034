// What tests wait for: the answers to one Add.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "server/log/queue.h"

namespace trustlog::log {

// The answers to one Add: each item exactly one.
class Answers {
 public:
  explicit Answers(std::size_t items) : state_(std::make_shared<State>(items)) {}
  AddDone done() const {
    return [state = state_](std::size_t item, absl::StatusOr<Added> added) {
      const std::lock_guard lock(state->mutex);
      EXPECT_FALSE(state->answers.at(item).has_value()) << "item " << item << " is answered twice";
      state->answers.at(item) = std::move(added);
      state->changed.notify_all();
    };
  }
  std::vector<absl::StatusOr<Added>> Wait() const {
    std::unique_lock lock(state_->mutex);
    std::vector<absl::StatusOr<Added>> all;
    for (const auto& answer : state_->answers) {
      state_->changed.wait(lock, [&] { return answer.has_value(); });
      all.push_back(*answer);
    }
    return all;
  }

 private:
  struct State {
    explicit State(std::size_t items) : answers(items) {}
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::optional<absl::StatusOr<Added>>> answers;
  };
  std::shared_ptr<State> state_;
};

}  // namespace trustlog::log
