// Signing offline: payload bytes and keys -> DSSE envelope (records.md 2.1, 4.2). The bytes are signed as they are. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/cli/session.h"
#include "proto/attest/statement.h"
#include "proto/keys/key.h"

namespace trustlog::cli {

// Checks 7-14 of records.md 6.4, as far as they can be done without the log: URN prefix and type base are taken from the statement
// itself.
absl::StatusOr<attest::Statement> CheckPayload(std::string_view payload);

// The rebuilt envelope of 4.2 with one signature a key.
absl::StatusOr<std::string> SignPayload(std::string_view payload, const std::vector<const keys::PrivateKey*>& keys);

// Says on stderr where a statement holds what most logs refuse as data of a person (records.md section 9). The JSON path; "":
// nowhere.
std::string WarnOfPersonalData(Session& session, std::string_view payload, attest::Kind kind);

// The envelope of `payload`, which is `statement`, signed by every --key.
absl::StatusOr<std::string> SignWithKeys(Session& session, const Arguments& arguments, std::string_view payload,
                                         const attest::Statement& statement);

// Checks, signs and writes to -o or stdout.
absl::StatusOr<ExitCode> SignAndWrite(Session& session, const Arguments& arguments, std::string_view payload);

// A private key file; what cannot be used is a usage error.
absl::StatusOr<keys::PrivateKey> ReadKey(const std::string& path);

}  // namespace trustlog::cli
