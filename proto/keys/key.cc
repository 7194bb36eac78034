#include "proto/keys/key.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sodium.h>

#include <algorithm>
#include <new>
#include <utility>

#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/batch_signature.h"
#include "proto/keys/ecdsa.h"
#include "proto/keys/ed25519.h"
#include "proto/keys/verified_batches.h"

namespace trustlog::keys {
namespace {

using bytes::Reason;
using merkle::ByteView;
using std::string_view_literals::operator""sv;

constexpr std::string_view kNames[] = {"ed25519", "ecdsa-p256-sha256-der", "ecdsa-p384-sha384-der", "ed25519-batch",
                                       "ecdsa-p256-sha256-der-batch"};

constexpr std::size_t kEd25519Size = 32;
constexpr std::size_t kEd25519SignatureSize = 64;
constexpr auto kEd25519SpkiPrefix = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"sv;
constexpr auto kEd25519Pkcs8Prefix = "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"sv;

// Without it the first calls of two threads would race.
void InitSodium() {
  static const int initialised = sodium_init();
  static_cast<void>(initialised);
}

// Of a batch algorithm the one that makes its inner signature: its keys have the same form.
Algorithm InnerOf(Algorithm algorithm) {
  if (algorithm == Algorithm::kEd25519Batch) return Algorithm::kEd25519;
  if (algorithm == Algorithm::kEcdsaP256Sha256DerBatch) return Algorithm::kEcdsaP256Sha256Der;
  return algorithm;
}

// REQUIRES: the inner algorithm is ECDSA.
const Curve& CurveOf(Algorithm algorithm) { return InnerOf(algorithm) == Algorithm::kEcdsaP256Sha256Der ? P256() : P384(); }

absl::Status BadEncoding(Algorithm algorithm, std::size_t size) {
  return bytes::Refuse(Reason::kSignatureEncoding,
                       fmt::format("signature of {} bytes is not in the form of {}", size, AlgorithmName(algorithm)));
}
absl::Status Invalid(Algorithm algorithm) {
  return bytes::Refuse(Reason::kSignatureInvalid, fmt::format("{} signature does not verify", AlgorithmName(algorithm)));
}

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) { return kNames[static_cast<std::size_t>(algorithm)]; }

std::optional<Algorithm> ParseAlgorithm(std::string_view name) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Algorithm>(found - std::begin(kNames));
}

bool IsBatch(Algorithm algorithm) { return InnerOf(algorithm) != algorithm; }

struct PublicKey::Parts {
  Algorithm algorithm;
  std::string spki;
  KeyId id;
  Pkey pkey;  // ECDSA only: parsing costs more than a verification
  std::unique_ptr<VerifiedBatches> verified;  // batch keys only
};

PublicKey::PublicKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<PublicKey> PublicKey::FromSpki(std::string_view spki_der, Algorithm algorithm) {
  Pkey pkey;
  bool is_valid = false;
  if (InnerOf(algorithm) == Algorithm::kEd25519) {
    is_valid =
        spki_der.starts_with(kEd25519SpkiPrefix) && IsValidEd25519Point(bytes::AsBytes(spki_der.substr(kEd25519SpkiPrefix.size())));
  } else {
    pkey = ParseEcdsaPublic(CurveOf(algorithm), spki_der);
    is_valid = pkey != nullptr;
  }
  if (!is_valid) {
    return bytes::Refuse(Reason::kAlgorithmMismatch,
                         fmt::format("public key of {} bytes is not a valid one of {}", spki_der.size(), AlgorithmName(algorithm)));
  }
  const KeyId id = merkle::Sha256(bytes::AsBytes(spki_der));
  auto verified = IsBatch(algorithm) ? std::make_unique<VerifiedBatches>() : nullptr;
  return PublicKey(
      std::shared_ptr<const Parts>(new Parts{algorithm, std::string(spki_der), id, std::move(pkey), std::move(verified)}));
}

absl::StatusOr<PublicKey> PublicKey::FromEd25519(ByteView raw) {
  std::string spki(kEd25519SpkiPrefix);
  spki += bytes::AsText(raw);
  return FromSpki(spki, Algorithm::kEd25519);
}

Algorithm PublicKey::algorithm() const { return parts_->algorithm; }
const KeyId& PublicKey::id() const { return parts_->id; }
const std::string& PublicKey::spki() const { return parts_->spki; }
std::string_view PublicKey::raw_ed25519() const { return std::string_view(parts_->spki).substr(kEd25519SpkiPrefix.size()); }

absl::Status PublicKey::Verify(std::string_view message, std::string_view signature) const {
  if (IsBatch(parts_->algorithm)) return VerifyBatch(merkle::Sha256(bytes::AsBytes(message)), signature);
  return VerifyInner(message, signature);
}

absl::Status PublicKey::VerifyDigest(const merkle::Hash& sha256, std::string_view signature) const {
  if (IsBatch(parts_->algorithm)) return VerifyBatch(sha256, signature);
  if (auto status = CheckForm(signature); !status.ok()) return status;
  const bool is_told = parts_->algorithm == Algorithm::kEcdsaP256Sha256Der;
  if (!is_told || VerifyEcdsaDigest(*parts_->pkey, sha256, signature)) return absl::OkStatus();
  return Invalid(parts_->algorithm);
}

absl::Status PublicKey::VerifyBatch(const merkle::Hash& sha256, std::string_view signature) const {
  const auto batch = ParseBatchSignature(signature);
  if (!batch.has_value()) return BadEncoding(parts_->algorithm, signature.size());
  const std::string message = BatchMessage(batch->count, BatchRoot(*batch, sha256));
  if (parts_->verified->Holds(message, batch->inner)) return absl::OkStatus();
  auto status = VerifyInner(message, batch->inner);
  if (status.ok()) parts_->verified->Add(message, batch->inner);
  return status;
}

absl::Status PublicKey::CheckForm(std::string_view signature) const {
  const Algorithm algorithm = InnerOf(parts_->algorithm);
  const bool has_form = algorithm == Algorithm::kEd25519 ? signature.size() == kEd25519SignatureSize
                                                         : HasEcdsaForm(CurveOf(algorithm), signature);
  return has_form ? absl::OkStatus() : BadEncoding(algorithm, signature.size());
}

absl::Status PublicKey::VerifyInner(std::string_view message, std::string_view signature) const {
  if (auto status = CheckForm(signature); !status.ok()) return status;
  const Algorithm algorithm = InnerOf(parts_->algorithm);
  const bool verified = algorithm == Algorithm::kEd25519 ? VerifyEd25519(bytes::AsBytes(raw_ed25519()), message, signature)
                                                         : VerifyEcdsa(CurveOf(algorithm), *parts_->pkey, message, signature);
  return verified ? absl::OkStatus() : Invalid(algorithm);
}

// A copy of a seed between guard pages, locked in memory where that is allowed; wiped.
class Seed final {
 public:
  explicit Seed(std::string_view seed) {
    InitSodium();
    bytes_ = static_cast<char*>(sodium_malloc(kEd25519Size));
    if (bytes_ == nullptr) throw std::bad_alloc();  // as any other allocation
    // sodium_malloc has locked it, but does not say whether it could; once more costs nothing.
    is_locked_ = sodium_mlock(bytes_, kEd25519Size) == 0;
    std::copy(seed.begin(), seed.end(), bytes_);
  }
  ~Seed() { sodium_free(bytes_); }
  Seed(const Seed&) = delete;
  Seed& operator=(const Seed&) = delete;

  bool is_locked() const { return is_locked_; }
  std::string_view view() const { return {bytes_, kEd25519Size}; }

 private:
  char* bytes_ = nullptr;
  bool is_locked_ = false;
};

// One of the two.
struct PrivateKey::Parts {
  Parts(PublicKey public_part, std::string_view ed25519_seed) : public_key(std::move(public_part)), seed(std::in_place, ed25519_seed) {}
  Parts(PublicKey public_part, Pkey ecdsa) : public_key(std::move(public_part)), pkey(std::move(ecdsa)) {}

  PublicKey public_key;
  std::optional<const Seed> seed;
  Pkey pkey;
};

PrivateKey::PrivateKey(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

absl::StatusOr<PrivateKey> PrivateKey::Generate(Algorithm algorithm) {
  std::string der;
  if (InnerOf(algorithm) == Algorithm::kEd25519) {
    der.reserve(kEd25519Pkcs8Prefix.size() + kEd25519Size);  // the seed must not be moved
    std::string seed = RandomBytes(kEd25519Size);
    der.append(kEd25519Pkcs8Prefix).append(seed);
    Wipe(seed);
  } else {
    const auto pkey = GenerateEcdsa(CurveOf(algorithm));
    if (pkey == nullptr) return bytes::Refuse(Reason::kInternal, fmt::format("OpenSSL made no {} key", AlgorithmName(algorithm)));
    der = EncodeEcdsaPrivate(*pkey);
  }
  auto key = FromPkcs8(der);
  Wipe(der);
  return key;
}

absl::StatusOr<PrivateKey> PrivateKey::FromPkcs8(std::string_view der) {
  if (der.starts_with(kEd25519Pkcs8Prefix) && der.size() == kEd25519Pkcs8Prefix.size() + kEd25519Size) {
    const auto seed = der.substr(kEd25519Pkcs8Prefix.size());
    auto public_key = PublicKey::FromEd25519(PublicFromSeed(seed));
    if (!public_key.ok()) return public_key.status();
    return PrivateKey(std::make_unique<Parts>(*std::move(public_key), seed));
  }
  if (auto pkey = ParseEcdsaPrivate(der)) {
    const auto spki = EncodeEcdsaPublic(*pkey);
    for (const auto algorithm : {Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der}) {
      auto public_key = PublicKey::FromSpki(spki, algorithm);
      if (public_key.ok()) return PrivateKey(std::make_unique<Parts>(*std::move(public_key), std::move(pkey)));
    }
  }
  return bytes::Refuse(
      Reason::kArgumentInvalid,
      fmt::format("private key of {} bytes is not PKCS#8 of Ed25519, P-256 or P-384 in its plain form", der.size()));
}

const PublicKey& PrivateKey::public_key() const { return parts_->public_key; }
bool PrivateKey::is_memory_locked() const { return parts_->seed.has_value() && parts_->seed->is_locked(); }

absl::StatusOr<std::string> PrivateKey::Sign(std::string_view message) const {
  if (parts_->seed.has_value()) return SignEd25519(parts_->seed->view(), message);
  auto signature = SignEcdsa(CurveOf(parts_->public_key.algorithm()), *parts_->pkey, message);
  if (!signature) return bytes::Refuse(Reason::kInternal, "OpenSSL made no signature");
  return *std::move(signature);
}

std::string PrivateKey::ToPkcs8() const {
  if (parts_->pkey != nullptr) return EncodeEcdsaPrivate(*parts_->pkey);
  std::string der;
  der.reserve(kEd25519Pkcs8Prefix.size() + kEd25519Size);
  der.append(kEd25519Pkcs8Prefix).append(parts_->seed->view());
  return der;
}

void Wipe(std::string& secret) {
  secret.resize(secret.capacity());  // what lies behind the end may have been inside it
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

std::string RandomBytes(std::size_t size) {
  InitSodium();
  std::string data(size, '\0');
  randombytes_buf(data.data(), data.size());  // ends the process rather than return without randomness
  return data;
}

}  // namespace trustlog::keys
