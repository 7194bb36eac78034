#include "client/index/index_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"

namespace trustlog::index {

std::string SubjectKey(std::string_view urn) { return fmt::format("subject:{}", urn); }
std::string SubjectPrincipleKey(std::string_view urn, std::uint8_t principle) {
  return fmt::format("subject-principle:{}#{}", urn, principle);
}
std::string IssuerKey(std::string_view urn) { return fmt::format("issuer:{}", urn); }
std::string KindKey(attest::Kind kind) { return fmt::format("kind:{}", static_cast<unsigned>(kind)); }
std::string RefKey(const attest::Id& id) { return fmt::format("ref:{}", bytes::EncodeHex(id)); }
std::string ArtifactKey(const merkle::Hash& digest) { return fmt::format("artifact:{}", bytes::EncodeHex(digest)); }
std::string SignerKey(const keys::KeyId& id) { return fmt::format("key:{}", bytes::EncodeHex(id)); }
std::string ExpiryKey(std::int64_t valid_until) {
  return fmt::format("expiry:{}", attest::FormatTime(valid_until).substr(0, std::string_view("YYYY-MM").size()));
}

std::vector<std::string> IndexKeys(const attest::Entry& entry) {
  std::vector<std::string> keys = {IssuerKey(entry.issuer), KindKey(entry.kind)};
  for (const auto& urn : entry.subjects) {
    keys.push_back(SubjectKey(urn));
    for (const auto principle : entry.principles) keys.push_back(SubjectPrincipleKey(urn, principle));
  }
  for (const auto& ref : entry.refs) keys.push_back(RefKey(ref.id));
  for (const auto& artifact : entry.artifacts) keys.push_back(ArtifactKey(artifact));
  for (const auto& signature : entry.signatures) keys.push_back(SignerKey(signature.key_id));
  if (entry.valid_until != 0) keys.push_back(ExpiryKey(entry.valid_until));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());  // one id can be referred to in two ways
  return keys;
}

}  // namespace trustlog::index
