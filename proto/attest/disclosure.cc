#include "proto/attest/disclosure.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "merkle/verify.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::attest {
namespace {

constexpr std::string_view kLeafLabel = "trustlog-disclosure/v1\n";

absl::Status Malformed(std::string_view what) { return bytes::Refuse(bytes::Reason::kArgumentInvalid, what); }

}  // namespace

std::string EncodeDisclosureLeaf(const DisclosureLeaf& leaf) {
  return bytes::ByteWriter()
      .Raw(kLeafLabel)
      .Hash32(leaf.salt)
      .Lp8(leaf.supplier)
      .Lp8(leaf.clause)
      .Hash32(leaf.clause_sha256)
      .I64(leaf.from)
      .I64(leaf.until)
      .Hash32(leaf.acknowledgement)
      .Take();
}

absl::StatusOr<DisclosureLeaf> DecodeDisclosureLeaf(std::string_view data) {
  bytes::ByteReader in(data);
  if (in.Raw(kLeafLabel.size()) != kLeafLabel) return Malformed("a leaf does not begin with trustlog-disclosure/v1");
  DisclosureLeaf leaf;
  leaf.salt = in.Hash32();
  leaf.supplier = in.Lp8();
  leaf.clause = in.Lp8();
  leaf.clause_sha256 = in.Hash32();
  leaf.from = in.I64();
  leaf.until = in.I64();
  leaf.acknowledgement = in.Hash32();
  if (!in.AtEnd()) return Malformed(fmt::format("a leaf of {} bytes does not end where its fields do", data.size()));
  return leaf;
}

absl::StatusOr<DisclosureTree> DisclosureTree::Build(std::vector<DisclosureLeaf> leaves) {
  if (leaves.size() > std::numeric_limits<std::uint32_t>::max()) return Malformed("more leaves than a disclosure tree can have");
  std::set<merkle::Hash> salts;
  std::vector<merkle::Hash> hashes;
  for (const auto& leaf : leaves) {
    if (!salts.insert(leaf.salt).second) return Malformed("two leaves have one salt: whoever is shown one could try the other");
    hashes.push_back(merkle::HashLeaf(bytes::AsBytes(EncodeDisclosureLeaf(leaf))));
  }
  return DisclosureTree(std::move(leaves), merkle::WholeTree(std::move(hashes)));
}

std::uint32_t DisclosureTree::acknowledged() const {
  return static_cast<std::uint32_t>(std::count_if(leaves_.begin(), leaves_.end(), IsAcknowledged));
}

Disclosure DisclosureTree::Disclose(std::uint32_t index, const Id& statement_id) const {
  return {statement_id, index, static_cast<std::uint32_t>(tree_.size()), leaves_[index], tree_.Path(index)};
}

DisclosureCheck CheckDisclosure(const Disclosure& disclosure, const Id& statement_id, const SupplierFlowdown& flowdown) {
  if (disclosure.statement_id != statement_id) return DisclosureCheck::kOtherStatement;
  if (disclosure.count != flowdown.disclosure_count) return DisclosureCheck::kOtherCount;
  const auto leaf_hash = merkle::HashLeaf(bytes::AsBytes(EncodeDisclosureLeaf(disclosure.leaf)));
  const auto check =
      merkle::VerifyInclusion(disclosure.index, disclosure.count, leaf_hash, disclosure.path, flowdown.disclosure_root);
  return check == merkle::ProofCheck::kOk ? DisclosureCheck::kOk : DisclosureCheck::kNotInTree;
}

}  // namespace trustlog::attest
