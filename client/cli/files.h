// Files and streams that commands read and write: "-" is stdin or stdout; what cannot be read is a usage error (exit 2).
// Thread-safe but for the streams.
#pragma once

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "merkle/hash.h"

namespace trustlog::cli {

// At most `max_bytes`; "-" reads `in`.
absl::StatusOr<std::string> ReadInput(const std::string& path, std::size_t max_bytes, std::istream& in);

// Whole or not at all: temporary file beside it, fsync, rename. A file that is there is replaced, at the end of symbolic links; its
// mode stays. Anything else (a device, a pipe) is written to. A usage error also: the file holds a private key or salts, or is one
// of `inputs`, which are paths or other words.
[[nodiscard]] absl::Status WriteOutput(const std::string& path, std::string_view content, std::span<const std::string> inputs = {});

// A file that is not there yet: mode 0600, whole and durable. A usage error: it is there, or cannot be made.
[[nodiscard]] absl::Status WriteSecret(const std::string& path, std::string_view content);

// Calls `read` with a file of any size, mapped for that time. A usage error: it cannot be read, or is no file.
[[nodiscard]] absl::Status WithFile(const std::string& path, const std::function<void(merkle::ByteView)>& read);

// SHA-256 of a file of any size, 64 hex digits.
absl::StatusOr<std::string> DigestOfFile(const std::string& path);

std::string BaseName(std::string_view path);

}  // namespace trustlog::cli
