#include "server/api/messages.h"

#include <gtest/gtest.h>

#include <limits>

#include "merkle/hash.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "tests/storage/sample_log.h"
#include "tests/support/memory_storage.h"

namespace trustlog::api {
namespace {

using bytes::Reason;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(PageToken, IsReadBackAsItWasWritten) {
  const PageToken tokens[] = {{0, 1, 0, false}, {100, 250, 0, true}, {kMax - 1, kMax, 7, false}, {5, 6, 5, true}};
  for (const auto& token : tokens) {
    const auto text = FormatPageToken(token);
    EXPECT_EQ(ParsePageToken(text), token) << text;
    for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(ParsePageToken(text.substr(0, size)), std::nullopt) << size;
    EXPECT_EQ(ParsePageToken(text + "A"), std::nullopt);
    EXPECT_EQ(ParsePageToken(text + "="), std::nullopt);
  }
}

TEST(PageToken, OneThatNoListingMadeIsRefused) {
  const auto raw = [](std::uint64_t position, std::uint64_t size, std::uint64_t start, std::uint8_t flag) {
    bytes::ByteWriter writer;
    writer.U64(position).U64(size).U64(start).U8(flag);
    return bytes::EncodeBase64Url(bytes::AsBytes(writer.data()));
  };
  ASSERT_NE(ParsePageToken(raw(1, 2, 1, 1)), std::nullopt);
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"position at the end", raw(2, 2, 0, 0)},
      {"position beyond", raw(3, 2, 0, 0)},
      {"empty tree", raw(0, 0, 0, 0)},
      {"position before the start", raw(1, 5, 2, 0)},
      {"flag 2", raw(1, 2, 1, 2)},
      {"text", "not a token"},
      {"empty", ""},
      {"standard alphabet", "////////////////////////////////////////"},
  };
  for (const auto& c : cases) EXPECT_EQ(ParsePageToken(c.text), std::nullopt) << c.name;
}

TEST(Resolve, FindsByIndexAndByIdBelowTheSizeOnly) {
  const auto storage = support::MakeMemoryStorage();
  storage::GrowTo(storage->log(), 10, 5);
  const auto& reader = storage->reader();
  const std::string id3 = bytes::EncodeHex(storage::SampleId(3));
  const auto by_index = [](std::uint64_t index) {
    v1::Selector selector;
    selector.set_index(index);
    return selector;
  };
  const auto by_id = [](const std::string& id) {
    v1::Selector selector;
    selector.set_statement_id(id);
    return selector;
  };
  EXPECT_EQ(*Resolve(by_index(0), reader, 10), 0U);
  EXPECT_EQ(*Resolve(by_index(9), reader, 10), 9U);
  EXPECT_EQ(*Resolve(by_id(id3), reader, 4), 3U);
  EXPECT_EQ(*Resolve(by_id("sha256:" + id3), reader, 10), 3U);

  std::string upper = id3;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  const struct {
    const char* name;
    v1::Selector selector;
    std::uint64_t size;
    Reason reason;
  } cases[] = {
      {"index at the size", by_index(10), 10, Reason::kIndexOutOfRange},
      {"largest index", by_index(kMax), 10, Reason::kIndexOutOfRange},
      {"index in no tree", by_index(0), 0, Reason::kIndexOutOfRange},
      {"id at the size", by_id(id3), 3, Reason::kEntryNotFound},
      {"unknown id", by_id(std::string(64, 'a')), 10, Reason::kEntryNotFound},
      {"nothing", {}, 10, Reason::kArgumentInvalid},
      {"empty id", by_id(""), 10, Reason::kArgumentInvalid},
      {"short id", by_id(id3.substr(1)), 10, Reason::kArgumentInvalid},
      {"long id", by_id(id3 + "0"), 10, Reason::kArgumentInvalid},
      {"upper case", by_id(upper), 10, Reason::kArgumentInvalid},
      {"another prefix", by_id("SHA256:" + id3), 10, Reason::kArgumentInvalid},
      {"prefix twice", by_id("sha256:sha256:" + id3), 10, Reason::kArgumentInvalid},
  };
  for (const auto& c : cases) EXPECT_EQ(bytes::ReasonOf(Resolve(c.selector, reader, c.size).status()), c.reason) << c.name;
}

TEST(MakeEntry, StoredBytesThatAreNoEntryAreCorruption) {
  EXPECT_EQ(bytes::ReasonOf(MakeEntry(3, {"not TLE1", std::nullopt, ""}, true).status()), Reason::kCorruption);
}

}  // namespace
}  // namespace trustlog::api
