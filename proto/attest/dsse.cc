#include "proto/attest/dsse.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "proto/attest/strict_json.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;
using bytes::Reason;

constexpr JsonLimits kEnvelopeLimits = {.max_bytes = kMaxEnvelopeBytes, .max_string = kMaxEnvelopeBytes};

absl::Status Malformed(std::string_view what) {
  return bytes::Refuse(Reason::kEnvelopeMalformed, fmt::format("envelope: {}", what));
}

absl::Status TooLarge(std::string_view what, std::size_t actual, std::size_t limit) {
  return bytes::Refuse(Reason::kTooLarge, fmt::format("{} of {} bytes, at most {} are allowed", what, actual, limit),
                       {{"limit", fmt::to_string(limit)}, {"actual", fmt::to_string(actual)}});
}

const json::string* FindString(const json::object& object, json::string_view name) {
  const auto* const member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_string();
}

std::optional<std::string> FindBase64(const json::object& object, json::string_view name) {
  const auto* const text = FindString(object, name);
  return text == nullptr ? std::nullopt : bytes::DecodeBase64Any({text->data(), text->size()});
}

absl::StatusOr<EnvelopeSignature> ReadSignature(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return Malformed("a signature is not an object");
  EnvelopeSignature signature;
  if (object->contains("keyid")) {
    const auto* const keyid = FindString(*object, "keyid");
    if (keyid == nullptr) return Malformed("keyid is not a string");
    signature.keyid.assign(keyid->data(), keyid->size());
  }
  auto sig = FindBase64(*object, "sig");
  if (!sig) return Malformed("sig is missing or not canonical base64");
  signature.sig = *std::move(sig);
  return signature;
}

absl::StatusOr<Envelope> ReadEnvelope(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return Malformed("not an object");
  Envelope envelope;
  auto payload = FindBase64(*object, "payload");
  if (!payload) return Malformed("payload is missing or not canonical base64");
  envelope.payload = *std::move(payload);
  const auto* const type = FindString(*object, "payloadType");
  if (type == nullptr) return Malformed("payloadType is missing or not a string");
  envelope.payload_type.assign(type->data(), type->size());
  const auto* const signatures = object->if_contains("signatures");
  if (signatures == nullptr || !signatures->is_array()) return Malformed("signatures is missing or not an array");
  for (const auto& element : signatures->get_array()) {
    auto signature = ReadSignature(element);
    if (!signature.ok()) return signature.status();
    envelope.signatures.push_back(*std::move(signature));
  }
  return envelope;
}

absl::Status CheckSignatures(const std::vector<EnvelopeSignature>& signatures) {
  if (signatures.empty() || signatures.size() > kMaxSignatures) {
    return Malformed(fmt::format("{} signatures, allowed are 1 to {}", signatures.size(), kMaxSignatures));
  }
  for (const auto& signature : signatures) {
    if (signature.sig.empty() || signature.sig.size() > kMaxSignatureBytes) {
      return Malformed(fmt::format("a signature of {} bytes, allowed are 1 to {}", signature.sig.size(), kMaxSignatureBytes));
    }
    // 2.1: only a lone signature may leave it to us to find its key.
    if (signatures.size() > 1 && !KeyIdHint(signature.keyid))
      return Malformed("several signatures, and a keyid that is not a key id");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Envelope> ParseEnvelope(std::string_view text) {
  const auto value = ParseStrictJson(text, kEnvelopeLimits, Reason::kEnvelopeMalformed);  // checks 1 and 2
  if (!value.ok()) return value.status();
  auto envelope = ReadEnvelope(*value);
  if (!envelope.ok()) return envelope;
  if (auto status = CheckEnvelope(*envelope); !status.ok()) return status;
  return envelope;
}

absl::Status CheckEnvelope(const Envelope& envelope) {
  std::size_t size = envelope.payload.size() + envelope.payload_type.size();
  for (const auto& signature : envelope.signatures) size += signature.sig.size() + signature.keyid.size();
  if (size > kMaxEnvelopeBytes) return TooLarge("envelope", size, kMaxEnvelopeBytes);   // check 1
  if (auto status = CheckSignatures(envelope.signatures); !status.ok()) return status;  // check 2
  if (envelope.payload_type != kPayloadType) {                                          // check 3
    return bytes::Refuse(Reason::kPayloadTypeUnsupported, fmt::format("the payload type is not {}", kPayloadType));
  }
  if (envelope.payload.empty()) return Malformed("no payload");  // check 4
  if (envelope.payload.size() > kMaxPayloadBytes) return TooLarge("payload", envelope.payload.size(), kMaxPayloadBytes);
  return absl::OkStatus();
}

std::optional<keys::KeyId> KeyIdHint(std::string_view keyid) {
  constexpr std::string_view kPrefix = "sha256:";
  if (keyid.starts_with(kPrefix)) keyid.remove_prefix(kPrefix.size());
  return bytes::DecodeHash(keyid);
}

std::string Pae(std::string_view payload_type, std::string_view payload) {
  std::string pae = fmt::format("DSSEv1 {} {} {} ", payload_type.size(), payload_type, payload.size());
  pae.reserve(pae.size() + payload.size());
  return pae.append(payload);
}

Id StatementId(std::string_view payload) { return merkle::Sha256(bytes::AsBytes(Pae(kPayloadType, payload))); }

std::string FormatEnvelope(std::string_view payload, std::span<const EntrySignature> signatures) {
  std::string text =
      fmt::format(R"({{"payloadType":"{}","payload":"{}","signatures":[)", kPayloadType, bytes::EncodeBase64(payload));
  std::string_view separator = "";
  for (const auto& signature : signatures) {
    text += fmt::format(R"({}{{"keyid":"{}","sig":"{}"}})", separator, bytes::EncodeHex(signature.key_id),
                        bytes::EncodeBase64(signature.signature));
    separator = ",";
  }
  return text += "]}";
}

}  // namespace trustlog::attest
