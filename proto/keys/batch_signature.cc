#include "proto/keys/batch_signature.h"

#include <fmt/format.h>

#include "merkle/verify.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::keys {
namespace {

constexpr std::uint8_t kVersion = 1;

merkle::Hash LeafOf(const merkle::Hash& statement_id) { return merkle::HashLeaf(statement_id); }

}  // namespace

std::optional<BatchSignature> ParseBatchSignature(std::string_view bytes) {
  bytes::ByteReader reader(bytes);
  BatchSignature signature;
  const auto version = reader.U8();
  signature.index = reader.U32();
  signature.count = reader.U32();
  const auto length = reader.U8();
  if (!reader.ok() || version != kVersion || signature.count > kMaxBatch || signature.index >= signature.count) return std::nullopt;
  if (length != merkle::InclusionProofLength(signature.index, signature.count)) return std::nullopt;
  signature.path.reserve(length);
  for (unsigned i = 0; i < length && reader.ok(); ++i) signature.path.push_back(reader.Hash32());
  if (!reader.ok()) return std::nullopt;
  signature.inner = std::string(reader.rest());
  return signature;
}

std::string FormatBatchSignature(const BatchSignature& signature) {
  bytes::ByteWriter writer;
  writer.U8(kVersion).U32(signature.index).U32(signature.count).U8(static_cast<std::uint8_t>(signature.path.size()));
  for (const auto& hash : signature.path) writer.Hash32(hash);
  return writer.Raw(signature.inner).Take();
}

merkle::Hash BatchRoot(const BatchSignature& signature, const merkle::Hash& statement_id) {
  return *merkle::RootFromInclusion(signature.index, signature.count, LeafOf(statement_id), signature.path);
}

std::string BatchMessage(std::uint32_t count, const merkle::Hash& root) {
  return bytes::ByteWriter().Raw("trustlog-batch/v1\n").U32(count).Hash32(root).Take();
}

std::string SignedBatch::Signature(std::uint32_t index) const {
  return FormatBatchSignature({index, count(), tree_.Path(index), inner_});
}

absl::StatusOr<SignedBatch> SignBatch(const PrivateKey& key, std::span<const merkle::Hash> statement_ids) {
  if (statement_ids.empty() || statement_ids.size() > kMaxBatch) {
    return bytes::Refuse(bytes::Reason::kArgumentInvalid,
                         fmt::format("{} statements; a batch has 1 to {}", statement_ids.size(), kMaxBatch));
  }
  if (!BatchAlgorithmOf(key.public_key().algorithm()).has_value()) {
    return bytes::Refuse(bytes::Reason::kArgumentInvalid,
                         fmt::format("keys of {} sign no batches", AlgorithmName(key.public_key().algorithm())));
  }
  std::vector<merkle::Hash> leaves;
  leaves.reserve(statement_ids.size());
  for (const auto& id : statement_ids) leaves.push_back(LeafOf(id));
  merkle::WholeTree tree(std::move(leaves));
  auto inner = key.Sign(BatchMessage(static_cast<std::uint32_t>(tree.size()), tree.root()));
  if (!inner.ok()) return inner.status();
  return SignedBatch(std::move(tree), *std::move(inner));
}

std::optional<Algorithm> BatchAlgorithmOf(Algorithm inner) {
  if (inner == Algorithm::kEd25519) return Algorithm::kEd25519Batch;
  if (inner == Algorithm::kEcdsaP256Sha256Der) return Algorithm::kEcdsaP256Sha256DerBatch;
  return std::nullopt;
}

}  // namespace trustlog::keys
