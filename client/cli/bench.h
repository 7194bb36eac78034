// Runs one kind of call from several clients for a while and measures it. With a rate the clients keep to a timetable and latency
// counts from the time that a call was due, so that a slow server cannot hide by being asked less often. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trustlog::cli {

struct BenchPlan {
  unsigned clients = 1;
  double rate = 0;  // calls a second of all clients; 0 = each as fast as answers come
  std::chrono::milliseconds duration{10'000};
};

// One client's call, made anew for each turn. `prepare` and `verify` are not in the latency.
struct BenchCall {
  std::function<absl::Status()> prepare;
  std::function<absl::Status()> send;                     // not OK: refused, counted by its code
  std::function<absl::StatusOr<std::uint64_t>()> verify;  // items that were verified; not OK: the run ends with it
};

struct BenchResult {
  std::uint64_t calls = 0, items = 0;
  std::map<std::string, std::uint64_t> refusals;  // by stable code
  double seconds = 0;
  std::vector<double> latencies_ms;  // of calls that were answered, ascending
  absl::Status failed;               // the first answer that did not verify, or preparation that failed
};

// `make(client)` is called once a client, on its own thread; the clock starts when all are made.
BenchResult RunBench(const BenchPlan& plan, const std::function<absl::StatusOr<BenchCall>(unsigned client)>& make);

// 0 <= share <= 1; 0 of an empty list.
double Percentile(const std::vector<double>& ascending, double share);

}  // namespace trustlog::cli
