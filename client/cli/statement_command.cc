// statement new, statement check, import: statements to fill in and sign.
#include <algorithm>

#include "client/cli/commands.h"
#include "client/cli/entry_source.h"
#include "client/cli/files.h"
#include "client/cli/session.h"
#include "client/cli/sign.h"
#include "client/cli/statement_draft.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"

namespace trustlog::cli {
namespace {

std::string KindNames() {
  std::vector<std::string_view> names;
  for (const attest::Kind kind : attest::AllKinds()) names.push_back(attest::KindName(kind));
  return fmt::format("{}", fmt::join(names, ", "));
}

absl::StatusOr<ExitCode> NewStatement(Session& session, const Arguments& arguments) {
  const std::string name = arguments.Get("KIND");
  const auto kind = attest::KindFromName(name);
  if (!kind)
    return UsageError(fmt::format("\"{}\" is not a kind of statement", name), fmt::format("kinds: {}", KindNames()));
  auto draft = DraftFromArguments(session, arguments, *kind);
  if (!draft.ok()) return draft.status();
  return WriteStatement(session, arguments, *draft);
}

// What `sign` looks at, without a key.
absl::StatusOr<ExitCode> CheckStatementFile(Session& session, const Arguments& arguments) {
  const std::string path = arguments.Get("FILE");
  const auto text = ReadInput(path, attest::kMaxEnvelopeBytes, session.in());
  if (!text.ok()) return text.status();
  const std::string payload = PayloadOf(*text);
  const auto statement = CheckPayload(payload);
  if (!statement.ok()) return statement.status();
  const std::string id = bytes::EncodeHex(attest::StatementId(payload));
  JsonObject members;
  members.Text("kind", attest::KindName(statement->kind)).Text("issuer", statement->issuer).Text("statementId", id);
  if (const auto suspected = WarnOfPersonalData(session, payload, statement->kind); !suspected.empty())
    members.Text("personalData", suspected);
  return session.output().Result(
      fmt::format("COMPLETE  {} of {}, statement {}\n", attest::KindName(statement->kind), Escape(statement->issuer), id), members);
}

// The whole way from foreign bytes to an envelope: evidence speaks of a file by its digest.
absl::StatusOr<ExitCode> Import(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, attest::Kind::kEvidence);
  if (!draft.ok()) return draft.status();
  const std::string file = arguments.Get("FILE");
  const auto digest = DigestOfFile(file);
  if (!digest.ok()) return digest.status();
  draft->document_name = BaseName(file);
  draft->document_sha256 = *digest;
  draft->members.emplace_back("form", QuoteJson(arguments.Get("form")));
  if (const auto media_type = arguments.Find("media-type")) draft->members.emplace_back("mediaType", QuoteJson(*media_type));
  const auto statement = MakeStatement(*draft);
  if (!statement.ok()) return statement.status();
  return SignAndWrite(session, arguments, *statement);
}

}  // namespace

Commands StatementCommands() {
  std::vector<Option> new_options = {
      {"KIND", "", "any kind of record: commitment, audit-result, retraction, status-change, ...; another word lists all", Count::kRequired}};
  std::vector<Option> import_options = {
      {"FILE", "", "the foreign document or attestation", Count::kRequired},
      {"--form", "FORM", "slsa-provenance, vsa, sbom, cvd-policy, certificate, scitt-statement, test-report, other",
       Count::kRequired},
      {"--media-type", "TYPE", "of the file (default application/octet-stream)"},
      {"--key", "FILE", "private key of the issuer", Count::kRequired}};
  const auto draft = DraftOptions();
  new_options.insert(new_options.end(), draft.begin(), draft.end());
  std::copy_if(draft.begin(), draft.end(), std::back_inserter(import_options),
               [](const Option& option) { return option.key() != "document"; });
  return {{"statement new", "a whole statement with placeholders where a value is due", std::move(new_options), NewStatement},
          {"statement check",
           "does a statement fit its schema, and does it hold data of a person? Offline, as sign looks at it",
           {{"FILE", "", "the statement, or its envelope", Count::kRequired}},
           CheckStatementFile},
          {"import", "record a foreign file as evidence: makes and signs the statement", std::move(import_options), Import}};
}

}  // namespace trustlog::cli
