#include "proto/attest/foreign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <optional>

#include "proto/attest/dsse.h"
#include "proto/attest/schema.h"
#include "proto/attest/strict_json.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

constexpr std::string_view kUnknown = "application/octet-stream", kJson = "application/json";
constexpr StrForm kSubjectName = {200}, kMediaType = {100};  // as the schema of kind 23 has them

// As much of everything as the file can hold; depth is what recursion is bounded by.
constexpr JsonLimits kForeignLimits = {.max_bytes = kMaxForeignBytes,
                                       .max_members = kMaxForeignBytes,
                                       .max_elements = kMaxForeignBytes,
                                       .max_string = kMaxForeignBytes};

std::optional<json::value> ParseJson(std::string_view text) {
  auto value = ParseStrictJson(text, kForeignLimits, bytes::Reason::kArgumentInvalid);
  return value.ok() ? std::optional(*std::move(value)) : std::nullopt;
}

const json::value* Find(const json::value& value, std::string_view name) {
  const auto* const object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
}

// "" where it is absent or no string.
std::string_view TextOf(const json::value& value, std::string_view name) {
  const auto* const member = Find(value, name);
  const auto* const text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

bool IsInTotoStatement(const json::value& value) { return TextOf(value, "_type").starts_with("https://in-toto.io/Statement/v"); }

bool IsEnvelope(const json::value& value) {
  const auto* const signatures = Find(value, "signatures");
  return signatures != nullptr && signatures->is_array() && Find(value, "payload") != nullptr;
}

ForeignEnvelope ReadEnvelope(const json::value& value) {
  auto payload = bytes::DecodeBase64Any(TextOf(value, "payload"));
  if (!payload) return {};
  ForeignEnvelope envelope{std::string(TextOf(value, "payloadType")), *std::move(payload), {}};
  for (const auto& signature : Find(value, "signatures")->get_array()) {
    auto sig = bytes::DecodeBase64Any(TextOf(signature, "sig"));
    if (sig && !sig->empty()) envelope.signatures.push_back(*std::move(sig));
  }
  return envelope;
}

void AddSubjects(const json::value& statement, ForeignFile& file) {
  const auto* const subjects = Find(statement, "subject");
  if (subjects == nullptr || !subjects->is_array()) return;
  for (const auto& subject : subjects->get_array()) {
    const auto* const digests = Find(subject, "digest");
    const auto sha256 = digests == nullptr ? std::nullopt : bytes::DecodeHash(TextOf(*digests, "sha256"));
    if (!sha256) continue;
    const auto is_known = [&sha256](const ForeignSubject& known) { return known.sha256 == *sha256; };
    if (std::any_of(file.subjects.begin(), file.subjects.end(), is_known)) continue;
    if (file.subjects.size() == kMaxForeignSubjects) {
      file.has_more_subjects = true;
      return;
    }
    const auto* const name = Find(subject, "name");
    file.subjects.push_back({name == nullptr ? "" : kSubjectName.Read(*name).value_or(""), *sha256});
  }
}

// Envelopes and statements wherever they stand. An envelope's own members are not looked into.
void Collect(const json::value& value, ForeignFile& file) {
  if (IsEnvelope(value)) {
    file.envelopes.push_back(ReadEnvelope(value));
    const auto statement = ParseJson(file.envelopes.back().payload);
    if (statement && IsInTotoStatement(*statement)) AddSubjects(*statement, file);
  } else if (IsInTotoStatement(value)) {
    AddSubjects(value, file);
  } else if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) Collect(member.value(), file);
  } else if (const auto* const array = value.if_array()) {
    for (const auto& element : *array) Collect(element, file);
  }
}

bool IsOscal(const json::value& value) {
  constexpr std::string_view kModels[] = {"catalog",
                                          "profile",
                                          "component-definition",
                                          "system-security-plan",
                                          "assessment-plan",
                                          "assessment-results",
                                          "plan-of-action-and-milestones"};
  return std::any_of(std::begin(kModels), std::end(kModels), [&value](std::string_view model) {
    const auto* const document = Find(value, model);
    return document != nullptr && !TextOf(*document, "uuid").empty() && Find(*document, "metadata") != nullptr;
  });
}

std::string MediaTypeOf(const json::value& value) {
  const auto* const named = Find(value, "mediaType");
  const auto bundle = named == nullptr ? std::nullopt : kMediaType.Read(*named);
  if (bundle && bundle->starts_with("application/vnd.dev.sigstore.bundle")) return *bundle;
  if (IsEnvelope(value)) return "application/vnd.dsse.envelope.v1+json";
  if (IsInTotoStatement(value)) return std::string(kPayloadType);
  if (TextOf(value, "bomFormat") == "CycloneDX") return "application/vnd.cyclonedx+json";
  if (TextOf(value, "spdxVersion").starts_with("SPDX-")) return "application/spdx+json";
  return IsOscal(value) ? "application/oscal+json" : std::string(kJson);
}

// One JSON object a line, at least two. nullopt: some line is none.
std::optional<std::vector<json::value>> ParseJsonLines(std::string_view content) {
  std::vector<json::value> values;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto value = ParseJson(line);
    if (!value || !value->is_object()) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return values.size() < 2 ? std::nullopt : std::optional(std::move(values));
}

std::string_view MediaTypeOfStart(std::string_view content) {
  // COSE_Sign1 (RFC 9052): tag 18, an array of 4, the protected header as a byte string.
  if (content.size() > 2 && content.starts_with("\xd2\x84") && (static_cast<unsigned char>(content[2]) >> 5U) == 2)
    return "application/cose; cose-type=\"cose-sign1\"";
  if (content.starts_with("%PDF-")) return "application/pdf";
  if (content.starts_with("-----BEGIN CERTIFICATE-----")) return "application/pem-certificate-chain";
  return kUnknown;
}

}  // namespace

ForeignFile ReadForeignFile(std::string_view content) {
  ForeignFile file;
  file.media_type = MediaTypeOfStart(content);
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  const bool may_be_json = first != std::string_view::npos && (content[first] == '{' || content[first] == '[');
  if (file.media_type != kUnknown || content.size() > kMaxForeignBytes || !may_be_json) return file;
  if (const auto value = ParseJson(content)) {
    file.media_type = MediaTypeOf(*value);
    Collect(*value, file);
  } else if (const auto lines = ParseJsonLines(content)) {
    file.media_type = "application/jsonl";
    for (const auto& line : *lines) Collect(line, file);
  }
  return file;
}

absl::Status VerifyForeignEnvelopes(const ForeignFile& file, const keys::PublicKey& key) {
  if (file.envelopes.empty()) return bytes::Refuse(bytes::Reason::kArgumentInvalid, "no DSSE envelope was found in it");
  for (std::size_t i = 0; i < file.envelopes.size(); ++i) {
    const auto& envelope = file.envelopes[i];
    const std::string message = Pae(envelope.payload_type, envelope.payload);
    absl::Status last = bytes::Refuse(bytes::Reason::kSignatureInvalid, "it has no signature that can be read");
    for (const auto& signature : envelope.signatures) {
      last = key.Verify(message, signature);
      if (last.ok()) break;
    }
    if (last.ok()) continue;
    const auto reason = bytes::ReasonOf(last).value_or(bytes::Reason::kSignatureInvalid);
    return bytes::Refuse(reason, fmt::format("envelope {} of {}, {} signatures: {}", i + 1, file.envelopes.size(),
                                             envelope.signatures.size(), bytes::MessageOf(last)));
  }
  return absl::OkStatus();
}

}  // namespace trustlog::attest
