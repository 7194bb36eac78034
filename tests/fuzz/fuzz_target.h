// One fuzz target a file. In the fuzz preset each file is a libFuzzer program; in every other build all of them are in
// fuzz_replay_test, which replays tests/fuzz/corpus/<name>/ and a bounded, seeded run of mutations of it.
//
//   TRUSTLOG_FUZZ_TARGET(Note) { ParseNote(...); }       // `input` is a std::string_view
#pragma once

#include <string_view>
#include <vector>

namespace trustlog::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};

inline std::vector<Target>& Targets() {
  static std::vector<Target> targets;
  return targets;
}

// A broken property ends the process with a message: the same in every build.
[[noreturn]] void Fail(std::string_view what);

inline void Expect(bool holds, std::string_view what) {
  if (!holds) Fail(what);
}

}  // namespace trustlog::fuzz

#define TRUSTLOG_FUZZ_TARGET(name)                                                                               \
  static void FuzzRun##name(std::string_view input);                                                             \
  static const bool fuzz_registered_##name = (::trustlog::fuzz::Targets().push_back({#name, &FuzzRun##name}), true); \
  static void FuzzRun##name(std::string_view input)
