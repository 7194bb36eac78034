#include "merkle/hash.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

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

}  // namespace
}  // namespace trustlog::merkle
