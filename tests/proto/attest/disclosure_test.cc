// Flow-down disclosure (records.md 5.5): the leaf, the tree, what two disclosures have in common, and what is refused.
#include "proto/attest/disclosure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "proto/attest/disclosure_json.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/wire.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

using merkle::Hash;

std::string FromBase64(const boost::json::value& value) { return bytes::DecodeBase64(Text(value)).value(); }

// Not random, but each its own.
Hash SaltOf(std::size_t n) { return merkle::Sha256(bytes::AsBytes("salt " + std::to_string(n))); }

// `count` leaves that differ in nothing but the salt: one supplier, one clause, one date.
std::vector<DisclosureLeaf> EqualLeaves(std::size_t count) {
  std::vector<DisclosureLeaf> leaves;
  for (std::size_t i = 0; i < count; ++i)
    leaves.push_back({SaltOf(i), "supplier-0", "clause-7", Hash{7}, 1'793'458'000, 1'824'994'000, Hash{}});
  return leaves;
}

DisclosureTree TreeOf(std::size_t count) { return DisclosureTree::Build(EqualLeaves(count)).value(); }

Hash LeafHash(const DisclosureLeaf& leaf) { return merkle::HashLeaf(bytes::AsBytes(EncodeDisclosureLeaf(leaf))); }

// RFC 6962 section 2.1, straight from its recursion: the root over [begin, end).
Hash NaiveRoot(const std::vector<DisclosureLeaf>& leaves, std::size_t begin, std::size_t end) {
  if (end - begin == 0) return merkle::EmptyRoot();
  if (end - begin == 1) return LeafHash(leaves[begin]);
  std::size_t half = 1;
  while (2 * half < end - begin) half *= 2;
  return merkle::HashNode(NaiveRoot(leaves, begin, begin + half), NaiveRoot(leaves, begin + half, end));
}

struct Span {
  std::size_t begin, end;
  bool Holds(std::size_t leaf) const { return leaf >= begin && leaf < end; }
};

// The subtrees that the path of `leaf` names, leaf side first.
std::vector<Span> SiblingsOf(std::size_t leaf, std::size_t begin, std::size_t end) {
  if (end - begin < 2) return {};
  std::size_t half = 1;
  while (2 * half < end - begin) half *= 2;
  const bool left = leaf < begin + half;
  auto spans = left ? SiblingsOf(leaf, begin, begin + half) : SiblingsOf(leaf, begin + half, end);
  spans.push_back(left ? Span{begin + half, end} : Span{begin, begin + half});
  return spans;
}

SupplierFlowdown FlowdownOf(const DisclosureTree& tree) {
  SupplierFlowdown flowdown;
  flowdown.disclosure_root = tree.head().root;
  flowdown.disclosure_count = static_cast<std::uint32_t>(tree.head().size);
  flowdown.acknowledged = tree.acknowledged();
  return flowdown;
}

const Id kStatement = {0x42};

TEST(DisclosureTest, TheVectorsAreReproduced) {
  const auto& vector = Vectors().at("disclosure").as_object();
  std::vector<DisclosureLeaf> leaves;
  for (const auto& element : vector.at("leaves").as_array()) {
    const std::string data = FromBase64(element);
    const auto leaf = DecodeDisclosureLeaf(data);
    ASSERT_TRUE(leaf.ok()) << leaf.status();
    EXPECT_EQ(EncodeDisclosureLeaf(*leaf), data);
    EXPECT_EQ(leaf->supplier, "supplier-" + std::to_string(leaves.size()));
    EXPECT_EQ(leaf->clause, "clause-7");
    EXPECT_LT(leaf->from, leaf->until);
    EXPECT_FALSE(IsAcknowledged(*leaf));
    leaves.push_back(*leaf);
  }
  const auto tree = DisclosureTree::Build(leaves);
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(bytes::EncodeHex(tree->head().root), Text(vector.at("root")));
  const Disclosure disclosure = tree->Disclose(1, kStatement);
  std::vector<std::string> path;
  for (const auto& hash : disclosure.path) path.push_back(bytes::EncodeBase64(hash));
  std::vector<std::string> expected;
  for (const auto& hash : vector.at("path_of_1").as_array()) expected.push_back(Text(hash));
  EXPECT_EQ(path, expected);
  EXPECT_EQ(CheckDisclosure(disclosure, kStatement, FlowdownOf(*tree)), DisclosureCheck::kOk);
}

TEST(DisclosureTest, TheFlowDownOfTheVectorsNamesThatTree) {
  std::vector<DisclosureLeaf> leaves;
  for (const auto& element : Vectors().at("disclosure").at("leaves").as_array())
    leaves.push_back(DecodeDisclosureLeaf(FromBase64(element)).value());
  const auto tree = DisclosureTree::Build(std::move(leaves)).value();
  int flowdowns = 0;
  for (const auto& record : Vectors().at("records").as_array()) {
    if (record.at("kind").as_int64() != 17) continue;
    const auto statement = ParseStatement(Text(record.at("statement")), VectorContext(1));
    ASSERT_TRUE(statement.ok()) << statement.status();
    const auto& flowdown = std::get<SupplierFlowdown>(statement->predicate);
    EXPECT_EQ(flowdown.acknowledged, tree.acknowledged());
    const Id id = StatementId(Text(record.at("statement")));
    for (std::uint32_t i = 0; i < tree.head().size; ++i)
      EXPECT_EQ(CheckDisclosure(tree.Disclose(i, id), id, flowdown), DisclosureCheck::kOk) << i;
    ++flowdowns;
  }
  EXPECT_EQ(flowdowns, 1);
}

TEST(DisclosureTest, RootAndPathsAreThoseOfTheRecursion) {
  for (std::size_t count = 0; count <= 40; ++count) {
    const auto tree = TreeOf(count);
    EXPECT_EQ(tree.head().root, NaiveRoot(tree.leaves(), 0, count)) << count;
    EXPECT_EQ(tree.head().size, count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto disclosure = tree.Disclose(static_cast<std::uint32_t>(i), kStatement);
      std::vector<Hash> expected;
      for (const Span& span : SiblingsOf(i, 0, count)) expected.push_back(NaiveRoot(tree.leaves(), span.begin, span.end));
      EXPECT_EQ(disclosure.path, expected) << i << " of " << count;
      EXPECT_EQ(CheckDisclosure(disclosure, kStatement, FlowdownOf(tree)), DisclosureCheck::kOk) << i << " of " << count;
    }
  }
}

TEST(DisclosureTest, TreesOfSeveralTilesToo) {
  for (const std::size_t count : {256U, 257U, 65'537U}) {
    const auto tree = TreeOf(count);
    const auto flowdown = FlowdownOf(tree);
    for (const std::size_t i : {std::size_t{0}, std::size_t{255}, count / 2, count - 1}) {
      const auto disclosure = tree.Disclose(static_cast<std::uint32_t>(i), kStatement);
      EXPECT_EQ(CheckDisclosure(disclosure, kStatement, flowdown), DisclosureCheck::kOk) << i << " of " << count;
    }
  }
  EXPECT_EQ(TreeOf(0).head().root, merkle::EmptyRoot());  // 5.3: SHA-256 of nothing and 0
}

// What 5.5 promises. Two disclosures of one statement share, beside what the leaves themselves say, exactly: the statement's id, the
// count, and those path hashes that stand for subtrees which hold neither of the two leaves. In particular no salt, no leaf and no
// hash of a leaf that is the other's; and leaves that say the same do not look the same.
TEST(DisclosureTest, TwoDisclosuresShareTheTreesUpperHashesAndNothingElse) {
  for (std::size_t count = 2; count <= 24; ++count) {
    const auto tree = TreeOf(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        if (i == j) continue;
        const auto a = tree.Disclose(static_cast<std::uint32_t>(i), kStatement),
                   b = tree.Disclose(static_cast<std::uint32_t>(j), kStatement);
        EXPECT_NE(a.leaf.salt, b.leaf.salt);
        EXPECT_NE(a.index, b.index);
        EXPECT_NE(LeafHash(a.leaf), LeafHash(b.leaf));  // although they say the same

        std::set<Hash> of_neither;  // what may be shared
        for (const Span& span : SiblingsOf(i, 0, count)) {
          if (!span.Holds(j)) of_neither.insert(NaiveRoot(tree.leaves(), span.begin, span.end));
        }
        std::set<Hash> shared;
        for (const auto& hash : a.path) {
          if (std::find(b.path.begin(), b.path.end(), hash) != b.path.end()) shared.insert(hash);
        }
        // Upwards from where the two paths meet they are one; below that, nothing is common.
        std::set<Hash> common_siblings;
        for (const Span& span : SiblingsOf(i, 0, count)) {
          const auto others = SiblingsOf(j, 0, count);
          const bool on_both = std::any_of(others.begin(), others.end(),
                                           [&span](const Span& o) { return o.begin == span.begin && o.end == span.end; });
          if (on_both) common_siblings.insert(NaiveRoot(tree.leaves(), span.begin, span.end));
        }
        EXPECT_EQ(shared, common_siblings) << i << " " << j << " of " << count;
        EXPECT_TRUE(std::includes(of_neither.begin(), of_neither.end(), shared.begin(), shared.end())) << i << " " << j;
        // The other's salt and leaf are nowhere in the file.
        const std::string file = FormatDisclosure(a);
        EXPECT_EQ(file.find(bytes::EncodeBase64(b.leaf.salt)), std::string::npos);
        const std::string encoded = EncodeDisclosureLeaf(a.leaf);
        EXPECT_EQ(encoded.find(bytes::AsText(b.leaf.salt)), std::string::npos);
      }
    }
  }
}

TEST(DisclosureTest, ASaltIsUsedOnce) {
  auto leaves = EqualLeaves(3);
  leaves[2].salt = leaves[0].salt;
  EXPECT_EQ(ReasonWord(DisclosureTree::Build(leaves).status()), "ARGUMENT_INVALID");
}

TEST(DisclosureTest, EveryFieldCounts) {
  const auto tree = TreeOf(5);
  const auto flowdown = FlowdownOf(tree);
  const struct {
    const char* name;
    std::function<void(Disclosure&, SupplierFlowdown&)> change;
    DisclosureCheck expected;
  } cases[] = {
      {"nothing", [](auto&, auto&) {}, DisclosureCheck::kOk},
      {"another statement", [](auto& d, auto&) { d.statement_id[0] ^= 1; }, DisclosureCheck::kOtherStatement},
      {"another count", [](auto& d, auto&) { d.count = 6; }, DisclosureCheck::kOtherCount},
      {"another count of the statement", [](auto&, auto& f) { f.disclosure_count = 4; }, DisclosureCheck::kOtherCount},
      {"another root", [](auto&, auto& f) { f.disclosure_root[31] ^= 1; }, DisclosureCheck::kNotInTree},
      {"another index", [](auto& d, auto&) { d.index = 3; }, DisclosureCheck::kNotInTree},
      {"an index out of range", [](auto& d, auto&) { d.index = 5; }, DisclosureCheck::kNotInTree},
      {"salt", [](auto& d, auto&) { d.leaf.salt[0] ^= 1; }, DisclosureCheck::kNotInTree},
      {"supplier", [](auto& d, auto&) { d.leaf.supplier = "supplier-1"; }, DisclosureCheck::kNotInTree},
      {"clause", [](auto& d, auto&) { d.leaf.clause = "clause-8"; }, DisclosureCheck::kNotInTree},
      {"a byte moved from one id to the other", [](auto& d, auto&) { d.leaf.supplier = "supplier-0c", d.leaf.clause = "lause-7"; },
       DisclosureCheck::kNotInTree},
      {"clause text", [](auto& d, auto&) { d.leaf.clause_sha256[0] ^= 1; }, DisclosureCheck::kNotInTree},
      {"from", [](auto& d, auto&) { ++d.leaf.from; }, DisclosureCheck::kNotInTree},
      {"until", [](auto& d, auto&) { ++d.leaf.until; }, DisclosureCheck::kNotInTree},
      {"acknowledgement", [](auto& d, auto&) { d.leaf.acknowledgement[0] = 1; }, DisclosureCheck::kNotInTree},
      {"a path too short", [](auto& d, auto&) { d.path.pop_back(); }, DisclosureCheck::kNotInTree},
      {"a path too long", [](auto& d, auto&) { d.path.push_back({}); }, DisclosureCheck::kNotInTree},
      {"two hashes swapped", [](auto& d, auto&) { std::swap(d.path[0], d.path[1]); }, DisclosureCheck::kNotInTree},
  };
  for (const auto& test : cases) {
    Disclosure disclosure = tree.Disclose(2, kStatement);
    SupplierFlowdown changed = flowdown;
    test.change(disclosure, changed);
    EXPECT_EQ(CheckDisclosure(disclosure, kStatement, changed), test.expected) << test.name;
  }
}

TEST(DisclosureTest, ALeafHasOneEncoding) {
  const std::string data = EncodeDisclosureLeaf({SaltOf(1), std::string(255, 's'), "", Hash{7}, -1, 0, Hash{9}});
  const auto leaf = DecodeDisclosureLeaf(data);
  ASSERT_TRUE(leaf.ok()) << leaf.status();
  EXPECT_EQ(leaf->supplier.size(), 255U);
  EXPECT_EQ(leaf->from, -1);
  EXPECT_TRUE(IsAcknowledged(*leaf));
  EXPECT_EQ(EncodeDisclosureLeaf(*leaf), data);
  for (std::size_t size = 0; size < data.size(); ++size)
    EXPECT_EQ(ReasonWord(DecodeDisclosureLeaf(data.substr(0, size)).status()), "ARGUMENT_INVALID") << size;
  EXPECT_FALSE(DecodeDisclosureLeaf(data + '\0').ok());
  for (std::size_t at = 0; at < data.size(); ++at) {  // refused, or another leaf
    std::string changed = data;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto other = DecodeDisclosureLeaf(changed);
    if (other.ok()) {
      EXPECT_NE(*other, *leaf) << at;
      EXPECT_EQ(EncodeDisclosureLeaf(*other), changed) << at;
    }
  }
}

}  // namespace
}  // namespace trustlog::attest
