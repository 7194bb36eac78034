#include "client/follow/parallel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace trustlog::follow {
namespace {

TEST(Workers, DoEachItemOnce) {
  for (const std::size_t helpers : {0, 1, 3}) {
    Workers workers(helpers);
    for (const std::size_t stride : {1, 2, 32, 1000}) {
      for (const std::size_t count : {0, 1, 2, 31, 32, 33, 300}) {
        std::vector<int> done(count);
        workers.For(count, stride, [&done](std::size_t i) { ++done[i]; });
        EXPECT_EQ(done, std::vector<int>(count, 1)) << helpers << " helpers, " << count << " items by " << stride;
      }
    }
  }
}

TEST(Workers, ServeSeveralCallersAtOnce) {
  Workers workers(2);
  std::vector<std::vector<std::size_t>> sums(4, std::vector<std::size_t>(500));
  std::vector<std::thread> callers;
  for (auto& of_caller : sums) {
    callers.emplace_back([&workers, &of_caller] {
      for (std::size_t round = 0; round < 50; ++round)
        workers.For(of_caller.size(), 7, [&of_caller](std::size_t i) { of_caller[i] += i; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& of_caller : sums) {
    for (std::size_t i = 0; i < of_caller.size(); ++i) ASSERT_EQ(of_caller[i], 50 * i);
  }
}

TEST(Workers, WaitForTheItemsOfHelpers) {
  Workers workers(1);
  std::latch both(2);  // the caller has one item and the helper the other
  std::vector<int> done(2);
  const auto caller = std::this_thread::get_id();
  workers.For(2, 1, [&](std::size_t i) {
    both.arrive_and_wait();
    if (std::this_thread::get_id() != caller) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    done[i] = 1;
  });
  EXPECT_EQ(done, std::vector<int>(2, 1));
}

TEST(Workers, WhatWasWrittenIsSeenByTheCaller) {
  Workers workers(3);
  std::size_t expected = 0, sum = 0;
  std::vector<std::size_t> values(64);
  for (std::size_t round = 1; round <= 2'000; ++round) {
    workers.For(values.size(), 1, [&values, round](std::size_t i) { values[i] = i * round; });
    for (const std::size_t value : values) sum += value;
    expected += round * (64 * 63 / 2);
  }
  EXPECT_EQ(sum, expected);
}

}  // namespace
}  // namespace trustlog::follow
