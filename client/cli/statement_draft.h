// What the commands that make statements have in common: their options, and from these a draft (statement_template.h).
// Single-threaded.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/cli/session.h"
#include "client/cli/statement_template.h"

namespace trustlog::cli {

// --document, --origin, --issuer, --about, --set, --predicate, --type-base, --urn-prefix, -o.
std::vector<Option> DraftOptions();

// `own`, then those of them that are not `left_out` (by key) since the command sets them itself.
std::vector<Option> WithDraftOptions(std::vector<Option> own, const std::vector<std::string_view>& left_out);

// ["a","b"].
std::string QuoteList(const std::vector<std::string>& items);

// One option that becomes one member, as a string, where it is given.
struct MemberOption {
  std::string_view option, member;
};
void SetMembers(const Arguments& arguments, std::initializer_list<MemberOption> options, StatementDraft& draft);

// The draft that DraftOptions and the settings describe. Usage errors.
absl::StatusOr<StatementDraft> DraftFromArguments(Session& session, const Arguments& arguments, attest::Kind kind);

// Makes the statement and writes it to -o, or to stdout.
absl::StatusOr<ExitCode> WriteStatement(Session& session, const Arguments& arguments, const StatementDraft& draft);

// `content` to -o and a line that says so, or to stdout.
absl::StatusOr<ExitCode> WriteFileResult(Session& session, const Arguments& arguments, std::string_view what,
                                         std::string_view content);

// {"spki":"...","alg":"..."} of a public key file (SPKI PEM); an algorithm may be given after a colon: "k.pub:ed25519-batch".
absl::StatusOr<std::string> KeyMember(const std::string& file);

// 64 hex digits as they are; of a public key file its key id.
absl::StatusOr<std::string> KeyIdOf(const std::string& file_or_id);

}  // namespace trustlog::cli
