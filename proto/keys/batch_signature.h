// Batch signatures (records.md 2.4): one signature covers up to 2^20 statements, and each of them stays provable alone. The bytes that
// stand as a statement's signature carry its place in the batch, the path to the batch's root, and the signature over that root.
//
//   u8 version = 1 | u32 index | u32 count | u8 path length | path | inner signature
//
// Pure and thread-safe. Nothing here trusts its input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"
#include "merkle/whole_tree.h"
#include "proto/keys/key.h"

namespace trustlog::keys {

inline constexpr std::uint32_t kMaxBatch = 1U << 20;

struct BatchSignature {
  std::uint32_t index = 0;         // of the statement in the batch
  std::uint32_t count = 0;         // 1..kMaxBatch
  std::vector<merkle::Hash> path;  // leaf side first; as long as RFC 6962 has it for (index, count)
  std::string inner;               // over BatchMessage
  friend bool operator==(const BatchSignature&, const BatchSignature&) = default;
};

// nullopt: not of this form. The form of the inner signature is not looked at.
std::optional<BatchSignature> ParseBatchSignature(std::string_view bytes);
std::string FormatBatchSignature(const BatchSignature& signature);

// The root that the path leads to from this statement.   REQUIRES: what ParseBatchSignature gave.
merkle::Hash BatchRoot(const BatchSignature& signature, const merkle::Hash& statement_id);
// What the inner signature is over: 54 bytes.
std::string BatchMessage(std::uint32_t count, const merkle::Hash& root);

// Statements under one signature. About 64 bytes of memory a statement; the signatures are made as they are asked for, since a million
// of them take 750 MB.
class SignedBatch final {
 public:
  std::uint32_t count() const { return static_cast<std::uint32_t>(tree_.size()); }
  merkle::Hash root() const { return tree_.root(); }
  // Of statement `index` of those signed.   REQUIRES: index < count().
  std::string Signature(std::uint32_t index) const;

 private:
  friend absl::StatusOr<SignedBatch> SignBatch(const PrivateKey& key, std::span<const merkle::Hash> statement_ids);
  SignedBatch(merkle::WholeTree tree, std::string inner) : tree_(std::move(tree)), inner_(std::move(inner)) {}

  merkle::WholeTree tree_;
  std::string inner_;
};

// By one signing, in this order. The key is of the inner algorithm. ARGUMENT_INVALID: none or more than kMaxBatch statements, or
// P-384, which has no batch form; INTERNAL: the crypto library refused.
absl::StatusOr<SignedBatch> SignBatch(const PrivateKey& key, std::span<const merkle::Hash> statement_ids);

// The batch algorithm of an inner one; nullopt: it has none.
std::optional<Algorithm> BatchAlgorithmOf(Algorithm inner);

}  // namespace trustlog::keys
