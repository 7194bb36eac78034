#include "tests/support/sample_alliance.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "merkle/hash.h"
#include "proto/attest/derive.h"
#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::support {
namespace {

using attest::Kind;

constexpr std::int64_t kValidFrom = kSampleTime - 30 * kSampleDay;

[[noreturn]] void Die(std::string_view what) {
  std::fprintf(stderr, "sample alliance: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

std::string HexSha256(std::string_view text) { return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(text))); }
std::string Hex(const attest::Id& id) { return bytes::EncodeHex(id); }
std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", text); }
std::string Member(std::string_view name, std::string_view json) { return fmt::format("\"{}\":{}", name, json); }
std::string Text(std::string_view name, std::string_view value) { return Member(name, Quoted(value)); }
std::string Time(std::string_view name, std::int64_t seconds) { return Text(name, attest::FormatTime(seconds)); }
std::string List(std::string_view name, std::string_view elements) { return fmt::format("\"{}\":[{}]", name, elements); }
std::string Braced(std::string_view members) { return fmt::format("{{{}}}", members); }
std::string Joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ",")); }

std::string KeyJson(std::string_view name) {
  return Braced(
      Joined({Text("spki", bytes::EncodeBase64(std::string_view(SampleKey(name).public_key().spki()))), Text("alg", "ed25519")}));
}

std::string RoleJson(std::string_view role, int keys, int threshold) {
  std::vector<std::string> list;
  for (int i = 1; i <= keys; ++i) list.push_back(KeyJson(fmt::format("{}-{}", role, i)));
  return Member(role, Braced(Joined({List("keys", Joined(list)), Member("threshold", fmt::to_string(threshold))})));
}

std::string Declared(std::string_view code, std::string_view effect) {
  return Braced(Joined({Text("code", code), Text("effect", effect)}));
}

std::string SubjectJson(const SampleStatement& statement) {
  const std::string name = !statement.document.empty()        ? statement.document
                           : statement.kind == Kind::kGenesis ? statement.origin
                                                              : statement.issuer;
  const std::string digest = statement.document.empty() ? HexSha256(name) : HexSha256("sample document: " + name);
  return Braced(Joined({Text("name", name), Member("digest", Braced(Text("sha256", digest)))}));
}

std::string NonceOf(const SampleStatement& statement) {
  const auto digest =
      merkle::Sha256(bytes::AsBytes(fmt::format("{} {} {} {} {}", statement.variant, static_cast<int>(statement.kind),
                                                statement.issuer, statement.document, statement.members)));
  return bytes::EncodeBase64Url(merkle::ByteView(digest).first(16));
}

std::string IdsJson(const std::vector<const SignedRecord*>& records) {
  std::vector<std::string> ids;
  for (const SignedRecord* record : records) ids.push_back(Quoted(Hex(record->id())));
  return Joined(ids);
}

std::string SlugOf(std::string_view urn) { return std::string(urn.substr(urn.rfind(':') + 1)); }

}  // namespace

keys::PrivateKey SampleKey(std::string_view name) {
  constexpr std::string_view kPkcs8Prefix("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16);
  const auto secret = merkle::Sha256(bytes::AsBytes(fmt::format("sample-alliance/{}", name)));
  auto key = keys::PrivateKey::FromPkcs8(std::string(kPkcs8Prefix).append(bytes::AsText(secret)));
  if (!key.ok()) Die(bytes::MessageOf(key.status()));
  return *std::move(key);
}

attest::LogContext SampleContext() { return {kSampleOrigin, kSampleTypeBase, kSampleUrnPrefix}; }

std::string SampleUrn(std::string_view rest) { return std::string(kSampleUrnPrefix).append(rest); }

std::string PayloadOf(const SampleStatement& statement) {
  const std::string predicate =
      Joined({Text("logOrigin", statement.origin), Text("issuer", statement.issuer), Time("issuedAt", statement.issued_at),
              Text("nonce", NonceOf(statement)), statement.members});
  return Braced(Joined({Text("_type", "https://in-toto.io/Statement/v1"), List("subject", SubjectJson(statement)),
                        Text("predicateType", attest::PredicateType(kSampleTypeBase, statement.kind)),
                        Member("predicate", Braced(predicate))}));
}

attest::Envelope SignPayload(std::string payload, const std::vector<std::string>& signers) {
  attest::Envelope envelope{std::string(attest::kPayloadType), std::move(payload), {}};
  const std::string pae = attest::Pae(envelope.payload_type, envelope.payload);
  for (const auto& name : signers) {
    const auto key = SampleKey(name);
    auto signature = key.Sign(pae);
    if (!signature.ok()) Die(bytes::MessageOf(signature.status()));
    envelope.signatures.push_back({bytes::EncodeHex(key.public_key().id()), *std::move(signature)});
  }
  return envelope;
}

SignedRecord Sign(const SampleStatement& statement) {
  const auto context = statement.kind == Kind::kGenesis ? attest::LogContext{statement.origin, "", ""} : SampleContext();
  return SignedOf(PayloadOf(statement), statement.signers, context);
}

SignedRecord SignedOf(std::string payload, const std::vector<std::string>& signers, const attest::LogContext& context) {
  auto envelope = SignPayload(std::move(payload), signers);
  auto parsed = attest::ParseStatement(envelope.payload, context);
  if (!parsed.ok()) Die(fmt::format("{}: {}", bytes::MessageOf(parsed.status()), envelope.payload));
  std::vector<attest::EntrySignature> signatures;
  for (const auto& signature : envelope.signatures) signatures.push_back({*attest::KeyIdHint(signature.keyid), signature.sig});
  auto entry = attest::Derive(*parsed, attest::StatementId(envelope.payload), std::move(signatures));
  if (!entry.ok()) Die(bytes::MessageOf(entry.status()));
  return {std::move(envelope), *std::move(parsed), *std::move(entry)};
}

std::string EnvelopeJson(const SignedRecord& record) {
  return attest::FormatEnvelope(record.envelope.payload, record.entry.signatures);
}

SampleStatement Replaced(SampleStatement statement, std::string_view from, std::string_view to) {
  const auto at = statement.members.find(from);
  if (at == std::string::npos || statement.members.find(from, at + 1) != std::string::npos) {
    Die(fmt::format("'{}' is not there once: {}", from, statement.members));
  }
  statement.members.replace(at, from.size(), to);
  return statement;
}

SampleStatement Superseding(SampleStatement statement, const SignedRecord& older, std::string_view change) {
  statement.members += "," + Member("supersedes", Braced(Joined({Text("id", Hex(older.id())), Text("change", change)})));
  return statement;
}

SampleStatement GenesisStatement() {
  const auto authority =
      Braced(Joined({Member("version", "1"), RoleJson("root", 3, 2), RoleJson("secretariat", 3, 2), RoleJson("operator", 1, 1)}));
  return {.kind = Kind::kGenesis,
          .issuer = SampleUrn("root"),
          .members = Joined({Text("typeBase", kSampleTypeBase), Text("urnPrefix", kSampleUrnPrefix), Member("authority", authority),
                             Member("maxStatementAgeDays", "366"), Text("indexFunction", "trustlog-index/1"),
                             Text("rules", "trustlog-rules/1")}),
          .document = {},
          .signers = {"root-1", "root-2"}};
}

SampleStatement PrincipleSetStatement(std::string_view version, std::int64_t valid_from) {
  std::vector<std::string> principles;
  for (int no = 1; no <= 5; ++no) {
    principles.push_back(
        Braced(Joined({Member("no", fmt::to_string(no)), Member("title", Braced(Text("en", fmt::format("Principle {}", no)))),
                       Text("textSha256", HexSha256(fmt::format("text of principle {}", no)))})));
  }
  const auto outcomes = Joined({Declared("conformant", "positive"), Declared("conformant-with-observations", "qualified"),
                                Declared("nonconformant-major", "negative")});
  const auto statuses = Joined({Declared("active", "neutral"), Declared("suspended", "negative"), Declared("expelled", "ended")});
  return {.kind = Kind::kPrincipleSet,
          .issuer = SampleUrn("secretariat"),
          .members = Joined({Text("version", version), List("principles", Joined(principles)), List("outcomes", outcomes),
                             List("statuses", statuses), Member("maxCommitmentDays", "1100"), Member("maxResultDays", "800"),
                             Time("validFrom", valid_from)}),
          .document = {},
          .signers = {"secretariat-1", "secretariat-2"}};
}

SampleStatement AdmissionStatement(std::string_view role, std::string_view slug, std::string_view group) {
  const auto party = SampleUrn(fmt::format("{}:{}", role, slug));
  auto members = Joined({Text("party", party), Text("role", role), Text("legalName", fmt::format("Sample {} Ltd", slug)),
                         Text("country", "SE"), Time("validFrom", kValidFrom)});
  if (!group.empty()) members += "," + Text("group", group);
  return {.kind = Kind::kPartyAdmission,
          .issuer = SampleUrn("secretariat"),
          .members = members,
          .document = {},
          .signers = {"secretariat-1", "secretariat-3"}};
}

SampleStatement KeyStatement(std::string_view party, std::string_view key, std::string_view purposes,
                             std::vector<std::string> sponsors) {
  sponsors.insert(sponsors.begin(), std::string(key));
  return {.kind = Kind::kKeyRegistration,
          .issuer = SampleUrn(party),
          .members = Joined({Member("key", KeyJson(key)), List("purposes", purposes), Time("validFrom", kValidFrom)}),
          .document = {},
          .signers = std::move(sponsors)};
}

SampleStatement AccreditationStatement(std::string_view auditor, std::string_view not_for) {
  return {.kind = Kind::kAuditorAccreditation,
          .issuer = SampleUrn("secretariat"),
          .members = Joined({Text("auditor", SampleUrn(fmt::format("auditor:{}", auditor))), List("principles", "1,2,3,4"),
                             List("schemes", "\"iso-27001\",\"bsi-c5\""), Text("accreditedBy", "Sample Accreditation Board"),
                             List("notFor", Quoted(SampleUrn(fmt::format("member:{}", not_for)))), Time("validFrom", kValidFrom),
                             Time("validUntil", kValidFrom + 1'095 * kSampleDay)}),
          .document = {},
          .signers = {"secretariat-2", "secretariat-3"}};
}

SampleStatement CommitmentStatement(std::string_view member, int principle, const SignedRecord& set) {
  return {.kind = Kind::kCommitment,
          .issuer = SampleUrn(fmt::format("member:{}", member)),
          .members = Joined({Text("principleSet", Hex(set.id())), Member("principle", fmt::to_string(principle)),
                             Member("scope", Braced(List("exclusions", ""))), Time("validFrom", kSampleTime),
                             Time("validUntil", kSampleTime + 730 * kSampleDay)}),
          .document = fmt::format("commitment {}.pdf", principle),
          .signers = {fmt::format("{}-1", member)}};
}

SampleStatement EngagementStatement(std::string_view auditor, std::string_view member, std::string_view principles,
                                    const std::vector<const SignedRecord*>& commitments) {
  return {.kind = Kind::kAuditEngagement,
          .issuer = SampleUrn(fmt::format("auditor:{}", auditor)),
          .members = Joined({Text("member", SampleUrn(fmt::format("member:{}", member))), List("principles", principles),
                             List("commitments", IdsJson(commitments)), Text("scopeSha256", HexSha256("scope")),
                             Time("startedAt", kSampleTime), Time("resultDueBy", kSampleTime + 120 * kSampleDay)}),
          .document = {},
          .signers = {fmt::format("{}-1", auditor), fmt::format("{}-1", member)}};
}

SampleStatement ResultStatement(const SignedRecord& engagement, std::string_view outcome) {
  const auto& in = std::get<attest::AuditEngagement>(engagement.statement.predicate);
  std::vector<std::string> commitments;
  for (const auto& id : in.commitments) commitments.push_back(Quoted(Hex(id)));
  return {.kind = Kind::kAuditResult,
          .issuer = engagement.statement.issuer,
          .members = Joined(
              {Text("engagement", Hex(engagement.id())), Text("member", in.member),
               List("principles", fmt::format("{}", fmt::join(in.principles, ","))), List("commitments", Joined(commitments)),
               List("criteria", Braced(Joined({Text("scheme", "bsi-c5"), Text("version", "2020")}))),
               Text("assurance", "reasonable"), Text("outcome", outcome), Time("performedAt", kSampleTime),
               Time("validFrom", kSampleTime), Time("validUntil", kSampleTime + 730 * kSampleDay), List("findings", "")}),
          .document = "report.pdf",
          .signers = {SlugOf(engagement.statement.issuer) + "-1"}};
}

SampleStatement EvidenceStatement(std::string_view member, const SignedRecord& supported) {
  const auto urn = SampleUrn(fmt::format("member:{}", member));
  return {.kind = Kind::kEvidence,
          .issuer = urn,
          .members = Joined({List("about", Quoted(urn)), Text("form", "sbom"), Text("mediaType", "application/json"),
                             List("supports", Quoted(Hex(supported.id())))}),
          .document = "sbom.json",
          .signers = {fmt::format("{}-1", member)}};
}

SampleStatement ErasureNoticeStatement(const attest::Id& target, std::uint64_t index) {
  return {.kind = Kind::kErasureNotice,
          .issuer = SampleUrn("operator"),
          .members = Joined({Text("target", Hex(target)), fmt::format("\"index\":{}", index), Text("legalBasis", "gdpr-17"),
                             Time("decidedAt", kSampleTime)}),
          .document = {},
          .signers = {"operator-1", "secretariat-1", "secretariat-2"}};
}

SampleAlliance::SampleAlliance() {
  Add("genesis", GenesisStatement());
  Add("principles", PrincipleSetStatement("1.0", kValidFrom));
  Add("admit-one", AdmissionStatement("member", "one"));
  Add("admit-two", AdmissionStatement("member", "two", "north-group"));
  Add("admit-three", AdmissionStatement("member", "three"));
  Add("admit-south", AdmissionStatement("auditor", "south"));
  Add("admit-north", AdmissionStatement("auditor", "north", "north-group"));
  Add("admit-public", AdmissionStatement("monitor", "public"));
  const std::vector<std::string> secretariat = {"secretariat-1", "secretariat-2"};
  const std::string_view both = "\"sign\",\"admin\"";
  Add("key-one-1", KeyStatement("member:one", "one-1", both, secretariat));
  Add("key-two-1", KeyStatement("member:two", "two-1", both, secretariat));
  Add("key-three-1", KeyStatement("member:three", "three-1", both, secretariat));
  Add("key-south-1", KeyStatement("auditor:south", "south-1", both, secretariat));
  Add("key-north-1", KeyStatement("auditor:north", "north-1", both, secretariat));
  Add("key-one-2", KeyStatement("member:one", "one-2", "\"sign\"", {"one-1"}));
  Add("accredit-south", AccreditationStatement("south", "three"));
  Add("accredit-north", AccreditationStatement("north", "three"));
  for (int principle = 1; principle <= 3; ++principle) {
    Add(fmt::format("commitment-one-{}", principle), CommitmentStatement("one", principle, (*this)["principles"]));
  }
  Add("commitment-two-1", CommitmentStatement("two", 1, (*this)["principles"]));
  const SignedRecord second = (*this)["commitment-one-2"], third = (*this)["commitment-one-3"];  // Add moves what lies in records_
  Add("engagement", EngagementStatement("south", "one", "2,3", {&second, &third}));
  Add("evidence", EvidenceStatement("one", second));
  Add("result", ResultStatement((*this)["engagement"], "nonconformant-major"));
}

std::uint64_t SampleAlliance::IndexOf(std::string_view label) const {
  for (std::uint64_t i = 0; i < records_.size(); ++i) {
    if (records_[i].label == label) return i;
  }
  Die(fmt::format("no record '{}'", label));
}

const SignedRecord& SampleAlliance::operator[](std::string_view label) const { return records_[IndexOf(label)].record; }

}  // namespace trustlog::support
