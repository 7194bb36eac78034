#include "client/cli/statement_draft.h"

#include <algorithm>

#include "client/cli/files.h"
#include "client/cli/json_object.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/keys/key_file.h"

namespace trustlog::cli {
namespace {

constexpr std::string_view kDefaultTypeBase = "https://trustlog.example/attest";
constexpr std::string_view kDefaultUrnPrefix = "urn:tta:";

// --NAME, the settings, then what this program assumes.
std::string FlagOrSetting(const Session& session, const Arguments& arguments, std::string_view flag, std::string_view setting) {
  return arguments.Get(flag, session.settings().Get(setting));
}

}  // namespace

std::string QuoteList(const std::vector<std::string>& items) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ",") + QuoteJson(item);
  return "[" + list + "]";
}

std::vector<Option> DraftOptions() {
  return {{"--document", "FILE", "the document that the statement speaks of: its name and SHA-256 become the subject"},
          {"--issuer", "URN", "who speaks (setting: issuer)"},
          {"--about", "URN", "who is spoken of", Count::kAny},
          {"--set", "NAME=VALUE", "a member of the predicate; JSON, or a string; NAME.NAME inside another", Count::kAny},
          {"--predicate", "FILE", "members of the predicate as a JSON object"},
          {"--origin", "ORIGIN", "the log it is meant for (default: the one of the policy)"},
          {"--type-base", "URL", "of the log's predicate types (setting: type_base)"},
          {"--urn-prefix", "PREFIX", "of the log's URNs (setting: urn_prefix)"},
          {"-o,--output", "FILE", "default: stdout"}};
}

std::vector<Option> WithDraftOptions(std::vector<Option> own, const std::vector<std::string_view>& left_out) {
  for (const Option& option : DraftOptions()) {
    if (std::find(left_out.begin(), left_out.end(), option.key()) == left_out.end()) own.push_back(option);
  }
  return own;
}

void SetMembers(const Arguments& arguments, std::initializer_list<MemberOption> options, StatementDraft& draft) {
  for (const auto& option : options) {
    if (const auto value = arguments.Find(option.option)) draft.members.emplace_back(std::string(option.member), QuoteJson(*value));
  }
}

absl::StatusOr<StatementDraft> DraftFromArguments(Session& session, const Arguments& arguments, attest::Kind kind) {
  StatementDraft draft;
  draft.kind = kind;
  const auto origin = session.Origin(arguments);
  if (!origin.ok()) return origin.status();
  draft.origin = *origin;
  const std::string usual_issuer = FlagOrSetting(session, arguments, "issuer", "issuer");
  // The setting names a party, which does not issue what a role does.
  draft.issuer = IssuingRole(kind).empty() ? usual_issuer : arguments.Get("issuer");
  draft.type_base = FlagOrSetting(session, arguments, "type-base", "type_base");
  if (draft.type_base.empty()) draft.type_base = kDefaultTypeBase;
  draft.urn_prefix = FlagOrSetting(session, arguments, "urn-prefix", "urn_prefix");
  if (draft.urn_prefix.empty()) draft.urn_prefix = attest::UrnPrefixOf(usual_issuer);
  if (draft.urn_prefix.empty()) draft.urn_prefix = kDefaultUrnPrefix;
  draft.issued_at = session.now();
  if (const auto document = arguments.Find("document")) {
    const auto digest = DigestOfFile(*document);
    if (!digest.ok()) return digest.status();
    draft.document_name = BaseName(*document);
    draft.document_sha256 = *digest;
  }
  if (const auto file = arguments.Find("predicate")) {
    auto predicate = ReadInput(*file, attest::kMaxPayloadBytes, session.in());
    if (!predicate.ok()) return predicate.status();
    draft.predicate = *std::move(predicate);
  }
  if (arguments.Has("about")) draft.members.emplace_back("about", QuoteList(arguments.All("about")));
  for (const auto& item : arguments.All("set")) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) return UsageError(fmt::format("--set {}: no \"=\"", item), "--set NAME=VALUE");
    draft.members.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return draft;
}

absl::StatusOr<ExitCode> WriteFileResult(Session& session, const Arguments& arguments, std::string_view what,
                                         std::string_view content) {
  const std::string path = arguments.Get("output", "-");
  if (path == "-") {
    session.output().Raw(content);
    return ExitCode::kOk;
  }
  if (auto status = WriteOutput(path, content, arguments.AllBut("output")); !status.ok()) return status;
  session.output().Result(fmt::format("written   {}   {}\n", Escape(path), Escape(what)),
                          JsonObject().Text("file", path).Text("what", what));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> WriteStatement(Session& session, const Arguments& arguments, const StatementDraft& draft) {
  const auto statement = MakeStatement(draft);
  if (!statement.ok()) return statement.status();
  const bool open = statement->find("\"<") != std::string::npos;
  const auto others = OtherMembers(draft.kind);
  if (!others.empty()) session.output().Talk(fmt::format("may also have: {}", others));
  return WriteFileResult(session, arguments, open ? "fill in what stands in <>, then sign" : "complete: sign it", *statement);
}

absl::StatusOr<std::string> KeyMember(const std::string& file) {
  const std::size_t colon = file.rfind(':');
  std::optional<keys::Algorithm> algorithm;
  if (colon != std::string::npos) algorithm = keys::ParseAlgorithm(std::string_view(file).substr(colon + 1));
  const std::string path = algorithm ? file.substr(0, colon) : file;
  const auto key = keys::ReadPublicKeyFile(path, algorithm);
  if (!key.ok())
    return UsageError(std::string(bytes::MessageOf(key.status())), "a public key file in PEM: key new writes FILE.pub");
  return JsonObject().Text("spki", bytes::EncodeBase64(key->spki())).Text("alg", keys::AlgorithmName(key->algorithm())).Format();
}

absl::StatusOr<std::string> KeyIdOf(const std::string& file_or_id) {
  if (bytes::DecodeHash(file_or_id)) return file_or_id;
  const auto key = keys::ReadPublicKeyFile(file_or_id);
  if (!key.ok())
    return UsageError(std::string(bytes::MessageOf(key.status())), "a key id (64 hex digits), or a public key file in PEM");
  return bytes::EncodeHex(key->id());
}

}  // namespace trustlog::cli
