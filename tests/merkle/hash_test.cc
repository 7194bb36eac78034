#include "merkle/hash.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "merkle/sha256_batch.h"
#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

using support::ReferenceLeaf;
using support::ReferenceNode;
using support::ReferenceSha256;

ByteView Bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string RandomBytes(std::size_t size, std::mt19937& random) {
  std::string data(size, '\0');
  for (auto& byte : data) byte = static_cast<char>(random());
  return data;
}

std::vector<Hash> RandomHashes(std::size_t count, std::mt19937& random) {
  std::vector<Hash> hashes(count);
  for (auto& hash : hashes) {
    for (auto& byte : hash) byte = static_cast<std::uint8_t>(random());
  }
  return hashes;
}

class EveryKernel : public testing::TestWithParam<Sha256Kernel> {};

std::vector<Sha256Kernel> Kernels() { return {UsableKernels().begin(), UsableKernels().end()}; }

INSTANTIATE_TEST_SUITE_P(Sha256, EveryKernel, testing::ValuesIn(Kernels()), [](const auto& test) {
  std::string name(test.param.name);
  std::erase(name, '-');
  return name;
});

TEST_P(EveryKernel, HashesLeavesOfEveryLengthAtAnyAlignment) {
  std::mt19937 random(1);
  const std::string pool = RandomBytes(4096, random);
  std::vector<ByteView> entries;
  for (std::size_t length = 0; length <= 2000; ++length) entries.push_back(Bytes(pool).subspan(random() % 64, length));
  std::vector<Hash> out(entries.size());
  GetParam().hash_leaves(entries, out);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view entry(reinterpret_cast<const char*>(entries[i].data()), entries[i].size());
    ASSERT_EQ(out[i], ReferenceLeaf(entry)) << "length " << i;
  }
}

TEST_P(EveryKernel, HashesAnyCountOfLeavesOfMixedLengths) {
  std::mt19937 random(2);
  for (std::size_t count = 0; count <= 40; ++count) {
    std::vector<std::string> entries;  // each in its own allocation: a byte too many read is seen by ASan
    for (std::size_t i = 0; i < count; ++i) entries.push_back(RandomBytes(random() % 400, random));
    std::vector<ByteView> views;
    for (const auto& entry : entries) views.push_back(Bytes(entry));
    std::vector<Hash> out(count);
    GetParam().hash_leaves(views, out);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(out[i], ReferenceLeaf(entries[i])) << "entry " << i << " of " << count;
  }
}

TEST_P(EveryKernel, HashesAnyCountOfNodes) {
  std::mt19937 random(3);
  for (std::size_t count = 0; count <= 40; ++count) {
    const auto children = RandomHashes(2 * count, random);
    std::vector<Hash> parents(count);
    GetParam().hash_nodes(children, parents);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(parents[i], ReferenceNode(children[2 * i], children[2 * i + 1])) << i;
  }
}

TEST_P(EveryKernel, HashesALevelInPlace) {
  std::mt19937 random(4);
  for (std::size_t count = 0; count <= 40; ++count) {
    const auto children = RandomHashes(2 * count, random);
    auto row = children;
    GetParam().hash_nodes(row, {row.data(), count});
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(row[i], ReferenceNode(children[2 * i], children[2 * i + 1])) << i;
    for (std::size_t i = count; i < 2 * count; ++i) ASSERT_EQ(row[i], children[i]) << "wrote past the parents";
  }
}

TEST_P(EveryKernel, HashesNodesAtAnyAlignment) {
  std::mt19937 random(5);
  const auto children = RandomHashes(12, random);
  for (std::size_t offset = 0; offset < 64; ++offset) {
    std::vector<std::uint8_t> memory(offset + children.size() * sizeof(Hash));
    auto* moved = reinterpret_cast<Hash*>(memory.data() + offset);
    std::copy(children.begin(), children.end(), moved);
    std::vector<Hash> parents(children.size() / 2);
    GetParam().hash_nodes({moved, children.size()}, parents);
    for (std::size_t i = 0; i < parents.size(); ++i) ASSERT_EQ(parents[i], ReferenceNode(children[2 * i], children[2 * i + 1]));
  }
}

TEST(Hash, SingleAndBatchFormsAgreeWithTheReference) {
  std::mt19937 random(6);
  const auto entry = RandomBytes(300, random);
  const auto pair = RandomHashes(2, random);
  EXPECT_EQ(Sha256(Bytes("abc")), ReferenceSha256("abc"));
  EXPECT_EQ(HashLeaf(Bytes(entry)), ReferenceLeaf(entry));
  EXPECT_EQ(HashLeaf({}), ReferenceLeaf(""));
  EXPECT_EQ(HashNode(pair[0], pair[1]), ReferenceNode(pair[0], pair[1]));
  EXPECT_EQ(EmptyRoot(), ReferenceSha256(""));
  const ByteView entries[] = {Bytes(entry), Bytes("x")};
  Hash out[2];
  HashLeaves(entries, out);
  EXPECT_EQ(out[0], ReferenceLeaf(entry));
  EXPECT_EQ(out[1], ReferenceLeaf("x"));
  HashNodes(out, {out, 1});
  EXPECT_EQ(out[0], ReferenceNode(ReferenceLeaf(entry), ReferenceLeaf("x")));
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
