// Holds up every storage call of one kind until it is opened: a test that wants to see what happens meanwhile needs no clock.
// Thread-safe.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "tests/support/faulty_storage.h"

namespace trustlog::support {

class Gate final {
 public:
  Gate(FaultPlan& plan, Call call) : plan_(plan) {
    plan_.OnCall([state = state_, call](Call now) {
      if (now != call) return;
      ++state->arrived;
      state->opened.wait();
    });
  }
  ~Gate() { Open(); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void AwaitArrivals(int wanted) const {
    while (state_->arrived < wanted) std::this_thread::yield();
  }
  void Open() {
    if (std::exchange(open_, true)) return;
    plan_.OnCall({});
    state_->promise.set_value();
  }

 private:
  // Shared with calls that are still on their way out of the hook.
  struct State {
    std::atomic<int> arrived{0};
    std::promise<void> promise;
    std::shared_future<void> opened = promise.get_future().share();
  };
  FaultPlan& plan_;
  bool open_ = false;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace trustlog::support
