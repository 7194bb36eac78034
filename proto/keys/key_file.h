// Key files: PKCS#8 PEM for private keys (mode 0600 or 0400, own uid, no symlink), SPKI PEM for public ones. Secrets are wiped from
// every buffer. Thread-safe; each call opens and closes its file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/keys/key.h"

namespace trustlog::keys {

// PermissionDenied: `directory` is one in which others could replace a key: it is not our own (or root's), or they may write there.
[[nodiscard]] absl::Status CheckKeyDirectory(const std::string& directory);

// Creates `path` (0600, synced, directory synced) and `path`.pub (SPKI PEM, 0644). FailedPrecondition: either exists already.
// PermissionDenied: the directory is one that ReadPrivateKeyFile refuses. An error leaves neither file.
[[nodiscard]] absl::Status WriteKeyFiles(const std::string& path, const PrivateKey& key);

// NotFound; PermissionDenied: mode, owner, symlink or a directory that others can write; ARGUMENT_INVALID: content.
// In $CREDENTIALS_DIRECTORY the owner may be root and the mode 0440 as well: so systemd hands a credential to a service.
// Messages name the file and what to do, never the content.
absl::StatusOr<PrivateKey> ReadPrivateKeyFile(const std::string& path);

// Before a private key is read or made: this process leaves no core dump, and no other process of its user may look into it
// (reliability.md 3.10). Does nothing in sanitizer builds, whose leak check looks into its own process.
void KeepSecretsOffDisk();

// SPKI PEM. `algorithm` is needed where the SPKI fits two (batch keys); nullopt: the plain algorithm of that SPKI.
absl::StatusOr<PublicKey> ReadPublicKeyFile(const std::string& path, std::optional<Algorithm> algorithm = std::nullopt);

// The whole of a small file (at most max_bytes), or why not: NotFound, PermissionDenied, TOO_LARGE; FailedPrecondition for others.
// Used for key files and, by tools, for their inputs.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes);

}  // namespace trustlog::keys
