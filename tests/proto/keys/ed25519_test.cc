// The one reading of Ed25519 (records.md 2.2) at its edges. The points of small order are made here from the curve's own
// arithmetic, not copied from a list.
#include "proto/keys/ed25519.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <set>

#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::keys {
namespace {

using bytes::AsBytes;

std::string FromHex(std::string_view hex) { return bytes::DecodeHex(hex).value(); }

const std::string kNeutral = std::string(1, '\1') + std::string(31, '\0');
// A point of order 8; its multiples are all points of small order.
const std::string kOrder8 = FromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
const std::string kGroupOrder = FromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");  // L

const unsigned char* Raw(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string Add(const std::string& a, const std::string& b) {
  std::string sum(32, '\0');
  EXPECT_EQ(crypto_core_ed25519_add(Raw(sum), Raw(a), Raw(b)), 0);
  return sum;
}

std::set<std::string> SmallOrderPoints() {
  std::set<std::string> points;
  std::string point = kNeutral;
  for (int i = 0; i < 8; ++i) {
    points.insert(point);
    point = Add(point, kOrder8);
  }
  return points;
}

// p - 1, p, p + 1, ... as y, little-endian: 2^255 - 19 + offset.
std::string FieldPrimePlus(int offset, bool sign) {
  std::string y = std::string(1, static_cast<char>(0xed + offset)) + std::string(30, '\xff') + "\x7f";
  if (sign) y[31] = '\xff';
  return y;
}

std::string Seed(char fill) { return std::string(32, fill); }
std::string PublicOf(const std::string& seed) {
  const auto raw = PublicFromSeed(seed);
  return {raw.begin(), raw.end()};
}

// RFC 8032 section 7.1, tests 1 to 3.
TEST(Ed25519, SignsTheVectorsOfTheRfc) {
  const struct {
    const char *seed, *public_key, *message, *signature;
  } cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7"
       "a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612b"
       "b0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1"
       "ec40a"},
  };
  for (const auto& c : cases) {
    const auto seed = FromHex(c.seed);
    const auto message = FromHex(c.message);
    EXPECT_EQ(bytes::EncodeHex(PublicFromSeed(seed)), c.public_key);
    EXPECT_EQ(bytes::EncodeHex(AsBytes(SignEd25519(seed, message))), c.signature);
    EXPECT_TRUE(VerifyEd25519(AsBytes(FromHex(c.public_key)), message, FromHex(c.signature)));
  }
}

TEST(Ed25519, RefusesASignatureWithAnyBitChanged) {
  const auto key = PublicOf(Seed('k'));
  const auto signature = SignEd25519(Seed('k'), "message");
  ASSERT_TRUE(VerifyEd25519(AsBytes(key), "message", signature));
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    auto changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", changed)) << bit;
  }
  EXPECT_FALSE(VerifyEd25519(AsBytes(key), "messagf", signature));
  EXPECT_FALSE(VerifyEd25519(AsBytes(PublicOf(Seed('l'))), "message", signature));
}

TEST(Ed25519, RefusesEveryOtherLength) {
  const auto key = PublicOf(Seed('k'));
  const auto signature = SignEd25519(Seed('k'), "message");
  for (std::size_t size = 0; size < signature.size(); ++size) {
    EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", signature.substr(0, size))) << size;
  }
  EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", signature + '\0'));
  EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", signature + signature));
}

// s + L satisfies the equation as well; only one of the two may be a signature.
TEST(Ed25519, RefusesSAtAndAboveTheGroupOrder) {
  const auto key = PublicOf(Seed('k'));
  auto signature = SignEd25519(Seed('k'), "message");
  int carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<std::uint8_t>(signature[32 + i]) + static_cast<std::uint8_t>(kGroupOrder[i]);
    signature[32 + i] = static_cast<char>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0);
  EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", signature));
  EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", signature.substr(0, 32) + kGroupOrder));
}

TEST(Ed25519, ThereAreEightPointsOfSmallOrderAndNoneIsAKey) {
  const auto points = SmallOrderPoints();
  ASSERT_EQ(points.size(), 8U);
  for (const auto& point : points) EXPECT_FALSE(IsValidEd25519Point(AsBytes(point))) << bytes::EncodeHex(AsBytes(point));
}

// With A of small order, R = A' and s = 0 hold for one message in eight: anyone could "sign".
TEST(Ed25519, NeverVerifiesUnderAKeyOfSmallOrder) {
  for (const auto& key : SmallOrderPoints()) {
    for (const auto& point : SmallOrderPoints()) {
      for (char message = 'a'; message <= 'p'; ++message) {
        EXPECT_FALSE(VerifyEd25519(AsBytes(key), std::string(1, message), point + std::string(32, '\0')));
      }
    }
  }
}

// s = k a gives [s]B - [k]A = neutral, which is R: the owner of a key can make such a signature, and it is refused.
TEST(Ed25519, RefusesROfSmallOrder) {
  std::array<unsigned char, 64> expanded;
  crypto_hash_sha512(expanded.data(), Raw(Seed('k')), 32);
  expanded[0] &= 248;
  expanded[31] = static_cast<unsigned char>((expanded[31] & 63) | 64);
  const auto key = PublicOf(Seed('k'));
  const auto hashed = kNeutral + key + "message";
  std::array<unsigned char, 64> wide;
  std::array<unsigned char, 32> k;
  std::string s(32, '\0');
  crypto_hash_sha512(wide.data(), Raw(hashed), hashed.size());
  crypto_core_ed25519_scalar_reduce(k.data(), wide.data());
  crypto_core_ed25519_scalar_mul(Raw(s), k.data(), expanded.data());
  EXPECT_FALSE(VerifyEd25519(AsBytes(key), "message", kNeutral + s));
}

TEST(Ed25519, RefusesPointsThatAreNotCanonical) {
  for (const bool sign : {false, true}) {
    for (int offset = 0; offset <= 18; ++offset) {  // y = p + offset; 2^255 - 1 is the last
      const auto point = FieldPrimePlus(offset, sign);
      EXPECT_FALSE(IsValidEd25519Point(AsBytes(point))) << bytes::EncodeHex(AsBytes(point));
      EXPECT_FALSE(VerifyEd25519(AsBytes(point), "message", SignEd25519(Seed('k'), "message")));
    }
  }
  auto negative_zero = kNeutral;  // x = 0 with its sign bit set
  negative_zero[31] = '\x80';
  EXPECT_FALSE(IsValidEd25519Point(AsBytes(negative_zero)));
}

// The largest y that are on the curve and below p are taken: the comparison with p is not off by some.
TEST(Ed25519, TakesTheLargestCanonicalPoints) {
  int valid = 0;
  for (int offset = -40; offset < 0; ++offset) valid += IsValidEd25519Point(AsBytes(FieldPrimePlus(offset, false)));
  EXPECT_GT(valid, 10);  // about half of all y have a point
  EXPECT_LT(valid, 30);
}

TEST(Ed25519, RefusesWhatIsNotAPoint) {
  int refused = 0;
  for (int y = 2; y < 42; ++y) {
    std::string point(32, '\0');
    point[0] = static_cast<char>(y);
    refused += !IsValidEd25519Point(AsBytes(point));
  }
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, 30);
  const auto key = PublicOf(Seed('k'));
  EXPECT_TRUE(IsValidEd25519Point(AsBytes(key)));
  EXPECT_FALSE(IsValidEd25519Point(AsBytes(key.substr(1))));
  EXPECT_FALSE(IsValidEd25519Point(AsBytes(key + '\0')));
  EXPECT_FALSE(IsValidEd25519Point({}));
}

// A point outside the prime-order subgroup is a key, and the equation holds without cofactor: with A = [a]B + T of order 8 L the
// signature r + k a verifies exactly where [k]T is neutral. A verifier with cofactor would take all of these.
TEST(Ed25519, VerifiesWithoutCofactor) {
  std::array<unsigned char, 64> expanded;
  crypto_hash_sha512(expanded.data(), Raw(Seed('k')), 32);
  expanded[0] &= 248;
  expanded[31] = static_cast<unsigned char>((expanded[31] & 63) | 64);
  const auto key = Add(PublicOf(Seed('k')), kOrder8);
  EXPECT_EQ(crypto_core_ed25519_is_valid_point(Raw(key)), 0);
  EXPECT_TRUE(IsValidEd25519Point(AsBytes(key)));

  std::string big_r(32, '\0');
  std::array<unsigned char, 32> r{7};
  ASSERT_EQ(crypto_scalarmult_ed25519_base_noclamp(Raw(big_r), r.data()), 0);
  int verified = 0;
  for (char message = 0; message < 64; ++message) {
    const auto hashed = big_r + key + message;
    std::array<unsigned char, 64> wide;
    std::array<unsigned char, 32> k;
    std::array<unsigned char, 32> product;
    std::string s(32, '\0');
    crypto_hash_sha512(wide.data(), Raw(hashed), hashed.size());
    crypto_core_ed25519_scalar_reduce(k.data(), wide.data());
    crypto_core_ed25519_scalar_mul(product.data(), k.data(), expanded.data());
    crypto_core_ed25519_scalar_add(Raw(s), product.data(), r.data());
    const bool expected = k[0] % 8 == 0;
    verified += expected;
    EXPECT_EQ(VerifyEd25519(AsBytes(key), std::string(1, message), big_r + s), expected) << int{message};
  }
  EXPECT_GT(verified, 0);
}

}  // namespace
}  // namespace trustlog::keys
