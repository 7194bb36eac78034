// salt new, salt check: digests of what could be guessed (records.md 5.6), made and checked offline.
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/session.h"
#include "fmt/format.h"
#include "proto/attest/salted_commitment.h"
#include "proto/bytes/hex.h"
#include "proto/keys/key.h"

namespace trustlog::cli {
namespace {

// "trustlog-salt/1 <64 hex digits>\n".
constexpr std::string_view kFileLabel = "trustlog-salt/1 ";
constexpr std::size_t kMaxSaltFile = 128;

absl::StatusOr<merkle::Hash> CommitmentTo(const std::string& path, const attest::Salt& salt) {
  merkle::Hash digest{};
  const auto status = WithFile(path, [&](merkle::ByteView content) { digest = attest::SaltedCommitment(salt, content); });
  if (!status.ok()) return status;
  return digest;
}

absl::StatusOr<attest::Salt> ReadSalt(const Session& session, const std::string& path) {
  const auto text = ReadInput(path, kMaxSaltFile, session.in());
  if (!text.ok()) return text.status();
  std::string_view hex = *text;
  if (hex.ends_with("\n")) hex.remove_suffix(1);
  const auto salt = hex.starts_with(kFileLabel) ? bytes::DecodeHash(hex.substr(kFileLabel.size())) : std::nullopt;
  if (!salt) return UsageError(fmt::format("{} is not a salt", path), "a file that `trustlog salt new` wrote");
  return *salt;
}

absl::StatusOr<ExitCode> NewSalt(Session& session, const Arguments& arguments) {
  const std::string file = arguments.Get("FILE"), path = arguments.Get("output");
  attest::Salt salt{};
  const std::string random = keys::RandomBytes(salt.size());
  std::copy(random.begin(), random.end(), salt.begin());
  const auto digest = CommitmentTo(file, salt);  // nothing is written for a file that cannot be read
  if (!digest.ok()) return digest.status();
  if (auto status = WriteSecret(path, fmt::format("{}{}\n", kFileLabel, bytes::EncodeHex(salt))); !status.ok()) return status;
  session.output().Talk(
      fmt::format("written   {} (secret, 0600): keep it with {}; deleting both ends the link", Escape(path), Escape(file)));
  return session.output().Result(bytes::EncodeHex(*digest) + "\n", JsonObject().Hash("digest", *digest).Text("file", path));
}

absl::StatusOr<ExitCode> CheckSalt(Session& session, const Arguments& arguments) {
  const std::string file = arguments.Get("FILE");
  const auto expected = bytes::DecodeHash(arguments.Get("digest"));
  if (!expected) return UsageError(fmt::format("--digest {}: not 64 lower-case hex digits", arguments.Get("digest")));
  const auto salt = ReadSalt(session, arguments.Get("salt"));
  if (!salt.ok()) return salt.status();
  const auto digest = CommitmentTo(file, *salt);
  if (!digest.ok()) return digest.status();
  if (*digest != *expected) {
    return Mismatch(fmt::format("{} with this salt gives {}, not {}", file, bytes::EncodeHex(*digest), bytes::EncodeHex(*expected)),
                    "the content, the salt or the digest is of another: every byte counts");
  }
  return session.output().Result(fmt::format("MATCHES   {} is what {} commits to\n", Escape(file), bytes::EncodeHex(*digest)),
                                 JsonObject().Flag("matches", true).Hash("digest", *digest).Text("file", file));
}

}  // namespace

Commands SaltCommands() {
  return {{"salt new",
           "a digest that says nothing without its salt: of what could be guessed (scopeSha256, decisionSha256, detail)",
           {{"FILE", "", "the content", Count::kRequired}, {"-o,--output", "FILE", "where the salt goes", Count::kRequired}},
           NewSalt},
          {"salt check",
           "does a content with its salt give this digest?",
           {{"FILE", "", "the content", Count::kRequired},
            {"--salt", "FILE", "as salt new wrote it", Count::kRequired},
            {"--digest", "HEX", "as the statement has it", Count::kRequired}},
           CheckSalt}};
}

}  // namespace trustlog::cli
