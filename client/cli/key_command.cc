// key new, key show.
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/cli/sign.h"
#include "fmt/format.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/keys/key_file.h"

namespace trustlog::cli {
namespace {

struct AlgorithmWord {
  std::string_view word;
  keys::Algorithm algorithm;
};
constexpr AlgorithmWord kWords[] = {{"ed25519", keys::Algorithm::kEd25519},
                                    {"p256", keys::Algorithm::kEcdsaP256Sha256Der},
                                    {"p384", keys::Algorithm::kEcdsaP384Sha384Der}};

JsonObject Members(const keys::PublicKey& key) {
  return JsonObject()
      .Hash("keyId", key.id())
      .Text("alg", keys::AlgorithmName(key.algorithm()))
      .Text("spki", bytes::EncodeBase64(key.spki()));
}

absl::StatusOr<ExitCode> NewKey(Session& session, const Arguments& arguments) {
  const std::string word = arguments.Get("alg", "ed25519");
  std::optional<keys::Algorithm> algorithm;
  for (const auto& known : kWords) {
    if (known.word == word) algorithm = known.algorithm;
  }
  if (!algorithm) return UsageError(fmt::format("--alg {}: not one of ed25519, p256, p384", word));
  const std::string path = arguments.Get("output");
  if (path == "-") return UsageError("-o -: a secret never goes to standard output", "name a file for it");
  keys::KeepSecretsOffDisk();
  const auto key = keys::PrivateKey::Generate(*algorithm);
  if (!key.ok()) return key.status();
  if (auto status = keys::WriteKeyFiles(path, *key); !status.ok()) {
    return UsageError(std::string(bytes::MessageOf(status)), "a key file is never overwritten: choose another name");
  }
  session.output().Talk(fmt::format("written   {} (secret, 0600)   {}.pub", Escape(path), Escape(path)));
  session.output().Result(bytes::EncodeHex(key->public_key().id()) + "\n", Members(key->public_key()).Text("file", path));
  return ExitCode::kOk;
}

// The public half first: a secret is opened only where there is none.
absl::StatusOr<ExitCode> ShowKey(Session& session, const Arguments& arguments) {
  const std::string path = arguments.Get("FILE");
  auto key = keys::ReadPublicKeyFile(path);
  if (!key.ok()) {
    keys::KeepSecretsOffDisk();
    const auto secret = keys::ReadPrivateKeyFile(path);
    if (!secret.ok()) return UsageError(std::string(bytes::MessageOf(secret.status())), "a key file in PEM");
    key = secret->public_key();
  }
  session.output().Result(fmt::format("key id    {}\nalgorithm {}\nspki      {}\n", bytes::EncodeHex(key->id()),
                                      keys::AlgorithmName(key->algorithm()), bytes::EncodeBase64(key->spki())),
                          Members(*key));
  return ExitCode::kOk;
}

}  // namespace

Commands KeyCommands() {
  return {
      {"key new",
       "make a signing key: FILE (secret) and FILE.pub",
       {{"--alg", "ALG", "ed25519 (default), p256 or p384"}, {"-o,--output", "FILE", "where the secret goes", Count::kRequired}},
       NewKey},
      {"key show",
       "key id, algorithm and public half of a key file",
       {{"FILE", "", "private or public", Count::kRequired}},
       ShowKey}};
}

}  // namespace trustlog::cli
