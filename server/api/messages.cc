#include "server/api/messages.h"

#include <fmt/format.h>

#include <utility>

#include "merkle/hash.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;

std::string Text(const merkle::Hash& hash) { return std::string(bytes::AsText(hash)); }

}  // namespace

v1::Outcome MakeOutcome(const log::Added& added, const storage::Id& id) {
  v1::Outcome outcome;
  outcome.set_index(added.index);
  outcome.set_statement_id(bytes::EncodeHex(id));
  outcome.set_leaf_hash(bytes::EncodeHex(merkle::HashLeaf(bytes::AsBytes(added.entry))));
  outcome.set_duplicate(added.duplicate);
  outcome.set_entry(added.entry);
  const auto entry = attest::DecodeEntry(added.entry);
  if (entry.ok()) outcome.set_logged_at_ms(static_cast<std::int64_t>(entry->logged_at_ms));
  return outcome;
}

v1::Checkpoint MakeCheckpoint(const log::Published& snapshot) {
  v1::Checkpoint checkpoint;
  checkpoint.set_note(snapshot.note);
  checkpoint.set_size(snapshot.head.size);
  checkpoint.set_root(Text(snapshot.head.root));
  return checkpoint;
}

v1::AsOf MakeAsOf(const merkle::TreeHead& head, const log::Published& snapshot) {
  v1::AsOf as_of;
  as_of.set_tree_size(head.size);
  as_of.set_root(Text(head.root));
  if (head.size == snapshot.head.size) *as_of.mutable_checkpoint() = MakeCheckpoint(snapshot);
  return as_of;
}

v1::InclusionProof MakeInclusionProof(std::uint64_t index, std::uint64_t tree_size, const merkle::Hash& leaf_hash,
                                      std::span<const merkle::Hash> hashes) {
  v1::InclusionProof proof;
  proof.set_index(index);
  proof.set_tree_size(tree_size);
  proof.set_leaf_hash(bytes::EncodeHex(leaf_hash));
  for (const auto& hash : hashes) proof.add_hashes(Text(hash));
  return proof;
}

v1::ConsistencyProof MakeConsistencyProof(std::uint64_t old_size, std::uint64_t new_size, std::span<const merkle::Hash> hashes) {
  v1::ConsistencyProof proof;
  proof.set_old_size(old_size);
  proof.set_new_size(new_size);
  for (const auto& hash : hashes) proof.add_hashes(Text(hash));
  return proof;
}

absl::StatusOr<v1::Entry> MakeEntry(std::uint64_t index, const storage::Record& record, bool with_statement) {
  const auto decoded = attest::DecodeEntry(record.entry);
  if (!decoded.ok()) return Refuse(Reason::kCorruption, fmt::format("entry {} does not decode", index));
  v1::Entry entry;
  entry.set_index(index);
  entry.set_entry(record.entry);
  entry.set_leaf_hash(bytes::EncodeHex(merkle::HashLeaf(bytes::AsBytes(record.entry))));
  entry.set_statement_id(bytes::EncodeHex(decoded->statement_id));
  entry.set_logged_at_ms(static_cast<std::int64_t>(decoded->logged_at_ms));
  if (with_statement) {
    auto* statement = entry.mutable_statement();
    statement->set_payload_type(std::string(attest::kPayloadType));
    statement->set_payload(record.companion);
    statement->set_withheld(record.companion.empty());
  }
  return entry;
}

std::optional<merkle::Hash> ParseId(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return bytes::DecodeHash(text);
}

absl::StatusOr<std::uint64_t> Resolve(const v1::Selector& selector, const storage::LogReader& reader, std::uint64_t size) {
  switch (selector.by_case()) {
    case v1::Selector::kIndex:
      if (selector.index() >= size) {
        return Refuse(Reason::kIndexOutOfRange, fmt::format("index {} is not below size {}", selector.index(), size),
                      {{"published", fmt::format("{}", size)}});
      }
      return selector.index();
    case v1::Selector::kStatementId: {
      const auto id = ParseId(selector.statement_id());
      if (!id.has_value())
        return Refuse(Reason::kArgumentInvalid, "a statement id has 64 lower-case hex digits",
                      {{"field", "selector.statement_id"}});
      const auto found = reader.FindIds({&*id, 1});
      if (!found.ok()) return found.status();
      if (!found->front().has_value() || *found->front() >= size) {
        return Refuse(Reason::kEntryNotFound, fmt::format("no published entry has statement id {}", bytes::EncodeHex(*id)));
      }
      return *found->front();
    }
    case v1::Selector::BY_NOT_SET:
      break;
  }
  return Refuse(Reason::kArgumentInvalid, "the selector names neither an index nor a statement id", {{"field", "selector"}});
}

absl::StatusOr<v1::InclusionProof> ProveSelected(const v1::Selector& selector, const merkle::TreeHead& head, Prover& prover) {
  const auto index = Resolve(selector, *prover.snapshot().reader, head.size);
  if (!index.ok()) return index.status();
  const auto leaf_hash = prover.LeafHash(*index, head);
  if (!leaf_hash.ok()) return leaf_hash.status();
  const auto hashes = prover.Inclusion(*index, *leaf_hash, head);
  if (!hashes.ok()) return hashes.status();
  return MakeInclusionProof(*index, head.size, *leaf_hash, *hashes);
}

std::string FormatPageToken(const PageToken& token) {
  bytes::ByteWriter writer;
  writer.U64(token.position).U64(token.size).U64(token.start).U8(token.with_statement ? 1 : 0);
  return bytes::EncodeBase64Url(bytes::AsBytes(writer.data()));
}

std::optional<PageToken> ParsePageToken(std::string_view text) {
  const auto data = bytes::DecodeBase64Url(text);
  if (!data.has_value()) return std::nullopt;
  bytes::ByteReader reader(*data);
  PageToken token;
  token.position = reader.U64();
  token.size = reader.U64();
  token.start = reader.U64();
  const auto flag = reader.U8();
  token.with_statement = flag == 1;
  if (!reader.AtEnd() || flag > 1 || token.position < token.start || token.position >= token.size) return std::nullopt;
  return token;
}

}  // namespace trustlog::api
