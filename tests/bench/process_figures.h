// What the kernel knows of this process, for the figures of a benchmark: Linux only. Thread-safe.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace trustlog::bench {

// The number that follows `key` in a file of /proc/self; 0: there is none.
inline std::uint64_t ProcessFigure(const char* file, const std::string& key) {
  std::ifstream lines(std::string("/proc/self/") + file);
  std::string word;
  std::uint64_t value = 0;
  while (lines >> word) {
    if (word == key && lines >> value) return value;
  }
  return 0;
}

inline std::uint64_t ResidentBytes() { return ProcessFigure("status", "VmRSS:") * 1024; }
// By write and its kin: the WAL and what is copied from it both count.
inline std::uint64_t WrittenBytes() { return ProcessFigure("io", "wchar:"); }

}  // namespace trustlog::bench
