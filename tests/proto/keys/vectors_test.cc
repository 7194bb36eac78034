// Keys and signatures of tests/vectors, made by other programs. What was signed is DSSE's pre-authentication encoding.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key.h"

namespace trustlog::keys {
namespace {

TEST(Vectors, KeysHaveTheirIdsAndSignaturesOfEnvelopesVerify) {
  std::ostringstream text;
  text << std::ifstream(TRUSTLOG_SOURCE_DIR "/tests/vectors/tle1-vectors.json").rdbuf();
  const auto vectors = boost::json::parse(text.str());
  const auto string_of = [](const boost::json::value& value) { return std::string(value.as_string()); };
  std::vector<PublicKey> keys;
  for (const auto& key : vectors.at("keys").as_array()) {
    SCOPED_TRACE(string_of(key.at("name")));
    const auto algorithm = ParseAlgorithm(string_of(key.at("alg")));
    ASSERT_TRUE(algorithm);
    const auto read = PublicKey::FromSpki(bytes::DecodeBase64(string_of(key.at("spki"))).value(), *algorithm);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(bytes::EncodeHex(read->id()), string_of(key.at("keyId")));
    const auto pkcs8 = bytes::DecodeBase64(string_of(key.at("testOnlyPrivatePkcs8"))).value();
    const auto secret = PrivateKey::FromPkcs8(pkcs8);
    ASSERT_TRUE(secret.ok()) << secret.status();
    EXPECT_EQ(secret->public_key().spki(), read->spki());
    EXPECT_EQ(secret->ToPkcs8(), pkcs8);
    keys.push_back(*read);
  }
  int verified = 0;
  std::map<Algorithm, int> told_by_digest;
  for (const auto& record : vectors.at("records").as_array()) {
    SCOPED_TRACE(string_of(record.at("label")));
    const auto envelope = boost::json::parse(string_of(record.at("envelope")));
    const auto type = string_of(envelope.at("payloadType"));
    const auto payload = bytes::DecodeBase64(string_of(envelope.at("payload"))).value();
    const auto pae = "DSSEv1 " + std::to_string(type.size()) + " " + type + " " + std::to_string(payload.size()) + " " + payload;
    for (const auto& signature : envelope.at("signatures").as_array()) {
      const auto keyid = string_of(signature.at("keyid"));
      for (const auto& key : keys) {
        if (!keyid.ends_with(bytes::EncodeHex(key.id()))) continue;
        const auto sig = bytes::DecodeBase64(string_of(signature.at("sig"))).value();
        EXPECT_TRUE(key.Verify(pae, sig).ok()) << key.Verify(pae, sig);
        ++verified;
        // As of a withheld statement: records.md 6.4.
        EXPECT_TRUE(key.VerifyDigest(merkle::Sha256(bytes::AsBytes(pae)), sig).ok());
        const bool is_told = IsBatch(key.algorithm()) || key.algorithm() == Algorithm::kEcdsaP256Sha256Der;
        EXPECT_EQ(bytes::ReasonOf(key.VerifyDigest({}, sig)), is_told ? std::optional(bytes::Reason::kSignatureInvalid) : std::nullopt);
        EXPECT_EQ(bytes::ReasonOf(key.VerifyDigest({}, sig.substr(1))), bytes::Reason::kSignatureEncoding);
        ++told_by_digest[key.algorithm()];
      }
    }
  }
  EXPECT_GT(verified, 20);
  EXPECT_EQ(told_by_digest.size(), 4U) << "Ed25519, P-256, P-384, a batch of Ed25519";
}

}  // namespace
}  // namespace trustlog::keys
