// Public and private keys of those who sign statements and notes. A key's algorithm belongs to the key (records.md 2.2): it is
// never read from an envelope or guessed from a length.
//
// PublicKey is an immutable value, checked when made, cheap to copy, thread-safe. PrivateKey owns its secret, wipes it and has no
// stream or format operator; it can be moved, not copied.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "merkle/hash.h"

namespace trustlog::keys {

enum class Algorithm : std::uint8_t {
  kEd25519,                  // "ed25519"
  kEcdsaP256Sha256Der,       // "ecdsa-p256-sha256-der"
  kEcdsaP384Sha384Der,       // "ecdsa-p384-sha384-der"
  kEd25519Batch,             // "ed25519-batch": batch_signature.h
  kEcdsaP256Sha256DerBatch,  // "ecdsa-p256-sha256-der-batch"
};

std::string_view AlgorithmName(Algorithm algorithm);
std::optional<Algorithm> ParseAlgorithm(std::string_view name);
bool IsBatch(Algorithm algorithm);

// SHA-256 of the DER SubjectPublicKeyInfo.
using KeyId = std::array<std::uint8_t, 32>;

class PublicKey final {
 public:
  // ALGORITHM_MISMATCH: `spki` is not the one DER form that the algorithm has, or its point is not valid (Ed25519: does not decode
  // canonically or is of small order; ECDSA: not on the curve). Batch algorithms are accepted here: their SPKI is that of the inner
  // algorithm.
  static absl::StatusOr<PublicKey> FromSpki(std::string_view spki_der, Algorithm algorithm);
  // 32 bytes, Ed25519. The same checks.
  static absl::StatusOr<PublicKey> FromEd25519(merkle::ByteView raw);

  Algorithm algorithm() const;
  const KeyId& id() const;
  const std::string& spki() const;       // DER
  std::string_view raw_ed25519() const;  // the last 32 bytes of the SPKI.  REQUIRES: an Ed25519 algorithm

  // Verifies `signature` over `message` (for statements: the PAE, whose SHA-256 a batch signature covers). Not OK:
  // SIGNATURE_ENCODING (form: records.md 2.2, 2.4), SIGNATURE_INVALID. Ed25519 about 60 us, P-256 about 80 us; a batch key
  // remembers the last signed roots (verified_batches.h), so that their other statements cost a few hashes each.
  [[nodiscard]] absl::Status Verify(std::string_view message, std::string_view signature) const;

  // What can be told where only the SHA-256 of the message is known, as of a withheld statement (records.md 6.4): all of it for P-256
  // and batch keys; of Ed25519 and P-384 the form, so OK does not mean that the signature verifies. Refusals as for Verify.
  [[nodiscard]] absl::Status VerifyDigest(const merkle::Hash& sha256, std::string_view signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.id() == b.id() && a.algorithm() == b.algorithm(); }

 private:
  [[nodiscard]] absl::Status CheckForm(std::string_view signature) const;  // of the inner algorithm, as is VerifyInner
  [[nodiscard]] absl::Status VerifyInner(std::string_view message, std::string_view signature) const;
  [[nodiscard]] absl::Status VerifyBatch(const merkle::Hash& sha256, std::string_view signature) const;

  struct Parts;
  explicit PublicKey(std::shared_ptr<const Parts> parts);
  std::shared_ptr<const Parts> parts_;
};

class PrivateKey final {
 public:
  // Fresh key from the system's randomness; for a batch algorithm one of its inner algorithm. INTERNAL: none was made.
  static absl::StatusOr<PrivateKey> Generate(Algorithm algorithm);
  // PKCS#8 DER, unencrypted. The algorithm is that of the key it holds. ARGUMENT_INVALID: anything else.
  static absl::StatusOr<PrivateKey> FromPkcs8(std::string_view der);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  ~PrivateKey();

  const PublicKey& public_key() const;
  // The secret of an Ed25519 key lies on a page of its own, out of core dumps and, where the system lets us (RLIMIT_MEMLOCK), never
  // in the swap space. False: it did not, or the key is an ECDSA one, which OpenSSL holds.
  bool is_memory_locked() const;
  // Signature over `message` in the algorithm's form. Thread-safe. INTERNAL: the crypto library refused.
  absl::StatusOr<std::string> Sign(std::string_view message) const;
  // SECRET. The caller wipes it (keys::Wipe).
  std::string ToPkcs8() const;

 private:
  struct Parts;
  explicit PrivateKey(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Overwrites and clears.
void Wipe(std::string& secret);

// `size` bytes from the system's cryptographic source.
std::string RandomBytes(std::size_t size);

}  // namespace trustlog::keys
