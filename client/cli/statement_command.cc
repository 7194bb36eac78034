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
#include "proto/attest/foreign_file.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key_file.h"

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

// {"by":...,"result":...}: what was verified here, and nothing that was not. MISMATCH where a key is given and does not verify it.
absl::StatusOr<std::string> Checked(const Arguments& arguments, const attest::ForeignFile& foreign) {
  JsonObject checked;
  const auto path = arguments.Find("verify-key");
  if (!path) return checked.Text("by", "trustlog import").Text("result", "not-checked").Format();
  const auto key = keys::ReadPublicKeyFile(*path);
  if (!key.ok()) return UsageError(std::string(bytes::MessageOf(key.status())), "--verify-key: a public key file in PEM");
  if (const auto status = attest::VerifyForeignEnvelopes(foreign, *key); !status.ok()) {
    return Mismatch(fmt::format("{} does not verify under key {}: {}", arguments.Get("FILE"), bytes::EncodeHex(key->id()),
                                bytes::MessageOf(status)),
                    "without --verify-key it is recorded as not-checked");
  }
  return checked.Text("by", fmt::format("trustlog import, key {}", bytes::EncodeHex(key->id()))).Text("result", "valid").Format();
}

std::string SubjectList(const attest::ForeignFile& foreign) {
  std::vector<std::string> subjects;
  for (const auto& subject : foreign.subjects) {
    JsonObject member;
    if (!subject.name.empty()) member.Text("name", subject.name);
    subjects.push_back(member.Hash("sha256", subject.sha256).Format());
  }
  return fmt::format("[{}]", fmt::join(subjects, ","));
}

std::string MediaType(const Arguments& arguments, const attest::ForeignFile& foreign) {
  const bool is_cose = foreign.media_type.starts_with("application/cose");
  return arguments.Get("media-type", is_cose && arguments.Get("form") == "scitt-statement" ? "application/scitt-statement+cose"
                                                                                           : foreign.media_type);
}

// The whole way from foreign bytes to an envelope: evidence speaks of a file by its digest.
absl::StatusOr<ExitCode> Import(Session& session, const Arguments& arguments) {
  auto draft = DraftFromArguments(session, arguments, attest::Kind::kEvidence);
  if (!draft.ok()) return draft.status();
  const std::string file = arguments.Get("FILE");
  attest::ForeignFile foreign;
  const auto read = WithFile(file, [&](merkle::ByteView content) {
    draft->document_sha256 = bytes::EncodeHex(merkle::Sha256(content));
    foreign = attest::ReadForeignFile(bytes::AsText(content));
  });
  if (!read.ok()) return read;
  draft->document_name = BaseName(file);
  const auto checked = Checked(arguments, foreign);
  if (!checked.ok()) return checked.status();
  // First, so that --set has the last word.
  std::vector<std::pair<std::string, std::string>> found = {{"form", QuoteJson(arguments.Get("form"))},
                                                            {"mediaType", QuoteJson(MediaType(arguments, foreign))},
                                                            {"checked", *checked}};
  if (!foreign.subjects.empty()) found.emplace_back("foreignSubjects", SubjectList(foreign));
  draft->members.insert(draft->members.begin(), found.begin(), found.end());
  session.output().Talk(fmt::format("read      {}: {}, {} envelope{}, {} subject{} by sha256{}; signatures {}", Escape(file),
                                    Escape(foreign.media_type), foreign.envelopes.size(), foreign.envelopes.size() == 1 ? "" : "s",
                                    foreign.subjects.size(), foreign.subjects.size() == 1 ? "" : "s",
                                    foreign.has_more_subjects ? " (there are more than a record can have)" : "",
                                    arguments.Has("verify-key") ? "valid under the key given" : "not checked (--verify-key)"));
  const auto statement = MakeStatement(*draft);
  if (!statement.ok()) return statement.status();
  return SignAndWrite(session, arguments, *statement);
}

}  // namespace

Commands StatementCommands() {
  std::vector<Option> new_options = {
      {"KIND", "", "any kind of record: commitment, audit-result, retraction, status-change, ...; another word lists all",
       Count::kRequired}};
  std::vector<Option> import_options = {
      {"FILE", "", "the foreign document or attestation", Count::kRequired},
      {"--form", "FORM", "slsa-provenance, vsa, sbom, cvd-policy, certificate, scitt-statement, test-report, other",
       Count::kRequired},
      {"--media-type", "TYPE", "of the file (default: what it is recognised as)"},
      {"--verify-key", "FILE", "public key (PEM): every DSSE envelope in the file must have a signature by it"},
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
