// The log of tests/vectors/tle1-vectors.json (records.md section 11) over a real channel: its records are logged to the byte at
// their times, and between them its refusals get their reasons and change nothing.
#include "tests/proto/attest/vectors.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <optional>

#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/wire.h"
#include "tests/server/grpc/dated_log.h"

namespace trustlog::rpc {
namespace {

namespace json = boost::json;
using attest::Text;
using attest::Vectors;

std::uint64_t Number(const json::value& value) { return value.to_number<std::uint64_t>(); }

// What a client of the API would send; nullopt: the case is one of JSON text, which has no such fields.
std::optional<attest::Envelope> Fields(const std::string& text) {
  if (text.size() > attest::kMaxEnvelopeBytes) return std::nullopt;  // blanks
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error) return std::nullopt;
  if (attest::ReasonWord(attest::ParseEnvelope(text).status()) == "DUPLICATE_MEMBER") return std::nullopt;
  return attest::FieldsOf(value);
}

// The first `size` records, each at its time.
class VectorLog final {
 public:
  explicit VectorLog(std::uint64_t size) : log_(Text(Vectors().at("origin")), Number(Record(0).at("logged_at_ms"))) {
    while (log_.size() < size && !::testing::Test::HasFailure()) ExpectNext();
  }
  void MoveTo(std::uint64_t wall_ms) { log_.MoveTo(wall_ms); }
  void ExpectRefused(const attest::Envelope& envelope, const std::string& word) {
    const auto size = log_.size();
    for (const auto& answer : {log_.Add(envelope), log_.AddAll({envelope})[0]}) {
      if (word == "DUPLICATE") {
        EXPECT_EQ(answer.word, word) << answer.message;
        EXPECT_LT(answer.outcome.index(), size);
      } else {
        ExpectRefusedWith(answer, word);
      }
    }
    EXPECT_EQ(log_.size(), size);
  }
  // The record at the log's size, to the byte. Wants a time not after it.
  void ExpectNext() {
    const auto index = log_.size();
    const auto& record = Record(index);
    SCOPED_TRACE(Text(record.at("label")));
    log_.MoveTo(Number(record.at("logged_at_ms")));
    const auto envelope = Fields(Text(record.at("envelope")));
    ASSERT_TRUE(envelope.has_value());
    const auto answer = log_.Add(*envelope);
    ASSERT_EQ(answer.word, "OK") << answer.message;
    EXPECT_EQ(answer.outcome.index(), index);
    EXPECT_EQ(bytes::EncodeHex(bytes::AsBytes(answer.outcome.entry())), Text(record.at("entry")));
    EXPECT_EQ(answer.outcome.leaf_hash(), Text(record.at("leaf_hash")));
  }
  static const json::array& Records() { return Vectors().at("records").as_array(); }
  static const json::object& Record(std::uint64_t index) { return Records().at(index).as_object(); }

 private:
  DatedLog log_;
};

TEST(VectorsOverGrpc, RecordsAreLoggedToTheByteAndRefusalsBetweenThemChangeNothing) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<const json::object*>> by_stage;
  for (const auto& row : Vectors().at("refusals").as_array()) {
    by_stage[{Number(row.at("size")), Number(row.at("logged_at_ms"))}].push_back(&row.as_object());
  }
  std::size_t submitted = 0, text_alone = 0;
  for (const auto& [stage, rows] : by_stage) {
    const auto [size, logged_at_ms] = stage;
    VectorLog log(size);
    log.MoveTo(logged_at_ms);
    for (const auto* row : rows) {
      SCOPED_TRACE(Text(row->at("label")));
      const auto envelope = Fields(bytes::DecodeBase64(Text(row->at("envelope_b64"))).value());
      if (!envelope.has_value()) {
        ++text_alone;
        continue;
      }
      log.ExpectRefused(*envelope, Text(row->at("reason")));
      ++submitted;
    }
    const bool in_time = size < VectorLog::Records().size() && Number(VectorLog::Record(size).at("logged_at_ms")) >= logged_at_ms;
    if (in_time) log.ExpectNext();
  }
  EXPECT_EQ(text_alone, 3U) << "blanks up to the limit, no JSON, a member twice";
  EXPECT_EQ(submitted + text_alone, Vectors().at("refusals").as_array().size());
}

}  // namespace
}  // namespace trustlog::rpc
