#include "tests/support/sample_records.h"

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fmt/format.h"
#include "proto/attest/derive.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"

namespace trustlog::testing {
namespace {

constexpr std::size_t kPrefix[] = {0, 1, 2, 3, 4, 5, 6, 8, 9, 10};  // of the vectors: parties, plain keys, two commitments
constexpr std::uint64_t kLoggedAt = 1'793'523'619'623;              // of record 13

const boost::json::object& Vectors() {
  static const boost::json::value value = [] {
    std::ostringstream text;
    text << std::ifstream(std::string(TRUSTLOG_SOURCE_DIR) + "/tests/vectors/tle1-vectors.json").rdbuf();
    return boost::json::parse(text.str());
  }();
  return value.get_object();
}

std::string Text(const boost::json::value& value) { return std::string(value.as_string()); }

// The member's signing key, TEST ONLY: published with the vectors.
const keys::PrivateKey& MemberKey() {
  static const keys::PrivateKey key = [] {
    for (const auto& item : Vectors().at("keys").as_array()) {
      if (Text(item.at("name")) != "example-one-1") continue;
      return keys::PrivateKey::FromPkcs8(bytes::DecodeBase64(Text(item.at("testOnlyPrivatePkcs8"))).value()).value();
    }
    std::abort();
  }();
  return key;
}

}  // namespace

std::vector<SampleRecord> VectorRecords() {
  std::vector<SampleRecord> records;
  for (const auto& item : Vectors().at("records").as_array()) {
    const std::string entry = Text(item.at("entry"));
    const auto raw = bytes::DecodeHex(entry);
    records.push_back({raw ? *raw : bytes::DecodeBase64(entry).value(), Text(item.at("statement"))});
  }
  return records;
}

SampleRecord EvidenceRecord(std::uint64_t number) {
  const std::string digest = bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(fmt::format("test report {}", number))));
  std::array<std::uint8_t, 16> nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(number >> (8 * i));
  const std::string statement = fmt::format(
      R"({{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"report {}.txt","digest":{{"sha256":"{}"}}}}],)"
      R"("predicateType":"{}/evidence/v1","predicate":{{"logOrigin":"{}","issuer":"urn:tta:member:example-one",)"
      R"("issuedAt":"2026-11-01T08:59:50Z","nonce":"{}","about":["urn:tta:member:example-one"],"form":"test-report","mediaType":"text/plain"}}}})",
      number, digest, Text(Vectors().at("typeBase")), kVectorOrigin, bytes::EncodeBase64Url(nonce));
  const attest::LogContext context{kVectorOrigin, Text(Vectors().at("typeBase")), Text(Vectors().at("urnPrefix"))};
  const auto parsed = attest::ParseStatement(statement, context);
  const std::string signature = MemberKey().Sign(attest::Pae(attest::kPayloadType, statement)).value();
  auto entry = attest::Derive(parsed.value(), attest::StatementId(statement), {{MemberKey().public_key().id(), signature}}).value();
  entry.logged_at_ms = kLoggedAt + number;
  return {attest::EncodeEntry(entry).value(), statement};
}

SyntheticLog SampleLog(std::uint64_t evidence) {
  SyntheticLog log(kVectorOrigin);
  auto records = VectorRecords();
  for (const std::size_t i : kPrefix) log.Append(std::move(records[i].entry), std::move(records[i].statement));
  for (std::uint64_t i = 0; i < evidence; ++i) {
    SampleRecord record = EvidenceRecord(i);
    log.Append(std::move(record.entry), std::move(record.statement));
  }
  return log;
}

}  // namespace trustlog::testing
