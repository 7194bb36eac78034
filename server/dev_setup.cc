#include "server/dev_setup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "merkle/hash.h"
#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/durable_file.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/keys/batch_signature.h"
#include "proto/keys/key.h"
#include "proto/keys/key_file.h"
#include "proto/tlog/note.h"
#include "server/role_setup.h"
#include "server/runtime/clock.h"
#include "server/runtime/failpoint.h"

namespace trustlog::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxConfigBytes = 1u << 20;
constexpr std::string_view kTypeBase = "https://trustlog.example/attest";
constexpr std::string_view kUrnPrefix = "urn:tta:";
constexpr std::string_view kMember = "urn:tta:member:dev-member";

struct DevKeys {
  keys::PrivateKey root, secretariat, operator_key, member, batch;  // the last two are the member's
};

std::string Spki(const keys::PrivateKey& key) { return bytes::EncodeBase64(key.public_key().spki()); }

std::string KeyMember(const keys::PrivateKey& key, std::string_view algorithm = "ed25519") {
  return fmt::format(R"({{"spki":"{}","alg":"{}"}})", Spki(key), algorithm);
}

// A statement of `kind` with a name subject; `members`: the predicate after the common members.
std::string MakeStatement(const std::string& origin, std::string_view kind, std::string_view issuer, std::string_view subject,
                          std::string_view now, std::string_view members) {
  const std::string digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(subject)));
  const std::string nonce = bytes::EncodeBase64Url(bytes::AsBytes(keys::RandomBytes(16)));
  return fmt::format(
      R"({{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"{}","digest":{{"sha256":"{}"}}}}],"predicateType":"{}/{}/v1","predicate":{{"logOrigin":"{}","issuer":"{}","issuedAt":"{}","nonce":"{}",{}}}}})",
      subject, digest, kTypeBase, kind, origin, issuer, now, nonce, members);
}

// `batch_signer`: of a batch of one; may be null.
absl::StatusOr<std::string> Sign(const std::string& payload, const std::vector<const keys::PrivateKey*>& signers,
                                 const keys::PrivateKey* batch_signer) {
  const std::string pae = attest::Pae(attest::kPayloadType, payload);
  std::vector<attest::EntrySignature> signatures;
  for (const auto* signer : signers) {
    auto signature = signer->Sign(pae);
    if (!signature.ok()) return signature.status();
    signatures.push_back({signer->public_key().id(), *std::move(signature)});
  }
  if (batch_signer != nullptr) {
    const auto id = attest::StatementId(payload);
    const auto batch = keys::SignBatch(*batch_signer, {&id, 1});
    if (!batch.ok()) return batch.status();
    signatures.push_back({batch_signer->public_key().id(), batch->Signature(0)});
  }
  return attest::FormatEnvelope(payload, signatures);
}

absl::StatusOr<std::vector<std::string>> FirstEnvelopes(const std::string& origin, const DevKeys& keys, std::int64_t now_seconds) {
  const std::string now = attest::FormatTime(now_seconds);
  const std::string from = attest::FormatTime(now_seconds - 86'400);
  const std::string root = fmt::format("{}root", kUrnPrefix);
  const std::string secretariat = fmt::format("{}secretariat", kUrnPrefix);
  const auto role = [](const keys::PrivateKey& key) { return fmt::format(R"({{"keys":[{}],"threshold":1}})", KeyMember(key)); };
  const std::string text_digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes("a principle to try with")));
  struct Draft {
    std::string payload;
    std::vector<const keys::PrivateKey*> signers;
    const keys::PrivateKey* batch_signer = nullptr;
  };
  const std::vector<Draft> drafts = {
      {MakeStatement(
           origin, "genesis", root, origin, now,
           fmt::format(R"("typeBase":"{}","urnPrefix":"{}","authority":{{"version":1,"root":{},"secretariat":{},"operator":{}}},)"
                       R"("maxStatementAgeDays":366,"indexFunction":"trustlog-index/1","rules":"trustlog-rules/1")",
                       kTypeBase, kUrnPrefix, role(keys.root), role(keys.secretariat), role(keys.operator_key))),
       {&keys.root}},
      {MakeStatement(
           origin, "principle-set", secretariat, secretariat, now,
           fmt::format(R"("version":"dev","principles":[{{"no":1,"title":{{"en":"A principle to try with"}},"textSha256":"{}"}}],)"
                       R"("outcomes":[{{"code":"conformant","effect":"positive"}},{{"code":"nonconformant","effect":"negative"}}],)"
                       R"("statuses":[{{"code":"suspended","effect":"negative"}}],"validFrom":"{}")",
                       text_digest, from)),
       {&keys.secretariat}},
      {MakeStatement(
           origin, "party-admission", secretariat, secretariat, now,
           fmt::format(R"("party":"{}","role":"member","legalName":"A member to try with","country":"DE","validFrom":"{}")",
                       kMember, from)),
       {&keys.secretariat}},
      {MakeStatement(origin, "key-registration", kMember, kMember, now,
                     fmt::format(R"("key":{},"purposes":["sign","admin"],"validFrom":"{}")", KeyMember(keys.member), from)),
       {&keys.member, &keys.secretariat}},
      {MakeStatement(origin, "key-registration", kMember, kMember, now,
                     fmt::format(R"("key":{},"purposes":["sign"],"validFrom":"{}")", KeyMember(keys.batch, "ed25519-batch"), from)),
       {&keys.member},
       &keys.batch}};
  std::vector<std::string> envelopes;
  for (const auto& draft : drafts) {
    auto envelope = Sign(draft.payload, draft.signers, draft.batch_signer);
    if (!envelope.ok()) return envelope.status();
    envelopes.push_back(*std::move(envelope));
  }
  return envelopes;
}

absl::StatusOr<DevKeys> MakeKeys(const std::string& directory) {
  std::vector<keys::PrivateKey> made;
  for (const auto* name : {"root", "secretariat", "operator", "member", "member-batch"}) {
    auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519);
    if (!key.ok()) return key.status();
    if (auto status = keys::WriteKeyFiles(fmt::format("{}/{}.key", directory, name), *key); !status.ok()) return status;
    made.push_back(*std::move(key));
  }
  return DevKeys{std::move(made[0]), std::move(made[1]), std::move(made[2]), std::move(made[3]), std::move(made[4])};
}

void SetDevLimits(Config& config) {
  config.quota.issuer = {0, 0, 0};
  config.quota.proofs_per_second_per_address = 0;
  config.quota.failed_signatures_per_second_per_address = 0;
  config.queue_share = 1;
  config.rpc.max_connections_per_address = 0;
  config.http.max_connections_per_address = 0;
  config.storage.min_free = 64ull << 20;
  config.http.drain_wait = std::chrono::milliseconds(0);
}

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// The directory of this call alone, empty: what an interrupted run left in there is gone. Held while the result lives.
absl::StatusOr<bytes::Descriptor> TakeFresh(const std::string& directory) {
  if (const auto made = bytes::MakeDirectories(directory, 0700); !made.ok()) return made.status();
  if (auto status = keys::CheckKeyDirectory(directory); !status.ok()) return status;
  bytes::Descriptor held(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!held.ok() || flock(held.get(), LOCK_EX | LOCK_NB) != 0)
    return absl::FailedPreconditionError(fmt::format("{} is in use by another process: {}", directory, std::strerror(errno)));
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    fs::remove_all(entry->path(), error);
    if (error) break;
  }
  if (error) return absl::FailedPreconditionError(fmt::format("cannot empty {}: {}", directory, error.message()));
  return held;
}

// The settings of the file alone: the environment wins over them at each start, and is not written down.
absl::Status WriteDevConfig(const std::string& built, const std::string& directory) {
  const std::string path = built + "/trustlogd.toml";
  const auto text = keys::ReadSmallFile(path, kMaxConfigBytes);
  auto config = text.ok() ? ParseConfig(*text, path, {}) : text.status();
  if (!config.ok()) return config.status();
  SetDevLimits(*config);
  config->log.key = directory + "/log.key";
  config->log.mark = directory + "/mark";
  config->log.policy_file = config->witness_client.policy = directory + "/log.policy";
  config->storage.url = "sqlite:" + directory + "/log.db";
  return bytes::WriteWhole(path, FormatConfig(*config), 0644);
}

// Makes everything in `directory`, to be used under the name `final_directory`.
absl::Status Build(const std::string& directory, const std::string& final_directory) {
  auto keys = MakeKeys(directory);
  if (!keys.ok()) return keys.status();
  if (auto status = TRUSTLOG_FAILPOINT("dev.keys"); !status.ok()) return status;
  InitOptions options;
  options.origin = "TEST-dev.example/" + bytes::EncodeHex(bytes::AsBytes(keys::RandomBytes(4)));
  options.storage_url = "sqlite:" + directory + "/log.db";
  options.key_directory = directory;
  options.mark_directory = directory + "/mark";
  const auto now = runtime::RealClock().WallNow();
  auto envelopes = FirstEnvelopes(options.origin, *keys, now.count() / 1'000);
  if (!envelopes.ok()) return envelopes.status();
  options.envelopes = *std::move(envelopes);
  if (const auto made = InitLog(options, now); !made.ok()) return made.status();
  if (auto status = TRUSTLOG_FAILPOINT("dev.init"); !status.ok()) return status;
  return WriteDevConfig(directory, final_directory);
}

// Whole or not at all: built beside its place, which is missing or empty, and put there at the end.
absl::Status MakeDev(const std::string& directory) {
  const std::string building = directory + ".new";
  const auto held = TakeFresh(building);
  if (!held.ok()) return held.status();
  if (auto status = Build(building, directory); !status.ok()) return status;
  if (auto status = TRUSTLOG_FAILPOINT("dev.built"); !status.ok()) return status;
  if (std::rename(building.c_str(), directory.c_str()) != 0)
    return absl::FailedPreconditionError(fmt::format("cannot rename {} to {}: {}", building, directory, std::strerror(errno)));
  return bytes::SyncDirectory(bytes::DirectoryOf(directory));
}

}  // namespace

absl::StatusOr<Dev> PrepareDev(const std::string& path) {
  std::error_code error;
  auto canonical = fs::weakly_canonical(path, error);
  if (error || path.empty()) return absl::InvalidArgumentError(fmt::format("no directory: \"{}\" {}", path, error.message()));
  const std::string directory = (canonical.has_filename() ? canonical : canonical.parent_path()).string();
  const std::string config_path = directory + "/trustlogd.toml";
  if (IsThere(directory)) {
    if (auto status = keys::CheckKeyDirectory(directory); !status.ok()) return status;
  }
  if (!IsThere(config_path)) {
    if (IsThere(directory) && !fs::is_empty(directory, error))
      return absl::FailedPreconditionError(
          fmt::format("{} has something in it, but no log to try with: empty it, or name another with --dev-dir", directory));
    if (auto status = MakeDev(directory); !status.ok()) return status;
  }
  auto config = ReadConfig(config_path);
  if (!config.ok()) return config.status();
  auto key = keys::ReadPrivateKeyFile(config->log.key);
  if (!key.ok()) return key.status();
  const auto vkey = tlog::VerifierKey::Make(config->log.origin, tlog::kTypeEd25519, key->public_key());
  if (!vkey.ok()) return vkey.status();
  return Dev{*std::move(config), directory, vkey->ToString(), std::string(kMember)};
}

absl::Status WriteClientConfig(const Dev& dev, const Addresses& addresses) {
  return bytes::WriteWhole(
      dev.directory + "/client.toml",
      fmt::format("default = \"dev\"\n[log.\"dev\"]\nurl = \"http://{}/\"\ngrpc = \"{}\"\npolicy = \"{}/log.policy\"\n",
                  addresses.http, addresses.rpc, dev.directory),
      0644);
}

std::string FormatDevBanner(const Dev& dev, const Addresses& addresses) {
  return fmt::format(
      "\n"
      "  *** A LOG TO TRY WITH: throw-away keys, no witnesses, everything in {} ***\n"
      "  {}\n"
      "  http://{}/   gRPC {}   health http://{}/readyz?verbose\n"
      "\n"
      "  export TRUSTLOG_CONFIG={}/client.toml\n"
      "  trustlog statement new evidence --issuer {} --about {} --document README.md -o s.json\n"
      "  trustlog sign s.json --key {}/member.key -o s.dsse.json\n"
      "  trustlog submit s.dsse.json -o out\n"
      "  trustlog verify out/4.tlog-proof --entry out/4.tle --statement out/4.json\n"
      "\n",
      dev.directory, dev.vkey, addresses.http, addresses.rpc, addresses.admin, dev.directory, dev.member, dev.member,
      dev.directory);
}

}  // namespace trustlog::server
