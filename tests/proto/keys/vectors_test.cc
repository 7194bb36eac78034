// Keys and signatures of tests/vectors, made by other programs. What was signed is DSSE's pre-authentication encoding.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <vector>

#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
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
  for (const auto& record : vectors.at("records").as_array()) {
    SCOPED_TRACE(string_of(record.at("label")));
    const auto envelope = boost::json::parse(string_of(record.at("envelope")));
    const auto type = string_of(envelope.at("payloadType"));
    const auto payload = bytes::DecodeBase64(string_of(envelope.at("payload"))).value();
    const auto pae = "DSSEv1 " + std::to_string(type.size()) + " " + type + " " + std::to_string(payload.size()) + " " + payload;
    for (const auto& signature : envelope.at("signatures").as_array()) {
      const auto keyid = string_of(signature.at("keyid"));
      for (const auto& key : keys) {
        if (!keyid.ends_with(bytes::EncodeHex(key.id())) || IsBatch(key.algorithm())) continue;
        const auto status = key.Verify(pae, bytes::DecodeBase64(string_of(signature.at("sig"))).value());
        EXPECT_TRUE(status.ok()) << status;
        ++verified;
      }
    }
  }
  EXPECT_GT(verified, 20);
}

}  // namespace
}  // namespace trustlog::keys
