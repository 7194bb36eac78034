// Envelopes that others made, submitted over a real channel: each is refused for what it is, and none takes an index.
#include "tests/proto/attest/foreign_envelopes.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/server/grpc/dated_log.h"

namespace trustlog::rpc {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class ForeignEnvelopes : public ::testing::Test {
 protected:
  // A log that knows the alliance, and what it logs next.
  ForeignEnvelopes() : log_(support::kSampleOrigin, 1'000 * support::kSampleTime) {
    for (const auto& labelled : alliance_.records()) EXPECT_TRUE(log_.Add(labelled.record.envelope).ok()) << labelled.label;
  }
  void ExpectTheNextIsLogged() {
    EXPECT_EQ(log_.size(), alliance_.size());
    const auto next = log_.Add(support::Sign(support::CommitmentStatement("two", 2, alliance_["principles"])).envelope);
    EXPECT_TRUE(next.ok()) << next.message;
    EXPECT_EQ(next.outcome.index(), alliance_.size());
  }

  const support::SampleAlliance alliance_;
  DatedLog log_;
};

TEST_F(ForeignEnvelopes, AreRefusedEachForWhatItIs) {
  if (!fs::exists(attest::kGoogle) || !fs::exists(attest::kBroken))
    GTEST_SKIP() << "no " << attest::kGoogle << " or " << attest::kBroken;
  for (const auto& test : attest::ForeignFileCases()) {
    SCOPED_TRACE(test.file);
    std::vector<attest::Envelope> envelopes;
    for (const auto& envelope : attest::EnvelopesIn(test.folder + test.file)) envelopes.push_back(attest::FieldsOf(envelope));
    ASSERT_EQ(envelopes.size(), test.reasons.size());
    const auto together = log_.AddAll(envelopes);
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
      ExpectRefusedWith(log_.Add(envelopes[i]), test.reasons[i]);
      ExpectRefusedWith(together[i], test.reasons[i]);
    }
  }
  ExpectTheNextIsLogged();
}

TEST_F(ForeignEnvelopes, OfNobodyBecomeRecords) {
  const fs::path folder = TRUSTLOG_SHARED_DATA "/attestations";
  if (!fs::exists(folder)) GTEST_SKIP() << "no " << folder;
  const std::set<std::string> expected = {"ENVELOPE_MALFORMED", "PAYLOAD_TYPE_UNSUPPORTED", "STATEMENT_MALFORMED", "KIND_UNKNOWN",
                                          "TOO_LARGE"};
  std::size_t count = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    const auto extension = file.path().extension();
    if (extension != ".json" && extension != ".jsonl" && extension != ".sigstore") continue;
    std::vector<json::value> found;
    std::istringstream text(attest::ReadFile(file.path()));
    if (extension == ".jsonl") {
      for (std::string line; std::getline(text, line);) attest::CollectEnvelopes(json::parse(line), found);
    } else {
      attest::CollectEnvelopes(json::parse(text.str()), found);
    }
    for (const auto& envelope : found) {
      const auto answer = log_.Add(attest::FieldsOf(envelope));
      EXPECT_TRUE(expected.contains(answer.word)) << file.path() << ": " << answer.word << " " << answer.message;
      ++count;
    }
  }
  EXPECT_GT(count, 20U);
  ExpectTheNextIsLogged();
}

}  // namespace
}  // namespace trustlog::rpc
