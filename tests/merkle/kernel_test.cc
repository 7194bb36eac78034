// Every kernel that this CPU runs against OpenSSL, one message at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "merkle/sha256_batch.h"
#include "tests/support/reference_tree.h"

// Sixteen lanes of whatever instructions the compiler has: what the AVX-512 kernel does, also where the CPU lacks it.
#define TRUSTLOG_VECTOR_TARGET
#pragma GCC diagnostic ignored "-Wpsabi"
#include "merkle/sha256_lanes.h"
#include "merkle/sha256_vector.h"

namespace trustlog::merkle {
namespace {

using support::ReferenceLeaf;
using support::ReferenceNode;

using Bytes = std::vector<std::uint8_t>;

Bytes RandomBytes(std::size_t size, std::mt19937& random) {
  Bytes data(size);
  std::ranges::generate(data, [&] { return static_cast<std::uint8_t>(random()); });
  return data;
}

std::vector<Hash> RandomHashes(std::size_t count, std::mt19937& random) {
  std::vector<Hash> hashes(count);
  for (auto& hash : hashes) std::ranges::generate(hash, [&] { return static_cast<std::uint8_t>(random()); });
  return hashes;
}

Hash Expected(ByteView entry) { return ReferenceLeaf({reinterpret_cast<const char*>(entry.data()), entry.size()}); }

class EveryKernel : public testing::TestWithParam<Sha256Kernel> {};

std::vector<Sha256Kernel> Kernels() {
  std::vector<Sha256Kernel> kernels(UsableKernels().begin(), UsableKernels().end());
  kernels.push_back({"sixteen plain lanes", &HashLeavesInLanes<VectorCompressor<16>>, &HashNodesInVectors<16>});
  return kernels;
}

INSTANTIATE_TEST_SUITE_P(Sha256, EveryKernel, testing::ValuesIn(Kernels()), [](const auto& test) {
  std::string name(test.param.name);
  std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
});

constexpr std::size_t kCounts = 70;  // more than four times sixteen lanes
constexpr std::size_t kLengths = 5000;

// A length at or beside the end of a block, of the message with its prefix or of its padding, or any.
std::size_t RandomLength(std::mt19937& random) {
  const std::size_t near = random() % 64 * 64 + std::vector<std::size_t>{0, 1, 53, 54, 55, 56, 57, 62, 63}[random() % 9];
  switch (random() % 4) {
    case 0:
      return near % 200;
    case 1:
      return near;
    case 2:
      return random() % 400;
    default:
      return random() % kLengths;
  }
}

TEST_P(EveryKernel, HashesLeavesOfEveryLength) {
  std::mt19937 random(1);
  const Bytes pool = RandomBytes(kLengths + 64, random);
  std::vector<ByteView> entries;
  for (std::size_t length = 0; length <= kLengths; ++length) entries.push_back(ByteView(pool).subspan(random() % 64, length));
  std::vector<Hash> out(entries.size());
  GetParam().hash_leaves(entries, out);
  for (std::size_t i = 0; i < entries.size(); ++i) ASSERT_EQ(out[i], Expected(entries[i])) << "length " << i;
}

TEST_P(EveryKernel, HashesAnyCountOfLeavesOfAnyLengthsInAnyOrder) {
  for (unsigned seed = 0; seed < 4 * (kCounts + 1); ++seed) {
    std::mt19937 random(seed);
    const std::size_t count = seed % (kCounts + 1);
    std::vector<Bytes> memory;  // each in its own allocation, at any alignment: a byte too many read is seen by ASan
    std::vector<ByteView> entries;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t offset = random() % 64;
      const auto& bytes = memory.emplace_back(RandomBytes(offset + RandomLength(random), random));
      entries.push_back(ByteView(bytes).subspan(offset));
    }
    std::vector<Hash> out(count + 1);
    GetParam().hash_leaves(entries, std::span(out).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(out[i], Expected(entries[i]))
          << "entry " << i << " of " << count << ", length " << entries[i].size() << ", seed " << seed;
    }
    ASSERT_EQ(out[count], Hash{}) << "wrote past the end";
  }
}

TEST_P(EveryKernel, HashesLeavesOfOneLengthWhateverTheirCount) {
  std::mt19937 random(2);
  for (const std::size_t length : {0, 54, 55, 56, 62, 63, 64, 65, 118, 119, 120, 300}) {
    for (std::size_t count = 0; count <= kCounts; ++count) {
      const Bytes bytes = RandomBytes(count * length, random);
      std::vector<ByteView> entries;
      for (std::size_t i = 0; i < count; ++i) entries.push_back(ByteView(bytes).subspan(i * length, length));
      std::vector<Hash> out(count);
      GetParam().hash_leaves(entries, out);
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(out[i], Expected(entries[i])) << i << " of " << count << ", length " << length;
    }
  }
}

TEST_P(EveryKernel, HashesAnyCountOfNodesAtAnyAlignment) {
  std::mt19937 random(3);
  for (std::size_t count = 0; count <= kCounts; ++count) {
    const auto children = RandomHashes(2 * count, random);
    const std::size_t offset = random() % 64;
    Bytes memory(offset + children.size() * sizeof(Hash));
    auto* moved = reinterpret_cast<Hash*>(memory.data() + offset);
    std::ranges::copy(children, moved);
    std::vector<Hash> parents(count);
    GetParam().hash_nodes({moved, children.size()}, parents);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(parents[i], ReferenceNode(children[2 * i], children[2 * i + 1])) << i << " of " << count;
    }
  }
}

TEST_P(EveryKernel, HashesNodesWithEveryLastByte) {
  std::mt19937 random(4);
  auto children = RandomHashes(512, random);
  for (std::size_t i = 0; i < 256; ++i) children[2 * i + 1].back() = static_cast<std::uint8_t>(i);
  std::vector<Hash> parents(256);
  GetParam().hash_nodes(children, parents);
  for (std::size_t i = 0; i < 256; ++i)
    ASSERT_EQ(parents[i], ReferenceNode(children[2 * i], children[2 * i + 1])) << "last byte " << i;
}

TEST_P(EveryKernel, HashesALevelInPlace) {
  std::mt19937 random(5);
  for (std::size_t count = 0; count <= kCounts; ++count) {
    const auto children = RandomHashes(2 * count, random);
    auto row = children;
    GetParam().hash_nodes(row, {row.data(), count});
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(row[i], ReferenceNode(children[2 * i], children[2 * i + 1])) << i;
    for (std::size_t i = count; i < 2 * count; ++i) ASSERT_EQ(row[i], children[i]) << "wrote past the parents";
  }
}

TEST(Kernels, PortableRunsEverywhereAndAnUnknownNameGivesThePreferredOne) {
  EXPECT_EQ(UsableKernels().front().name, "portable");
  for (const auto& kernel : UsableKernels()) EXPECT_EQ(ChooseKernel(kernel.name).name, kernel.name);
  EXPECT_EQ(ChooseKernel("").name, UsableKernels().back().name);
  EXPECT_EQ(ChooseKernel("no such kernel").name, UsableKernels().back().name);
}

TEST(KernelsDeathTest, TheEnvironmentChoosesTheKernelOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the child is a new process: nothing has been chosen in it yet
  const auto choose_twice = [] {
    setenv("TRUSTLOG_SHA256", "portable", 1);
    const bool first = ActiveKernel().name == "portable";
    setenv("TRUSTLOG_SHA256", "sha-ni", 1);
    std::exit(first && ActiveKernel().name == "portable" ? 0 : 1);
  };
  EXPECT_EXIT(choose_twice(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace trustlog::merkle
