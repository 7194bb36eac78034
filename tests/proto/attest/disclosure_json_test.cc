// The JSON forms around a disclosure tree: what is written is read back, what others write is refused unless it is exactly so.
#include "proto/attest/disclosure_json.h"

#include <gtest/gtest.h>

#include "proto/bytes/wire.h"
#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

const std::string kDigest(64, 'a');

DisclosureTree VectorTree() {
  std::vector<DisclosureLeaf> leaves;
  for (const auto& element : Vectors().at("disclosure").at("leaves").as_array())
    leaves.push_back(DecodeDisclosureLeaf(bytes::DecodeBase64(Text(element)).value()).value());
  return DisclosureTree::Build(std::move(leaves)).value();
}

// `text` with the first `from` replaced.
std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(DisclosureJsonTest, ADisclosureIsWrittenAsTheSpecificationSaysAndReadBack) {
  const auto tree = VectorTree();
  const std::string text = FormatDisclosure(tree.Disclose(1, Id{0x42}));
  const auto& vector = Vectors().at("disclosure").as_object();
  EXPECT_EQ(text, R"({"schema":"trustlog-disclosure/1","statementId":"42)" + std::string(62, '0') +
                      R"(","index":1,"count":3,"leaf":")" + Text(vector.at("leaves").at(1)) + R"(","path":[")" +
                      Text(vector.at("path_of_1").at(0)) + R"(",")" + Text(vector.at("path_of_1").at(1)) + "\"]}\n");
  const auto read = ParseDisclosure(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FormatDisclosure(*read), text);
  EXPECT_EQ(read->leaf, tree.leaves()[1]);
  EXPECT_TRUE(ParseDisclosure(" " + With(text, ",", " ,\n ")).ok());  // white space is JSON's
}

TEST(DisclosureJsonTest, HostileDisclosuresAreRefused) {
  const std::string good = FormatDisclosure(VectorTree().Disclose(1, Id{0x42}));
  const std::string leaf = Text(Vectors().at("disclosure").at("leaves").at(1));
  const std::string path = Text(Vectors().at("disclosure").at("path_of_1").at(0));
  std::string many;
  for (int i = 0; i < 31; ++i) many += "\"" + path + "\",";
  const struct {
    const char* name;
    std::string text;
    const char* reason = "ARGUMENT_INVALID";
  } cases[] = {
      {"nothing", ""},
      {"an array", "[]"},
      {"cut", good.substr(0, good.size() / 2)},
      {"something after it", good + "{}"},
      {"another schema", With(good, "disclosure/1", "disclosure/2")},
      {"no schema", With(good, R"("schema":"trustlog-disclosure/1",)", "")},
      {"a member twice", With(good, R"("index":1,)", R"("index":1,"index":1,)"), "DUPLICATE_MEMBER"},
      {"an unknown member", With(good, R"("index":1,)", R"("index":1,"note":"acknowledged",)")},
      {"null", With(good, R"("index":1,)", R"("index":null,)")},
      {"an id in upper case", With(good, "42000", "4A000")},
      {"an id too short", With(good, "42000", "4200")},
      {"an index that is the count", With(good, R"("index":1,)", R"("index":3,)")},
      {"a negative index", With(good, R"("index":1,)", R"("index":-1,)")},
      {"an index of another type", With(good, R"("index":1,)", R"("index":"1",)")},
      {"a count beyond 32 bits", With(good, R"("count":3,)", R"("count":4294967296,)")},
      {"no leaves at all", With(With(good, R"("index":1,)", R"("index":0,)"), R"("count":3,)", R"("count":0,)")},
      {"a fraction", With(good, R"("count":3,)", R"("count":3.5,)")},
      {"a leaf that is no leaf", With(good, leaf, "AAAA")},
      {"a leaf of another version", With(good, leaf, bytes::EncodeBase64("trustlog-disclosure/v2\n" + std::string(200, '\0')))},
      {"a leaf in URL-safe base64", With(good, leaf, bytes::EncodeBase64Url(bytes::AsBytes(bytes::DecodeBase64(leaf).value())))},
      {"a path hash of 31 bytes", With(good, path, bytes::EncodeBase64(std::string(31, '\0')))},
      {"a path of another type", With(good, "[\"", "[1,\"")},
      {"a path of 33", With(good, "[\"", "[" + many + "\"")},
      {"a path that is an object", With(good, good.substr(good.find('[')), "{}}\n")},
      {"too large", good + std::string(kMaxDisclosureBytes, ' '), "TOO_LARGE"},
      {"deep", With(good, "[\"", "[[[[\"")},
      {"no UTF-8", With(good, "disclosure/1", "disclosure/\xff")},
      {"a byte order mark", "\xef\xbb\xbf" + good},
  };
  for (const auto& test : cases) EXPECT_EQ(ReasonWord(ParseDisclosure(test.text).status()), test.reason) << test.name;
  for (std::size_t size = 0; size + 1 < good.size(); ++size) EXPECT_FALSE(ParseDisclosure(good.substr(0, size)).ok()) << size;
}

TEST(DisclosureJsonTest, ASupplierListGivesLeavesWithoutSalt) {
  const auto leaves = ParseSupplierList(R"({"schema":"trustlog-suppliers/1","leaves":[
      {"supplier":"s-1","clause":"c-7","clauseSha256":")" +
                                        kDigest + R"(","from":"2026-11-01T00:00:00Z",
       "until":"2027-11-01T00:00:00Z","acknowledgementSha256":")" +
                                        kDigest + R"("},
      {"supplier":"s-2","clause":"c-7","clauseSha256":")" +
                                        kDigest + R"("}]})");
  ASSERT_TRUE(leaves.ok()) << leaves.status();
  ASSERT_EQ(leaves->size(), 2U);
  EXPECT_EQ((*leaves)[0].supplier, "s-1");
  EXPECT_EQ((*leaves)[0].until - (*leaves)[0].from, 365 * 86'400);
  EXPECT_TRUE(IsAcknowledged((*leaves)[0]));
  EXPECT_FALSE(IsAcknowledged((*leaves)[1]));
  EXPECT_EQ((*leaves)[1].from, 0);
  EXPECT_EQ((*leaves)[1].salt, merkle::Hash{});
  EXPECT_TRUE(ParseSupplierList(R"({"schema":"trustlog-suppliers/1","leaves":[]})").ok());
}

TEST(DisclosureJsonTest, ListsThatAreNotExactlySoAreRefused) {
  const std::string element = R"({"supplier":"s","clause":"c","clauseSha256":")" + kDigest + R"("})";
  const auto list = [](const std::string& elements) { return R"({"schema":"trustlog-suppliers/1","leaves":[)" + elements + "]}"; };
  EXPECT_TRUE(ParseSupplierList(list(element)).ok());
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"no list", "{}"},
      {"another schema", With(list(element), "suppliers/1", "suppliers/2")},
      {"a list that is no array", R"({"schema":"trustlog-suppliers/1","leaves":{}})"},
      {"an element that is no object", list(element + ",1")},
      {"no supplier", list(With(element, "\"supplier\":\"s\",", ""))},
      {"an empty supplier", list(With(element, ":\"s\"", ":\"\""))},
      {"a supplier of 256 bytes", list(With(element, ":\"s\"", ":\"" + std::string(256, 's') + "\""))},
      {"a control character", list(With(element, ":\"s\"", ":\"s\\n\""))},
      {"a digest too short", list(With(element, "aaaa", "aaa"))},
      {"a date that is none", list(With(element, "\"clause\"", "\"from\":\"2026-02-30T00:00:00Z\",\"clause\""))},
      {"an end before the beginning",
       list(With(element, "\"clause\"", "\"from\":\"2026-02-02T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\",\"clause\""))},
      {"a member mistyped", list(With(element, "\"clause\"", "\"acknowledgmentSha256\":\"" + kDigest + "\",\"clause\""))},
      {"one in the second element", list(element + "," + With(element, "\"clause\"", "\"x\":1,\"clause\""))},
      {"a salt of its own", list(With(element, "\"clause\"", "\"salt\":\"" + kDigest + "\",\"clause\""))},
      {"a member beside the list", With(list(element), "\"leaves\"", "\"x\":1,\"leaves\"")},
  };
  for (const auto& test : cases) EXPECT_EQ(ReasonWord(ParseSupplierList(test.text).status()), "ARGUMENT_INVALID") << test.name;
}

TEST(DisclosureJsonTest, WhatAMemberKeepsIsReadBackAndCheckedAgainstItself) {
  const auto tree = VectorTree();
  const std::string good = FormatPrivateLeaves(tree);
  const auto read = ParsePrivateLeaves(good);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->head(), tree.head());
  EXPECT_EQ(FormatPrivateLeaves(*read), good);
  DisclosureLeaf leaf = tree.leaves()[0];
  leaf.supplier = "supplier-9";
  const std::string changed = bytes::EncodeBase64(EncodeDisclosureLeaf(leaf));
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"nothing", "{}"},
      {"another schema", With(good, "private/1", "private/2")},
      {"another count", With(good, "\"count\":3", "\"count\":2")},
      {"more acknowledged", With(good, "\"acknowledged\":0", "\"acknowledged\":1")},
      {"another root", With(good, Text(Vectors().at("disclosure").at("root")), kDigest)},
      {"a leaf changed", With(good, Text(Vectors().at("disclosure").at("leaves").at(0)), changed)},
      {"a leaf left out", With(good, "\"" + Text(Vectors().at("disclosure").at("leaves").at(0)) + "\",", "")},
      {"a leaf twice",
       With(good, Text(Vectors().at("disclosure").at("leaves").at(0)), Text(Vectors().at("disclosure").at("leaves").at(1)))},
      {"an unknown member", With(good, "\"count\"", "\"x\":1,\"count\"")},
  };
  for (const auto& test : cases) EXPECT_EQ(ReasonWord(ParsePrivateLeaves(test.text).status()), "ARGUMENT_INVALID") << test.name;
}

}  // namespace
}  // namespace trustlog::attest
