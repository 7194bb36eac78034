#include "client/follow/statement_check.h"

#include <boost/json.hpp>

#include "client/follow/check_code.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::follow {
namespace {

absl::Status Mismatch(std::string_view why) { return CheckFailure(CheckCode::kStatementMismatch, why); }

// "<base>/<kind>/v1" -> base, "" where the payload has no such predicate type.
std::string TypeBase(std::string_view payload, attest::Kind kind) {
  const auto value = attest::ParseStrictJson(payload, {.max_bytes = attest::kMaxPayloadBytes}, bytes::Reason::kStatementMalformed);
  if (!value.ok() || !value->is_object()) return "";
  const boost::json::value* type = value->get_object().if_contains("predicateType");
  if (type == nullptr || !type->is_string()) return "";
  const std::string_view text(type->get_string().data(), type->get_string().size());
  const std::string tail = attest::PredicateType("", kind);
  return text.size() > tail.size() && text.ends_with(tail) ? std::string(text.substr(0, text.size() - tail.size())) : "";
}

// "urn:tta:member:acme" and "urn:tta:operator" -> "urn:tta:" (records.md 5.1): parties end in two words, roles in one. The word for
// the role of a party is looked at first, because a party may be called "operator".
std::string UrnPrefix(std::string_view urn) {
  const auto up_to_colon = [](std::string_view text) { return text.substr(0, text.rfind(':') + 1); };  // "" where there is none
  const std::string_view head = up_to_colon(urn);
  for (const std::string_view word : {"member:", "auditor:", "monitor:", "observer:"}) {
    if (head.size() > word.size() && head.ends_with(word) && head[head.size() - word.size() - 1] == ':') {
      return std::string(head.substr(0, head.size() - word.size()));
    }
  }
  return std::string(head);
}

}  // namespace

std::vector<std::string> DifferingFields(const attest::Entry& logged, const attest::Entry& derived) {
  std::vector<std::string> fields;
  const auto compare = [&fields](std::string_view name, bool equal) {
    if (!equal) fields.emplace_back(name);
  };
  compare("kind", logged.kind == derived.kind);
  compare("issuer", logged.issuer == derived.issuer);
  compare("subjects", logged.subjects == derived.subjects);
  compare("principles", logged.principles == derived.principles);
  compare("code", logged.code == derived.code);
  compare("refs", logged.refs == derived.refs);
  compare("artifacts", logged.artifacts == derived.artifacts);
  compare("valid_from", logged.valid_from == derived.valid_from);
  compare("valid_until", logged.valid_until == derived.valid_until);
  compare("statement_id", logged.statement_id == derived.statement_id);
  compare("signatures", logged.signatures == derived.signatures);
  return fields;
}

absl::StatusOr<attest::Statement> CheckStatement(const attest::Entry& entry, std::string_view payload,
                                                 const attest::LogContext& context) {
  const attest::Id id = attest::StatementId(payload);
  if (id != entry.statement_id) {
    return Mismatch(fmt::format("is not the statement of this entry: its id is {}, the entry has {}", bytes::EncodeHex(id),
                                bytes::EncodeHex(entry.statement_id)));
  }
  auto statement = attest::ParseStatement(payload, context);
  if (!statement.ok()) return Mismatch(fmt::format("breaks the rules of a statement: {}", bytes::MessageOf(statement.status())));
  if (statement->log_origin != context.origin)
    return Mismatch(fmt::format("was made for log {}, not {}", statement->log_origin, context.origin));
  const auto derived = attest::Derive(*statement, id, entry.signatures);
  if (!derived.ok()) return Mismatch(fmt::format("gives no entry: {}", bytes::MessageOf(derived.status())));
  const auto fields = DifferingFields(entry, *derived);
  if (!fields.empty()) return Mismatch(fmt::format("gives other values than the entry has in: {}", fmt::join(fields, ", ")));
  return statement;
}

attest::LogContext ContextFor(const attest::Entry& entry, std::string_view payload, std::string_view origin) {
  attest::LogContext context{.origin = std::string(origin), .type_base = "", .urn_prefix = ""};
  if (entry.kind == attest::Kind::kGenesis) return context;  // brings its own
  context.type_base = TypeBase(payload, entry.kind);
  context.urn_prefix = UrnPrefix(entry.issuer);
  return context;
}

}  // namespace trustlog::follow
