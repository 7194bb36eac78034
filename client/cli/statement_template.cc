#include "client/cli/statement_template.h"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "client/cli/exit_code.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/attest/dsse.h"
#include "proto/attest/forms.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key.h"

namespace trustlog::cli {
namespace {

namespace json = boost::json;
using attest::Kind;

constexpr attest::JsonLimits kLimits = {.max_bytes = attest::kMaxPayloadBytes};
constexpr std::size_t kNonceBytes = 16;

struct Form {
  Kind kind;
  std::string_view role;  // issues it by default; "" = a party does
  bool needs_document;
  std::string_view members;  // those that must be there; $NOW, $TYPE_BASE, $URN_PREFIX, $ISSUER are filled in
  std::string_view others;   // those that may
};

constexpr Form kForms[] = {
    {Kind::kGenesis, "root", false,
     R"({"typeBase":"$TYPE_BASE","urnPrefix":"$URN_PREFIX","authority":{"version":1,
       "root":{"keys":[{"spki":"<base64 of a public key>","alg":"ed25519"}],"threshold":1},
       "secretariat":{"keys":[{"spki":"<base64 of a public key>","alg":"ed25519"}],"threshold":1},
       "operator":{"keys":[{"spki":"<base64 of a public key>","alg":"ed25519"}],"threshold":1}},
       "maxStatementAgeDays":366,"indexFunction":"trustlog-index/1","rules":"trustlog-rules/1"})",
     ""},
    {Kind::kRoleChange, "root", false,
     R"({"authority":{"version":"<number: one more than the present one>",
       "root":{"keys":[{"spki":"<base64 of a public key>","alg":"ed25519"}],"threshold":1},
       "secretariat":{"keys":[{"spki":"<base64 of a public key>","alg":"ed25519"}],"threshold":1},
       "operator":{"keys":[{"spki":"<base64 of a public key>","alg":"ed25519"}],"threshold":1}},"reason":"<code>"})",
     ""},
    {Kind::kPrincipleSet, "secretariat", false,
     R"({"version":"1.0","principles":[{"no":1,"title":{"en":"<title>"},"textSha256":"<SHA-256 of the text>"}],
       "outcomes":[{"code":"conformant","effect":"positive"},{"code":"conformant-with-observations","effect":"qualified"},
                   {"code":"nonconformant-major","effect":"negative"},{"code":"inconclusive","effect":"neutral"}],
       "statuses":[{"code":"active","effect":"neutral"},{"code":"under-review","effect":"neutral"},
                   {"code":"suspended","effect":"negative"},{"code":"expelled","effect":"ended"}],
       "validFrom":"$NOW"})",
     "levels, maxCommitmentDays, maxResultDays, supersedes (from the second set on)"},
    {Kind::kPartyAdmission, "secretariat", false,
     R"({"party":"<urn>","role":"member","legalName":"<name>","country":"<two letters>","validFrom":"$NOW"})", "lei, group"},
    {Kind::kKeyRegistration, "", false,
     R"({"key":{"spki":"<base64 of the public key>","alg":"ed25519"},"purposes":["sign","admin"],"validFrom":"$NOW"})",
     "validUntil, replaces (rotation), custody"},
    {Kind::kKeyRevocation, "", false,
     R"({"party":"$ISSUER","keyId":"<key id>","reason":"<retired, lost or compromised>"})", "invalidSince (with compromised)"},
    {Kind::kPartyWithdrawal, "", false, R"({"validFrom":"$NOW","reason":"<code>"})", ""},
    {Kind::kStatusChange, "secretariat", false,
     R"({"party":"<urn>","status":"<code>","validFrom":"$NOW","ruleRef":"<rule>",
       "decisionSha256":"<digest, or what salt new prints>"})",
     "validUntil, appealUntil, inputs, supersedes (correction)"},
    {Kind::kAuditorAccreditation, "secretariat", false,
     R"({"auditor":"<urn of the auditor>","principles":["<numbers>"],"schemes":[],"accreditedBy":"<name>","validFrom":"$NOW","validUntil":"<time>"})",
     "notFor, supersedes (from the auditor's second one on)"},
    {Kind::kCommitment, "", true,
     R"({"principleSet":"<statement id of the principle set>","principle":"<number>","scope":{"products":[],"exclusions":[]},
       "validFrom":"$NOW","validUntil":"<time>"})",
     "level, standards, measures, contact, summary, supersedes (from the second one on this principle on)"},
    {Kind::kSupplierFlowdown, "", true,
     R"({"commitment":"<statement id of the commitment>","principle":"<number>","requirementTitle":"<title>",
       "supplierCount":"<number>","tier":1,"disclosureRoot":"<root that disclosure build prints>",
       "disclosureCount":"<number: count that it prints>","acknowledged":"<number: acknowledged, as it prints>",
       "instrument":"<contract, code-of-conduct or terms>","validFrom":"$NOW"})",
     "coveredSuppliersPermille, coveredSpendPermille, validUntil, summary, supersedes"},
    {Kind::kAuditEngagement, "", false,
     R"({"member":"<urn of the member>","principles":["<numbers>"],"commitments":["<statement ids>"],
       "scopeSha256":"<digest, or what salt new prints>","startedAt":"$NOW","resultDueBy":"<time>"})",
     "declinedByMember, summary, supersedes"},
    {Kind::kAuditResult, "", true,
     R"({"engagement":"<statement id>","member":"<urn of the member>","principles":["<numbers>"],"commitments":["<statement ids>"],
       "criteria":[{"scheme":"<code>","version":"<version>"}],"assurance":"<limited, reasonable or certification>","outcome":"<code>",
       "performedAt":"$NOW","validFrom":"$NOW","validUntil":"<time>","findings":[]})",
     "period, inputs, summary, supersedes; in findings: no, severity, control, state, dueBy, detail"},
    {Kind::kRemediation, "", false,
     R"({"target":"<statement id of the audit result>","about":["<urn of the audited member>"],"finding":"<number>",
       "state":"<of a member planned or claimed, of an auditor closed or reopened>"})",
     "inputs, summary, supersedes"},
    {Kind::kRetraction, "", false,
     R"({"target":"<statement id>","about":["<urns: exactly the target's subjects>"],
       "reason":"<error, superseded, fraud, legal, cancelled or other>"})",
     "validFrom (else as if it had never been valid), summary"},
    {Kind::kObjection, "", false,
     R"({"target":"<statement id>","about":["<urns: exactly the target's subjects>"],"ground":"<code>"})", "summary"},
    {Kind::kEvidence, "", true, R"({"about":["$ISSUER"],"form":"other","mediaType":"application/octet-stream"})",
     "principles, supports, foreignSubjects, checked, validFrom, validUntil, summary, supersedes"},
    {Kind::kErasureNotice, "operator", false,
     R"({"target":"<statement id>","index":"<number: index of that entry>","legalBasis":"<code>","decidedAt":"$NOW"})", ""},
    // A function of (origin, size, root): records.md 8.4.
    {Kind::kIndexHead, "operator", false,
     R"({"issuedAt":"<time of entry coversSize - 1>",
       "nonce":"<base64url of the first 16 bytes of SHA-256(trustlog-index-head/v1 LF u64 coversSize mapRoot)>",
       "coversSize":"<number>","mapRoot":"<digest>","indexFunction":"trustlog-index/1"})",
     ""},
    {Kind::kIndexEndorsement, "", false,
     R"({"target":"<statement id of the index head>","result":"<equal or different>","mapRoot":"<digest>"})", ""},
    {Kind::kLogEvent, "operator", false, R"({"event":"<freeze, key-change or note>","validFrom":"$NOW"})",
     "vkeys (due with key-change), successor"},
};

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }
json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Every kind has one: a test says so.
const Form& FormOf(Kind kind) {
  return *std::find_if(std::begin(kForms), std::end(kForms), [kind](const Form& form) { return form.kind == kind; });
}

// What a name subject names (records.md 2.5).
bool IsOfTheLog(Kind kind) { return kind == Kind::kGenesis || attest::GroupOf(kind) == attest::KindGroup::kLog; }

std::string Sha256Hex(std::string_view text) { return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(text))); }

void Replace(json::value& value, std::string_view variable, std::string_view text) {
  if (auto* string = value.if_string(); string != nullptr && View(*string) == variable) {
    *string = View(text);
  } else if (auto* array = value.if_array(); array != nullptr) {
    for (auto& element : *array) Replace(element, variable, text);
  } else if (auto* object = value.if_object(); object != nullptr) {
    for (auto& member : *object) Replace(member.value(), variable, text);
  }
}

absl::Status SetMember(json::object& predicate, std::string_view path, std::string_view text) {
  json::object* object = &predicate;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    json::value& next = (*object)[View(path.substr(0, dot))];
    if (next.is_null()) next.emplace_object();
    if (!next.is_object()) return UsageError(fmt::format("--set {}: {} is no object", path, path.substr(0, dot)));
    object = &next.get_object();
    path.remove_prefix(dot + 1);
  }
  if (path.empty()) return UsageError("--set: a member has no name", "--set NAME=VALUE, or NAME.NAME=VALUE for one inside another");
  const auto value = attest::ParseStrictJson(text, kLimits, bytes::Reason::kArgumentInvalid);
  (*object)[View(path)] = value.ok() ? *value : json::value(View(text));
  return absl::OkStatus();
}

absl::Status MergeMembers(json::object& predicate, std::string_view text) {
  const auto value = attest::ParseStrictJson(text, kLimits, bytes::Reason::kArgumentInvalid);
  if (!value.ok())
    return UsageError(fmt::format("the predicate is not JSON as statements are: {}", bytes::MessageOf(value.status())));
  if (!value->is_object()) return UsageError("the predicate is not a JSON object");
  for (const auto& member : value->get_object()) predicate[member.key()] = member.value();
  return absl::OkStatus();
}

json::object SubjectOf(const StatementDraft& draft, const Form& form, const json::object& predicate) {
  std::string name = draft.document_name, digest = draft.document_sha256;
  if (digest.empty() && form.needs_document) {
    name = "<name of the document>";
    digest = "<SHA-256 of the document>";
  } else if (digest.empty()) {
    name = IsOfTheLog(draft.kind) ? draft.origin : std::string(View(predicate.at("issuer").as_string()));
    digest = name.starts_with("<") ? "<SHA-256 of that name>" : Sha256Hex(name);
  }
  return {{"name", View(name)}, {"digest", json::object{{"sha256", View(digest)}}}};
}

// Two spaces a level; what fits on a line of 100 bytes is kept on one.
void Print(const json::value& value, std::size_t depth, std::string& out) {
  const std::string flat = json::serialize(value);
  if (flat.size() + 2 * depth <= 100 || value.is_primitive()) {
    out += flat;
    return;
  }
  const std::string indent(2 * depth + 2, ' ');
  const char* separator = "\n";
  if (const auto* array = value.if_array(); array != nullptr) {
    out += '[';
    for (const auto& element : *array) {
      out += separator + indent;
      Print(element, depth + 1, out);
      separator = ",\n";
    }
    out += "\n" + indent.substr(2) + "]";
    return;
  }
  out += '{';
  for (const auto& member : value.get_object()) {
    out += separator + indent + json::serialize(json::value(member.key())) + ": ";
    Print(member.value(), depth + 1, out);
    separator = ",\n";
  }
  out += "\n" + indent.substr(2) + "}";
}

std::string IssuerOf(const StatementDraft& draft, const Form& form) {
  if (!draft.issuer.empty()) return draft.issuer;
  return form.role.empty() ? "<urn of the issuer>" : draft.urn_prefix + std::string(form.role);
}

}  // namespace

std::string_view IssuingRole(Kind kind) { return FormOf(kind).role; }
std::string_view OtherMembers(Kind kind) { return FormOf(kind).others; }

absl::StatusOr<std::string> MakeStatement(const StatementDraft& draft) {
  const Form& form = FormOf(draft.kind);
  json::object predicate = {{"logOrigin", View(draft.origin)},
                            {"issuer", View(IssuerOf(draft, form))},
                            {"issuedAt", View(attest::FormatTime(draft.issued_at))},
                            {"nonce", View(bytes::EncodeBase64Url(bytes::AsBytes(keys::RandomBytes(kNonceBytes))))}};
  json::value members = json::parse(View(form.members));
  const std::pair<std::string_view, std::string> variables[] = {{"$NOW", attest::FormatTime(draft.issued_at)},
                                                                {"$TYPE_BASE", draft.type_base},
                                                                {"$URN_PREFIX", draft.urn_prefix},
                                                                {"$ISSUER", IssuerOf(draft, form)}};
  for (const auto& variable : variables) Replace(members, variable.first, variable.second);
  for (auto& member : members.get_object()) predicate[member.key()] = member.value();
  if (!draft.predicate.empty()) {
    if (auto status = MergeMembers(predicate, draft.predicate); !status.ok()) return status;
  }
  for (const auto& member : draft.members) {
    if (auto status = SetMember(predicate, member.first, member.second); !status.ok()) return status;
  }
  if (!predicate.at("issuer").is_string()) return UsageError("issuer is not a string");
  const json::value statement = {{"_type", "https://in-toto.io/Statement/v1"},
                                 {"subject", json::array{SubjectOf(draft, form, predicate)}},
                                 {"predicateType", View(attest::PredicateType(draft.type_base, draft.kind))},
                                 {"predicate", predicate}};
  if (draft.kind == Kind::kIndexHead) return json::serialize(statement);  // 8.4: one line, no white space, no line feed
  std::string text;
  Print(statement, 0, text);
  return text + "\n";
}

}  // namespace trustlog::cli
