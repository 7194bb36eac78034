#include "server/role_setup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "client/registry/draft.h"
#include "client/registry/memory_facts.h"
#include "client/registry/registry.h"
#include "client/registry/signatures.h"
#include "merkle/integrate.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key_file.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"
#include "server/signer/mark_file.h"
#include "storage/open_storage.h"

namespace trustlog::server {
namespace {

// The records that the envelopes become, admitted in order with the rules of the log itself.
absl::StatusOr<std::vector<storage::Record>> Admit(const InitOptions& options, std::uint64_t now_ms) {
  const registry::Registry base(options.origin);
  registry::Draft draft(base);
  registry::MemoryFacts facts;
  std::vector<storage::Record> records;
  registry::KeySource source;
  source.find = [&draft](const keys::KeyId& id) -> std::optional<keys::PublicKey> {
    const auto info = draft.FindKey(id);
    return info.has_value() ? std::optional(info->key) : std::nullopt;
  };
  source.keys_of = [&draft](std::string_view issuer) {
    std::vector<keys::PublicKey> keys;
    for (auto& info : draft.KeysOf(issuer, 8)) keys.push_back(std::move(info.key));
    return keys;
  };
  for (const auto& text : options.envelopes) {
    const auto envelope = attest::ParseEnvelope(text);
    if (!envelope.ok()) return envelope.status();
    const auto statement = attest::ParseStatement(envelope->payload, draft.context());
    if (!statement.ok()) return statement.status();
    if (statement->log_origin != options.origin) {
      return bytes::Refuse(bytes::Reason::kWrongLog,
                           fmt::format("the statement is meant for {}, not for {}", statement->log_origin, options.origin),
                           {{"origin", options.origin}});
    }
    auto verified = registry::VerifySignatures(*envelope, *statement, source);
    if (!verified.ok()) return verified.status();
    auto entry = attest::Derive(*statement, attest::StatementId(envelope->payload), std::move(verified->signatures));
    if (!entry.ok()) return entry.status();
    entry->logged_at_ms = now_ms;
    const registry::Record record{draft.size(), &*entry, &*statement};
    if (auto status = draft.Add(record, facts); !status.ok()) return status;
    auto encoded = attest::EncodeEntry(*entry);
    if (!encoded.ok()) return encoded.status();
    records.push_back({*std::move(encoded), entry->statement_id, envelope->payload});
    facts.Add(record.index, *std::move(entry));
  }
  return records;
}

absl::Status WriteNewFile(const std::string& path, std::string_view content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return absl::FailedPreconditionError(fmt::format("cannot create {}: {}", path, std::strerror(errno)));
  const bool written = write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) && fsync(fd) == 0;
  close(fd);
  return written ? absl::OkStatus() : absl::UnknownError(fmt::format("cannot write {}", path));
}

std::string Today(std::uint64_t now_ms) { return attest::FormatTime(static_cast<std::int64_t>(now_ms / 1000)).substr(0, 10); }

absl::Status AppendFirst(storage::Storage& store, const std::vector<storage::Record>& records) {
  std::vector<merkle::ByteView> entries;
  for (const auto& record : records) entries.push_back(bytes::AsBytes(record.entry));
  std::vector<merkle::Hash> leaves(records.size());
  merkle::HashLeaves(entries, leaves);
  const merkle::TreeHead empty;
  const auto growth = merkle::Integrate(empty, {}, leaves);
  if (!growth.has_value()) return absl::InternalError("the first entries do not integrate");
  return store.log().Append(empty, *growth, records);
}

}  // namespace

absl::StatusOr<InitResult> InitLog(const InitOptions& options, std::chrono::milliseconds now) {
  if (!tlog::IsValidOrigin(options.origin)) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not an origin: at most 255 of the characters A-Z a-z 0-9 . _ ~ / : -", options.origin));
  }
  if (options.envelopes.empty()) return absl::InvalidArgumentError("a log begins with its genesis statement");
  const auto now_ms = static_cast<std::uint64_t>(now.count());
  const auto records = Admit(options, now_ms);
  if (!records.ok()) return records.status();

  const std::string key_path = options.key_directory + "/log.key";
  const std::string config_path = options.key_directory + "/trustlogd.toml";
  const std::string policy_path = options.policy_file.empty() ? options.key_directory + "/log.policy" : options.policy_file;
  for (const auto& path : {key_path, config_path, policy_path, options.mark_directory + "/mark"}) {
    if (std::filesystem::exists(path))
      return absl::FailedPreconditionError(fmt::format("{} exists already: a log is made once", path));
  }
  std::error_code error;
  std::filesystem::create_directories(options.key_directory, error);
  if (error) return absl::FailedPreconditionError(fmt::format("cannot create {}: {}", options.key_directory, error.message()));

  auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519);
  if (!key.ok()) return key.status();
  const auto vkey = tlog::VerifierKey::Make(options.origin, tlog::kTypeEd25519, key->public_key());
  if (!vkey.ok()) return vkey.status();
  storage::Identity identity{options.origin, vkey->ToString(), Today(now_ms), {}};
  const std::string random = keys::RandomBytes(identity.store_id.size());
  std::copy(random.begin(), random.end(), identity.store_id.begin());

  // Store first: it refuses an existing one, and a key or a mark without a store harms nobody.
  auto store = storage::CreateStorage(options.storage_url, identity);
  if (!store.ok()) return store.status();
  if (auto status = keys::WriteKeyFiles(key_path, *key); !status.ok()) return status;
  signer::Mark mark;
  mark.origin = options.origin;
  mark.key_id = key->public_key().id();
  mark.store_id = identity.store_id;
  if (auto status = signer::MarkFile::Create(options.mark_directory, mark); !status.ok()) return status;
  if (auto status = AppendFirst(**store, *records); !status.ok()) return status;
  if (auto status = (*store)->CloseCleanly(); !status.ok()) return status;

  Config config;
  config.log.origin = options.origin;
  config.log.key = key_path;
  config.log.mark = options.mark_directory;
  config.log.inception = identity.inception;
  config.log.policy_file = policy_path;
  config.storage.url = options.storage_url;
  config.witness_client.policy = policy_path;
  if (auto status = WriteNewFile(policy_path, fmt::format("log {}\nquorum none\n", vkey->ToString())); !status.ok()) return status;
  if (auto status = WriteNewFile(config_path, FormatConfig(config)); !status.ok()) return status;
  return InitResult{vkey->ToString(), records->size(), config_path};
}

}  // namespace trustlog::server
