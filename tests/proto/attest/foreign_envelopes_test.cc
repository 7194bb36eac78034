// Envelopes that others made: Google Cloud's build provenance with Google's keys, and the broken envelopes of sigstore and npm test
// suites. What they are worth as submissions to a log of ours is stated for each.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "proto/attest/dsse.h"
#include "proto/attest/statement.h"
#include "proto/keys/key_file.h"
#include "tests/proto/attest/foreign_envelopes.h"

namespace trustlog::attest {
namespace {

namespace json = boost::json;

std::string SubmissionReason(const std::string& envelope_text) {
  const auto envelope = ParseEnvelope(envelope_text);
  if (!envelope.ok()) return ReasonWord(envelope.status());
  return ReasonWord(ParseStatement(envelope->payload, VectorContext(1)).status());
}

TEST(ForeignEnvelopesTest, GoogleSignaturesVerifyExactlyWhereTheyAreDerOverThePae) {
  if (!std::filesystem::exists(kGoogle)) GTEST_SKIP() << "no " << kGoogle;
  const struct {
    const char* name;
    const char* file;
    std::size_t envelope, signature;
    const char* key;
    const char* over_pae;
    const char* over_body;
  } cases[] = {
      {"PAE key", "gcb-gcloud-container-global-pae-signing-key-successful.json", 0, 0, "keys/global-pae.key", "OK",
       "SIGNATURE_INVALID"},
      {"v0.2", "gcb-v0.2-gcloud-container-github.json", 0, 0, "keys/global.key", "SIGNATURE_INVALID", "OK"},
      {"v0.3 bucket", "gcb-v0.3-gcloud-container-gcs.json", 0, 0, "keys/us-west2.key", "SIGNATURE_INVALID", "OK"},
      {"v0.3 tag, new", "gcb-v0.3-gcloud-container-github-tag.json", 0, 0, "keys/global-pae-provenanceSigner_1.key", "OK",
       "SIGNATURE_INVALID"},
      {"v0.3 tag, old", "gcb-v0.3-gcloud-container-github-tag.json", 0, 1, "keys/us-west2.key", "SIGNATURE_INVALID", "OK"},
      {"v0.3 github", "gcb-v0.3-gcloud-container-github.json", 0, 0, "keys/us-west2.key", "SIGNATURE_INVALID", "OK"},
      {"v1.0 worker", "gcb-v1.0-gcloud-container-github-inline.json", 0, 0, "keys/global-pae-google-hosted-worker_1.key",
       "SIGNATURE_INVALID", "SIGNATURE_INVALID"},  // no key of the folder verifies it, over whatever bytes
      {"v1.0 signer", "gcb-v1.0-gcloud-container-github-inline.json", 1, 0, "keys/global-pae-provenanceSigner_1.key", "OK",
       "SIGNATURE_INVALID"},
      {"v1.0 old", "gcb-v1.0-gcloud-container-github-inline.json", 1, 1, "keys/us-west2.key", "SIGNATURE_INVALID", "OK"},
      {"VSA, raw r|s", "gke-gce-vsa-v1.dsse.jsonl", 0, 0, "gke-gce-vsa-v1.pub.pem", "SIGNATURE_ENCODING", "SIGNATURE_ENCODING"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto key = keys::ReadPublicKeyFile(kGoogle + test.key);
    ASSERT_TRUE(key.ok()) << key.status();
    const json::value envelope = EnvelopesIn(kGoogle + test.file).at(test.envelope);
    const auto payload = bytes::DecodeBase64Any(Text(envelope.at("payload"))).value();
    const auto signature = bytes::DecodeBase64Any(Text(envelope.at("signatures").at(test.signature).at("sig"))).value();
    EXPECT_EQ(ReasonWord(key->Verify(Pae(Text(envelope.at("payloadType")), payload), signature)), test.over_pae);
    EXPECT_EQ(ReasonWord(key->Verify(payload, signature)), test.over_body);
  }
}

TEST(ForeignEnvelopesTest, NoneOfThemIsARecordAndEachIsToldWhy) {
  if (!std::filesystem::exists(kGoogle) || !std::filesystem::exists(kBroken)) GTEST_SKIP() << "no " << kGoogle << " or " << kBroken;
  for (const auto& test : ForeignFileCases()) {
    std::vector<std::string> reasons;
    for (const auto& envelope : EnvelopesIn(test.folder + test.file))
      reasons.push_back(SubmissionReason(json::serialize(envelope)));
    EXPECT_EQ(reasons, test.reasons) << test.file;
    // A whole bundle sent in place of an envelope.
    if (test.file != "gke-gce-vsa-v1.dsse.jsonl") {
      EXPECT_EQ(SubmissionReason(ReadFile(test.folder + test.file)), "ENVELOPE_MALFORMED") << test.file;
    }
  }
}

}  // namespace
}  // namespace trustlog::attest
