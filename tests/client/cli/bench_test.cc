#include "client/cli/bench.h"

#include <gtest/gtest.h>

#include "proto/bytes/reason.h"

namespace trustlog::cli {
namespace {

TEST(Percentile, IsTheSmallestValueThatCoversTheShare) {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(Percentile(values, 0.5), 5);
  EXPECT_EQ(Percentile(values, 0.99), 10);
  EXPECT_EQ(Percentile(values, 0.1), 1);
  EXPECT_EQ(Percentile(values, 0), 1);
  EXPECT_EQ(Percentile(values, 1), 10);
  EXPECT_EQ(Percentile({}, 0.5), 0);
}

BenchCall Call(std::function<absl::Status()> send, std::function<absl::StatusOr<std::uint64_t>()> verify) {
  return {[] { return absl::OkStatus(); }, std::move(send), std::move(verify)};
}

TEST(RunBench, CountsItemsAndRefusalsByCode) {
  int turn = 0;
  const auto result =
      RunBench({.clients = 1, .rate = 1000, .duration = std::chrono::milliseconds(10)}, [&](unsigned) -> absl::StatusOr<BenchCall> {
        return Call([&] { return ++turn % 2 == 0 ? bytes::Refuse(bytes::Reason::kPushback, "full") : absl::OkStatus(); },
                    []() -> absl::StatusOr<std::uint64_t> { return 3; });
      });
  EXPECT_EQ(result.calls, 10U);  // by the timetable, however slow the machine
  EXPECT_EQ(result.items, 15U);
  EXPECT_EQ(result.refusals.at("PUSHBACK"), 5U);
  EXPECT_EQ(result.latencies_ms.size(), 5U);
  EXPECT_TRUE(result.failed.ok());
}

TEST(RunBench, EndsWithTheFirstAnswerThatDoesNotVerify) {
  const auto result = RunBench({.clients = 2, .duration = std::chrono::hours(1)}, [](unsigned) -> absl::StatusOr<BenchCall> {
    return Call([] { return absl::OkStatus(); }, []() -> absl::StatusOr<std::uint64_t> { return absl::DataLossError("changed"); });
  });
  EXPECT_TRUE(absl::IsDataLoss(result.failed));
  EXPECT_EQ(result.items, 0U);
}

TEST(RunBench, EndsWhereAClientCannotBegin) {
  const auto result = RunBench({.clients = 2, .duration = std::chrono::hours(1)},
                               [](unsigned) -> absl::StatusOr<BenchCall> { return absl::UnavailableError("no connection"); });
  EXPECT_TRUE(absl::IsUnavailable(result.failed));
}

}  // namespace
}  // namespace trustlog::cli
