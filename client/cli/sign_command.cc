// sign, cosign: envelopes made offline (K8).
#include <algorithm>

#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/sign.h"
#include "client/cli/statement_draft.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

absl::StatusOr<ExitCode> SignFile(Session& session, const Arguments& arguments) {
  const auto payload = ReadInput(arguments.Get("FILE"), attest::kMaxPayloadBytes, session.in());
  if (!payload.ok()) return payload.status();
  return SignAndWrite(session, arguments, *payload);
}

// m of n: adds a signature to those that are there.
absl::StatusOr<ExitCode> CosignFile(Session& session, const Arguments& arguments) {
  const std::string path = arguments.Get("FILE");
  const auto text = ReadInput(path, attest::kMaxEnvelopeBytes, session.in());
  if (!text.ok()) return text.status();
  const auto envelope = attest::ParseEnvelope(*text);
  if (!envelope.ok()) return envelope.status();
  const auto statement = CheckPayload(envelope->payload);
  if (!statement.ok()) return statement.status();
  const auto key = ReadKey(arguments.Get("key"));
  if (!key.ok()) return key.status();
  std::vector<attest::EntrySignature> signatures;
  for (const auto& signature : envelope->signatures) {
    const auto id = attest::KeyIdHint(signature.keyid);
    if (!id)
      return UsageError(fmt::format("a signature in {} does not name its key", path),
                        "with several signatures each must have its key id: sign anew");
    if (*id == key->public_key().id())
      return UsageError(fmt::format("key {} has signed {} already", bytes::EncodeHex(*id), path), "cosign with another key");
    signatures.push_back({*id, signature.sig});
  }
  if (signatures.size() == attest::kMaxSignatures)
    return UsageError(fmt::format("{} has {} signatures, which is the limit", path, signatures.size()));
  auto signature = key->Sign(attest::Pae(attest::kPayloadType, envelope->payload));
  if (!signature.ok()) return signature.status();
  signatures.push_back({key->public_key().id(), *std::move(signature)});
  std::sort(signatures.begin(), signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });

  Arguments where;  // the envelope may replace itself
  where.Add("output", arguments.Get("output", path));
  return WriteFileResult(session, where, fmt::format("{} signatures", signatures.size()),
                         attest::FormatEnvelope(envelope->payload, signatures) + "\n");
}

}  // namespace

Commands SignCommands() {
  return {{"sign",
           "check a statement and sign its bytes as they are, offline",
           {{"FILE", "", "the statement", Count::kRequired},
            {"--key", "FILE", "private key; several give one envelope with several signatures", Count::kAtLeastOne},
            {"-o,--output", "FILE", "default: stdout"}},
           SignFile},
          {"cosign",
           "add a signature to an envelope, offline",
           {{"FILE", "", "the envelope", Count::kRequired},
            {"--key", "FILE", "private key", Count::kRequired},
            {"-o,--output", "FILE", "default: the same file"}},
           CosignFile}};
}

}  // namespace trustlog::cli
