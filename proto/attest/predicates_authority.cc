// Kinds 0-8: records.md 5.2.
#include <set>

#include "proto/attest/kind.h"
#include "proto/attest/predicate_readers.h"
#include "proto/bytes/base64.h"

namespace trustlog::attest {
namespace {

struct SpkiForm {
  using Type = std::string;  // DER
  std::optional<std::string> Read(const boost::json::value& value) const {
    const auto* const text = value.if_string();
    return text == nullptr ? std::nullopt : bytes::DecodeBase64({text->data(), text->size()});
  }
  std::string Rule() const { return "a DER public key in canonical base64"; }
};

struct AlgorithmForm {
  using Type = keys::Algorithm;
  std::optional<keys::Algorithm> Read(const boost::json::value& value) const {
    const auto* const text = value.if_string();
    return text == nullptr ? std::nullopt : keys::ParseAlgorithm({text->data(), text->size()});
  }
  std::string Rule() const { return "the name of a signature algorithm of records.md 2.2"; }
};

struct KeyText {
  std::string spki;
  keys::Algorithm algorithm{};
};

KeyText ReadKeyText(const Members& in) { return {in.Required("spki", SpkiForm{}), in.Required("alg", AlgorithmForm{})}; }

// Check 13. nullopt: noted.
std::optional<KeyMember> MakeKey(const KeyText& text, SchemaCheck& check) {
  if (!check.ok()) return std::nullopt;
  auto key = keys::PublicKey::FromSpki(text.spki, text.algorithm);
  if (key.ok()) return KeyMember{*std::move(key)};
  check.Mismatch(key.status());
  return std::nullopt;
}

enum class BatchKeys { kRefused, kAllowed };

RoleKeys ReadRoleKeys(const std::optional<Members>& in, BatchKeys batch, std::set<std::string>& spkis) {
  RoleKeys out;
  if (!in) return out;
  const auto elements = in->Objects("keys", {1, 8});
  for (const auto& element : elements) {
    const KeyText text = ReadKeyText(element);
    if (!spkis.insert(text.spki).second) element.Violate("spki", "different from every other key of the object");
    if (batch == BatchKeys::kRefused && keys::IsBatch(text.algorithm)) element.Violate("alg", "no batch algorithm in this role");
    if (auto key = MakeKey(text, in->check())) out.keys.push_back(*std::move(key));
  }
  out.threshold = in->Required("threshold", IntForm<std::uint8_t>{1, 8});
  if (out.threshold > elements.size()) in->Violate("threshold", "at most the number of keys");
  return out;
}

Authority ReadAuthority(const Members& in, IntForm<> version) {
  Authority out;
  const auto authority = in.Object("authority");
  if (!authority) return out;
  out.version = authority->Required("version", version);
  std::set<std::string> spkis;
  out.root = ReadRoleKeys(authority->Object("root"), BatchKeys::kRefused, spkis);
  out.secretariat = ReadRoleKeys(authority->Object("secretariat"), BatchKeys::kRefused, spkis);
  out.operators = ReadRoleKeys(authority->Object("operator"), BatchKeys::kAllowed, spkis);
  return out;
}

std::vector<DeclaredCode> ReadDeclaredCodes(const Members& in, std::string_view name, const OneOfForm& effect) {
  std::vector<DeclaredCode> out;
  for (const auto& declared : in.Objects(name, {1, 64})) {
    out.push_back({declared.Required("code", CodeForm{}), declared.Required("effect", effect)});
    declared.Optional("meaning", TextForm{});
  }
  return out;
}

}  // namespace

Predicate ReadGenesis(const Members& in) {
  Genesis out;
  out.type_base = in.Required("typeBase", WordForm{IsTypeBase, "an https:// type base"});
  if (in.check().predicate_type() != PredicateType(out.type_base, Kind::kGenesis)) {
    in.Violate("typeBase", "the base of this statement's predicateType");
  }
  out.urn_prefix = in.Required("urnPrefix", WordForm{IsUrnPrefix, "a URN prefix"});
  out.authority = ReadAuthority(in, IntForm<>{1, 1});
  out.max_statement_age_days = in.Required("maxStatementAgeDays", IntForm<>{1, 3'660});
  in.Required("indexFunction", OneOfForm{{"trustlog-index/1"}});
  in.Required("rules", OneOfForm{{"trustlog-rules/1"}});
  return out;
}

Predicate ReadRoleChange(const Members& in) {
  RoleChange out;
  out.authority = ReadAuthority(in, IntForm<>{-kMaxJsonInteger, kMaxJsonInteger});
  out.reason = in.Required("reason", CodeForm{});
  return out;
}

Predicate ReadPrincipleSet(const Members& in) {
  PrincipleSet out;
  out.version = in.Required("version", StrForm{40});
  std::set<std::uint8_t> numbers;
  for (const auto& principle : in.Objects("principles", {1, 63})) {
    out.principles.push_back({principle.Required("no", kPrincipleForm), principle.Required("textSha256", HashForm{})});
    if (!numbers.insert(out.principles.back().no).second) principle.Violate("no", "different from the numbers before it");
    principle.Required("title", TextForm{});
  }
  out.outcomes = ReadDeclaredCodes(in, "outcomes", {{"positive", "qualified", "neutral", "negative"}});
  out.statuses = ReadDeclaredCodes(in, "statuses", {{"neutral", "qualified", "negative", "ended"}});
  out.levels = in.List("levels", CodeForm{}, {0, 32}, Need::kOptional);
  out.max_commitment_days = in.Optional("maxCommitmentDays", IntForm<>{1, 36'600});
  out.max_result_days = in.Optional("maxResultDays", IntForm<>{1, 36'600});
  out.valid_from = in.Required("validFrom", TimeForm{});
  return out;
}

Predicate ReadPartyAdmission(const Members& in) {
  PartyAdmission out;
  out.party = in.Required("party", in.Urn());
  out.role = in.Required("role", OneOfForm{{"member", "auditor", "monitor", "observer"}});
  const auto role = RoleOfUrn(out.party, in.check().urn_prefix());
  if (role && UrnRoleName(*role) != out.role) in.Violate("role", "the role word of party");
  out.legal_name = in.Required("legalName", StrForm{200});
  out.country = in.Required("country", WordForm{IsCountry, "an ISO 3166-1 country code"});
  out.lei = in.Optional("lei", WordForm{IsLei, "a legal entity identifier"}).value_or("");
  out.group = in.Optional("group", CodeForm{}).value_or("");
  out.valid_from = in.Required("validFrom", TimeForm{});
  return out;
}

Predicate ReadKeyRegistration(const Members& in) {
  const auto key_in = in.Object("key");
  const auto text = key_in ? ReadKeyText(*key_in) : KeyText{};
  const auto purposes = in.List("purposes", OneOfForm{{"sign", "admin"}}, {1, 2});
  const auto from = in.Required("validFrom", TimeForm{});
  const auto until = in.Optional("validUntil", TimeForm{}).value_or(0);
  std::optional<Replaces> replaces;
  if (const auto old = in.Object("replaces", Need::kOptional)) {
    replaces = {old->Required("keyId", HashForm{}), old->Required("overlapUntil", TimeForm{})};
  }
  in.Optional("custody", OneOfForm{{"hsm", "kms", "software"}});
  auto key = MakeKey(text, in.check());
  if (!key) return {};
  return KeyRegistration{*std::move(key), purposes, from, until, replaces};
}

Predicate ReadKeyRevocation(const Members& in) {
  KeyRevocation out;
  out.party = in.Required("party", in.Urn());
  if (in.check().issuer_role() != UrnRole::kSecretariat && out.party != in.check().issuer()) in.Violate("party", "the issuer");
  out.key_id = in.Required("keyId", HashForm{});
  out.reason = in.Required("reason", OneOfForm{{"retired", "lost", "compromised"}});
  out.invalid_since = in.Optional("invalidSince", IntForm<std::uint64_t>{});
  if (out.invalid_since && out.reason != "compromised") in.Violate("invalidSince", "absent unless the reason is compromised");
  return out;
}

Predicate ReadPartyWithdrawal(const Members& in) {
  PartyWithdrawal out;
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.reason = in.Required("reason", CodeForm{});
  return out;
}

Predicate ReadStatusChange(const Members& in) {
  StatusChange out;
  out.party = in.Required("party", in.Urn());
  out.status = in.Required("status", CodeForm{});
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.valid_until = in.Optional("validUntil", TimeForm{}).value_or(0);
  in.Required("ruleRef", StrForm{200});
  out.decision_sha256 = in.Required("decisionSha256", HashForm{});
  in.Optional("appealUntil", TimeForm{});
  out.inputs = in.List("inputs", HashForm{}, {0, 16}, Need::kOptional);
  return out;
}

Predicate ReadAuditorAccreditation(const Members& in) {
  AuditorAccreditation out;
  out.auditor = in.Required("auditor", in.Urn());
  out.principles = in.List("principles", kPrincipleForm, {1, 63});
  out.schemes = in.List("schemes", CodeForm{}, {0, 64});
  in.Required("accreditedBy", StrForm{200});
  out.not_for = in.List("notFor", in.Urn(), {0, 64}, Need::kOptional);
  out.valid_from = in.Required("validFrom", TimeForm{});
  out.valid_until = in.Required("validUntil", TimeForm{});
  return out;
}

}  // namespace trustlog::attest
