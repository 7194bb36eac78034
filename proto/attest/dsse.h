// DSSE v1 envelopes (records.md section 2): what is signed, how it arrives and how it is rebuilt. An envelope is transport only;
// nothing in it is trusted before its signatures verify. Pure and thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"
#include "proto/attest/entry.h"
#include "proto/keys/key.h"

namespace trustlog::attest {

inline constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
inline constexpr std::size_t kMaxEnvelopeBytes = 65'536;
inline constexpr std::size_t kMaxPayloadBytes = 32'768;
inline constexpr std::size_t kMaxSignatures = 8;
inline constexpr std::size_t kMaxSignatureBytes = 1'024;

struct EnvelopeSignature {
  std::string keyid;                 // a hint only; "" = absent
  std::string sig;                   // decoded
};

struct Envelope {
  std::string payload_type;
  std::string payload;               // decoded
  std::vector<EnvelopeSignature> signatures;
};

// Checks 1-4 of records.md 6.4 on the JSON form; then CheckEnvelope holds. Refusals: TOO_LARGE, ENVELOPE_MALFORMED,
// DUPLICATE_MEMBER, PAYLOAD_TYPE_UNSUPPORTED.
absl::StatusOr<Envelope> ParseEnvelope(std::string_view json);

// Checks 1-4 on the decoded form, as it arrives over gRPC (records.md 2.1: absent counts as empty; the size is the sum of the parts).
[[nodiscard]] absl::Status CheckEnvelope(const Envelope& envelope);

// "(sha256:)?[0-9a-f]{64}" -> the key id it names; nullopt: another form.
std::optional<keys::KeyId> KeyIdHint(std::string_view keyid);

// "DSSEv1 28 application/vnd.in-toto+json <len> <payload>".
std::string Pae(std::string_view payload_type, std::string_view payload);

// SHA-256(PAE(kPayloadType, payload)).
Id StatementId(std::string_view payload);

// The rebuilt envelope of records.md 4.2, byte for byte, signatures in entry order.
std::string FormatEnvelope(std::string_view payload, std::span<const EntrySignature> signatures);

}  // namespace trustlog::attest
