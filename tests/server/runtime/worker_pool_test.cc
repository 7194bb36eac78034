#include "server/runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace trustlog::runtime {
namespace {

TEST(WorkerPool, RunsEverythingInOrderOnOneThread) {
  std::vector<int> order;
  {
    WorkerPool pool("one", 1, 100);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.TryRun([&order, i] { order.push_back(i); }));
  }
  std::vector<int> expected(50);
  for (int i = 0; i < 50; ++i) expected[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(order, expected);
}

TEST(WorkerPool, RefusesBeyondItsBoundButTakesAnswersThatMustBeGiven) {
  std::promise<void> started, go;
  std::atomic<int> ran{0};
  WorkerPool pool("bounded", 1, 2);
  ASSERT_TRUE(pool.TryRun([&] {
    started.set_value();
    go.get_future().wait();
  }));
  started.get_future().wait();  // the thread is busy: from here all wait in the queue
  EXPECT_TRUE(pool.TryRun([&] { ++ran; }));
  EXPECT_TRUE(pool.TryRun([&] { ++ran; }));
  EXPECT_FALSE(pool.TryRun([&] { ran += 100; }));
  pool.Run([&] { ++ran; });
  go.set_value();
  pool.Stop();
  EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, StopRunsWhatIsQueuedAndLaterAnswersRunInTheCaller) {
  WorkerPool pool("stopped", 2, 1'000);
  std::atomic<int> ran{0};
  for (int i = 0; i < 500; ++i) pool.Run([&] { ++ran; });
  pool.Stop();
  EXPECT_EQ(ran, 500);
  pool.Stop();
  EXPECT_FALSE(pool.TryRun([&] { ++ran; }));
  std::thread::id where;
  pool.Run([&] { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, RunsOnAllItsThreads) {
  constexpr unsigned kThreads = 3;
  WorkerPool pool("several", kThreads, 100);
  std::promise<void> all_here;
  std::atomic<unsigned> here{0};
  const auto met = all_here.get_future().share();
  for (unsigned i = 0; i < kThreads; ++i) {
    pool.Run([&, met] {
      if (++here == kThreads) all_here.set_value();
      met.wait();  // ends only when every thread is in here
    });
  }
  pool.Stop();
  EXPECT_EQ(here, kThreads);
}

}  // namespace
}  // namespace trustlog::runtime
