#include "client/follow/proof_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/follow/check_code.h"
#include "tests/support/synthetic_log.h"

namespace trustlog::follow {
namespace {

using testing::SyntheticLog;

ProofBundle Sample() {
  SyntheticLog log;
  log.AppendOpaque(9);
  return {.index = 4,
          .entry = log.entry(4),
          .statement = log.statement(4),
          .tlog_proof = log.TlogProof(4, 9),
          .consistency = ConsistencyProof{6, log.Consistency(6, 9)}};
}

TEST(ProofBundle, FileGivesTheSameBundleBack) {  // protocols.md section 8
  ProofBundle bundle = Sample();
  for (int i = 0; i < 3; ++i) {
    const std::string text = FormatProofBundle(bundle);
    const auto parsed = ParseProofBundle(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, bundle);
    EXPECT_EQ(FormatProofBundle(*parsed), text);
    (i == 0 ? bundle.statement.reset() : bundle.consistency.reset());
  }
}

TEST(ProofBundle, LooksAsWritten) {
  const ProofBundle bundle{
      .index = 0, .entry = "TLE1", .statement = "{}", .tlog_proof = "p", .consistency = ConsistencyProof{40, {merkle::Hash{}}}};
  EXPECT_EQ(FormatProofBundle(bundle),
            R"({"schema":"trustlog-proof-bundle/1","index":0,"entry":"VExFMQ==","statement":"e30=","tlogProof":"p",)"
            R"("consistency":{"oldSize":40,"hashes":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}})"
            "\n");
}

TEST(ProofBundle, ReadsNoOtherJson) {
  const std::string good = FormatProofBundle(Sample());
  const auto replaced = [&good](std::string_view what, std::string_view by) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), by);
  };
  ProofBundle large = Sample(), big_statement = Sample(), no_entry = Sample(), other_index = Sample(), long_proof = Sample(),
              no_proof = Sample();
  large.entry.assign(8193, 'x');
  big_statement.statement = std::string(32'769, 'x');
  no_entry.entry.clear();
  other_index.index = 5;
  long_proof.consistency->hashes.resize(65);
  no_proof.tlog_proof = "nonsense";
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"cut", good.substr(0, good.size() - 3)},
      {"something after it", good + "x"},
      {"array", "[]"},
      {"other schema", replaced("bundle/1", "bundle/2")},
      {"no index", replaced("\"index\"", "\"idx\"")},
      {"negative index", replaced("\"index\":4", "\"index\":-4")},
      {"index as string", replaced("\"index\":4", "\"index\":\"4\"")},
      {"index as fraction", replaced("\"index\":4", "\"index\":4.0")},
      {"index other than the proof's", FormatProofBundle(other_index)},
      {"entry not base64", replaced("\"entry\":\"", "\"entry\":\"*")},
      {"entry too large", FormatProofBundle(large)},
      {"no entry bytes", FormatProofBundle(no_entry)},
      {"statement too large", FormatProofBundle(big_statement)},
      {"statement null", replaced("\"statement\":\"c3RhdGVtZW50IDQ=\"", "\"statement\":null")},
      {"statement empty", replaced("\"statement\":\"c3RhdGVtZW50IDQ=\"", "\"statement\":\"\"")},
      {"no proof text", FormatProofBundle(no_proof)},
      {"consistency from 0", replaced("\"oldSize\":6", "\"oldSize\":0")},
      {"too many hashes", FormatProofBundle(long_proof)},
      {"unknown member", replaced("\"index\"", "\"extra\":0,\"index\"")},
      {"unknown member inside", replaced("\"oldSize\"", "\"extra\":0,\"oldSize\"")},
      {"twice a member", replaced("\"index\":4", "\"index\":4,\"index\":4")},
      {"too large", good + std::string(kMaxProofBundleBytes, ' ')},
  };
  for (const auto& [name, text] : cases) EXPECT_EQ(CheckCodeOf(ParseProofBundle(text).status()), CheckCode::kFileMalformed) << name;
}

}  // namespace
}  // namespace trustlog::follow
