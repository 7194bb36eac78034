// Selective disclosure of a supplier flow-down (records.md 5.5): one salted leaf for each supplier and clause, an RFC 6962 tree
// over them, and the inclusion of one leaf. The logged statement has root and count; the member keeps the leaves; a customer is
// shown one. The JSON forms are in disclosure_json.h. Values; pure and thread-safe.
//
//   leaf data = "trustlog-disclosure/v1\n" | salt(32) | lp8(supplier) | lp8(clause) | clause sha256(32) | from i64 | until i64 |
//               acknowledgement sha256(32)
//
// Two disclosures of one statement have in common its id, the count, and those hashes of their paths that stand for subtrees which
// hold neither leaf. A hash in a path covers salted leaves only: nobody who was not shown them can tell what they say, nor whether
// two of them say the same. The index shows a leaf's place in the member's order; an order that tells nothing is the member's care.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/tile.h"
#include "merkle/whole_tree.h"
#include "proto/attest/predicates.h"

namespace trustlog::attest {

struct DisclosureLeaf {
  merkle::Hash salt{};               // random; of each leaf its own
  std::string supplier, clause;      // the member's ids, at most 255 bytes, any bytes
  merkle::Hash clause_sha256{};      // of the clause's text
  std::int64_t from = 0, until = 0;  // Unix seconds; what 0 and other values mean is between the parties
  merkle::Hash acknowledgement{};    // SHA-256 of the supplier's acknowledgement; zero = none
  friend bool operator==(const DisclosureLeaf&, const DisclosureLeaf&) = default;
};
inline bool IsAcknowledged(const DisclosureLeaf& leaf) { return leaf.acknowledgement != merkle::Hash{}; }

// The leaf data.   REQUIRES: ids of at most 255 bytes.
std::string EncodeDisclosureLeaf(const DisclosureLeaf& leaf);
// The inverse and nothing more. ARGUMENT_INVALID.
absl::StatusOr<DisclosureLeaf> DecodeDisclosureLeaf(std::string_view data);

// What a customer or auditor is shown.
struct Disclosure {
  Id statement_id{};                   // of the flow-down
  std::uint32_t index = 0, count = 0;  // index < count
  DisclosureLeaf leaf;
  std::vector<merkle::Hash> path;  // RFC 6962, leaf side first; at most 32
};

// The member's own tree. Owns the leaves.
class DisclosureTree final {
 public:
  // In this order. ARGUMENT_INVALID: a salt that two leaves have, or 2^32 leaves and more.
  static absl::StatusOr<DisclosureTree> Build(std::vector<DisclosureLeaf> leaves);

  const std::vector<DisclosureLeaf>& leaves() const { return leaves_; }
  merkle::TreeHead head() const { return {tree_.size(), tree_.root()}; }  // disclosureCount, disclosureRoot
  std::uint32_t acknowledged() const;                     // O(leaves)
  // One leaf with its path; O(log count).   REQUIRES: index < head().size.
  Disclosure Disclose(std::uint32_t index, const Id& statement_id) const;

 private:
  DisclosureTree(std::vector<DisclosureLeaf> leaves, merkle::WholeTree tree) : leaves_(std::move(leaves)), tree_(std::move(tree)) {}

  std::vector<DisclosureLeaf> leaves_;
  merkle::WholeTree tree_;
};

enum class DisclosureCheck {
  kOk,
  kOtherStatement,  // made for another statement
  kOtherCount,      // the statement's tree has another number of leaves
  kNotInTree,       // the path does not lead to the statement's root, or has another length
};

// Is the leaf in the tree that the statement names?
DisclosureCheck CheckDisclosure(const Disclosure& disclosure, const Id& statement_id, const SupplierFlowdown& flowdown);

}  // namespace trustlog::attest
