// Every fuzz target over its checked-in corpus and over seeded mutations of it: a plain test, bounded by count.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace trustlog::fuzz {

void Fail(std::string_view what) {
  std::fprintf(stderr, "fuzz property broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

namespace {

constexpr int kMutationsPerSeed = 200;

std::vector<std::string> Corpus(std::string_view name) {
  std::vector<std::string> seeds = {""};
  const auto folder = std::filesystem::path(TRUSTLOG_SOURCE_DIR) / "tests/fuzz/corpus" / name;
  if (!std::filesystem::is_directory(folder)) return seeds;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ostringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    seeds.push_back(text.str());
  }
  return seeds;
}

std::string Mutate(std::string text, std::mt19937& random) {
  const auto below = [&random](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (auto changes = 1 + below(4); changes > 0; --changes) {
    const auto at = below(text.size() + 1);
    switch (below(5)) {
      case 0: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
      case 1: text.insert(at, 1, static_cast<char>(random())); break;
      case 2: if (at < text.size()) text.erase(at, 1 + below(8)); break;
      case 3: text.resize(at); break;
      default: text.insert(at, text.substr(below(text.size() + 1), below(64))); break;
    }
  }
  return text;
}

TEST(FuzzReplay, EveryTargetHasACorpus) {
  for (const auto& target : Targets()) EXPECT_GT(Corpus(target.name).size(), 1U) << target.name;
}

TEST(FuzzReplay, CorpusAndMutationsKeepTheProperties) {
  for (const auto& target : Targets()) {
    SCOPED_TRACE(target.name);
    std::mt19937 random(20261124);
    for (const auto& seed : Corpus(target.name)) {
      target.run(seed);
      for (int i = 0; i < kMutationsPerSeed; ++i) target.run(Mutate(seed, random));
    }
  }
}

}  // namespace
}  // namespace trustlog::fuzz
