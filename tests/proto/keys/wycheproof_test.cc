// Google's Wycheproof vectors (shared/data/MANIFEST.tsv says where from), read in place.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/keys/key.h"

namespace trustlog::keys {
namespace {

using bytes::Reason;

std::string StringOf(const boost::json::value& value) { return std::string(value.as_string()); }
std::string BytesOf(const boost::json::value& hex) { return bytes::DecodeHex(StringOf(hex)).value(); }

struct Counts {
  int valid = 0, wrong_form = 0, wrong = 0;
};

// Every case has the result it says. Form is asked before arithmetic, so the two kinds of refusal are counted.
Counts RunAll(const std::string& path, Algorithm algorithm) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto vectors = boost::json::parse(text.str());
  Counts counts;
  for (const auto& group : vectors.at("testGroups").as_array()) {
    const auto key = PublicKey::FromSpki(BytesOf(group.at("publicKeyDer")), algorithm);
    EXPECT_TRUE(key.ok()) << key.status();
    if (!key.ok()) continue;
    for (const auto& test : group.at("tests").as_array()) {
      const auto result = StringOf(test.at("result"));
      const auto status = key->Verify(BytesOf(test.at("msg")), BytesOf(test.at("sig")));
      EXPECT_EQ(status.ok(), result == "valid") << test.at("tcId") << " " << test.at("comment") << " " << status;
      counts.valid += status.ok();
      counts.wrong_form += bytes::ReasonOf(status) == Reason::kSignatureEncoding;
      counts.wrong += bytes::ReasonOf(status) == Reason::kSignatureInvalid;
    }
  }
  return counts;
}

TEST(Wycheproof, Ed25519) {
  const std::string path = TRUSTLOG_SHARED_DATA "/vectors/wycheproof/ed25519_test.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  const auto counts = RunAll(path, Algorithm::kEd25519);
  EXPECT_EQ(counts.valid, 88);
  EXPECT_EQ(counts.valid + counts.wrong_form + counts.wrong, 151);
  EXPECT_EQ(counts.wrong_form, 12);
}

TEST(Wycheproof, EcdsaP256) {
  const std::string path = TRUSTLOG_SHARED_DATA "/vectors/wycheproof/ecdsa_secp256r1_sha256_test.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  const auto counts = RunAll(path, Algorithm::kEcdsaP256Sha256Der);
  EXPECT_EQ(counts.valid, 174);
  EXPECT_EQ(counts.valid + counts.wrong_form + counts.wrong, 484);
  EXPECT_GT(counts.wrong_form, 200);
}

}  // namespace
}  // namespace trustlog::keys
