// Where the envelopes that others made lie, and what each is worth as a submission to a log of ours.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {

inline const std::string kGoogle = TRUSTLOG_SHARED_DATA "/attestations/google-cloud/";
inline const std::string kBroken = TRUSTLOG_SHARED_DATA "/vectors/envelopes-invalid/";

// Every object of `value` that has the members of an envelope, in document order.
inline void CollectEnvelopes(const boost::json::value& value, std::vector<boost::json::value>& out) {
  if (const auto* const object = value.if_object()) {
    if (object->contains("payload") && object->contains("signatures")) out.push_back(value);
    for (const auto& member : *object) CollectEnvelopes(member.value(), out);
  } else if (const auto* const array = value.if_array()) {
    for (const auto& element : *array) CollectEnvelopes(element, out);
  }
}

inline std::vector<boost::json::value> EnvelopesIn(const std::string& path) {
  std::vector<boost::json::value> envelopes;
  CollectEnvelopes(boost::json::parse(ReadFile(path)), envelopes);
  return envelopes;
}

struct ForeignFileCase {
  std::string folder, file;
  std::vector<std::string> reasons;  // of the envelopes in it
};

inline const std::vector<ForeignFileCase>& ForeignFileCases() {
  const std::string malformed = "STATEMENT_MALFORMED";  // in-toto Statement v0.1, for the most part
  static const std::vector<ForeignFileCase> cases = {
      {kGoogle, "gcb-gcloud-container-global-pae-signing-key-successful.json", {malformed}},
      {kGoogle, "gcb-v0.2-gcloud-container-github.json", {malformed}},
      {kGoogle, "gcb-v0.3-gcloud-container-gcs.json", {malformed}},
      {kGoogle,
       "gcb-v0.3-gcloud-container-github-tag.json",
       {"ENVELOPE_MALFORMED"}},  // two signatures, keyids that are resource names
      {kGoogle, "gcb-v0.3-gcloud-container-github.json", {malformed}},
      {kGoogle, "gcb-v1.0-gcloud-container-github-inline.json", {"KIND_UNKNOWN", "ENVELOPE_MALFORMED"}},
      {kGoogle, "gke-gce-vsa-v1.dsse.jsonl", {"KIND_UNKNOWN"}},
      {kBroken, "ghcli-github_provenance_demo-0.0.12-py3-none-any-bundle-missing-cert.jsonl", {}},  // no envelope in it
      {kBroken, "ghcli-sigstoreBundle-invalid-signature.json", {"PAYLOAD_TYPE_UNSUPPORTED"}},
      {kBroken, "gundam-visor-cli-v1-tag-invalidsigpub.npm-attestations.json", {malformed, "KIND_UNKNOWN"}},
      {kBroken, "pacote-malformed-subject-attestations.json", {malformed, malformed}},
      {kBroken, "pacote-mismatched-subject-digest-attestations.json", {malformed, malformed}},
      {kBroken, "pacote-no-keyid-attestations.json", {malformed, malformed}},
      {kBroken, "provenance-npm-test-cli-v02-prega-invalidsigprov.npm-attestations.json", {malformed, malformed}},
      {kBroken, "provenance-npm-test-cli-v1-prega-invalidsigprov.npm-attestations.json", {malformed, "KIND_UNKNOWN"}},
      {kBroken, "provenance-npm-test-ossf-invalidsigprov.npm-attestations.json", {malformed, malformed}},
      {kBroken, "supreme-googles-cli-v02-tag-invalidsigprov.npm-attestations.json", {malformed, malformed}},
  };
  return cases;
}

}  // namespace trustlog::attest
