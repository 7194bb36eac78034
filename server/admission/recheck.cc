#include "server/admission/recheck.h"

#include <fmt/format.h>

#include "client/registry/signatures.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::admission {

absl::Status RegistryRecheck::Verify(std::uint64_t begin, std::span<const storage::Record> records) const {
  const auto context = registry_.With([](const registry::Registry& registry) { return registry.context(); });
  for (std::size_t i = 0; i < records.size(); ++i) {
    // The genesis record is read as the first of an empty log.
    const auto status = VerifyOne(records[i], begin + i == 0 ? attest::LogContext{context.origin, "", ""} : context);
    if (!status.ok())
      return absl::DataLossError(fmt::format("entry {} read back differs: {}", begin + i, bytes::MessageOf(status)));
  }
  return absl::OkStatus();
}

absl::Status RegistryRecheck::VerifyOne(const storage::Record& record, const attest::LogContext& context) const {
  const auto entry = attest::DecodeEntry(record.entry);
  if (!entry.ok()) return entry.status();
  if (record.id.has_value() && *record.id != entry->statement_id) return absl::DataLossError("the id index has another id");
  if (record.companion.empty()) return absl::OkStatus();  // withheld: nothing to compare
  if (attest::StatementId(record.companion) != entry->statement_id)
    return absl::DataLossError("the statement does not hash to its id");
  const auto statement = attest::ParseStatement(record.companion, context);
  if (!statement.ok()) return statement.status();
  auto derived = attest::Derive(*statement, entry->statement_id, entry->signatures);
  if (!derived.ok()) return derived.status();
  derived->logged_at_ms = entry->logged_at_ms;
  if (*derived != *entry) return absl::DataLossError("the entry is not what its statement derives to");
  if (depth_ == RecheckDepth::kHashes) return absl::OkStatus();

  attest::Envelope envelope{std::string(attest::kPayloadType), record.companion, {}};
  for (const auto& signature : entry->signatures)
    envelope.signatures.push_back({bytes::EncodeHex(signature.key_id), signature.signature});
  const auto verified = registry::VerifySignatures(envelope, *statement, registry_.Keys());
  if (!verified.ok()) return verified.status();
  // A key id that names no key is only a hint there, but part of the entry here.
  if (verified->signatures != entry->signatures) return absl::DataLossError("a signature is by another key than the entry says");
  return absl::OkStatus();
}

}  // namespace trustlog::admission
