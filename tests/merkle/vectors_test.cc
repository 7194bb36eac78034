// Values that others published: roots of the well-known eight-leaf tree, the accumulated vectors of the subtree draft, and the
// proofs, good and bad, of transparency-dev/merkle (read from the shared data; skipped where that is absent).
#include <gtest/gtest.h>

#include <bit>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "merkle/compact_range.h"
#include "merkle/proof.h"
#include "merkle/verify.h"
#include "tests/support/reference_tree.h"

namespace trustlog::merkle {
namespace {

namespace json = boost::json;
using support::ReferenceTree;

ByteView Bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string Hex(const Hash& hash) {
  std::string text;
  for (const auto byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// The tree of Certificate Transparency's first implementation, used by most others since (google/certificate-transparency,
// transparency-dev/merkle testonly/constants.go).
TEST(Vectors, RootsOfTheWellKnownEightLeaves) {
  struct Step {
    std::string_view entry, root;
  };
  using namespace std::string_view_literals;
  const Step steps[] = {
      {""sv, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"\x00"sv, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"\x10"sv, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"\x20\x21"sv, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"\x30\x31"sv, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"\x40\x41\x42\x43"sv, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"\x50\x51\x52\x53\x54\x55\x56\x57"sv, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"sv,
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  CompactRange range;
  EXPECT_EQ(Hex(range.Root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const auto& step : steps) {
    range.Append(HashLeaf(Bytes(step.entry)));
    EXPECT_EQ(Hex(range.Root()), step.root) << range.size();
  }
}

// draft-ietf-plants-merkle-tree-certs, appendix "Subtree Test Vectors": one line for each input, all lines hashed. A subtree
// [start, end) is a tree of its own over those entries. Its consistency vectors start inside the tree: we make no such proofs.
bool IsSubtree(std::uint64_t start, std::uint64_t end) {
  if (start >= end) return false;
  return start == 0 || (end - start <= 1ULL << 63 && start % std::bit_ceil(end - start) == 0);
}

template <class Visit>
void ForEachSubtree(const Visit& visit) {
  for (std::uint64_t end = 1; end <= 130; ++end) {
    for (std::uint64_t start = 0; start < end; ++start) {
      if (IsSubtree(start, end)) visit(start, end);
    }
  }
}

ReferenceTree OneByteEntries(std::uint64_t start, std::uint64_t end) {
  ReferenceTree tree;
  for (auto i = start; i < end; ++i) tree.Append(std::string(1, static_cast<char>(i)));
  return tree;
}

TEST(Vectors, AccumulatedSubtreeHashes) {
  std::string lines;
  ForEachSubtree([&lines](std::uint64_t start, std::uint64_t end) {
    CompactRange range;
    for (auto i = start; i < end; ++i) {
      const auto entry = static_cast<std::uint8_t>(i);
      range.Append(HashLeaf({&entry, 1}));
    }
    lines += "[" + std::to_string(start) + ", " + std::to_string(end) + ") " + Hex(range.Root()) + "\n";
  });
  EXPECT_EQ(Hex(Sha256(Bytes(lines))), "94a95384a8c69acea9b50d035a58285b3a777cb7a724005faa5e1f1e1190007f");
}

TEST(Vectors, AccumulatedInclusionProofs) {
  std::string lines;
  ForEachSubtree([&lines](std::uint64_t start, std::uint64_t end) {
    const auto tree = OneByteEntries(start, end);
    for (auto index = start; index < end; ++index) {
      const auto plan = PlanInclusion(index - start, end - start);
      const auto proof = plan->Assemble(tree.Tiles(plan->tiles()));
      lines += std::to_string(index) + " [" + std::to_string(start) + ", " + std::to_string(end) + ")";
      for (const auto& hash : *proof) lines += " " + Hex(hash);
      lines += "\n";
    }
  });
  EXPECT_EQ(Hex(Sha256(Bytes(lines))), "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f");
}

// Some cases have words for hashes ("don't care 2"): their digest stands for them, equal words staying equal. nullopt: empty,
// which our types cannot hold, so such a case is refused before a verifier sees it.
std::optional<Hash> HashIn(const json::value& value) {
  const std::string_view text = value.as_string();
  std::vector<std::uint8_t> decoded(text.size() / 4 * 3 + 3);
  const int size =
      EVP_DecodeBlock(decoded.data(), reinterpret_cast<const std::uint8_t*>(text.data()), static_cast<int>(text.size()));
  decoded.resize(static_cast<std::size_t>(size - std::ranges::count(text, '=')));
  Hash hash;
  if (decoded.empty()) return std::nullopt;
  if (decoded.size() != hash.size()) return Sha256(decoded);
  std::ranges::copy(decoded, hash.begin());
  return hash;
}

std::optional<std::vector<Hash>> ProofIn(const json::value& value) {
  std::vector<Hash> proof;
  if (value.is_null()) return proof;
  for (const auto& item : value.as_array()) {
    const auto hash = HashIn(item);
    if (!hash) return std::nullopt;
    proof.push_back(*hash);
  }
  return proof;
}

std::uint64_t NumberIn(const json::object& test, std::string_view name) { return test.at(name).to_number<std::uint64_t>(); }

bool AcceptsInclusion(const json::object& test, std::uint64_t index, std::uint64_t size) {
  const auto leaf = HashIn(test.at("leafHash")), root = HashIn(test.at("root"));
  const auto proof = ProofIn(test.at("proof"));
  return leaf && root && proof && VerifyInclusion(index, size, *leaf, *proof, *root) == ProofCheck::kOk;
}

bool AcceptsConsistency(const json::object& test, std::uint64_t old_size, std::uint64_t new_size) {
  const auto old_root = HashIn(test.at("root1")), new_root = HashIn(test.at("root2"));
  const auto proof = ProofIn(test.at("proof"));
  return old_root && new_root && proof && VerifyConsistency(old_size, new_size, *old_root, *new_root, *proof) == ProofCheck::kOk;
}

// Calls `visit(case, wanted verdict)` for each file below vectors/merkle/<folder>; false: the data is absent.
template <class Visit>
bool ForEachCase(std::string_view folder, const Visit& visit) {
  const auto path = std::filesystem::path(TRUSTLOG_SHARED_DATA) / "vectors/merkle" / folder;
  if (!std::filesystem::is_directory(path)) return false;
  for (const auto& file : std::filesystem::recursive_directory_iterator(path)) {
    if (!file.is_regular_file()) continue;
    SCOPED_TRACE(file.path());
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const auto test = json::parse(text.str()).as_object();
    visit(test, !test.at("wantErr").as_bool());
  }
  return true;
}

TEST(Vectors, InclusionProofsOfTransparencyDev) {
  int cases = 0;
  const bool found = ForEachCase("inclusion", [&](const json::object& test, bool wanted) {
    EXPECT_EQ(AcceptsInclusion(test, NumberIn(test, "leafIdx"), NumberIn(test, "treeSize")), wanted);
    ++cases;
  });
  if (!found) GTEST_SKIP() << "no shared data";
  EXPECT_GE(cases, 98);
}

TEST(Vectors, ConsistencyProofsOfTransparencyDev) {
  int cases = 0;
  const bool found = ForEachCase("consistency", [&](const json::object& test, bool wanted) {
    EXPECT_EQ(AcceptsConsistency(test, NumberIn(test, "size1"), NumberIn(test, "size2")), wanted);
    ++cases;
  });
  if (!found) GTEST_SKIP() << "no shared data";
  EXPECT_GE(cases, 98);
}

// A leaf of subtree [start, end) is leaf (index - start) of a tree of its own; whether the subtree is one (its start a multiple
// of the next power of two) is a rule that nothing of ours needs, checked here.
TEST(Vectors, SubtreeInclusionProofsOfTransparencyDev) {
  int cases = 0;
  const bool found = ForEachCase("subtreeinclusion", [&](const json::object& test, bool wanted) {
    const auto index = NumberIn(test, "leafIdx"), start = NumberIn(test, "start"), end = NumberIn(test, "end");
    const bool subtree = IsSubtree(start, end) && start <= index;
    EXPECT_EQ(subtree && AcceptsInclusion(test, index - start, end - start), wanted);
    ++cases;
  });
  if (!found) GTEST_SKIP() << "no shared data";
  EXPECT_GE(cases, 204);
}

// A subtree [0, end) is the old tree of an ordinary consistency proof. Left out, because our function has no such question:
// subtrees that start inside the tree, and empty ones, which are consistent with everything (an old size of 0 is out of range).
TEST(Vectors, SubtreeConsistencyProofsOfTransparencyDevThatStartAtZero) {
  int cases = 0;
  const bool found = ForEachCase("subtreeconsistency", [&](const json::object& test, bool wanted) {
    const auto start = NumberIn(test, "start"), end = NumberIn(test, "end"), size = NumberIn(test, "size");
    if (start != 0 || end == 0) return;
    EXPECT_EQ(AcceptsConsistency(test, end, size), wanted);
    ++cases;
  });
  if (!found) GTEST_SKIP() << "no shared data";
  EXPECT_GE(cases, 50);
}

}  // namespace
}  // namespace trustlog::merkle
