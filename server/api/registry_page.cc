#include "server/api/registry_page.h"

#include <algorithm>

#include "merkle/hash.h"
#include "proto/attest/forms.h"
#include "proto/bytes/base64.h"

namespace trustlog::api {

QueryOf& QueryOf::Add(std::string_view text) {
  writer_.U64(text.size()).Raw(text);
  return *this;
}

QueryOf& QueryOf::Add(std::uint64_t number) {
  writer_.U64(number);
  return *this;
}

QueryHash QueryOf::hash() const {
  const auto digest = merkle::Sha256(bytes::AsBytes(writer_.data()));
  QueryHash hash{};
  std::copy_n(digest.begin(), hash.size(), hash.begin());
  return hash;
}

std::string FormatRegistryPage(const RegistryPage& page) {
  bytes::ByteWriter writer;
  writer.U64(page.part).U64(page.index).U64(page.size).I64(page.date).Raw(bytes::AsText(page.query));
  return bytes::EncodeBase64Url(bytes::AsBytes(writer.data()));
}

std::optional<RegistryPage> ParseRegistryPage(std::string_view text) {
  const auto data = bytes::DecodeBase64Url(text);
  if (!data.has_value()) return std::nullopt;
  bytes::ByteReader reader(*data);
  RegistryPage page;
  page.part = reader.U64();
  page.index = reader.U64();
  page.size = reader.U64();
  page.date = reader.I64();
  const auto query = reader.Raw(page.query.size());
  if (!reader.AtEnd() || page.size == 0 || page.index > page.size) return std::nullopt;
  if (page.date != 0 && (page.date < attest::kMinTime || page.date > attest::kMaxTime)) return std::nullopt;
  std::copy(query.begin(), query.end(), page.query.begin());
  return page;
}

}  // namespace trustlog::api
