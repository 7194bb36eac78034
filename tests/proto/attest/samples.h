// A valid statement of each kind, with every optional member, for tests that change one thing at a time.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "proto/attest/kind.h"
#include "proto/attest/statement.h"

namespace trustlog::attest {

inline constexpr std::string_view kTypeBase = "https://trustlog.example/attest";
// Public halves of TEST ONLY keys of tle1-vectors.json.
inline constexpr std::string_view kSpkiA = "MCowBQYDK2VwAyEAE5Ri39EVggONQ+o4QQrpoqfgWvRi5KzMgYs8wPwBQ0I=";
inline constexpr std::string_view kSpkiB = "MCowBQYDK2VwAyEA/jkOzTfUxc9BuumsoO4qUAmMVzCedcOMblCDoAvPrWY=";
inline constexpr std::string_view kSpkiP256 =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESvaAs2DkUSB8QeOj3ebBf7+SVL8DzbeTB2d1h09tuw1XuO9C7hwYbxZxezFyqIM4OpSlTetG8D8UNib8LcY2DA==";

inline LogContext ContextFor(Kind kind) {
  if (kind == Kind::kGenesis) return {"log.example/test", "", ""};
  return {"log.example/test", std::string(kTypeBase), "urn:tta:"};
}

// The members of the kind's own table in records.md 5.2-5.4.
inline std::string SampleMembers(Kind kind) {
  const std::string h1 = "\"" + std::string(64, '1') + "\"", h2 = "\"" + std::string(64, '2') + "\"";
  const auto keys = [](std::string_view spki, std::string_view alg) {
    return std::string(R"({"keys":[{"spki":")").append(spki).append(R"(","alg":")").append(alg).append(R"("}],"threshold":1})");
  };
  const std::string authority = R"("authority":{"version":1,"root":)" + keys(kSpkiA, "ed25519") + R"(,"secretariat":)" +
                                keys(kSpkiB, "ed25519") + R"(,"operator":)" + keys(kSpkiP256, "ecdsa-p256-sha256-der") + "}";
  const std::string from = R"("validFrom":"2026-01-01T00:00:00Z")", until = R"("validUntil":"2028-01-01T00:00:00Z")";
  const std::string standard = R"([{"scheme":"iec-62443-4-1","version":"2018","control":"SM-1","level":"ml3"}])";
  switch (kind) {
    case Kind::kGenesis:
      return R"("typeBase":"https://trustlog.example/attest","urnPrefix":"urn:tta:",)" + authority +
             R"(,"maxStatementAgeDays":366,"indexFunction":"trustlog-index/1","rules":"trustlog-rules/1")";
    case Kind::kRoleChange:
      return authority + R"(,"reason":"rotation")";
    case Kind::kPrincipleSet:
      return R"("version":"1.0","principles":[{"no":1,"title":{"en":"One"},"textSha256":)" + h1 +
             R"(},{"no":3,"title":{"en":"Three"},"textSha256":)" + h2 +
             R"(}],"outcomes":[{"code":"conformant","effect":"positive","meaning":{"en":"good"}}],)"
             R"("statuses":[{"code":"suspended","effect":"negative","meaning":{"en":"bad"}}],"levels":["basic"],)"
             R"("maxCommitmentDays":1100,"maxResultDays":500,)" +
             from;
    case Kind::kPartyAdmission:
      return R"("party":"urn:tta:member:sap","role":"member","legalName":"SAP SE","country":"DE","lei":"529900D6BF99LW9R2E68","group":"sap",)" +
             from;
    case Kind::kKeyRegistration:
      return std::string(R"("key":{"spki":")").append(kSpkiA) + R"(","alg":"ed25519"},"purposes":["sign","admin"],)" + from + "," +
             until + R"(,"replaces":{"keyId":)" + h1 + R"(,"overlapUntil":"2026-02-01T00:00:00Z"},"custody":"hsm")";
    case Kind::kKeyRevocation:
      return R"("party":"urn:tta:member:sap","keyId":)" + h1 + R"(,"reason":"compromised","invalidSince":7)";
    case Kind::kPartyWithdrawal:
      return from + R"(,"reason":"leaving")";
    case Kind::kStatusChange:
      return R"("party":"urn:tta:member:sap","status":"suspended",)" + from + "," + until +
             R"(,"ruleRef":"section 4","decisionSha256":)" + h1 + R"(,"appealUntil":"2026-03-01T00:00:00Z","inputs":[)" + h2 + "]";
    case Kind::kAuditorAccreditation:
      return R"("auditor":"urn:tta:auditor:north","principles":[1,3],"schemes":["bsi-c5"],"accreditedBy":"DAkkS","notFor":["urn:tta:member:sap"],)" +
             from + "," + until;
    case Kind::kCommitment:
      return R"("principleSet":)" + h1 +
             R"(,"principle":3,"level":"basic","scope":{"products":["cloud"],"sites":["HQ"],"entities":["SE"],)"
             R"("regions":["EU"],"exclusions":["lab"]},"standards":)" +
             standard + R"(,"measures":{"en":"Done."},"contact":"trust@example.com",)" + from + "," + until;
    case Kind::kSupplierFlowdown:
      return R"("commitment":)" + h1 +
             R"(,"principle":3,"requirementTitle":"Catalogue","supplierCount":40,"tier":1,)"
             R"("coveredSuppliersPermille":900,"coveredSpendPermille":950,"disclosureRoot":)" +
             h2 + R"(,"disclosureCount":12,"acknowledged":11,"instrument":"contract",)" + from + "," + until;
    case Kind::kAuditEngagement:
      return R"("member":"urn:tta:member:sap","principles":[1,3],"commitments":[)" + h1 + "," + h2 + R"(],"scopeSha256":)" + h1 +
             R"(,"startedAt":"2026-01-01T00:00:00Z","resultDueBy":"2026-07-01T00:00:00Z","declinedByMember":true)";
    case Kind::kAuditResult:
      return R"("engagement":)" + h1 + R"(,"member":"urn:tta:member:sap","principles":[3],"commitments":[)" + h2 +
             R"(],"criteria":)" + standard +
             R"(,"assurance":"reasonable","outcome":"conformant","period":{"from":"2025-01-01T00:00:00Z",)"
             R"("until":"2025-12-31T00:00:00Z"},"performedAt":"2026-01-10T00:00:00Z",)" +
             from + "," + until +
             R"(,"findings":[{"no":1,"severity":"minor","control":"A.1","state":"open","dueBy":"2026-06-01T00:00:00Z","detail":)" +
             h1 + R"(}],"inputs":[)" + h2 + "]";
    case Kind::kRemediation:
      return R"("target":)" + h1 + R"(,"about":["urn:tta:member:sap"],"finding":1,"state":"planned","inputs":[)" + h2 + "]";
    case Kind::kRetraction:
      return R"("target":)" + h1 + R"(,"about":["urn:tta:member:sap"],"reason":"error",)" + from;
    case Kind::kObjection:
      return R"("target":)" + h1 + R"(,"about":["urn:tta:member:sap"],"ground":"wrong-fact")";
    case Kind::kEvidence:
      return R"("about":["urn:tta:member:sap"],"form":"sbom","mediaType":"application/spdx+json","principles":[3],"supports":[)" +
             h1 + R"(],"foreignSubjects":[{"name":"image","sha256":)" + h2 + R"(}],"checked":{"by":"cosign","result":"valid"},)" +
             from + "," + until;
    case Kind::kErasureNotice:
      return R"("target":)" + h1 + R"(,"index":12,"legalBasis":"gdpr-17","decidedAt":"2026-01-01T00:00:00Z")";
    case Kind::kIndexHead:
      return R"("coversSize":12,"mapRoot":)" + h1 + R"(,"indexFunction":"trustlog-index/1")";
    case Kind::kIndexEndorsement:
      return R"("target":)" + h1 + R"(,"result":"equal","mapRoot":)" + h2;
    case Kind::kLogEvent:
      return R"("event":"key-change",)" + from +
             R"(,"vkeys":["log.example/test+1+k"],"successor":{"origin":"log.example/2027","vkey":"k"})";
  }
  return "";
}

inline std::string_view SampleIssuer(Kind kind) {
  switch (kind) {
    case Kind::kGenesis:
    case Kind::kRoleChange:
      return "urn:tta:root";
    case Kind::kPrincipleSet:
    case Kind::kPartyAdmission:
    case Kind::kStatusChange:
    case Kind::kAuditorAccreditation:
      return "urn:tta:secretariat";
    case Kind::kAuditEngagement:
    case Kind::kAuditResult:
      return "urn:tta:auditor:north";
    case Kind::kErasureNotice:
    case Kind::kIndexHead:
    case Kind::kLogEvent:
      return "urn:tta:operator";
    case Kind::kIndexEndorsement:
      return "urn:tta:monitor:public";
    default:
      return "urn:tta:member:sap";
  }
}

inline boost::json::object SampleStatement(Kind kind) {
  const std::string supersedes = R"("supersedes":{"id":")" + std::string(64, '9') + R"(","change":"correction"})";
  const std::string text = R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a.pdf","digest":{"sha256":")" +
                           std::string(64, '8') + R"("}}],"predicateType":")" + PredicateType(kTypeBase, kind) +
                           R"(","predicate":{"logOrigin":"log.example/test","issuer":")" + std::string(SampleIssuer(kind)) +
                           R"(","issuedAt":"2026-01-01T00:00:00Z","nonce":"28r23_Byv800w30M4ZEZZw",)" + supersedes +
                           R"(,"summary":{"en":"Words."},)" + SampleMembers(kind) + "}}";
  return boost::json::parse(text).as_object();
}

inline absl::StatusOr<Statement> ParseSample(Kind kind, const boost::json::object& statement) {
  return ParseStatement(boost::json::serialize(statement), ContextFor(kind));
}

// The value at a path like "predicate.findings[0].no"; null where an element is missing on the way.
inline boost::json::value* At(boost::json::object& root, std::string_view path) {
  boost::json::value* value = nullptr;
  boost::json::object* object = &root;
  while (!path.empty()) {
    const std::size_t end = path.find_first_of(".[");
    const auto name = path.substr(0, end);
    value = object->if_contains({name.data(), name.size()});
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    while (value != nullptr && path.starts_with("[")) {
      const auto index = static_cast<std::size_t>(path[1] - '0');
      value = value->is_array() && index < value->get_array().size() ? &value->get_array()[index] : nullptr;
      path.remove_prefix(3);
    }
    if (value == nullptr) return nullptr;
    if (path.starts_with(".")) path.remove_prefix(1);
    if (!path.empty()) object = &value->as_object();
  }
  return value;
}

// The object a path's last member belongs to, and that member's name.
inline std::pair<boost::json::object*, std::string> ParentOf(boost::json::object& root, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return {&root, std::string(path)};
  return {&At(root, path.substr(0, dot))->as_object(), std::string(path.substr(dot + 1))};
}

inline void Set(boost::json::object& root, std::string_view path, std::string_view json) {
  const auto value = boost::json::parse({json.data(), json.size()});
  if (auto* const present = At(root, path)) {
    *present = value;
    return;
  }
  const auto parent = ParentOf(root, path);
  (*parent.first)[parent.second] = value;
}

inline void Remove(boost::json::object& root, std::string_view path) {
  const auto parent = ParentOf(root, path);
  parent.first->erase(parent.second);
}

}  // namespace trustlog::attest
