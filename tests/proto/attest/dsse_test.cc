// Checks 1 to 4 of records.md 6.4 and the envelope as it is rebuilt. Record and refusal vectors are in vectors_test.cc.
#include "proto/attest/dsse.h"

#include <gtest/gtest.h>

#include "tests/proto/attest/vectors.h"

namespace trustlog::attest {
namespace {

const std::string kHexId = std::string(64, 'a');
const std::string kSig = R"({"sig":"AAAA"})";
const std::string kType = R"("payloadType":"application/vnd.in-toto+json")";

std::string Repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}
std::string EnvelopeText(const std::string& payload, const std::string& signatures) {
  return "{\"payload\":\"" + payload + "\"," + kType + ",\"signatures\":" + signatures + "}";
}
std::string WithSig(const std::string& sig) { return EnvelopeText("e30=", R"([{"sig":")" + sig + "\"}]"); }
std::string Signatures(std::size_t count, const std::string& one) { return "[" + one + Repeat("," + one, count - 1) + "]"; }
const std::string kNamed = R"({"keyid":")" + kHexId + R"(","sig":"AAAA"})";

TEST(DsseTest, TakesTheFormsOfTheSpecification) {
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"least", EnvelopeText("e30=", "[" + kSig + "]")},
      {"white space around everything", " { \"payload\" : \"e30=\" ,\n" + kType + " , \"signatures\" : [ " + kSig + " ] } "},
      {"unknown members", "{\"a\":null,\"payload\":\"e30=\"," + kType + R"(,"signatures":[{"sig":"AAAA","cert":[{}]}],"z":[1]})"},
      {"unpadded base64", EnvelopeText("e30", R"([{"sig":"AA"}])")},
      {"URL-safe base64", EnvelopeText("e30=", R"([{"sig":"-_-_"}])")},
      {"standard alphabet", EnvelopeText("e30=", R"([{"sig":"+/+/"}])")},
      {"one alphabet a string",
       EnvelopeText("e30=", R"([{"sig":"-_-_","keyid":")" + kHexId + R"("},{"sig":"+/+/","keyid":")" + kHexId + "\"}]")},
      {"base64 escaped in JSON", EnvelopeText("e3\\u0030=", R"([{"sig":"\/\/\/\/"}])")},
      {"lone keyid of any form", EnvelopeText("e30=", R"([{"sig":"AAAA","keyid":"projects/x/cryptoKeyVersions/1"}])")},
      {"lone keyid empty", EnvelopeText("e30=", R"([{"sig":"AAAA","keyid":""}])")},
      {"eight signatures", EnvelopeText("e30=", Signatures(8, kNamed))},
      {"sha256: prefix", EnvelopeText("e30=", Signatures(2, R"({"keyid":"sha256:)" + kHexId + R"(","sig":"AAAA"})"))},
      {"signature of 1 byte", WithSig("AA==")},
      {"signature of 1,024 bytes", WithSig(Repeat("AAAA", 341) + "AA==")},
      {"payload of 32,768 bytes", EnvelopeText(Repeat("AAAA", 10'922) + "AAA=", "[" + kSig + "]")},
      {"a long string that nobody asked for",
       "{\"a\":\"" + Repeat("x", 50'000) + "\"," + EnvelopeText("e30=", "[" + kSig + "]").substr(1)},
  };
  for (const auto& test : cases) {
    const auto envelope = ParseEnvelope(test.text);
    EXPECT_TRUE(envelope.ok()) << test.name << envelope.status();
  }
}

TEST(DsseTest, RefusesEverythingElseWithItsReason) {
  const std::string sig = "[" + kSig + "]", named = R"([{"sig":"AAAA","keyid":)";
  const struct {
    const char* name;
    std::string text;
    const char* reason;
  } cases[] = {
      {"empty", "", "ENVELOPE_MALFORMED"},
      {"no object", "[]", "ENVELOPE_MALFORMED"},
      {"trailing bytes", EnvelopeText("e30=", sig) + "x", "ENVELOPE_MALFORMED"},
      {"byte order mark", "\xEF\xBB\xBF" + EnvelopeText("e30=", sig), "ENVELOPE_MALFORMED"},
      {"invalid UTF-8", "{\"a\":\"\xFF\"," + EnvelopeText("e30=", sig).substr(1), "ENVELOPE_MALFORMED"},
      {"NUL", "{\"a\":\"\\u0000\"," + EnvelopeText("e30=", sig).substr(1), "ENVELOPE_MALFORMED"},
      {"fraction", "{\"a\":1.5," + EnvelopeText("e30=", sig).substr(1), "ENVELOPE_MALFORMED"},
      {"2^53", "{\"a\":9007199254740992," + EnvelopeText("e30=", sig).substr(1), "ENVELOPE_MALFORMED"},
      {"depth 33", "{\"a\":" + Repeat("[", 32) + Repeat("]", 32) + "," + EnvelopeText("e30=", sig).substr(1), "ENVELOPE_MALFORMED"},
      {"two payloads", "{\"payload\":\"e30=\"," + EnvelopeText("e30=", sig).substr(1), "DUPLICATE_MEMBER"},
      {"two payloads, then a fault", "{\"payload\":\"e30=\"," + EnvelopeText("e30=", sig).substr(1) + ",", "ENVELOPE_MALFORMED"},
      {"two sigs in a signature", EnvelopeText("e30=", R"([{"sig":"AAAA","sig":"AAAA"}])"), "DUPLICATE_MEMBER"},
      {"no payload", "{" + kType + ",\"signatures\":" + sig + "}", "ENVELOPE_MALFORMED"},
      {"payload null", "{\"payload\":null," + kType + ",\"signatures\":" + sig + "}", "ENVELOPE_MALFORMED"},
      {"payload an object", "{\"payload\":{}," + kType + ",\"signatures\":" + sig + "}", "ENVELOPE_MALFORMED"},
      {"payload of no bytes", EnvelopeText("", sig), "ENVELOPE_MALFORMED"},
      {"no payloadType", R"({"payload":"e30=","signatures":)" + sig + "}", "ENVELOPE_MALFORMED"},
      {"payloadType a number", R"({"payload":"e30=","payloadType":1,"signatures":)" + sig + "}", "ENVELOPE_MALFORMED"},
      {"payloadType with a parameter",
       R"({"payload":"e30=","payloadType":"application/vnd.in-toto+json; v=1","signatures":)" + sig + "}",
       "PAYLOAD_TYPE_UNSUPPORTED"},
      {"payloadType in capitals", R"({"payload":"e30=","payloadType":"application/vnd.in-toto+JSON","signatures":)" + sig + "}",
       "PAYLOAD_TYPE_UNSUPPORTED"},
      {"payloadType empty", R"({"payload":"e30=","payloadType":"","signatures":)" + sig + "}", "PAYLOAD_TYPE_UNSUPPORTED"},
      {"other type and no payload", R"({"payload":"","payloadType":"text/plain","signatures":)" + sig + "}",
       "PAYLOAD_TYPE_UNSUPPORTED"},
      {"other type and no signatures", R"({"payload":"e30=","payloadType":"text/plain","signatures":[]})", "ENVELOPE_MALFORMED"},
      {"no signatures", "{\"payload\":\"e30=\"," + kType + "}", "ENVELOPE_MALFORMED"},
      {"signatures empty", EnvelopeText("e30=", "[]"), "ENVELOPE_MALFORMED"},
      {"signatures an object", EnvelopeText("e30=", kSig), "ENVELOPE_MALFORMED"},
      {"a signature is a string", EnvelopeText("e30=", R"(["AAAA"])"), "ENVELOPE_MALFORMED"},
      {"nine signatures", EnvelopeText("e30=", Signatures(9, kNamed)), "ENVELOPE_MALFORMED"},
      {"900 signatures", EnvelopeText("e30=", Signatures(900, kSig)), "ENVELOPE_MALFORMED"},
      {"10,000 signatures", EnvelopeText("e30=", Signatures(10'000, kSig)), "TOO_LARGE"},
      {"no sig", EnvelopeText("e30=", R"([{"keyid":"x"}])"), "ENVELOPE_MALFORMED"},
      {"sig null", EnvelopeText("e30=", R"([{"sig":null}])"), "ENVELOPE_MALFORMED"},
      {"sig empty", WithSig(""), "ENVELOPE_MALFORMED"},
      {"sig of 1,025 bytes", WithSig(Repeat("AAAA", 341) + "AAA="), "ENVELOPE_MALFORMED"},
      {"keyid null", EnvelopeText("e30=", named + "null}]"), "ENVELOPE_MALFORMED"},
      {"keyid a number", EnvelopeText("e30=", named + "7}]"), "ENVELOPE_MALFORMED"},
      {"two signatures, one without keyid", EnvelopeText("e30=", "[" + kNamed + "," + kSig + "]"), "ENVELOPE_MALFORMED"},
      {"two signatures, a keyid in capitals",
       EnvelopeText("e30=", "[" + kNamed + R"(,{"sig":"AAAA","keyid":")" + std::string(64, 'A') + "\"}]"), "ENVELOPE_MALFORMED"},
      {"mixed alphabets", WithSig("+_AA"), "ENVELOPE_MALFORMED"},
      {"half the padding", WithSig("AA="), "ENVELOPE_MALFORMED"},
      {"padding too much", WithSig("AAAA===="), "ENVELOPE_MALFORMED"},
      {"padding in the middle", WithSig("AA==AAAA"), "ENVELOPE_MALFORMED"},
      {"length 1 modulo 4", WithSig("AAAAA"), "ENVELOPE_MALFORMED"},
      {"unused bits set", WithSig("AB=="), "ENVELOPE_MALFORMED"},
      {"unused bits set, unpadded", WithSig("AAB"), "ENVELOPE_MALFORMED"},
      {"line feed in base64", WithSig("AAAA\\nAAAA"), "ENVELOPE_MALFORMED"},
      {"blank in base64", WithSig("AAAA AAAA"), "ENVELOPE_MALFORMED"},
      {"payload of 32,769 bytes", EnvelopeText(Repeat("AAAA", 10'923), sig), "TOO_LARGE"},
      {"65,537 bytes", EnvelopeText("e30=", sig) + std::string(65'537 - EnvelopeText("e30=", sig).size(), ' '), "TOO_LARGE"},
      {"65,537 bytes of no JSON", std::string(65'537, '{'), "TOO_LARGE"},
      {"65,536 bytes of no JSON", std::string(65'536, '{'), "ENVELOPE_MALFORMED"},
  };
  for (const auto& test : cases) EXPECT_EQ(ReasonWord(ParseEnvelope(test.text).status()), test.reason) << test.name;
  const std::string padded = EnvelopeText("e30=", sig);
  EXPECT_TRUE(ParseEnvelope(padded + std::string(65'536 - padded.size(), ' ')).ok());
}

// G7
TEST(DsseTest, DecodesOnceAndKeepsKeyidsAsTheyCame) {
  const auto envelope = ParseEnvelope(EnvelopeText("eyJhIjoxfQ", R"([{"sig":"_-8","keyid":"anything"}])"));
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_EQ(envelope->payload_type, kPayloadType);
  EXPECT_EQ(envelope->payload, R"({"a":1})");
  ASSERT_EQ(envelope->signatures.size(), 1U);
  EXPECT_EQ(envelope->signatures[0].sig, "\xff\xef");
  EXPECT_EQ(envelope->signatures[0].keyid, "anything");
}

TEST(DsseTest, DecodedFieldsAreCheckedWithAbsentAsEmpty) {
  const EnvelopeSignature named = {kHexId, "s"};
  const Envelope good = {std::string(kPayloadType), "{}", {{"", "s"}}};
  const struct {
    const char* name;
    Envelope envelope;
    const char* answer;
  } cases[] = {
      {"least", good, "OK"},
      {"no payload type", {"", "{}", {{"", "s"}}}, "PAYLOAD_TYPE_UNSUPPORTED"},
      {"no payload", {std::string(kPayloadType), "", {{"", "s"}}}, "ENVELOPE_MALFORMED"},
      {"no signatures", {std::string(kPayloadType), "{}", {}}, "ENVELOPE_MALFORMED"},
      {"empty signature", {std::string(kPayloadType), "{}", {{"", ""}}}, "ENVELOPE_MALFORMED"},
      {"nothing at all", {}, "ENVELOPE_MALFORMED"},
      {"eight", {std::string(kPayloadType), "{}", std::vector(8, named)}, "OK"},
      {"nine", {std::string(kPayloadType), "{}", std::vector(9, named)}, "ENVELOPE_MALFORMED"},
      {"two, one unnamed", {std::string(kPayloadType), "{}", {named, {"", "s"}}}, "ENVELOPE_MALFORMED"},
      {"signature of 1,025", {std::string(kPayloadType), "{}", {{"", std::string(1'025, 's')}}}, "ENVELOPE_MALFORMED"},
      {"payload of 32,768", {std::string(kPayloadType), std::string(32'768, ' '), {{"", "s"}}}, "OK"},
      {"payload of 32,769", {std::string(kPayloadType), std::string(32'769, ' '), {{"", "s"}}}, "TOO_LARGE"},
      {"sum of 65,536", {std::string(kPayloadType), "{}", {{std::string(65'536 - 28 - 2 - 1, 'k'), "s"}}}, "OK"},
      {"sum of 65,537", {std::string(kPayloadType), "{}", {{std::string(65'537 - 28 - 2 - 1, 'k'), "s"}}}, "TOO_LARGE"},
      {"sum before all else", {"", "", {{std::string(65'537, 'k'), ""}}}, "TOO_LARGE"},
  };
  for (const auto& test : cases) EXPECT_EQ(ReasonWord(CheckEnvelope(test.envelope)), test.answer) << test.name;
  const auto status = CheckEnvelope({std::string(kPayloadType), std::string(32'769, ' '), {{"", "s"}}});
  EXPECT_EQ(bytes::MetadataValue(status, "limit"), "32768");
  EXPECT_EQ(bytes::MetadataValue(status, "actual"), "32769");
}

TEST(DsseTest, KeyIdHintHasOneForm) {
  const keys::KeyId id = bytes::DecodeHash(kHexId).value();
  EXPECT_EQ(KeyIdHint(kHexId), id);
  EXPECT_EQ(KeyIdHint("sha256:" + kHexId), id);
  for (const std::string& other : {std::string(), std::string(64, 'A'), std::string(63, 'a'), std::string(65, 'a'),
                                   "SHA256:" + kHexId, "sha256:sha256:" + kHexId, "sha256:" + kHexId + "\n", " " + kHexId,
                                   std::string("sha256:"), std::string("SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA")}) {
    EXPECT_EQ(KeyIdHint(other), std::nullopt) << other;
  }
}

TEST(DsseTest, PaeIsThatOfTheDsseSpecification) {
  // The example of the DSSE v1 protocol document.
  EXPECT_EQ(Pae("http://example.com/HelloWorld", "hello world"), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(Pae("", ""), "DSSEv1 0  0 ");
  EXPECT_EQ(Pae("x", std::string("\0 \xff", 3)), std::string("DSSEv1 1 x 3 \0 \xff", 16));
  EXPECT_EQ(Pae("\xC3\xA9", "p"), "DSSEv1 2 \xC3\xA9 1 p");  // bytes are counted, not characters
  EXPECT_EQ(Pae(kPayloadType, "{}"), "DSSEv1 28 application/vnd.in-toto+json 2 {}");
}

TEST(DsseTest, RebuiltEnvelopeIsOneTextAndReadsBack) {
  const std::vector<EntrySignature> signatures = {{keys::KeyId{1}, "\x01"}, {keys::KeyId{2}, std::string("\xff\xfe\x00", 3)}};
  const std::string text = FormatEnvelope("{}", signatures);
  EXPECT_EQ(text, R"({"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"01)" +
                      std::string(62, '0') + R"(","sig":"AQ=="},{"keyid":"02)" + std::string(62, '0') + R"(","sig":"//4A"}]})");
  const auto envelope = ParseEnvelope(text);
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_EQ(envelope->payload, "{}");
  ASSERT_EQ(envelope->signatures.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(KeyIdHint(envelope->signatures[i].keyid), signatures[i].key_id);
    EXPECT_EQ(envelope->signatures[i].sig, signatures[i].signature);
  }
}

}  // namespace
}  // namespace trustlog::attest
