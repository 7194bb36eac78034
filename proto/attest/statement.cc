#include "proto/attest/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>

#include "proto/attest/dsse.h"
#include "proto/attest/predicate_readers.h"
#include "proto/attest/schema.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;
using bytes::Reason;

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr JsonLimits kPayloadLimits = {.max_bytes = kMaxPayloadBytes};

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }

// Check 9: the in-toto layer (2.5).

absl::Status Malformed(std::string_view what) {
  return bytes::Refuse(Reason::kStatementMalformed, fmt::format("not an in-toto Statement v1: {}", what));
}

absl::StatusOr<Subject> ReadSubject(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return Malformed("a subject is not an object");
  Subject subject;
  if (const auto* const member = object->if_contains("name")) {
    const auto* const name = member->if_string();
    if (name == nullptr || name->size() > 200) return Malformed("a subject's name is not a string of at most 200 bytes");
    subject.name = View(*name);
  }
  const auto* const member = object->if_contains("digest");
  const auto* const digests = member == nullptr ? nullptr : member->if_object();
  if (digests == nullptr || digests->empty() || digests->size() > 8) return Malformed("a subject without 1 to 8 digests");
  for (const auto& digest : *digests) {
    if (!digest.value().is_string()) return Malformed("a digest is not a string");
    if (digest.key() != "sha256") continue;
    subject.sha256 = bytes::DecodeHash(View(digest.value().get_string()));
    if (!subject.sha256) return Malformed("a sha256 digest is not 64 lower-case hex digits");
  }
  return subject;
}

struct InTotoLayer {
  std::vector<Subject> subjects;
  std::string_view predicate_type;  // borrows the JSON, as predicate does
  const json::object* predicate = nullptr;
};

absl::StatusOr<InTotoLayer> ReadInTotoLayer(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return Malformed("not an object");
  const auto* const type = object->if_contains("_type");
  if (type == nullptr || !type->is_string() || View(type->get_string()) != kStatementType) return Malformed("_type is another");
  const auto* const predicate_type = object->if_contains("predicateType");
  if (predicate_type == nullptr || !predicate_type->is_string()) return Malformed("no predicateType");
  const auto* const predicate = object->if_contains("predicate");
  if (predicate == nullptr || !predicate->is_object()) return Malformed("no predicate");
  const auto* const subjects = object->if_contains("subject");
  if (subjects == nullptr || !subjects->is_array() || subjects->get_array().empty() || subjects->get_array().size() > 16) {
    return Malformed("without 1 to 16 subjects");
  }
  InTotoLayer layer{{}, View(predicate_type->get_string()), &predicate->get_object()};
  for (const auto& element : subjects->get_array()) {
    auto subject = ReadSubject(element);
    if (!subject.ok()) return subject.status();
    layer.subjects.push_back(*std::move(subject));
  }
  return layer;
}

// Checks 10 and 11.

absl::StatusOr<Kind> ReadKind(std::string_view predicate_type, const LogContext& context) {
  const bool is_empty_log = context.type_base.empty();
  const auto kind = is_empty_log ? KindOfAnyBase(predicate_type) : KindOfPredicateType(predicate_type, context.type_base);
  if (!kind) return bytes::Refuse(Reason::kKindUnknown, "predicateType is no kind of this version under the log's type base");
  if ((*kind == Kind::kGenesis) != is_empty_log) {
    return bytes::Refuse(Reason::kGenesisOrder,
                         is_empty_log ? "the first record must be genesis" : "the log has its genesis already");
  }
  return *kind;
}

// Check 12: what section 5 says of each kind beside the table of its members.

constexpr unsigned Bit(UrnRole role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned kRoot = Bit(UrnRole::kRoot), kSecretariat = Bit(UrnRole::kSecretariat), kOperator = Bit(UrnRole::kOperator);
constexpr unsigned kMember = Bit(UrnRole::kMember), kAuditor = Bit(UrnRole::kAuditor), kMonitor = Bit(UrnRole::kMonitor);
constexpr unsigned kAnyParty = kMember | kAuditor | kMonitor | Bit(UrnRole::kObserver);

enum Extra : unsigned { kSupersedes = 1, kSummary = 2, kDocument = 4 };  // members it may have; a document it must have

struct KindRule {
  Kind kind;
  unsigned issuers;
  unsigned extras;
  Predicate (*read)(const Members&);
};

constexpr KindRule kRules[] = {
    {Kind::kGenesis, kRoot, 0, ReadGenesis},
    {Kind::kRoleChange, kRoot, 0, ReadRoleChange},
    {Kind::kPrincipleSet, kSecretariat, kSupersedes, ReadPrincipleSet},
    {Kind::kPartyAdmission, kSecretariat, 0, ReadPartyAdmission},
    {Kind::kKeyRegistration, kAnyParty, 0, ReadKeyRegistration},
    {Kind::kKeyRevocation, kAnyParty | kSecretariat, 0, ReadKeyRevocation},
    {Kind::kPartyWithdrawal, kAnyParty, 0, ReadPartyWithdrawal},
    {Kind::kStatusChange, kSecretariat, kSupersedes, ReadStatusChange},
    {Kind::kAuditorAccreditation, kSecretariat, kSupersedes, ReadAuditorAccreditation},
    {Kind::kCommitment, kMember, kSupersedes | kSummary | kDocument, ReadCommitment},
    {Kind::kSupplierFlowdown, kMember, kSupersedes | kSummary | kDocument, ReadSupplierFlowdown},
    {Kind::kAuditEngagement, kAuditor, kSupersedes | kSummary, ReadAuditEngagement},
    {Kind::kAuditResult, kAuditor, kSupersedes | kSummary | kDocument, ReadAuditResult},
    {Kind::kRemediation, kMember | kAuditor, kSupersedes | kSummary, ReadRemediation},
    {Kind::kRetraction, kAnyParty | kSecretariat, kSummary, ReadRetraction},
    {Kind::kObjection, kAnyParty, kSummary, ReadObjection},
    {Kind::kEvidence, kAnyParty | kSecretariat, kSupersedes | kSummary | kDocument, ReadEvidence},
    {Kind::kErasureNotice, kOperator, 0, ReadErasureNotice},
    {Kind::kIndexHead, kOperator, 0, ReadIndexHead},
    {Kind::kIndexEndorsement, kMonitor, 0, ReadIndexEndorsement},
    {Kind::kLogEvent, kOperator, 0, ReadLogEvent},
};

const KindRule& RuleOf(Kind kind) {
  return *std::find_if(std::begin(kRules), std::end(kRules), [kind](const KindRule& rule) { return rule.kind == kind; });
}

bool IsNonce(std::string_view text) {
  const auto bytes = bytes::DecodeBase64Url(text);
  return bytes && bytes->size() >= 16 && bytes->size() <= 32;
}

std::optional<Supersedes> ReadSupersedes(const Members& in) {
  const auto object = in.Object("supersedes", Need::kOptional);
  if (!object) return std::nullopt;
  const auto id = object->Required("id", HashForm{});
  // 6.6: a status is ended by the next one, so only a wrong one is superseded.
  const auto change = object->Required("change", OneOfForm{{"renewal", "correction"}});  // of kind 7: client/registry/rules.cc
  return Supersedes{id, change == "renewal" ? Rel::kRenews : Rel::kCorrects};
}

// The common members of 5.1.
void ReadCommonMembers(const Members& in, const KindRule& rule, Statement& out) {
  out.log_origin = in.Required("logOrigin", WordForm{IsOrigin, "the origin of a log"});
  out.issuer = in.Required("issuer", in.Urn());
  in.check().set_issuer(out.issuer);
  const auto role = in.check().issuer_role();
  if (role && (rule.issuers & Bit(*role)) == 0) in.Violate("issuer", "of a form that this kind allows");
  out.issued_at = in.Required("issuedAt", TimeForm{});
  out.nonce = in.Required("nonce", WordForm{IsNonce, "canonical base64url of 16 to 32 bytes"});
  if ((rule.extras & kSupersedes) != 0) out.supersedes = ReadSupersedes(in);
  if ((rule.extras & kSummary) != 0) in.Optional("summary", TextForm{});
}

bool HasDocument(const std::vector<Subject>& subjects) {
  return std::any_of(subjects.begin(), subjects.end(),
                     [](const Subject& subject) { return subject.sha256 && !IsNameSubject(subject); });
}

// Genesis brings the prefix that its own URNs are read with; if it is none, the reader of genesis says so.
std::string UrnPrefixFor(Kind kind, const json::object& predicate, const LogContext& context) {
  if (kind != Kind::kGenesis) return context.urn_prefix;
  const auto* const member = predicate.if_contains("urnPrefix");
  return member != nullptr && member->is_string() ? std::string(View(member->get_string())) : "";
}

// Check 14.
absl::Status CheckInterval(const Predicate& predicate) {
  const Interval interval = ValidityOf(predicate);
  if (interval.from == 0 || interval.until == 0 || interval.until > interval.from) return absl::OkStatus();
  return bytes::Refuse(Reason::kValidityInverted, fmt::format("the interval ends at {}, not later than it begins, {}",
                                                              FormatTime(interval.until), FormatTime(interval.from)));
}

}  // namespace

bool IsNameSubject(const Subject& subject) {
  return subject.name && subject.sha256 && *subject.sha256 == merkle::Sha256(bytes::AsBytes(*subject.name));
}

absl::StatusOr<Statement> ParseStatement(std::string_view payload, const LogContext& context) {
  const auto value = ParseStrictJson(payload, kPayloadLimits, Reason::kStatementMalformed);  // checks 7 and 8
  if (!value.ok()) return value.status();
  auto layer = ReadInTotoLayer(*value);
  if (!layer.ok()) return layer.status();
  const auto kind = ReadKind(layer->predicate_type, context);
  if (!kind.ok()) return kind.status();

  Statement out;
  out.kind = *kind;
  out.subjects = std::move(layer->subjects);
  const KindRule& rule = RuleOf(*kind);
  const std::string urn_prefix = UrnPrefixFor(*kind, *layer->predicate, context);
  SchemaCheck check(layer->predicate_type, urn_prefix);
  const Members members(*layer->predicate, "predicate", check);
  ReadCommonMembers(members, rule, out);
  out.predicate = rule.read(members);
  if ((rule.extras & kDocument) != 0 && !HasDocument(out.subjects))
    check.Violate("subject", "a document: a sha256 of more than its name");
  if (auto status = check.Result(); !status.ok()) return status;  // checks 12 and 13
  if (auto status = CheckInterval(out.predicate); !status.ok()) return status;
  return out;
}

std::optional<Kind> PeekKind(std::string_view payload) {
  const auto value = ParseStrictJson(payload, kPayloadLimits, Reason::kStatementMalformed);
  if (!value.ok()) return std::nullopt;
  const auto layer = ReadInTotoLayer(*value);
  return layer.ok() ? KindOfAnyBase(layer->predicate_type) : std::nullopt;
}

}  // namespace trustlog::attest
