// records.md 8.1, against tests/vectors/tle1-vectors.json and where the vectors say nothing.
#include "client/index/index_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"

namespace trustlog::index {
namespace {

TEST(IndexKeys, AreThoseOfEveryVector) {
  std::ostringstream text;
  text << std::ifstream(TRUSTLOG_SOURCE_DIR "/tests/vectors/tle1-vectors.json", std::ios::binary).rdbuf();
  const auto vectors = boost::json::parse(text.str());
  int records = 0;
  for (const auto& record : vectors.at("records").as_array()) {
    const auto entry = attest::DecodeEntry(*bytes::DecodeHex(std::string_view(record.at("entry").as_string())));
    ASSERT_TRUE(entry.ok()) << entry.status();
    std::vector<std::string> wanted;
    for (const auto& key : record.at("index_keys").as_array()) wanted.emplace_back(key.as_string());
    EXPECT_EQ(IndexKeys(*entry), wanted) << records;
    ++records;
  }
  EXPECT_EQ(records, 29);
}

attest::Entry Sample() {
  attest::Entry entry;
  entry.kind = attest::Kind::kEvidence;
  entry.issuer = "urn:tta:member:one";
  entry.subjects = {"urn:tta:member:one", "urn:tta:member:two"};
  return entry;
}

TEST(IndexKeys, EachSubjectHasEachPrinciple) {
  auto entry = Sample();
  entry.principles = {2, 63};
  EXPECT_EQ(IndexKeys(entry),
            (std::vector<std::string>{"issuer:urn:tta:member:one", "kind:23", "subject-principle:urn:tta:member:one#2",
                                      "subject-principle:urn:tta:member:one#63", "subject-principle:urn:tta:member:two#2",
                                      "subject-principle:urn:tta:member:two#63", "subject:urn:tta:member:one",
                                      "subject:urn:tta:member:two"}));
}

TEST(IndexKeys, AnIdReferredToInTwoWaysIsOneKey) {
  auto entry = Sample();
  entry.refs = {{attest::Rel::kRenews, {7}}, {attest::Rel::kInput, {7}}};
  const auto keys = IndexKeys(entry);
  EXPECT_EQ(std::count(keys.begin(), keys.end(), RefKey({7})), 1);
}

TEST(IndexKeys, ExpiryIsTheMonthInUtcAndNoEndHasNone) {
  EXPECT_EQ(ExpiryKey(*attest::ParseTime("2028-11-30T23:59:59Z")), "expiry:2028-11");
  EXPECT_EQ(ExpiryKey(*attest::ParseTime("2028-12-01T00:00:00Z")), "expiry:2028-12");
  EXPECT_EQ(ExpiryKey(attest::kMaxTime), "expiry:9999-12");
  for (const auto& key : IndexKeys(Sample())) EXPECT_NE(key.rfind("expiry:", 0), 0U) << key;
}

}  // namespace
}  // namespace trustlog::index
