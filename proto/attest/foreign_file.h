// Files that others made, as far as an evidence record (kind 23) speaks of them: what they are, which artifacts they speak of, and
// the DSSE envelopes in them. The whole file is known to the log by its digest; what is read here only describes it, and what is
// not understood is left out. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/attest/predicates.h"
#include "proto/keys/key.h"

namespace trustlog::attest {

// Of a file that is looked into; a larger one is known by its first bytes alone.
inline constexpr std::size_t kMaxForeignBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxForeignSubjects = 32;  // of an evidence record

struct ForeignEnvelope {  // DSSE; one that cannot be decoded has no signatures
  std::string payload_type, payload;
  std::vector<std::string> signatures;
};

struct ForeignFile {
  std::string media_type;  // application/octet-stream: not recognised
  // sha256 subjects of the in-toto statements in it, each digest once, in order; "" for a name that a record cannot have.
  std::vector<ForeignSubject> subjects;
  bool has_more_subjects = false;  // than a record can have
  // In document order, wherever they stand: DSSE, Sigstore bundle, npm, Cloud Build, JSON Lines.
  std::vector<ForeignEnvelope> envelopes;
};

// Never fails. Recognised: DSSE, Sigstore bundles, in-toto statements, CycloneDX, SPDX, OSCAL, other JSON, JSON Lines, COSE_Sign1,
// PDF, PEM certificates. JSON is read by the strict reader: with a fraction or an equal member name in it, it is not recognised.
ForeignFile ReadForeignFile(std::string_view content);

// OK: there is an envelope, and each of them has a signature by `key` over its PAE. ARGUMENT_INVALID: there is none. Else the
// reason of the last signature tried: SIGNATURE_INVALID, SIGNATURE_ENCODING, ALGORITHM_NOT_BUILT_IN.
[[nodiscard]] absl::Status VerifyForeignEnvelopes(const ForeignFile& file, const keys::PublicKey& key);

}  // namespace trustlog::attest
