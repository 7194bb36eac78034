#include "client/cli/sign.h"

#include <algorithm>
#include <boost/json.hpp>

#include "client/cli/statement_draft.h"
#include "fmt/format.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/keys/key_file.h"

namespace trustlog::cli {
namespace {

constexpr attest::JsonLimits kLimits = {.max_bytes = attest::kMaxPayloadBytes};

std::string TextMember(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// What the statement says of the log it is made for; whether that is so, the log decides.
attest::LogContext ContextOf(std::string_view payload, attest::Kind kind) {
  const auto value = attest::ParseStrictJson(payload, kLimits, bytes::Reason::kStatementMalformed);
  const auto& statement = value->get_object();
  const auto& predicate = statement.at("predicate").get_object();
  attest::LogContext context{TextMember(predicate, "logOrigin"), "", ""};
  if (kind == attest::Kind::kGenesis) return context;
  const std::string type = TextMember(statement, "predicateType");
  const std::size_t tail = attest::PredicateType("", kind).size();
  context.type_base = type.size() > tail ? type.substr(0, type.size() - tail) : "";
  context.urn_prefix = attest::UrnPrefixOf(TextMember(predicate, "issuer"));
  return context;
}

}  // namespace

absl::StatusOr<attest::Statement> CheckPayload(std::string_view payload) {
  if (payload.size() > attest::kMaxPayloadBytes) {
    return bytes::Refuse(bytes::Reason::kTooLarge,
                         fmt::format("the statement has {} bytes, the limit is {}", payload.size(), attest::kMaxPayloadBytes),
                         {{"limit", fmt::format("{}", attest::kMaxPayloadBytes)}, {"actual", fmt::format("{}", payload.size())}});
  }
  const auto kind = attest::PeekKind(payload);
  // ParseStatement says best why there is no kind.
  return attest::ParseStatement(payload,
                                kind ? ContextOf(payload, *kind) : attest::LogContext{"", "https://none.invalid", "urn:none:"});
}

absl::StatusOr<std::string> SignPayload(std::string_view payload, const std::vector<const keys::PrivateKey*>& keys) {
  const std::string message = attest::Pae(attest::kPayloadType, payload);
  std::vector<attest::EntrySignature> signatures;
  for (const keys::PrivateKey* key : keys) {
    auto signature = key->Sign(message);
    if (!signature.ok()) return signature.status();
    signatures.push_back({key->public_key().id(), *std::move(signature)});
  }
  std::sort(signatures.begin(), signatures.end(), [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  return attest::FormatEnvelope(payload, signatures);
}

absl::StatusOr<keys::PrivateKey> ReadKey(const std::string& path) {
  keys::KeepSecretsOffDisk();
  auto key = keys::ReadPrivateKeyFile(path);
  if (key.ok()) return key;
  return UsageError(std::string(bytes::MessageOf(key.status())),
                    "a private key as `trustlog key new` writes it: PKCS#8 PEM, mode 0600, yours");
}

std::string WarnOfPersonalData(Session& session, std::string_view payload, attest::Kind kind) {
  const auto path = attest::FindPersonalData(payload, kind);
  if (!path) return "";
  session.output().Talk(fmt::format(
      "warning: {} looks like data of a person; a log keeps what it takes for ever, and most refuse this", Escape(*path)));
  return *path;
}

absl::StatusOr<std::string> SignWithKeys(Session& session, const Arguments& arguments, std::string_view payload,
                                         const attest::Statement& statement) {
  WarnOfPersonalData(session, payload, statement.kind);
  std::vector<keys::PrivateKey> keys;
  for (const auto& path : arguments.All("key")) {
    auto key = ReadKey(path);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  std::vector<const keys::PrivateKey*> borrowed;
  for (const auto& key : keys) borrowed.push_back(&key);
  return SignPayload(payload, borrowed);
}

absl::StatusOr<ExitCode> SignAndWrite(Session& session, const Arguments& arguments, std::string_view payload) {
  const auto statement = CheckPayload(payload);
  if (!statement.ok()) return statement.status();
  const auto envelope = SignWithKeys(session, arguments, payload, *statement);
  if (!envelope.ok()) return envelope.status();
  const std::size_t signatures = arguments.All("key").size();
  const std::string what = fmt::format("{}, statement {}, {} signature{}", attest::KindName(statement->kind),
                                       bytes::EncodeHex(attest::StatementId(payload)), signatures, signatures == 1 ? "" : "s");
  return WriteFileResult(session, arguments, what, *envelope + "\n");
}

}  // namespace trustlog::cli
