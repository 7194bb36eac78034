// Files that others made: what they are recognised as, which artifacts they speak of, and whose signature they carry. The real ones
// are in the shared data (a counted skip where it is absent); every rule is tested without them first.
#include "proto/attest/foreign_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "proto/attest/dsse.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key_file.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

constexpr char kInToto[] = "application/vnd.in-toto+json";
const std::string kA(64, 'a'), kB(64, 'b');

std::string StatementOf(const std::string& subjects, const std::string& version = "v1") {
  return R"({"_type":"https://in-toto.io/Statement/)" + version + R"(","subject":)" + subjects +
         R"(,"predicateType":"https://slsa.dev/provenance/v1","predicate":{}})";
}

std::string EnvelopeOf(const std::string& payload, const std::vector<std::string>& signatures, const std::string& type = kInToto) {
  std::string list;
  for (const auto& sig : signatures)
    list += (list.empty() ? "" : ",") + (R"({"keyid":"","sig":")" + bytes::EncodeBase64(sig) + "\"}");
  return R"({"payloadType":")" + type + R"(","payload":")" + bytes::EncodeBase64(payload) + R"(","signatures":[)" + list + "]}";
}

std::string SignedBy(const keys::PrivateKey& key, const std::string& payload) {
  return EnvelopeOf(payload, {key.Sign(Pae(kInToto, payload)).value()});
}

std::string BundleOf(const std::string& envelope, const std::string& version = ".v0.3+json") {
  return R"({"mediaType":"application/vnd.dev.sigstore.bundle)" + version + R"(","verificationMaterial":{},"dsseEnvelope":)" +
         envelope + "}";
}

const std::string kSubject = R"([{"name":"a.bin","digest":{"sha256":")" + kA + R"("}}])";

TEST(ForeignFileTest, IsRecognisedByWhatItHolds) {
  const std::string envelope = EnvelopeOf(StatementOf(kSubject), {"sig"});
  const struct {
    const char* name;
    std::string content;
    const char* media_type;
    std::size_t envelopes, subjects;
  } cases[] = {
      {"an envelope", envelope, "application/vnd.dsse.envelope.v1+json", 1, 1},
      {"white space before it", " \n" + envelope + "\n", "application/vnd.dsse.envelope.v1+json", 1, 1},
      {"a bundle", BundleOf(envelope), "application/vnd.dev.sigstore.bundle.v0.3+json", 1, 1},
      {"an older bundle", BundleOf(envelope, "+json;version=0.1"), "application/vnd.dev.sigstore.bundle+json;version=0.1", 1, 1},
      {"an older statement", StatementOf(kSubject, "v0.1"), kInToto, 0, 1},
      {"JSON Lines", envelope + "\n\n" + BundleOf(envelope) + "\r\n", "application/jsonl", 2, 1},
      {"npm", R"({"attestations":[{"bundle":)" + BundleOf(envelope) + R"(},{"bundle":)" + BundleOf(envelope) + "}]}",
       "application/json", 2, 1},
      {"an envelope deep inside", R"({"a":[{"b":)" + envelope + "}]}", "application/json", 1, 1},
      {"CycloneDX", R"({"bomFormat":"CycloneDX","specVersion":"1.6"})", "application/vnd.cyclonedx+json", 0, 0},
      {"SPDX", R"({"spdxVersion":"SPDX-2.3"})", "application/spdx+json", 0, 0},
      {"OSCAL", R"({"assessment-results":{"uuid":"u","metadata":{}}})", "application/oscal+json", 0, 0},
      {"a catalogue of something else", R"({"catalog":{"metadata":{}}})", "application/json", 0, 0},
      {"an array", "[1,2]", "application/json", 0, 0},
      {"COSE", std::string("\xd2\x84\x43\xa1\x01\x26\xa0\x40\x40", 9), "application/cose; cose-type=\"cose-sign1\"", 0, 0},
      {"PDF", "%PDF-1.7\n{}", "application/pdf", 0, 0},
      {"a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n", "application/pem-certificate-chain", 0, 0},
      {"text", "a report", "application/octet-stream", 0, 0},
      {"nothing", "", "application/octet-stream", 0, 0},
  };
  for (const auto& test : cases) {
    const auto file = ReadForeignFile(test.content);
    EXPECT_EQ(file.media_type, test.media_type) << test.name;
    EXPECT_EQ(file.envelopes.size(), test.envelopes) << test.name;
    EXPECT_EQ(file.subjects.size(), test.subjects) << test.name;
    EXPECT_FALSE(file.has_more_subjects) << test.name;
  }
}

TEST(ForeignFileTest, SubjectsAreTakenBySha256Alone) {
  const auto file = ReadForeignFile(StatementOf(
      R"([{"name":"a.bin","digest":{"sha256":")" + kA + R"("}},{"name":"again","digest":{"sha256":")" + kA +
      R"("}},{"digest":{"sha1":"00","sha256":")" + kB + R"("}},{"name":"sha512 only","digest":{"sha512":"00"}},)" +
      R"({"name":"upper case","digest":{"sha256":")" + std::string(64, 'C') + R"("}},{"name":"short","digest":{"sha256":"aa"}},)" +
      R"({"name":")" + std::string(201, 'n') + R"(","digest":{"sha256":")" + std::string(64, 'd') + R"("}},)" +
      R"({"name":"a\nb","digest":{"sha256":")" + std::string(64, 'e') + R"("}},{"name":7,"digest":{"sha256":")" +
      std::string(64, 'f') + R"("}},null,{"digest":null},{"digest":{"sha256":7}}])"));
  std::vector<std::pair<std::string, char>> found;
  for (const auto& subject : file.subjects) found.emplace_back(subject.name, bytes::EncodeHex(subject.sha256)[0]);
  const std::vector<std::pair<std::string, char>> expected = {{"a.bin", 'a'}, {"", 'b'}, {"", 'd'}, {"", 'e'}, {"", 'f'}};
  EXPECT_EQ(found, expected);
}

TEST(ForeignFileTest, NoMoreSubjectsThanARecordCanHave) {
  std::string subjects;
  for (int i = 0; i < 40; ++i) {
    const std::string digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(std::to_string(i))));
    subjects += (i == 0 ? "" : ",") + (R"({"digest":{"sha256":")" + digest + R"("}})");
    const auto file = ReadForeignFile(StatementOf("[" + subjects + "]"));
    EXPECT_EQ(file.subjects.size(), std::min<std::size_t>(static_cast<std::size_t>(i) + 1, kMaxForeignSubjects));
    EXPECT_EQ(file.has_more_subjects, i >= 32) << i;
  }
}

TEST(ForeignFileTest, HostileFilesAreNotUnderstoodAndDoNoHarm) {
  const std::string deep(100'000, '['), envelope = EnvelopeOf(StatementOf(kSubject), {"sig"});
  std::string nested = envelope;
  for (int i = 0; i < 40; ++i) nested = "{\"a\":" + nested + "}";
  const struct {
    const char* name;
    std::string content;
    const char* media_type;
    std::size_t envelopes;
  } cases[] = {
      {"deep", deep, "application/octet-stream", 0},
      {"an envelope too deep", nested, "application/octet-stream", 0},
      {"a fraction", R"({"score":7.5})", "application/octet-stream", 0},
      {"a member twice", R"({"payload":"","payload":"","signatures":[]})", "application/octet-stream", 0},
      {"cut", envelope.substr(0, envelope.size() - 1), "application/octet-stream", 0},
      {"no UTF-8", "{\"a\":\"\xff\"}", "application/octet-stream", 0},
      {"one line that is no JSON", envelope + "\nnonsense\n" + envelope, "application/octet-stream", 0},
      {"one line that is no object", envelope + "\n[1]\n", "application/octet-stream", 0},
      {"a payload that is no base64", R"({"payload":"*","payloadType":"x","signatures":[{"sig":"AAAA"}]})",
       "application/vnd.dsse.envelope.v1+json", 1},
      {"a payload of another type", R"({"payload":7,"signatures":[]})", "application/vnd.dsse.envelope.v1+json", 1},
      {"signatures of other types", R"({"payload":"e30=","signatures":[7,null,{"sig":7},{"sig":"*"},{}]})",
       "application/vnd.dsse.envelope.v1+json", 1},
      {"a media type too long", R"({"mediaType":"application/vnd.dev.sigstore.bundle)" + std::string(100, 'x') + "\"}",
       "application/json", 0},
      {"a media type with a line feed", R"({"mediaType":"application/vnd.dev.sigstore.bundle\n"})", "application/json", 0},
      {"a statement whose subject is none", R"({"_type":"https://in-toto.io/Statement/v1","subject":{}})", kInToto, 0},
      {"half of COSE", "\xd2\x84", "application/octet-stream", 0},
      {"another CBOR tag", "\xd1\x84\x43", "application/octet-stream", 0},
      {"COSE without a byte string", "\xd2\x84\x83", "application/octet-stream", 0},
      {"larger than what is looked into", "{\"a\":\"" + std::string(kMaxForeignBytes, ' ') + "\"}", "application/octet-stream", 0},
  };
  for (const auto& test : cases) {
    const auto file = ReadForeignFile(test.content);
    EXPECT_EQ(file.media_type, test.media_type) << test.name;
    EXPECT_EQ(file.envelopes.size(), test.envelopes) << test.name;
    EXPECT_TRUE(file.subjects.empty()) << test.name;
    const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519).value();
    EXPECT_FALSE(VerifyForeignEnvelopes(file, key.public_key()).ok()) << test.name;
  }
}

TEST(ForeignFileTest, AFileIsVerifiedWhenEveryEnvelopeInItIs) {
  const auto key = keys::PrivateKey::Generate(keys::Algorithm::kEd25519).value(),
             other = keys::PrivateKey::Generate(keys::Algorithm::kEcdsaP256Sha256Der).value();
  const std::string payload = StatementOf(kSubject), mine = SignedBy(key, payload), theirs = SignedBy(other, payload);
  const struct {
    const char* name;
    std::string content;
    const char* reason;
  } cases[] = {
      {"one", mine, "OK"},
      {"a bundle", BundleOf(mine), "OK"},
      {"two lines", mine + "\n" + mine, "OK"},
      {"two signatures, one of them ours",
       EnvelopeOf(payload, {other.Sign(Pae(kInToto, payload)).value(), key.Sign(Pae(kInToto, payload)).value()}), "OK"},
      {"another key", theirs, "SIGNATURE_ENCODING"},
      {"two lines, one by another key", mine + "\n" + theirs, "SIGNATURE_ENCODING"},
      {"over the body, not over the PAE", EnvelopeOf(payload, {key.Sign(payload).value()}), "SIGNATURE_INVALID"},
      {"another payload type", EnvelopeOf(payload, {key.Sign(Pae(kInToto, payload)).value()}, "text/plain"), "SIGNATURE_INVALID"},
      {"another payload", EnvelopeOf(payload + " ", {key.Sign(Pae(kInToto, payload)).value()}), "SIGNATURE_INVALID"},
      {"a good one beside one that cannot be read", mine + "\n" + R"({"payload":"*","signatures":[]})", "SIGNATURE_INVALID"},
      {"no signature", EnvelopeOf(payload, {}), "SIGNATURE_INVALID"},
      {"no envelope", payload, "ARGUMENT_INVALID"},
      {"no JSON", "%PDF-", "ARGUMENT_INVALID"},
  };
  for (const auto& test : cases)
    EXPECT_EQ(ReasonWord(VerifyForeignEnvelopes(ReadForeignFile(test.content), key.public_key())), test.reason) << test.name;
}

// The real ones.

const std::string kShared = TRUSTLOG_SHARED_DATA;

TEST(ForeignFileTest, RealFilesAreWhatTheyAre) {
  if (!std::filesystem::exists(kShared)) GTEST_SKIP() << "no " << kShared;
  const std::string dsse = "application/vnd.dsse.envelope.v1+json", v01 = "application/vnd.dev.sigstore.bundle+json;version=0.1",
                    v03 = "application/vnd.dev.sigstore.bundle.v0.3+json", json = "application/json";
  const struct {
    const char* file;
    std::string media_type;
    std::size_t envelopes, subjects;
  } cases[] = {
      {"attestations/ericsson-eiffel/EiffelArtifactCreatedEvent-simple.json", json, 0, 0},
      {"attestations/google-cloud/gcb-v0.2-gcloud-container-github.json", json, 1, 1},
      {"attestations/google-cloud/gcb-v0.3-gcloud-container-github-tag.json", json, 1, 1},  // two names of one digest
      {"attestations/google-cloud/gcb-v1.0-gcloud-container-github-inline.json", json, 2, 1},
      {"attestations/google-cloud/gke-gce-vsa-v1.dsse.jsonl", dsse, 1, 0},      // gce_image_id only
      {"attestations/microsoft-github-npm/bundle-provenance.json", v01, 1, 0},  // sha512 only
      {"attestations/microsoft-github-npm/github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl", v03, 1, 1},
      {"attestations/microsoft-github-npm/gundam-visor-cli-v1-tag.npm-attestations.json", json, 2, 0},
      {"attestations/microsoft-github-npm/statement-provenance-sigstorejs1.3.0.json", kInToto, 0, 0},
      {"attestations/openssf-slsa/binary-linux-amd64-multi-subject-first.intoto.jsonl", dsse, 1, 3},
      {"attestations/openssf-slsa/bcr__MODULE.bazel.intoto.jsonl", v03, 1, 1},
      {"attestations/openssf-slsa/gha_container-based__v1.7.0__gha_container-based-binary-linux-amd64-v14.intoto.sigstore", v01, 1,
       1},
      {"vectors/oscal/ifa_assessment-results-example.json", "application/oscal+json", 0, 0},
      {"vectors/oscal/ifa_plan-of-action-and-milestones.json", "application/oscal+json", 0, 0},
      {"vectors/standards-cdx/scvs-1.0.0.cdx.json", "application/vnd.cyclonedx+json", 0, 0},
  };
  for (const auto& test : cases) {
    const auto file = ReadForeignFile(ReadFile(kShared + "/" + test.file));
    EXPECT_EQ(file.media_type, test.media_type) << test.file;
    EXPECT_EQ(file.envelopes.size(), test.envelopes) << test.file;
    EXPECT_EQ(file.subjects.size(), test.subjects) << test.file;
  }
}

TEST(ForeignFileTest, EveryRealAttestationIsUnderstood) {
  const std::string folder = kShared + "/attestations";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  std::size_t files = 0, envelopes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (extension != ".json" && extension != ".jsonl" && extension != ".sigstore") continue;
    const auto file = ReadForeignFile(ReadFile(entry.path()));
    EXPECT_NE(file.media_type, "application/octet-stream") << entry.path();
    ++files;
    envelopes += file.envelopes.size();
  }
  EXPECT_GE(files, 30U);
  EXPECT_GE(envelopes, 30U);
}

TEST(ForeignFileTest, GooglesSignaturesAreCheckedOverThePae) {
  const std::string folder = kShared + "/attestations/google-cloud/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  const struct {
    const char *file, *key, *reason;
  } cases[] = {
      {"gcb-gcloud-container-global-pae-signing-key-successful.json", "keys/global-pae.key", "OK"},
      {"gcb-v0.3-gcloud-container-github-tag.json", "keys/global-pae-provenanceSigner_1.key", "OK"},
      {"gcb-gcloud-container-global-pae-signing-key-successful.json", "keys/global.key", "SIGNATURE_INVALID"},
      {"gcb-v0.2-gcloud-container-github.json", "keys/global.key", "SIGNATURE_INVALID"},  // over the body
      {"gcb-v1.0-gcloud-container-github-inline.json", "keys/global-pae-provenanceSigner_1.key",
       "SIGNATURE_INVALID"},                                                          // one of two
      {"gke-gce-vsa-v1.dsse.jsonl", "gke-gce-vsa-v1.pub.pem", "SIGNATURE_ENCODING"},  // raw r|s
  };
  for (const auto& test : cases) {
    const auto key = keys::ReadPublicKeyFile(folder + test.key);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(ReasonWord(VerifyForeignEnvelopes(ReadForeignFile(ReadFile(folder + test.file)), *key)), test.reason) << test.file;
  }
}

}  // namespace
}  // namespace trustlog::attest
