#include "proto/bytes/reason.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "absl/strings/cord.h"

namespace trustlog::bytes {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

// protocols.md section 3, "Status and reasons", as it stands there.
TEST(Reason, EachWordHasTheStatusOfTheTable) {
  const struct {
    StatusCode code;
    const char* words;
  } rows[] = {
      {StatusCode::kInvalidArgument,
       "ENVELOPE_MALFORMED PAYLOAD_TYPE_UNSUPPORTED STATEMENT_MALFORMED SCHEMA_VIOLATION DUPLICATE_MEMBER TOO_LARGE "
       "SIGNATURE_INVALID "
       "SIGNATURE_ENCODING ALGORITHM_MISMATCH VALIDITY_INVERTED VALIDITY_TOO_LONG ISSUED_IN_FUTURE PAGE_TOKEN_INVALID "
       "ARGUMENT_INVALID"},
      {StatusCode::kPermissionDenied,
       "KEY_UNKNOWN KEY_EXPIRED KEY_REVOKED KEY_PURPOSE THRESHOLD_NOT_MET ISSUER_MISMATCH PARTY_UNKNOWN NOT_ACCREDITED "
       "ACCREDITATION_SCOPE NOT_INDEPENDENT MEMBER_NOT_ACTIVE"},
      {StatusCode::kFailedPrecondition,
       "WRONG_LOG GENESIS_ORDER REF_NOT_FOUND REF_WRONG_KIND REF_WRONG_PARTY REF_RETRACTED SUPERSEDES_NOT_HEAD PRINCIPLE_UNKNOWN "
       "PRINCIPLE_SET_NOT_CURRENT PARTY_EXISTS KEY_EXISTS VERSION_NOT_NEXT INDEX_HEAD_NOT_NEWER ISSUED_TOO_OLD "
       "PERSONAL_DATA_SUSPECTED "
       "LOG_DRAINING LOG_FROZEN"},
      {StatusCode::kNotFound, "ENTRY_NOT_FOUND MEMBER_NOT_FOUND CHECKPOINT_NOT_FOUND STATEMENT_WITHHELD"},
      {StatusCode::kOutOfRange, "SIZE_NOT_PUBLISHED INDEX_OUT_OF_RANGE"},
      {StatusCode::kResourceExhausted, "QUOTA_EXCEEDED TOO_MANY_STREAMS PUSHBACK"},
      {StatusCode::kUnavailable, "OUTCOME_UNKNOWN STOPPED READ_ONLY STREAM_AGE"},
      {StatusCode::kDeadlineExceeded, "PUBLISH_PENDING DEADLINE"},
      {StatusCode::kUnimplemented, "KIND_UNKNOWN ALGORITHM_NOT_BUILT_IN"},
      {StatusCode::kDataLoss, "CORRUPTION"},
      {StatusCode::kInternal, "INTERNAL"},
  };
  std::size_t words = 0;
  for (const auto& row : rows) {
    std::istringstream list(row.words);
    for (std::string word; list >> word; ++words) {
      SCOPED_TRACE(word);
      const auto reason = ParseReason(word);
      ASSERT_TRUE(reason);
      EXPECT_EQ(Describe(*reason).word, word);
      EXPECT_EQ(Describe(*reason).code, row.code);
    }
  }
  EXPECT_EQ(words, AllReasons().size());
}

TEST(Reason, EachHasHelpThatEndsAsASentence) {
  std::set<std::string_view> words;
  for (const auto& info : AllReasons()) {
    SCOPED_TRACE(info.word);
    EXPECT_TRUE(words.insert(info.word).second);
    EXPECT_EQ(&Describe(info.reason), &info);
    for (const auto text : {info.means, info.remedy}) {
      EXPECT_GT(text.size(), 15U);
      EXPECT_TRUE(text.ends_with('.'));
    }
  }
}

TEST(Reason, ParseTakesWholeWordsOnly) {
  EXPECT_THAT(ParseReason("KEY_REVOKED"), Optional(Reason::kKeyRevoked));
  for (const auto* word : {"", "KEY_REVOKE", "KEY_REVOKED ", "key_revoked", "kKeyRevoked"}) EXPECT_FALSE(ParseReason(word)) << word;
}

TEST(Refuse, CarriesCodeMessageReasonAndMetadata) {
  const auto status = Refuse(Reason::kTooLarge, "payload of 32,769 bytes", {{"limit", "32768"}, {"actual", "32769"}});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "payload of 32,769 bytes");
  EXPECT_THAT(ReasonOf(status), Optional(Reason::kTooLarge));
  EXPECT_THAT(MetadataOf(status), ElementsAre(Pair("limit", "32768"), Pair("actual", "32769")));
  EXPECT_EQ(MetadataValue(status, "actual"), "32769");
  EXPECT_EQ(MetadataValue(status, "other"), "");
}

TEST(Refuse, EveryReasonComesBack) {
  for (const auto& info : AllReasons()) {
    const auto status = Refuse(info.reason, "");
    EXPECT_EQ(status.code(), info.code);
    EXPECT_THAT(ReasonOf(status), Optional(info.reason));
    EXPECT_TRUE(MetadataOf(status).empty());
  }
}

TEST(Refuse, KeepsOrderRepetitionAndAnyBytesOfMetadata) {
  const Metadata metadata = {{"b", std::string("\0=\n\xff", 4)}, {"a", ""}, {"b", "second"}, {"", "nameless"}};
  const auto status = Refuse(Reason::kInternal, "x", metadata);
  EXPECT_EQ(MetadataOf(status), metadata);
  EXPECT_EQ(MetadataValue(status, "b"), metadata[0].second);
}

TEST(Refuse, CutsMetadataThatTheFormCannotHold) {
  const auto status = Refuse(Reason::kInternal, "x", {{"long", std::string(70'000, 'x')}, {"after", "1"}});
  EXPECT_EQ(MetadataValue(status, "long").size(), 65'535U);
  EXPECT_EQ(MetadataValue(status, "after"), "1");
}

TEST(ReasonOf, IsNothingWhereNoneWasGiven) {
  for (const auto& status : {absl::OkStatus(), absl::InternalError("plain")}) {
    EXPECT_FALSE(ReasonOf(status));
    EXPECT_TRUE(MetadataOf(status).empty());
    EXPECT_EQ(MetadataValue(status, "limit"), "");
  }
}

TEST(ReasonOf, IsNothingWhereThePayloadIsDamaged) {
  auto status = Refuse(Reason::kTooLarge, "", {{"limit", "1"}});
  std::string type;
  std::string whole;
  status.ForEachPayload([&](absl::string_view name, const absl::Cord& payload) {
    type = std::string(name);
    whole = std::string(payload);
  });
  const auto pair_begins = whole.size() - (2 + 5 + 2 + 1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    status.SetPayload(type, absl::Cord(whole.substr(0, size)));
    EXPECT_EQ(ReasonOf(status).has_value(), size == pair_begins) << size;
    EXPECT_TRUE(MetadataOf(status).empty()) << size;
  }
}

TEST(Reason, OfOneThingAmongSeveralIsKept) {
  const auto status = Refuse(Reason::kTooLarge, "too many bytes", {{"limit", "7"}});
  const auto about = About("a.json", status);
  EXPECT_EQ(MessageOf(about), "a.json: too many bytes");
  EXPECT_EQ(about.code(), status.code());
  EXPECT_EQ(ReasonOf(about), Reason::kTooLarge);
  EXPECT_EQ(MetadataValue(about, "limit"), "7");
}

}  // namespace
}  // namespace trustlog::bytes
