#include "proto/attest/disclosure_json.h"
#include "tests/fuzz/fuzz_target.h"

namespace trustlog::attest {

// One input as a disclosure, as a supplier list, as a member's leaves and as one leaf. What is taken is written again as it was,
// and what a tree discloses is in that tree.
TRUSTLOG_FUZZ_TARGET(Disclosure) {
  if (const auto leaf = DecodeDisclosureLeaf(input); leaf.ok())
    fuzz::Expect(EncodeDisclosureLeaf(*leaf) == input, "a leaf has two encodings");
  if (const auto disclosure = ParseDisclosure(input); disclosure.ok()) {
    const std::string text = FormatDisclosure(*disclosure);
    const auto again = ParseDisclosure(text);
    fuzz::Expect(again.ok() && FormatDisclosure(*again) == text, "a disclosure does not survive");
    fuzz::Expect(CheckDisclosure(*disclosure, disclosure->statement_id, {}) == DisclosureCheck::kOtherCount, "count 0 has a leaf");
  }
  if (auto leaves = ParseSupplierList(input); leaves.ok()) {
    for (std::size_t i = 0; i < leaves->size(); ++i) {
      for (std::size_t byte = 0; byte < 4; ++byte) (*leaves)[i].salt[byte] = static_cast<std::uint8_t>(i >> (8 * byte));
    }
    const auto tree = DisclosureTree::Build(*std::move(leaves));
    fuzz::Expect(tree.ok(), "a list gives no tree");
    fuzz::Expect(ParsePrivateLeaves(FormatPrivateLeaves(*tree)).ok(), "a tree does not survive");
  }
  if (const auto tree = ParsePrivateLeaves(input); tree.ok() && tree->head().size > 0) {
    SupplierFlowdown flowdown;
    flowdown.disclosure_root = tree->head().root;
    flowdown.disclosure_count = static_cast<std::uint32_t>(tree->head().size);
    const auto last = flowdown.disclosure_count - 1;
    const auto check = CheckDisclosure(tree->Disclose(last, {}), {}, flowdown);
    fuzz::Expect(check == DisclosureCheck::kOk, "a disclosure is not in its tree");
  }
}

}  // namespace trustlog::attest
