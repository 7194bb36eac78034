// sign, cosign: envelopes made offline (K8).
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>

#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/sign.h"
#include "client/cli/statement_draft.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/keys/batch_signature.h"

namespace trustlog::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStatementSuffix = ".json", kEnvelopeSuffix = ".dsse.json";

// What is named: files, and of a folder its statements (*.json that are no envelopes) by name.
absl::StatusOr<std::vector<std::string>> StatementsIn(const std::vector<std::string>& named) {
  std::vector<std::string> files;
  for (const auto& path : named) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (name.ends_with(kStatementSuffix) && !name.ends_with(kEnvelopeSuffix)) found.push_back(at->path().string());
    }
    if (error) return UsageError(fmt::format("cannot read {}: {}", path, error.message()));
    if (found.empty()) return UsageError(fmt::format("{} holds no statement", path), "statements are its files *.json");
    std::sort(found.begin(), found.end());
    files.insert(files.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return files;
}

// Where its envelope goes: "a/s.json" -> "DIR/s.dsse.json".
std::string EnvelopePath(const std::string& directory, const std::string& statement) {
  std::string name = BaseName(statement);
  if (name.ends_with(kStatementSuffix)) name.resize(name.size() - kStatementSuffix.size());
  return fmt::format("{}/{}{}", directory, name, kEnvelopeSuffix);
}

// Every statement is read, checked and known to have a place of its own before the first envelope is written.
absl::StatusOr<std::vector<attest::Id>> CheckAll(Session& session, const std::vector<std::string>& files,
                                                 const std::string& directory) {
  std::vector<attest::Id> ids;
  std::map<std::string, std::string> by_path;
  std::map<attest::Id, std::string> by_id;
  for (const auto& file : files) {
    const auto payload = ReadInput(file, attest::kMaxPayloadBytes, session.in());
    if (!payload.ok()) return payload.status();
    const auto statement = CheckPayload(*payload);
    if (!statement.ok()) return bytes::About(file, statement.status());
    WarnOfPersonalData(session, *payload, statement->kind);
    ids.push_back(attest::StatementId(*payload));
    if (const auto [first, is_new] = by_path.emplace(EnvelopePath(directory, file), file); !is_new)
      return UsageError(fmt::format("{} and {} would both become {}", first->second, file, first->first));
    if (const auto [first, is_new] = by_id.emplace(ids.back(), file); !is_new)
      return UsageError(fmt::format("{} and {} are the same statement", first->second, file));
  }
  return ids;
}

absl::StatusOr<ExitCode> SignManyFiles(Session& session, const Arguments& arguments) {
  const auto key_paths = arguments.All("key");
  if (key_paths.size() != 1) return UsageError("--batch: one key signs a batch", "cosign adds more signatures to an envelope");
  const auto directory = arguments.Find("output");
  if (!directory) return UsageError("--batch needs -o DIR: an envelope for each statement goes there");
  const auto files = StatementsIn(arguments.All("FILE"));
  if (!files.ok()) return files.status();
  if (std::find(files->begin(), files->end(), "-") != files->end()) return UsageError("--batch reads files, not stdin");
  if (files->size() > keys::kMaxBatch)
    return UsageError(fmt::format("{} statements: a batch has at most {}", files->size(), keys::kMaxBatch));
  const auto key = ReadKey(key_paths.front());
  if (!key.ok()) return key.status();
  const auto ids = CheckAll(session, *files, *directory);
  if (!ids.ok()) return ids.status();
  const auto batch = keys::SignBatch(*key, *ids);
  if (!batch.ok()) return UsageError(std::string(bytes::MessageOf(batch.status())));
  if (const auto made = bytes::MakeDirectories(*directory, 0755); !made.ok())
    return UsageError(std::string(bytes::MessageOf(made.status())));
  for (std::uint32_t i = 0; i < batch->count(); ++i) {
    const std::string& file = (*files)[i];
    const auto payload = ReadInput(file, attest::kMaxPayloadBytes, session.in());
    if (!payload.ok()) return payload.status();
    if (attest::StatementId(*payload) != (*ids)[i]) return UsageError(fmt::format("{} changed while it was signed", file));
    const attest::EntrySignature signature{key->public_key().id(), batch->Signature(i)};
    const auto envelope = attest::FormatEnvelope(*payload, {&signature, 1});
    if (auto status = WriteOutput(EnvelopePath(*directory, file), envelope + "\n", key_paths); !status.ok()) return status;
  }
  const auto root = bytes::EncodeHex(batch->root());
  return session.output().Result(fmt::format("SIGNED    {} statement{} by one batch signature, root {}   {}/\n", batch->count(),
                                             batch->count() == 1 ? "" : "s", ShortenHashes(root), Escape(*directory)),
                                 JsonObject()
                                     .Number("statements", batch->count())
                                     .Text("root", root)
                                     .Hash("keyId", key->public_key().id())
                                     .Text("saved", *directory));
}

absl::StatusOr<ExitCode> SignFile(Session& session, const Arguments& arguments) {
  if (arguments.Has("batch")) return SignManyFiles(session, arguments);
  if (arguments.All("FILE").size() > 1) return UsageError("several statements are signed with --batch, or one by one");
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
           "check a statement and sign its bytes as they are, offline; or many under one signature",
           {{"FILE", "", "the statement; with --batch also many, and folders of them", Count::kAtLeastOne},
            {"--key", "FILE", "private key; several give one envelope with several signatures", Count::kAtLeastOne},
            {"--batch", "",
             "one signature for all, up to 1,048,576: by a key that the log knows as ed25519-batch or "
             "ecdsa-p256-sha256-der-batch; each stays provable alone"},
            {"-o,--output", "PATH", "the envelope (default: stdout); with --batch the folder of envelopes"}},
           SignFile},
          {"cosign",
           "add a signature to an envelope, offline",
           {{"FILE", "", "the envelope", Count::kRequired},
            {"--key", "FILE", "private key", Count::kRequired},
            {"-o,--output", "FILE", "default: the same file"}},
           CosignFile}};
}

}  // namespace trustlog::cli
