#include "client/follow/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace trustlog::follow {
namespace {

constexpr std::size_t kStride = 16;  // items taken at a time

}  // namespace

void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&next, &work, count] {
    for (std::size_t begin = next.fetch_add(kStride); begin < count; begin = next.fetch_add(kStride)) {
      for (std::size_t i = begin; i < std::min(begin + kStride, count); ++i) work(i);
    }
  };
  const std::size_t threads =
      std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), (count + kStride - 1) / kStride);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();  // this thread works too
  for (std::thread& thread : others) thread.join();
}

}  // namespace trustlog::follow
