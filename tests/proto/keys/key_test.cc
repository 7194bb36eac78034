#include "proto/keys/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/ecdsa.h"

namespace trustlog::keys {
namespace {

using bytes::AsBytes;
using bytes::Reason;
using ::testing::Optional;

constexpr Algorithm kPlain[] = {Algorithm::kEd25519, Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der};
constexpr Algorithm kAll[] = {Algorithm::kEd25519, Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der,
                              Algorithm::kEd25519Batch, Algorithm::kEcdsaP256Sha256DerBatch};

PrivateKey Fresh(Algorithm algorithm) {
  auto key = PrivateKey::Generate(algorithm);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

std::string Signed(const PrivateKey& key, std::string_view message) {
  auto signature = key.Sign(message);
  EXPECT_TRUE(signature.ok()) << signature.status();
  return *std::move(signature);
}

std::optional<Reason> VerifyReason(const PublicKey& key, std::string_view message, std::string_view signature) {
  const auto status = key.Verify(message, signature);
  EXPECT_FALSE(status.ok());
  return bytes::ReasonOf(status);
}

std::string Flipped(std::string data, std::size_t bit) {
  data[bit / 8] = static_cast<char>(data[bit / 8] ^ 1 << bit % 8);
  return data;
}

TEST(Algorithm, NamesComeBack) {
  for (const auto algorithm : kAll) EXPECT_THAT(ParseAlgorithm(AlgorithmName(algorithm)), Optional(algorithm));
  EXPECT_EQ(AlgorithmName(Algorithm::kEd25519), "ed25519");
  EXPECT_EQ(AlgorithmName(Algorithm::kEcdsaP256Sha256Der), "ecdsa-p256-sha256-der");
  EXPECT_EQ(AlgorithmName(Algorithm::kEcdsaP384Sha384Der), "ecdsa-p384-sha384-der");
  EXPECT_EQ(AlgorithmName(Algorithm::kEd25519Batch), "ed25519-batch");
  EXPECT_EQ(AlgorithmName(Algorithm::kEcdsaP256Sha256DerBatch), "ecdsa-p256-sha256-der-batch");
  for (const auto* name : {"", "Ed25519", "ed25519 ", "ml-dsa-44", "ecdsa-p384-sha384-der-batch"})
    EXPECT_FALSE(ParseAlgorithm(name));
  for (const auto algorithm : kAll) EXPECT_EQ(IsBatch(algorithm), AlgorithmName(algorithm).ends_with("-batch"));
}

TEST(PublicKey, IdIsTheHashOfTheSpki) {
  for (const auto algorithm : kPlain) {
    const auto key = Fresh(algorithm).public_key();
    EXPECT_EQ(key.algorithm(), algorithm);
    EXPECT_EQ(key.id(), merkle::Sha256(AsBytes(key.spki())));
    const auto again = PublicKey::FromSpki(key.spki(), algorithm);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, key);
    EXPECT_EQ(again->spki(), key.spki());
  }
}

TEST(PublicKey, SpkiHasTheLengthOfItsAlgorithm) {
  EXPECT_EQ(Fresh(Algorithm::kEd25519).public_key().spki().size(), 44U);
  EXPECT_EQ(Fresh(Algorithm::kEcdsaP256Sha256Der).public_key().spki().size(), 91U);
  EXPECT_EQ(Fresh(Algorithm::kEcdsaP384Sha384Der).public_key().spki().size(), 120U);
}

TEST(PublicKey, FromEd25519IsTheSameKeyAsFromItsSpki) {
  const auto key = Fresh(Algorithm::kEd25519).public_key();
  const auto from_raw = PublicKey::FromEd25519(AsBytes(key.raw_ed25519()));
  ASSERT_TRUE(from_raw.ok());
  EXPECT_EQ(*from_raw, key);
  EXPECT_EQ(key.raw_ed25519().size(), 32U);
  for (const auto& raw : {std::string(), std::string(key.raw_ed25519().substr(1)), std::string(key.raw_ed25519()) + '\0',
                          std::string(32, '\0'), std::string(32, '\xff')}) {
    EXPECT_THAT(bytes::ReasonOf(PublicKey::FromEd25519(AsBytes(raw)).status()), Optional(Reason::kAlgorithmMismatch));
  }
}

TEST(PublicKey, AnSpkiFitsItsOwnAlgorithmAndItsBatchOnly) {
  for (const auto of_key : kPlain) {
    const auto spki = Fresh(of_key).public_key().spki();
    for (const auto named : kAll) {
      const auto key = PublicKey::FromSpki(spki, named);
      EXPECT_EQ(key.ok(), AlgorithmName(named).starts_with(AlgorithmName(of_key))) << AlgorithmName(of_key) << AlgorithmName(named);
      if (!key.ok()) {
        EXPECT_THAT(bytes::ReasonOf(key.status()), Optional(Reason::kAlgorithmMismatch));
      }
    }
  }
}

TEST(PublicKey, EqualKeysOfTwoAlgorithmsAreTwoKeys) {
  const auto key = Fresh(Algorithm::kEd25519).public_key();
  const auto batch = PublicKey::FromSpki(key.spki(), Algorithm::kEd25519Batch);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->id(), key.id());
  EXPECT_NE(*batch, key);
}

TEST(PublicKey, RefusesEveryChangeOfTheFrameOfAnSpki) {
  for (const auto algorithm : kPlain) {
    SCOPED_TRACE(AlgorithmName(algorithm));
    const auto spki = Fresh(algorithm).public_key().spki();
    const std::size_t frame = algorithm == Algorithm::kEd25519 ? 12 : spki.size() % 32 == 27 ? 27 : 24;
    for (std::size_t bit = 0; bit < 8 * frame; ++bit) EXPECT_FALSE(PublicKey::FromSpki(Flipped(spki, bit), algorithm).ok()) << bit;
    for (std::size_t size = 0; size < spki.size(); ++size) EXPECT_FALSE(PublicKey::FromSpki(spki.substr(0, size), algorithm).ok());
    EXPECT_FALSE(PublicKey::FromSpki(spki + '\0', algorithm).ok());
  }
}

TEST(PublicKey, RefusesPointsOffTheCurve) {
  for (const auto algorithm : {Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der}) {
    const auto spki = Fresh(algorithm).public_key().spki();
    const auto coordinates = (algorithm == Algorithm::kEcdsaP256Sha256Der ? P256() : P384()).spki_prefix.size();
    for (std::size_t bit = 8 * coordinates; bit < 8 * spki.size(); ++bit) {
      EXPECT_FALSE(PublicKey::FromSpki(Flipped(spki, bit), algorithm).ok()) << bit;
    }
    for (const char fill : {'\0', '\xff'}) {
      EXPECT_FALSE(PublicKey::FromSpki(spki.substr(0, coordinates) + std::string(spki.size() - coordinates, fill), algorithm).ok());
    }
  }
}

// The same point in the other forms that OpenSSL reads.
TEST(PublicKey, RefusesOtherFormsOfAnEcKey) {
  const auto key = Fresh(Algorithm::kEcdsaP256Sha256Der).public_key();
  const auto x = key.spki().substr(27, 32);
  const auto y = key.spki().substr(59);
  const char parity = static_cast<char>(y.back() & 1);
  const auto prefix = [&](std::string_view hex) { return bytes::DecodeHex(hex).value(); };
  const struct {
    const char* name;
    std::string spki;
  } cases[] = {
      {"compressed", prefix("3039301306072a8648ce3d020106082a8648ce3d030107032200") + static_cast<char>(2 + parity) + x},
      {"hybrid", prefix("3059301306072a8648ce3d020106082a8648ce3d030107034200") + static_cast<char>(6 + parity) + x + y},
      {"length in long form", prefix("308159301306072a8648ce3d020106082a8648ce3d03010703420004") + x + y},
      {"point without frame", "\x04" + x + y},
  };
  for (const auto& c : cases) {
    const auto* next = AsBytes(c.spki).data();
    const Pkey read(d2i_PUBKEY(nullptr, &next, static_cast<long>(c.spki.size())));
    EXPECT_EQ(read != nullptr, c.name != std::string("point without frame")) << c.name;
    EXPECT_FALSE(PublicKey::FromSpki(c.spki, Algorithm::kEcdsaP256Sha256Der).ok()) << c.name;
  }
  ERR_clear_error();
}

// kB that the system says are locked of this process.
long LockedMemory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmLck:", 0) == 0) return std::atol(line.c_str() + 6);
  }
  return -1;
}

TEST(PrivateKey, ItsSecretIsLockedInMemoryAsLongAsItLives) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers make mlock do nothing";
#endif
  const long before = LockedMemory();
  {
    const auto key = Fresh(Algorithm::kEd25519);
    if (!key.is_memory_locked()) GTEST_SKIP() << "this system locks no memory for us";
    EXPECT_GT(LockedMemory(), before);
    const auto another = Fresh(Algorithm::kEd25519);
    EXPECT_TRUE(another.is_memory_locked());
  }
  EXPECT_EQ(LockedMemory(), before);
  EXPECT_FALSE(Fresh(Algorithm::kEcdsaP256Sha256Der).is_memory_locked());
}

TEST(PrivateKey, WithoutLockedMemoryItSignsAllTheSame) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_MEMLOCK, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
  const auto key = Fresh(Algorithm::kEd25519);  // root may lock even so
  ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &before), 0);
  const auto signature = key.Sign("message");
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(key.public_key().Verify("message", *signature), absl::OkStatus());
}

TEST(Verify, AcceptsOwnSignaturesOfAnyMessage) {
  for (const auto algorithm : kPlain) {
    const auto key = Fresh(algorithm);
    for (const auto& message : {std::string(), std::string("m"), std::string(1, '\0'), std::string(100'000, 'x')}) {
      EXPECT_TRUE(key.public_key().Verify(message, Signed(key, message)).ok());
    }
  }
}

TEST(Verify, RefusesAnotherMessageAndAnotherKey) {
  for (const auto algorithm : kPlain) {
    const auto key = Fresh(algorithm);
    const auto signature = Signed(key, "message");
    EXPECT_THAT(VerifyReason(key.public_key(), "messagf", signature), Optional(Reason::kSignatureInvalid));
    EXPECT_THAT(VerifyReason(key.public_key(), "", signature), Optional(Reason::kSignatureInvalid));
    EXPECT_THAT(VerifyReason(Fresh(algorithm).public_key(), "message", signature), Optional(Reason::kSignatureInvalid));
  }
}

TEST(Verify, RefusesASignatureWithAnyBitChanged) {
  for (const auto algorithm : kPlain) {
    const auto key = Fresh(algorithm);
    const auto signature = Signed(key, "message");
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
      const auto reason = VerifyReason(key.public_key(), "message", Flipped(signature, bit));
      ASSERT_TRUE(reason) << bit;
      if (algorithm == Algorithm::kEd25519) {
        EXPECT_EQ(*reason, Reason::kSignatureInvalid) << bit;
      } else {
        EXPECT_TRUE(*reason == Reason::kSignatureInvalid || *reason == Reason::kSignatureEncoding) << bit;
      }
    }
  }
}

TEST(Verify, TellsAWrongFormFromAWrongSignature) {
  const auto ed25519 = Fresh(Algorithm::kEd25519);
  const auto p256 = Fresh(Algorithm::kEcdsaP256Sha256Der);
  const auto p384 = Fresh(Algorithm::kEcdsaP384Sha384Der);
  const auto one_one = bytes::DecodeHex("3006020101020101").value();
  const struct {
    const char* name;
    const PrivateKey& key;
    std::string signature;
    Reason reason;
  } cases[] = {
      {"ed25519 empty", ed25519, "", Reason::kSignatureEncoding},
      {"ed25519 63 bytes", ed25519, std::string(63, '\1'), Reason::kSignatureEncoding},
      {"ed25519 65 bytes", ed25519, std::string(65, '\1'), Reason::kSignatureEncoding},
      {"ed25519 DER", ed25519, Signed(p256, "message"), Reason::kSignatureEncoding},
      {"ed25519 zeros", ed25519, std::string(64, '\0'), Reason::kSignatureInvalid},
      {"ed25519 s too large", ed25519, std::string(64, '\xff'), Reason::kSignatureInvalid},
      {"p256 empty", p256, "", Reason::kSignatureEncoding},
      {"p256 raw r|s", p256, Signed(ed25519, "message"), Reason::kSignatureEncoding},
      {"p256 r = s = 1", p256, one_one, Reason::kSignatureInvalid},
      {"p256 byte behind", p256, Signed(p256, "message") + '\0', Reason::kSignatureEncoding},
      {"p256 of another message", p256, Signed(p256, "other"), Reason::kSignatureInvalid},
      {"p384 raw r|s", p384, std::string(96, '\1'), Reason::kSignatureEncoding},
      {"p384 r = s = 1", p384, one_one, Reason::kSignatureInvalid},
      {"p384 of p256", p384, Signed(p256, "message"), Reason::kSignatureInvalid},
  };
  for (const auto& c : cases) EXPECT_THAT(VerifyReason(c.key.public_key(), "message", c.signature), Optional(c.reason)) << c.name;
}

// (r, n - s) verifies wherever (r, s) does: the format allows both, and a log entry names the one it got.
TEST(Verify, AcceptsHighSAndLowS) {
  const auto key = Fresh(Algorithm::kEcdsaP256Sha256Der);
  int high = 0;
  for (int i = 0; i < 64; ++i) {
    const auto signature = Signed(key, "message");
    const std::size_t r_size = static_cast<std::uint8_t>(signature[3]);
    const auto s = std::string_view(signature).substr(6 + r_size);
    high += s.size() == 33 || (s.size() == 32 && s[0] == '\x7f');
    EXPECT_TRUE(key.public_key().Verify("message", signature).ok());
  }
  EXPECT_GT(high, 0);
  EXPECT_LT(high, 64);
}

TEST(Verify, OneKeyServesManyThreads) {
  for (const auto algorithm : kPlain) {
    const auto key = Fresh(algorithm);
    std::vector<std::thread> threads;
    std::atomic<int> verified = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&key, &verified, copy = key.public_key()] {
        for (int j = 0; j < 8; ++j) {
          const auto message = std::to_string(j);
          verified += copy.Verify(message, key.Sign(message).value_or("")).ok();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(verified, 32);
  }
}

// A TLS call of the same thread would take a left error for its own.
TEST(Verify, LeavesTheErrorQueueOfOpenSslAsItWas) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 7);
  const auto key = Fresh(Algorithm::kEcdsaP256Sha256Der);
  static_cast<void>(key.public_key().Verify("message", bytes::DecodeHex("3006020101020101").value()).ok());
  static_cast<void>(PublicKey::FromSpki(Flipped(key.public_key().spki(), 8 * 60), Algorithm::kEcdsaP256Sha256Der).ok());
  static_cast<void>(PrivateKey::FromPkcs8("not a key").ok());
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), 7);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PrivateKey, ComesBackFromItsPkcs8) {
  for (const auto algorithm : kPlain) {
    const auto key = Fresh(algorithm);
    const auto der = key.ToPkcs8();
    auto again = PrivateKey::FromPkcs8(der);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_EQ(again->ToPkcs8(), der);
    EXPECT_TRUE(key.public_key().Verify("message", Signed(*again, "message")).ok());
    const PrivateKey moved = *std::move(again);
    EXPECT_TRUE(key.public_key().Verify("message", Signed(moved, "message")).ok());
  }
}

TEST(PrivateKey, EachGeneratedKeyIsNew) {
  for (const auto algorithm : kPlain) EXPECT_NE(Fresh(algorithm).public_key(), Fresh(algorithm).public_key());
}

TEST(PrivateKey, RefusesEveryPrefixAndAByteBehind) {
  for (const auto algorithm : kPlain) {
    const auto der = Fresh(algorithm).ToPkcs8();
    for (std::size_t size = 0; size < der.size(); ++size) {
      EXPECT_THAT(bytes::ReasonOf(PrivateKey::FromPkcs8(der.substr(0, size)).status()), Optional(Reason::kArgumentInvalid)) << size;
    }
    EXPECT_FALSE(PrivateKey::FromPkcs8(der + '\0').ok());
  }
}

// The private and the public part of an EC key are both in the file, and one changed bit separates them. What OpenSSL reads without
// looking at it (a version number) does not make another key.
TEST(PrivateKey, AnEcKeyWithAnyBitChangedIsRefusedOrTheSame) {
  for (const auto algorithm : {Algorithm::kEcdsaP256Sha256Der, Algorithm::kEcdsaP384Sha384Der}) {
    const auto key = Fresh(algorithm);
    const auto der = key.ToPkcs8();
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < 8 * der.size(); bit += 3) {
      const auto read = PrivateKey::FromPkcs8(Flipped(der, bit));
      if (!read.ok()) continue;
      ++accepted;
      EXPECT_TRUE(read->public_key() == key.public_key()) << bit;
      EXPECT_TRUE(key.public_key().Verify("message", Signed(*read, "message")).ok()) << bit;
    }
    EXPECT_LT(accepted, 20U);
  }
}

// Older programs leave the public part out; it follows from the private one.
TEST(PrivateKey, AnEcKeyWithoutItsPublicPartIsRead) {
  const auto key = Fresh(Algorithm::kEcdsaP256Sha256Der);
  const auto secret = key.ToPkcs8().substr(36, 32);
  const auto frame = bytes::DecodeHex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420").value();
  const auto read = PrivateKey::FromPkcs8(frame + secret);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->public_key(), key.public_key());
}

TEST(PrivateKey, AnEcSecretOutOfRangeIsRefused) {
  const auto frame = bytes::DecodeHex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420").value();
  const std::string order(P256().order);
  for (const auto& secret : {std::string(32, '\0'), order, std::string(32, '\xff')})
    EXPECT_FALSE(PrivateKey::FromPkcs8(frame + secret).ok());
}

TEST(PrivateKey, RefusesKeysOfOtherAlgorithms) {
  const Pkey others[] = {Pkey(EVP_EC_gen("secp256k1")), Pkey(EVP_EC_gen("P-521")), Pkey(EVP_RSA_gen(1024)),
                         Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))};
  for (const auto& other : others) {
    ASSERT_NE(other, nullptr);
    const auto der = EncodeEcdsaPrivate(*other);
    ASSERT_FALSE(der.empty());
    const auto read = PrivateKey::FromPkcs8(der);
    EXPECT_THAT(bytes::ReasonOf(read.status()), Optional(Reason::kArgumentInvalid)) << EVP_PKEY_get0_type_name(other.get());
  }
}

TEST(PrivateKey, MessagesNeverHoldTheSecret) {
  auto der = Fresh(Algorithm::kEd25519).ToPkcs8();
  der += '\0';
  const auto status = PrivateKey::FromPkcs8(der).status();
  EXPECT_EQ(std::string(status.message()).find(der.substr(16, 8)), std::string::npos);
  EXPECT_EQ(std::string(status.message()).find(bytes::EncodeHex(AsBytes(der.substr(16, 8)))), std::string::npos);
}

TEST(Wipe, OverwritesWhatLiesBehindTheEndToo) {
  std::string secret(100, 's');
  secret.resize(40);
  const char* const buffer = secret.data();
  Wipe(secret);
  EXPECT_TRUE(secret.empty());
  ASSERT_EQ(secret.data(), buffer);
  EXPECT_EQ(std::string_view(buffer, 100), std::string_view(std::string(100, '\0')));
}

TEST(RandomBytes, HasTheSizeAndDiffers) {
  EXPECT_EQ(RandomBytes(0), "");
  EXPECT_EQ(RandomBytes(33).size(), 33U);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
}

}  // namespace
}  // namespace trustlog::keys
